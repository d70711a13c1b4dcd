"""Queues where branches meet: as short as they can be, by the simulation and in hardware."""

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.hw import components
from corgibuilder.hw.network import NetworkComponent, output_ports
from corgibuilder.hw.queue import Queue
from corgibuilder.hw.stage import Stage
from corgibuilder.ir import Add, Concat, Input, Pads, Pool, PoolKind, Shape, Upsample, Window
from corgibuilder.passes import prepared
from corgibuilder.plan import Target, fifos
from corgibuilder.plan.choice import choose
from corgibuilder.plan.fifos import queue_notes, roomy, shortest_fifos
from corgibuilder.plan.pins import LayerPins, Pins
from corgibuilder.plan.simulation import (
    pipeline_fills,
    pipeline_timing,
    stage_machine,
    timing,
)

from ..hw.camera import Camera
from ..hw.maps import from_words, to_words
from ..streams import run_streams
from ..toys import HALVES, POINT, RANGE, SAME, STRIDED, conv, network, steps

FRAMES = 10  #: in hardware, until the pace is steady
MANY = 40  #: that of tiny maps, of which many are under way at once
SUM = Add(factors=(1, -3))
POINT_STRIDED = Window(kernel=(1, 1), stride=(2, 2))


def entry(*shape):
    return ("x", Input(shape=Shape(*shape), range=RANGE), "")


def layer(name, op, source):
    """An operation and the steps behind it, ``name`` plus ``_act``."""
    channels = op.weights.shape[0]
    return [(name, op, source), (f"{name}_act", steps(channels, 7), name)]


def residual():
    layers = [entry(3, 6, 5), *layer("c", conv(3, 3, SAME), "x"), ("sum", SUM, ("c_act", "x"))]
    return network(layers, ["sum"])


def two_convolutions():
    return network(
        [
            entry(2, 7, 6),
            *layer("a", conv(2, 4, POINT), "x"),
            *layer("b", conv(4, 4, SAME), "a_act"),
            *layer("c", conv(4, 4, SAME), "b_act"),
            ("sum", SUM, ("c_act", "a_act")),
        ],
        ["sum"],
    )


def strided():
    return network(
        [
            entry(4, 8, 8),
            *layer("a", conv(4, 6, STRIDED), "x"),
            *layer("b", conv(6, 6, SAME), "a_act"),
            *layer("short", conv(4, 6, POINT_STRIDED), "x"),
            ("sum", SUM, ("b_act", "short_act")),
            ("sum_act", steps(6), "sum"),
        ],
        ["sum_act"],
    )


def nested():
    return network(
        [
            entry(3, 6, 6),
            *layer("a", conv(3, 3, SAME), "x"),
            ("inner", SUM, ("a_act", "x")),
            ("inner_act", steps(3), "inner"),
            *layer("b", conv(3, 3, SAME), "inner_act"),
            ("outer", SUM, ("b_act", "x")),
        ],
        ["outer"],
    )


def side_by_side():
    return network(
        [
            entry(2, 6, 6),
            *layer("a", conv(2, 2, SAME), "x"),
            *layer("b", conv(2, 4, Window(kernel=(5, 5), pads=wide(2))), "x"),
            ("all", Concat(), ("a_act", "x", "b_act")),
            *layer("end", conv(8, 3, POINT), "all"),
        ],
        ["end_act", "a_act"],
    )


def wide(pixels):
    return replace(SAME.pads, top=pixels, left=pixels, bottom=pixels, right=pixels)


def down_and_up():
    return network(
        [
            entry(2, 8, 8),
            ("half", Pool(kind=PoolKind.MAX, window=HALVES), "x"),
            *layer("a", conv(2, 2, SAME), "half"),
            ("up", Upsample(factors=(2, 2)), "a_act"),
            ("all", Concat(), ("up", "x")),
        ],
        ["all"],
    )


def pooled_and_raw():
    """The pool is stalled with a sum on its way while no word moves."""
    return network(
        [
            entry(7, 9, 5),
            ("pool", Pool(kind=PoolKind.MAX, window=Window(kernel=(1, 3), stride=(1, 3))), "x"),
            *layer(
                "c",
                conv(7, 7, replace(SAME, stride=(3, 1), pads=Pads(top=1, bottom=1, right=2))),
                "pool",
            ),
            ("all", Concat(), ("c_act", "c")),
        ],
        ["all"],
    )


