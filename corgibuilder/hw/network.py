"""The whole pipeline: every stage in its place."""

from collections.abc import Callable, Sequence

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.names import Identifiers
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.planned_stage import PlannedStage

from .gate import FrameGate
from .size import POSITION
from .streams import Buffer, Fork, input_ports, shape_of, word


def network_inputs(pipeline: Pipeline) -> dict[str, str]:
    """Stream member of each network input by its node."""
    ports = _members("i", [port.name for port in pipeline.network.inputs])
    return {port.node: ports[port.name] for port in pipeline.network.inputs}


def output_ports(pipeline: Pipeline) -> dict[str, str]:
    """Stream member of each network output by the output's name in the file."""
    return _members("o", [port.name for port in pipeline.network.outputs])


def _members(letter: str, names: Sequence[str]) -> dict[str, str]:
    """The letter alone for a single stream; with the name in the file for each of several."""
    if len(names) == 1:
        return {names[0]: letter}
    ports = Identifiers()
    return {name: ports.new(f"{letter}_", name) for name in names}


class NetworkComponent(wiring.Component):
    """Computes a network on streams of frames.

    Parameters
    ----------
    pipeline
        Stages with their foldings.
    place
        Makes the component for a stage and the sizes held in it: the stage itself, or a stand-in
        for it.

    Members
    -------
    i, or i_NAME for each of several inputs : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o, or o_NAME for each of several outputs : :py:`Out(stream.Signature(ArrayLayout(out, lanes)))`
    width, height : :py:`In(POSITION)`
        Size of the input map, sampled with the first word of a frame; only if resizable, and so
        of a network with one input.
    """

    def __init__(self, pipeline: Pipeline, place: Callable[[PlannedStage, int], wiring.Component]):
        self.pipeline = pipeline
        self.place = place
        members = {}
        for node, member in network_inputs(pipeline).items():
            members[member] = In(stream.Signature(self._layout(node)))
        ports = output_ports(pipeline)
        for port in pipeline.network.outputs:
            members[ports[port.name]] = Out(stream.Signature(self._layout(port.node)))
        if pipeline.resizable:
            members |= {"width": In(POSITION), "height": In(POSITION)}
        super().__init__(members)

    def _layout(self, node: str):
        """Layout of the words that carry the value of ``node``."""
        kind = self.pipeline.network.graph.type(node)
        return word(shape_of(kind.range), self.pipeline.lanes_of(node))

    def elaborate(self, platform):
        m = Module()
        pipeline, forks = self.pipeline, Identifiers()
        members = network_inputs(pipeline)
        values = {node: [wiring.flipped(getattr(self, k))] for node, k in members.items()}
        sizes = {}
        if pipeline.resizable:
            (node,) = pipeline.inputs
            values[node], sizes[node] = self._gated(m, node)
        for node in pipeline.inputs:
            self._fork(m, forks, values, sizes, node)
        for stage in pipeline.stages:
            self._connect(m, forks, values, sizes, stage)
        ports = output_ports(pipeline)
        for port in pipeline.network.outputs:
            end = values[port.node].pop()
            wiring.connect(m, end, wiring.flipped(getattr(self, ports[port.name])))
        for unread in [end for ends in sizes.values() for end in ends]:
            m.d.comb += unread.ready.eq(1)
        return m

    def _gated(self, m, node: str):
        """The words of the one input, and the size of every frame ahead of them."""
        layout, lanes = self._layout(node), self.pipeline.lanes_of(node)
        channels = self.pipeline.network.input_shape.channels
        m.submodules.gate = gate = FrameGate(layout, words=words_per_pixel(channels, lanes))
        wiring.connect(m, wiring.flipped(self.i), gate.i)
        # The size of a frame takes a cycle to reach the first stage, so its words do as well.
        m.submodules.entry = entry = Buffer(layout)
        wiring.connect(m, gate.o, entry.i)
        m.d.comb += [gate.width.eq(self.width), gate.height.eq(self.height)]
        return [entry.o], [gate.size]

    def _connect(self, m, forks, values, sizes, stage: PlannedStage):
        """Place a stage, give it the streams that it reads, and fork what it gives."""
        layer = stage.layer
        placed = self.place(stage, self.pipeline.sizes_held(stage))
        m.submodules[layer.module] = placed
        for name, source in zip(input_ports(len(stage.ports)), layer.sources, strict=True):
            wiring.connect(m, values[source].pop(), getattr(placed, name))
            if self.pipeline.resizable:
                wiring.connect(m, sizes[source].pop(), getattr(placed, f"{name}_size"))
        values[layer.result] = [placed.o]
        if self.pipeline.resizable:
            sizes[layer.result] = [placed.o_size]
        self._fork(m, forks, values, sizes, layer.result)

    def _fork(self, m, forks, values, sizes, node: str):
        """As many copies of a node's streams as there are readers."""
        network = self.pipeline.network
        readers = self.pipeline.readers(node)
        outputs = sum(port.node == node for port in network.outputs)
        if readers + outputs > 1:
            name = forks.new("fork_", node)
            values[node] = self._copies(m, values[node][0], readers + outputs, f"{name}_words")
            if readers > 1 and node in sizes:
                sizes[node] = self._copies(m, sizes[node][0], readers, f"{name}_sizes")

    def _copies(self, m, source, count: int, name: str):
        layout = source.payload.shape()
        m.submodules[name] = fork = Fork(layout, count)
        wiring.connect(m, source, fork.i)
        ends = []
        for k in range(count):
            m.submodules[f"{name}_{k}"] = buffer = Buffer(layout)
            wiring.connect(m, getattr(fork, f"o{k}"), buffer.i)
            ends.append(buffer.o)
        return ends
