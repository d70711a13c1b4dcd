"""The simulation of pipelines with several inputs, each with a source of its own."""

from dataclasses import replace
from fractions import Fraction

import pytest

from corgibuilder.ir import Add, Input, QInt, Shape, Window
from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose
from corgibuilder.plan.pins import LayerPins, Pins
from corgibuilder.plan.simulation import pipeline_timing
from corgibuilder.plan.simulation.simulate import MOST_FRAMES

from ...toys import POINT, conv, network, steps, stereo

SIDE = 40
WHOLE = Window(kernel=(SIDE, SIDE))
FAST = LayerPins(inputs=2, outputs=2)


def late(first):
    """A map that becomes one pixel late, and one pixel, that is added and also an output."""
    entries = [
        ("map", Input(shape=Shape(1, SIDE, SIDE), range=QInt(0, 3)), ""),
        ("pixel", Input(shape=Shape(2, 1, 1), range=QInt(0, 3)), ""),
    ]
    layers = [
        ("a", conv(1, 2, WHOLE), "map"),
        ("b", conv(2, 2, POINT), "pixel"),
        ("b_act", steps(2, 3), "b"),
        ("sum", Add(factors=(1, 1)), ("a", "b_act")),
    ]
    if first == "pixel":
        entries.reverse()
    return network([*entries, *layers], ["sum", "b_act"])


def test_the_order_of_the_inputs_changes_nothing():
    target = Target(fps=Fraction(1), clock_hz=SIDE * SIDE)
    one, other = (pipeline_timing(choose(late(first), target)) for first in ("map", "pixel"))
    assert one == other
    assert one.latencies["b_act"][1] < 50 < one.latencies["sum"][0]


def test_latency_counts_from_the_first_word_of_any_input():
    target = Target(fps=Fraction(1), clock_hz=900)
    net = stereo()
    turned = replace(net, inputs=net.inputs[::-1])
    assert pipeline_timing(choose(net, target)) == pipeline_timing(choose(turned, target))


@pytest.mark.parametrize("first", ["map", "pixel"])
def test_an_output_may_be_many_frames_ahead_of_another_input(first):
    """A long queue lets hundreds of pixels in, and out again, before the first map is there."""
    pins = Pins({"sum": LayerPins(fifo=(0, 4000)), "b": FAST})
    pipeline = choose(late(first), Target(fps=Fraction(1), clock_hz=4 * SIDE * SIDE), pins)
    found = pipeline_timing(pipeline)
    assert found.latencies["sum"][0] > 2 * MOST_FRAMES
    assert SIDE * SIDE <= found.interval <= 4 * SIDE * SIDE