def tiny():
    """Maps of one pixel: many frames are under way at once."""
    blocks, last = [], "x"
    for k in range(4):
        blocks += [
            *layer(f"a{k}", conv(2, 2, POINT), last),
            *layer(f"b{k}", conv(2, 2, POINT), f"a{k}_act"),
        ]
        blocks += [
            *layer(f"c{k}", conv(2, 2, POINT), f"b{k}_act"),
            (f"s{k}", SUM, (f"c{k}_act", last)),
        ]
        blocks.append((f"s{k}_act", steps(2), f"s{k}"))
        last = f"s{k}_act"
    return network([entry(2, 1, 1), *blocks], [last])


NETWORKS = {
    made.__name__: made
    for made in (
        residual,
        two_convolutions,
        strided,
        nested,
        side_by_side,
        down_and_up,
        pooled_and_raw,
    )
}
BUDGETS = (70, 300, 3000)


def planned(name, budget, *, fixed=False):
    made = NETWORKS[name]()
    made = replace(made, fixed=("x",)) if fixed else made
    return choose(made, Target(fps=Fraction(1), clock_hz=budget))


def shorter(pipeline):
    """The pipeline with one of its queues a word shorter, for each of them."""
    for number, stage in enumerate(pipeline.stages):
        for port, depth in enumerate(stage.fifos):
            if depth:
                fifos = (*stage.fifos[:port], depth - 1, *stage.fifos[port + 1 :])
                stages = list(pipeline.stages)
                stages[number] = replace(stage, fifos=fifos)
                yield replace(pipeline, stages=tuple(stages))


def behaviour(pipeline):
    """Interval and latencies; ``None`` where it stops."""
    try:
        return pipeline_timing(pipeline)
    except CompileError as refused:
        assert refused.code == "CB416"
        return None


