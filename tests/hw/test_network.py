"""The pipeline as a whole: the size gate, queues, forks and several outputs."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from corgibuilder import golden
from corgibuilder.hw.gate import FrameGate
from corgibuilder.hw.network import NetworkComponent, output_ports
from corgibuilder.hw.queue import Queue
from corgibuilder.hw.stage import Stage
from corgibuilder.hw.streams import word
from corgibuilder.ir import Graph, Input, QInt, Shape, Window
from corgibuilder.plan import Target
from corgibuilder.plan.choice import choose

from ..streams import run_stream, run_streams
from .camera import Camera
from .maps import from_words, size_words, to_words
from .test_stage import SAME, STRIDED, conv, network, steps

STALLS = [0, 0.4]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("depth", [2, 5, 8])
def test_queue_keeps_order(stall, depth):
    words = [[k % 16, (k * 7) % 16] for k in range(60)]
    assert run_stream(Queue(word(4, 2), depth), words, stall=stall) == words


@pytest.mark.parametrize("stall", STALLS)
def test_gate_sends_the_size_of_every_frame_ahead(stall):
    sizes = [(3, 2), (1, 1), (2, 3), (4, 1)]
    words = [[k % 16] for k in range(2 * sum(w * h for w, h in sizes))]
    dut = Camera(FrameGate(word(4, 1), words=2), sizes, words=2)
    due = {"o": len(words), "size": len(sizes)}
    got, _ = run_streams(dut, {"i": words}, due, stall=stall)
    assert got["o"] == words
    assert got["size"] == [{"width": w, "height": h} for w, h in sizes]


def place(stage, sizes_held):
    return Stage(stage, sizes_held=sizes_held)


def tapped_network(rng):
    """Three layers; the first one's value is an output as well, and the input."""
    net = network(
        Shape(2, 6, 7),
        QInt(-4, 3),
        conv(rng, 2, 3, SAME),
        steps(rng, 3),
        conv(rng, 3, 3, STRIDED, groups=3),
        steps(rng, 3),
        conv(rng, 3, 4, Window(kernel=(1, 1))),
    )
    tap = replace(net.outputs[0], name="tap", node="n1")
    return replace(net, outputs=(tap, *net.inputs, net.outputs[0]))


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("budget", [45, 300, 3000])
def test_taps_of_frames_of_changing_size(stall, budget):
    rng = np.random.default_rng(11)
    net = tapped_network(rng)
    pipeline = choose(net, Target(fps=Fraction(1), clock_hz=budget))
    assert pipeline.resizable
    frames = [rng.integers(-4, 4, (2, *size)) for size in [(6, 7), (3, 4), (5, 7), (6, 7)]]
    ports = output_ports(pipeline)
    want = {port: [] for port in ports.values()}
    for frame in frames:
        graph = Graph(
            replace(n, op=replace(n.op, shape=Shape(*frame.shape)))
            if isinstance(n.op, Input)
            else n
            for n in net.graph
        )
        values = golden.run(graph, frame[None])
        for out in net.outputs:
            want[ports[out.name]].append(np.asarray(values[out.node])[0])
    lanes = {ports[out.name]: pipeline.lanes_of(out.node) for out in net.outputs}
    due = {
        port: sum(w.shape[1] * w.shape[2] * -(-w.shape[0] // lanes[port]) for w in maps)
        for port, maps in want.items()
    }
    sizes = [(s["width"], s["height"]) for s in size_words(frames)]
    (entering,) = pipeline.input_lanes.values()
    dut = Camera(NetworkComponent(pipeline, place), sizes, words=-(-2 // entering))
    feeds = {"i": to_words(frames, entering)}
    got, _ = run_streams(dut, feeds, due, stall=stall, timeout=8000)
    for port, maps in want.items():
        shapes = [w.shape for w in maps]
        for a, b in zip(from_words(got[port], shapes, lanes[port]), maps, strict=True):
            np.testing.assert_array_equal(a, b)
