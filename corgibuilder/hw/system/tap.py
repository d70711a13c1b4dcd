"""A tap in hardware: the layout of its words, and the size of its maps."""

from amaranth.hdl import Value
from amaranth.lib import data

from corgibuilder.hw.streams import shape_of, word
from corgibuilder.plan.system.tap import Reduction, Tap


def tap_layout(tap: Tap) -> data.ArrayLayout:
    """Layout of a word."""
    return word(shape_of(tap.range), tap.lanes)


def reduced(n: Value, reduction: Reduction) -> Value:
    """Width or height of the map for an input frame of width or height ``n``."""
    return (n + reduction.offset)[:17] // reduction.stride + 1