def is_worse(found, wanted):
    """Slower than another pipeline, or later at any output."""
    if found is None or found.interval > wanted.interval:
        return True
    spans = [(found.latencies[node], span) for node, span in wanted.latencies.items()]
    return any(a > b for ours, theirs in spans for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_queues_cost_nothing_and_each_shorter_one_does(name, budget, fixed):
    pipeline = planned(name, budget, fixed=fixed)
    found, endless = pipeline_timing(pipeline), pipeline_timing(roomy(pipeline))
    alone = [
        timing(stage_machine(stage, resizable=pipeline.resizable)).interval
        for stage in pipeline.stages
    ]
    assert found.interval == max(*alone, pipeline.words_of("x"))
    assert not is_worse(found, endless)
    for less in shorter(pipeline):
        assert is_worse(behaviour(less), endless)


def test_some_queues_are_needed():
    depths = [d for name in NETWORKS for s in planned(name, 300).stages for d in s.fifos]
    assert sum(depth > 0 for depth in depths) >= len(NETWORKS)


def test_depths_do_not_depend_on_those_that_were_there():
    pipeline = planned("side_by_side", 300)
    assert shortest_fifos(roomy(pipeline)) == pipeline


def test_where_simulation_takes_long_queues_stall_a_branch_with_a_word_less(monkeypatch):
    cases = [(name, budget) for name in NETWORKS for budget in BUDGETS]
    shortest = [planned(*case) for case in cases]
    assert not any(map(queue_notes, shortest))
    monkeypatch.setattr(fifos, "_work", lambda *_: 2 * fifos.MOST_WORK)
    longer = [planned(*case) for case in cases]
    for least, pipeline in zip(shortest, longer, strict=True):
        assert queue_notes(pipeline) == (fifos.NOT_TRIED,) * _has_queues(pipeline)
        found = pipeline_timing(pipeline)
        assert not is_worse(found, pipeline_timing(roomy(pipeline)))
        _, unrefused = pipeline_fills(pipeline, found.interval)
        for stage in pipeline.stages:
            for port, depth in enumerate(stage.fifos):
                assert depth <= unrefused.get((stage.layer.name, port), 0)
        assert sum(depths(least)) <= sum(depths(pipeline))
    least, most = (sum(sum(depths(p)) for p in found) for found in (shortest, longer))
    assert least < most < 1.3 * least


def _has_queues(pipeline):
    return any(any(stage.fifos) for stage in pipeline.stages)


def test_a_queue_that_is_long_enough_for_early_words_too():
    """With 10 words at ``x`` it is as fast as that only where frames come at its own pace."""
    pipeline = planned("side_by_side", 10)
    assert pipeline_timing(pipeline).interval == 10


def depths(pipeline):
    return [depth for stage in pipeline.stages for depth in stage.fifos]


@pytest.mark.parametrize("budget", [1, 2, 10])
def test_many_frames_of_a_tiny_map_may_wait(budget):
    pipeline = choose(tiny(), Target(fps=Fraction(1), clock_hz=budget))
    found = pipeline_timing(pipeline)
    assert found.interval == max(stage.folded.frame_cycles for stage in pipeline.stages) <= budget
    for less in shorter(pipeline):
        assert is_worse(behaviour(less), found)


def test_a_queue_that_is_pinned_too_short_is_refused():
    pins = Pins({"sum": LayerPins(fifo=(0, 0))})
    made = two_convolutions()
    layers = [(node.name, node.op, node.inputs) for node in made.graph]
    more = [*layer("d", conv(4, 4, SAME), "sum"), ("end", SUM, ("d_act", "sum"))]
    made = network([*layers, *more], ["end"])
    target = Target(fps=Fraction(1), clock_hz=300)
    with pytest.raises(CompileError, match="CB416") as caught:
        choose(made, target, pins)
    assert str(caught.value.at) == "toy.onnx: sum"
    depths = re.fullmatch(ADVICE, caught.value.help)
    pins = Pins({"sum": LayerPins(fifo=tuple(map(int, depths[1].split(","))))})
    assert pipeline_timing(choose(made, target, pins)).interval <= 300


ADVICE = r"give this in the pins, or with the edges of the plan: 'sum': fifo = \[(.*)\]"


def test_two_queues_that_are_too_short_are_both_named():
    pipeline = planned("nested", 300, fixed=True)
    stages = [replace(s, fifos=(0,) * len(s.fifos)) for s in pipeline.stages]
    with pytest.raises(CompileError) as caught:
        pipeline_timing(replace(pipeline, stages=tuple(stages)))
    said = re.compile(r"input (\d) of '(\w+)' has a queue of 0 words and needs (\d+)")
    needed = said.findall(str(caught.value))
    assert [(port, name) for port, name, _ in needed] == [("1", "inner"), ("1", "outer")]
    for number, stage in enumerate(stages):
        depths = [int(depth) for _, name, depth in needed if name == stage.layer.name]
        if depths:
            stages[number] = replace(stage, fifos=(0, *depths))
    runs_as_planned(replace(pipeline, stages=tuple(stages)), 1)
    wanted = pipeline_timing(pipeline)
    for less in shorter(replace(pipeline, stages=tuple(stages))):
        assert is_worse(behaviour(less), wanted)


def test_maps_that_do_not_meet_at_every_size_fix_the_size():
    target = Target(fps=Fraction(1), clock_hz=3000)
    assert not choose(down_and_up(), target).resizable
    assert choose(strided(), target).resizable


@pytest.mark.parametrize("budget", [50, 300])
def test_a_sum_of_one_term_runs_as_planned(budget):
    """What is left of ``a + a``."""
    made = network(
        [
            entry(2, 4, 4),
            *layer("a", conv(2, 2, SAME), "x"),
            ("sum", Add(factors=(1, 1)), ("a_act", "a_act")),
        ],
        ["a_act", "sum"],
        ("x",),
    )
    runs_as_planned(choose(prepared(made), Target(fps=Fraction(1), clock_hz=budget)), 1)


def test_without_queues_a_residual_block_stops():
    pipeline = planned("two_convolutions", 300)
    stages = [replace(s, fifos=(0,) * len(s.fifos)) for s in pipeline.stages]
    with pytest.raises(CompileError) as caught:
        pipeline_timing(replace(pipeline, stages=tuple(stages)))
    assert caught.value.code == "CB416"


def measured(pipeline, count, watchers=()):
    """Cycles in hardware until so many frames have left; their values are checked."""
    graph, rng = pipeline.network.graph, np.random.default_rng(count)
    (node,) = pipeline.inputs
    kind = graph.type(node)
    frames = [
        rng.integers(kind.range.lo, kind.range.hi + 1, tuple(kind.shape)) for _ in range(count)
    ]
    values = golden.run(graph, np.stack(frames))
    ports = {
        output.node: output_ports(pipeline)[output.name] for output in pipeline.network.outputs
    }
    due = {port: count * pipeline.words_of(node) for node, port in ports.items()}
    dut = NetworkComponent(pipeline, lambda stage, held: Stage(stage, sizes_held=held))
    if pipeline.resizable:
        shape, words = kind.shape, pipeline.words_of(node) // kind.shape.pixels
        dut = Camera(dut, [(shape.width, shape.height)] * count, words=words)
    got, cycles = run_streams(
        dut,
        {"i": to_words(frames, pipeline.lanes_of(node))},
        due,
        stall=0,
        timeout=3000,
        watchers=watchers,
    )
    for node, port in ports.items():
        kind, lanes = graph.type(node), pipeline.lanes_of(node)
        codes = from_words(got[port], [tuple(kind.shape)] * count, lanes)
        np.testing.assert_array_equal(
            np.stack(codes) * kind.range.step + kind.range.offset, values[node]
        )
    return cycles


def runs_as_planned(pipeline, spare):
    """That hardware has the interval and the latency of the simulation, or stops as it does.

    ``spare`` are cycles of the bench before the first word.
    """
    found = behaviour(pipeline)
    if found is None:
        with pytest.raises(AssertionError, match="stuck"):
            measured(pipeline, FRAMES)
        return
    ends = [measured(pipeline, frames) for frames in (FRAMES - 2, FRAMES - 1, FRAMES)]
    assert max(np.diff(ends)) == found.interval  # frames may be less far apart in turns
    assert measured(pipeline, 1) - spare == found.slowest[1]


@pytest.mark.parametrize(("name", "budget"), [("residual", 70), ("two_convolutions", 300)])
def test_hardware_agrees_on_the_shortest_queues_and_on_shorter_ones(name, budget):
    pipeline = planned(name, budget, fixed=True)
    runs_as_planned(pipeline, 1)
    tried = list(shorter(pipeline))
    assert tried
    for less in tried:
        runs_as_planned(less, 1)


@pytest.mark.parametrize("name", ["residual", "two_convolutions", "strided"])
def test_in_hardware_a_branch_stalls_for_longer_with_a_word_less(name, monkeypatch):
    """Cycles in which the queue refuses a word, of the first frame, offered as fast as it goes."""
    monkeypatch.setattr(fifos, "_work", lambda *_: 2 * fifos.MOST_WORK)
    pipeline = planned(name, 300, fixed=True)
    made, refused = [], []

    def queue(*arguments):
        made.append(Queue(*arguments))
        return made[-1]

    async def watch(ctx):
        async for _, _, offered, accepts in ctx.tick().sample(made[-1].i.valid, made[-1].i.ready):
            refused[-1] += offered and not accepts

    monkeypatch.setattr(components, "Queue", queue)
    for each in (pipeline, *shorter(pipeline)):
        refused.append(0)
        measured(each, 1, [watch])
    assert len(refused) == 2
    assert refused[0] < refused[1]


def two_pixels(*, skips):
    layers = [entry(2, 2, 1)]
    for k in range(3):
        layers += layer(f"c{k}", conv(2, 2, SAME), layers[-1][0])
    if skips:
        layers.append(("sum", SUM, ("x", layers[-1][0])))
    return network(layers, [layers[-1][0]])


@pytest.mark.parametrize("skips", [False, True])
def test_sizes_do_not_hold_up_tiny_maps(skips):
    pipeline = choose(prepared(two_pixels(skips=skips)), Target(fps=Fraction(1), clock_hz=3))
    assert pipeline.resizable
    interval = pipeline_timing(pipeline).interval
    assert interval <= 3
    assert measured(pipeline, MANY) - measured(pipeline, MANY - 4) == 4 * interval
