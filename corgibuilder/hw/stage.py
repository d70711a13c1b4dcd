"""One stage of the pipeline: window source, engine, requantiser."""

from collections.abc import Iterable

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import ComponentConfig
from corgibuilder.plan.planned_stage import PlannedStage

from .components import component_of
from .size import SIZE, SizeQueue, fix_sizes, output_size, size_ports
from .streams import Fork, input_ports, shape_of, word


def stage_signature(stage: PlannedStage, *, resizable: bool) -> wiring.Signature:
    """Ports of a :class:`Stage`."""
    layer, names = stage.layer, input_ports(len(stage.ports))
    members = {
        name: In(stream.Signature(word(shape_of(x.range), lanes)))
        for name, x, lanes in zip(names, layer.inputs, stage.lanes, strict=True)
    }
    lanes = stage.folded.folding.lanes
    members["o"] = Out(stream.Signature(word(shape_of(layer.out.range), lanes)))
    if resizable:
        members |= {f"{name}_size": In(stream.Signature(SIZE)) for name in names}
        members["o_size"] = Out(stream.Signature(SIZE))
    return wiring.Signature(members)


class Stage(wiring.Component):
    """Computes one layer of the network on a stream of frames.

    It is a row of components, as its plan has them. Streams, queues and line buffers hold codes of
    values (see :class:`~corgibuilder.ir.QInt`). They are decoded where an engine multiplies or
    adds, or behind the line buffer where windows reach into padding: its zeros need not have a
    code.

    Parameters
    ----------
    stage
        The layer with all decisions.
    sizes_held
        Sizes of maps that wait in front of each component that needs them, and of the next stage;
        0 in a pipeline where all maps have one size.

    Members
    -------
    i, or i0, i1, ... of several inputs : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, folding.lanes)))`
    i_size, or i0_size, ..., and o_size : :py:`stream.Signature(SIZE)`
        Sizes of the maps on both sides, a word before each frame; unless all have one.
    """

    def __init__(self, stage: PlannedStage, *, sizes_held: int):
        self.stage = stage
        self.sizes_held = sizes_held
        super().__init__(stage_signature(stage, resizable=sizes_held > 0))

    def elaborate(self, platform):
        m = Module()
        sized: list = []  # size inputs of the components that need the map's size
        names = input_ports(len(self.stage.ports))
        sources = [
            self._row(
                m,
                wiring.flipped(getattr(self, name)),
                self.stage.input_components(port),
                sized,
                name.removeprefix("i"),
            )
            for port, name in enumerate(names)
        ]
        behind = iter(self.stage.components())
        source = sources[0]
        if len(sources) > 1:
            join = self._placed(m, next(behind), sized)
            for port, each in enumerate(sources):
                wiring.connect(m, each, getattr(join, f"i{port}"))
            source = join.o
        source = self._row(m, source, behind, sized)
        wiring.connect(m, source, wiring.flipped(self.o))
        self._sizes(m, names, sized)
        return m

    def _row(self, m, source, configs: Iterable[ComponentConfig], sized: list, number: str = ""):
        """The stream of ``source`` behind some components; they are those of input ``number``."""
        for config in configs:
            component = self._placed(m, config, sized, number)
            wiring.connect(m, source, component.i)
            source = component.o
        return source

    def _placed(self, m, config: ComponentConfig, sized: list, number: str = ""):
        name = f"{config.name}_{number}" if number else config.name
        m.submodules[name] = component = component_of(config)
        sized += size_ports(component)
        return component

    def _sizes(self, m, names: list[str], sized: list):
        """Give everyone who needs it the size of the map, and the next stage that of its own.

        All inputs have maps of one size.
        """
        if not self.sizes_held:
            fix_sizes(m, sized, self.stage.layer.x.shape)
            return
        m.submodules.sizes = fork = Fork(SIZE, len(sized) + 1)
        for port, name in enumerate(names):
            size = getattr(self, f"{name}_size")
            if port == self.stage.size_port:
                wiring.connect(m, wiring.flipped(size), fork.i)
            else:
                m.d.comb += size.ready.eq(1)
        for k, port in enumerate(sized):
            m.submodules[f"size_{k}"] = queue = SizeQueue(self.sizes_held)
            wiring.connect(m, getattr(fork, f"o{k}"), queue.i)
            wiring.connect(m, queue.o, port)
        m.submodules.size_out = out = SizeQueue(self.sizes_held)
        incoming = getattr(fork, f"o{len(sized)}")
        folded = self.stage.folded
        width, height = output_size(folded.output_size(folded.layer), incoming.payload)
        m.d.comb += [
            out.i.payload.width.eq(width),
            out.i.payload.height.eq(height),
            out.i.valid.eq(incoming.valid),
            incoming.ready.eq(out.i.ready),
        ]
        wiring.connect(m, out.o, wiring.flipped(self.o_size))
