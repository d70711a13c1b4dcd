from fractions import Fraction

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Input, QInt, Shape, Upsample, Window
from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose
from corgibuilder.plan.system import plan_system
from corgibuilder.system import System

from ...toys import SAME, conv, network, steps, stereo

CLASSES = 3
LAYERS = [
    ("x", Input(shape=Shape(2, 9, 12), range=QInt(0, 15)), ""),
    ("stem", conv(2, 4, SAME), "x"),
    ("act", steps(4, 15), "stem"),
    ("point", conv(4, 6, Window(kernel=(1, 1), stride=(2, 2))), "act"),
]


def planned(layers, outputs, budget):
    target = Target(fps=Fraction(1000), clock_hz=1000 * budget)
    pipeline = choose(network(layers, outputs), target)
    return plan_system(pipeline, target, System(classes=CLASSES))


@pytest.mark.parametrize(
    ("budget", "lanes", "words"),
    [(700, [4, 3, 1], 171), (190, [4, 3, 1], 171), (160, [4, 6, 1], 141)],
)
def test_the_link_is_as_wide_as_the_frame_rate_needs(budget, lanes, words):
    """108 pixels of 4 channels, 30 of 6 in one word or in two, and 3 logits."""
    chip = planned(LAYERS, ["act", "point"], budget)
    assert [tap.lanes for tap in chip.taps] == lanes
    assert chip.link_words == words


def test_the_classifier_is_for_the_output_that_comes_last():
    chip = planned(LAYERS, ["point", "act"], 700)
    assert chip.last.node == "point"
    assert (chip.classifier.channels, chip.classifier.max_positions) == (6, 30)
    assert chip.classifier.classes == CLASSES
    assert chip.channel_names == ("point", "act", "classifier")
    assert (chip.logits.words, chip.logits.range.width) == (CLASSES, 32)
    assert (chip.smallest, chip.largest) == ((8, 8), (12, 9))


def test_every_frame_is_one_pixel_of_logits():
    logits = planned(LAYERS, ["point"], 700).logits
    for n in (1, 2, 65535):
        assert (n + logits.columns.offset) // logits.columns.stride == 0
        assert (n + logits.rows.offset) // logits.rows.stride == 0


def test_outputs_behind_other_changes_of_size_than_windows_are_refused():
    layers = [*LAYERS, ("large", Upsample(factors=(2, 2)), "point")]
    with pytest.raises(CompileError) as fault:
        planned(layers, ["act", "large"], 700)
    assert str(fault.value) == (
        "error[CB907]: it changes the size of a map otherwise than by windows, and the system could"
        " not tell where frames end behind it\n"
        "  --> toy.onnx: large\n"
        "  help: end the network before it, or leave out --system"
    )


def test_a_network_with_several_inputs_is_refused():
    target = Target(fps=Fraction(1), clock_hz=900)
    with pytest.raises(CompileError) as fault:
        plan_system(choose(stereo(), target), target, System(classes=CLASSES))
    assert str(fault.value) == (
        "error[CB908]: the system has one camera, and the network 2 inputs: left, right\n"
        "  --> toy\n"
        "  help: leave out --system, and give each input a source of its own"
    )
