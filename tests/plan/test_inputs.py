"""Networks with several inputs: what is planned of each, and what is refused."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.hw.network import NetworkComponent, network_inputs, output_ports
from corgibuilder.hw.stage import Stage
from corgibuilder.ir import Add, Input, QInt, Shape
from corgibuilder.plan import Plan, Target, describe, make_plan, pipeline_of
from corgibuilder.plan.choice import choose
from corgibuilder.plan.kept_target import check_target
from corgibuilder.plan.pins import LayerPins, Pins
from corgibuilder.plan.simulation import pipeline_timing

from ..hw.maps import from_words, to_words
from ..streams import run_streams
from ..toys import HALVES, POINT, SAME, conv, network, stereo, stereo_frames

TARGET = Target(fps=Fraction(1), clock_hz=900)


def entry(name, *shape):
    return (name, Input(shape=Shape(*shape), range=QInt(0, 3)), "")


def test_a_plan_says_of_every_input_what_enters():
    plan = make_plan(stereo(), TARGET)
    assert plan.input_lanes == {"left": 3, "right": 1}
    edges = {edge.producer: edge for edge in plan.edges if edge.producer in plan.input_lanes}
    assert {name: (edge.consumer, edge.lanes) for name, edge in edges.items()} == {
        "left": ("a", 3),
        "right": ("b", 1),
    }
    assert (edges["right"].height, edges["right"].width, edges["right"].lowest) == (12, 16, -4)
    assert Plan.from_json(plan.to_json()) == plan
    assert not pipeline_of(stereo(), plan).resizable


def test_the_input_with_the_most_words_may_be_the_slowest():
    layers = [entry("x", 2, 1, 1), entry("y", 2, 8, 8), ("c", conv(2, 2, POINT), "y")]
    layers += [("p", conv(2, 2, replace(HALVES, kernel=(8, 8), stride=(8, 8))), "c")]
    net = network([*layers, ("sum", Add(factors=(1, 1)), ("x", "p"))], ["sum"])
    plan = make_plan(net, Target(fps=Fraction(1), clock_hz=64))
    assert plan.cycles_per_frame == 64


def test_headroom_is_of_the_largest_map():
    plan = make_plan(stereo(), replace(TARGET, headroom=2))
    assert plan.cycles_per_frame == 12 * 16 // 2
    assert plan.input_lanes == {"left": 3, "right": 2}


def refusal(plan, net=None):
    with pytest.raises(CompileError) as caught:
        pipeline_of(net or stereo(), plan)
    return str(caught.value)


def test_lanes_of_an_input_that_are_no_whole_pixels():
    plan = make_plan(stereo(), TARGET)
    text = refusal(replace(plan, input_lanes=plan.input_lanes | {"right": 3}))
    assert text == (
        "error[CB413]: in the plan the input has 3 lanes\n  --> toy.onnx: right\n"
        "  help: take 1 to 1, or 1 times a divisor of the width, 16"
    )


def test_inputs_that_are_too_slow_for_the_target_are_named():
    layers = [entry("x", 6, 2, 2), entry("y", 6, 2, 2)]
    net = network([*layers, ("sum", Add(factors=(1, 1)), ("x", "y"))], ["sum"])
    plan = make_plan(net, replace(TARGET, clock_hz=12))
    edges = (replace(e, lanes=1) if e.producer == "y" else e for e in plan.edges)
    slow = replace(plan, edges=tuple(edges), input_lanes=plan.input_lanes | {"y": 1})
    pipeline = pipeline_of(net, slow)
    with pytest.raises(CompileError, match="CB420") as caught:
        check_target(pipeline, describe(pipeline, slow.target))
    assert str(caught.value).endswith("give more lanes to input 'y'")


def test_a_plan_without_one_of_the_inputs():
    data = json.loads(make_plan(stereo(), TARGET).to_json())
    data["edges"] = [edge for edge in data["edges"] if edge["producer"] != "right"]
    assert refusal(Plan.from_json(json.dumps(data))).startswith(
        "error[CB412]: the plan's inputs are left, and the network's left, right\n"
    )


def test_inputs_that_never_meet():
    layers = [entry("x", 2, 3, 3), ("a", conv(2, 2, SAME), "x")]
    layers += [entry("y", 2, 3, 3), ("b", conv(2, 2, SAME), "y")]
    with pytest.raises(CompileError) as caught:
        make_plan(network(layers, ["a", "b"]), TARGET)
    assert str(caught.value) == (
        "error[CB434]: it never meets input 'x': no layer that an output needs depends on both\n"
        "  --> toy.onnx: y\n"
        "  help: make two networks of this file, and build each by itself"
    )


def in_hardware(pipeline, given, **options):
    """What leaves the pipeline for frames by node, compared with golden; cycles until the end."""
    values = golden.run(pipeline.network.graph, given)
    ports = {p.node: output_ports(pipeline)[p.name] for p in pipeline.network.outputs}
    count = len(next(iter(given.values())))
    due = {port: count * pipeline.words_of(node) for node, port in ports.items()}
    members = network_inputs(pipeline)
    feeds = {members[n]: to_words(list(x), pipeline.lanes_of(n)) for n, x in given.items()}
    dut = NetworkComponent(pipeline, lambda stage, held: Stage(stage, sizes_held=held))
    got, cycles = run_streams(dut, feeds, due, **options)
    for node, port in ports.items():
        want = values[node]
        found = from_words(got[port], [x.shape for x in want], pipeline.lanes_of(node))
        np.testing.assert_array_equal(np.stack(found), want)
    return cycles


@pytest.mark.parametrize(
    "stall", [0, 0.4, {"i_left": 0.9}, {"i_right": 0.9}, {"o_c": 0.9}], ids=str
)
def test_inputs_that_come_and_wait_as_they_like(stall):
    pipeline = choose(stereo(), TARGET)
    in_hardware(pipeline, stereo_frames(3), stall=stall, timeout=4000)


def test_cycles_are_those_of_the_simulation():
    pipeline = choose(stereo(), TARGET)
    timing = pipeline_timing(pipeline)
    frames = 6
    cycles = in_hardware(pipeline, stereo_frames(frames), stall=0)
    planned = timing.slowest[1] + (frames - 1) * timing.interval
    assert planned - timing.interval < cycles <= planned + 2


class InTurn:
    """A source that gives a whole frame of one input, and only then that of the other."""

    def __init__(self, words):
        self.words = words  # by member, a list of frames

    def bench(self, dut):
        async def run(ctx):
            for frames in zip(*self.words.values(), strict=True):
                for member, frame in zip(self.words, frames, strict=True):
                    port = getattr(dut, member)
                    for word in frame:
                        ctx.set(port.payload, word)
                        ctx.set(port.valid, 1)
                        taken = False
                        while not taken:
                            _, _, taken = await ctx.tick().sample(port.ready)
                        ctx.set(port.valid, 0)

        return run


@pytest.mark.parametrize("depth", [0, 12])
def test_one_source_for_both_needs_a_queue_of_a_frame(depth):
    """Without it the first input waits for the second, which the source does not begin."""
    layers = [entry("x", 1, 3, 4), entry("y", 1, 3, 4)]
    net = network([*layers, ("sum", Add(factors=(1, 1)), ("x", "y"))], ["sum"])
    pins = Pins({"sum": LayerPins(fifo=(depth, 0))})
    pipeline = choose(net, Target(fps=Fraction(1), clock_hz=100), pins)
    rng = np.random.default_rng(1)
    given = {name: rng.integers(0, 4, (2, 1, 3, 4)) for name in ("x", "y")}
    members = network_inputs(pipeline)
    words = {members[n]: [to_words([x], 1) for x in maps] for n, maps in given.items()}
    dut = NetworkComponent(pipeline, lambda stage, held: Stage(stage, sizes_held=held))

    def runs():
        due = {"o": 2 * 12}
        source = InTurn(words).bench(dut)
        return run_streams(dut, {}, due, stall=0, timeout=200, watchers=[source])

    if not depth:
        with pytest.raises(AssertionError, match="stuck"):
            runs()
        return
    got, _ = runs()
    sums = np.stack(from_words(got["o"], [(1, 3, 4)] * 2, 1))
    np.testing.assert_array_equal(sums, given["x"] + given["y"])
