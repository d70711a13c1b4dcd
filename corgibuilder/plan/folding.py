"""How much hardware a stage gets: what the planner decides and what a user may edit."""

import enum
from dataclasses import dataclass


class WindowSource(enum.Enum):
    """Where an engine's operands come from."""

    DIRECT = "direct"  #: straight from the stream, each word once
    TAP_SERIAL = "tap_serial"  #: tap by tap from a circular line buffer, as often as needed
    COLUMN_BUFFER = "column_buffer"  #: whole windows in registers, fed by a circular line buffer
    ROW_BANKS = "row_banks"  #: whole windows in registers, a column a cycle from one bank per row
    IN_PLACE = "in_place"  #: pooled as they come: windows tile the map


class Engine(enum.Enum):
    """What turns operands into accumulators."""

    MAC_ARRAY = "mac_array"  #: multipliers and an adder tree
    ADDER_GRAPH = "adder_graph"  #: adders alone, for weights that are all at work in each cycle
    BUILT_IN = "built_in"  #: what the kind of layer has: nothing else is offered


class RequantiserKind(enum.Enum):
    """How accumulators become activations; see :mod:`~corgibuilder.plan.requantisers`."""

    NONE = "none"
    SHIFT = "shift"
    SCALE = "scale"
    CASCADE = "cascade"
    THRESHOLD = "threshold"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """Decisions for one stage.

    Parameters
    ----------
    source
        Where the operands come from.
    inputs
        Values that meet one output in a cycle: channels, or for windows any of their values.
    outputs
        Outputs worked on at once.
    lanes
        Values in a word of the stage's output; divides ``outputs``.
    capacity
        Pixels in the line buffer, 0 where there is none.
    single_port
        Whether each bank of the line buffer does one access in a cycle.
    groups_per_word
        Groups of output channels that a word of the line buffer serves one after the other.
    pixels
        Adjacent pixels that enter side by side; see :mod:`~corgibuilder.plan.pixels`.
    engine
        What turns operands into accumulators.
    adder_levels
        Adders behind one another at most between two registers of an adder graph, or of the adder
        tree of a multiplier array, which then also has one behind the products; 0 for none in a
        tree.
    weight_register
        Whether weights from a memory pass a register before they meet their operands.
    requantiser
        How accumulators become activations; ``None`` as long as that is open: the cheapest is
        taken when a pipeline is assembled.
    """

    source: WindowSource
    inputs: int
    outputs: int
    lanes: int
    capacity: int = 0
    single_port: bool = False
    groups_per_word: int = 1
    pixels: int = 1
    engine: Engine = Engine.BUILT_IN
    adder_levels: int = 0
    weight_register: bool = False
    requantiser: RequantiserKind | None = None


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def words_per_pixel(channels: int, lanes: int) -> int:
    """Words that carry one pixel: the last word may have unused upper lanes."""
    return ceil_div(channels, lanes)


def words_of(pixels: int, channels: int, lanes: int) -> int:
    """Words that carry so many pixels: parts of each one, or several whole ones to a word."""
    if lanes > channels:
        return ceil_div(pixels * channels, lanes)
    return pixels * ceil_div(channels, lanes)
