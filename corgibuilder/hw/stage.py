"""One stage of the pipeline: feed, engine, requantiser."""

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Argmax as ArgmaxOp
from corgibuilder.ir import Conv, Pool, PoolKind, Window
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed, taps
from corgibuilder.plan.picks import gathered_picks, window_picks
from corgibuilder.plan.regroup import hops as regroup_hops
from corgibuilder.plan.requantisers import Form

from .argmax import Argmax
from .chunks import Chunks
from .gearbox import regroup
from .line_buffer import LineBuffer
from .mac_array import MacArray
from .pool import AcrossPool, Reduce, TilePool
from .queue import Queue
from .requant import Requant
from .row_banks import RowBanks
from .serialiser import Serialiser
from .size import SIZE, FixedSize, output_columns, output_rows
from .streams import Buffer, Fork, shape_of, word
from .weights import weight_steps
from .window import Column, WindowFormer


def stage_signature(folded: Folded, *, lanes: int, resizable: bool) -> wiring.Signature:
    """Ports of a :class:`Stage`."""
    stage = folded.stage
    members = {
        "i": In(stream.Signature(word(shape_of(stage.x.range), lanes))),
        "o": Out(stream.Signature(word(shape_of(stage.out.range), folded.folding.lanes))),
    }
    if resizable:
        members["i_size"] = In(stream.Signature(SIZE))
        members["o_size"] = Out(stream.Signature(SIZE))
    return wiring.Signature(members)


class Stage(wiring.Component):
    """Computes one layer of the network on a stream of frames.

    Streams, queues and line buffers hold codes of values (see :class:`~corgibuilder.ir.QInt`). They
    are decoded where an engine multiplies or adds, or behind the line buffer where windows reach
    into padding: its zeros need not have a code.

    Parameters
    ----------
    folded
        The layer and how it is folded.
    form
        How sums become activations, or ``None`` where they already are.
    lanes
        Values in a word that arrives: channels of a pixel, or several whole pixels.
    resizable
        Whether the map's size comes with each frame.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(out, folding.lanes)))`
    i_size, o_size : :py:`stream.Signature(SIZE)`
        Sizes of the maps on both sides, a word before each frame; only if ``resizable``.
    """

    def __init__(self, folded: Folded, form: Form | None, *, lanes: int, resizable: bool):
        self.folded = folded
        self.form = form
        self.lanes = lanes
        self.resizable = resizable
        self.x = shape_of(folded.stage.x.range)
        super().__init__(stage_signature(folded, lanes=lanes, resizable=resizable))

    def elaborate(self, platform):
        m = Module()
        folded, stage, folding = self.folded, self.folded.stage, self.folded.folding
        sized: list = []  # size inputs of the components that need the map's size
        source = wiring.flipped(self.i)
        if self.lanes > folded.input_lanes:
            source = self._queued(m, source)
        hops = regroup_hops(
            pixel=stage.pixel_channels,
            lanes=self.lanes,
            unit=stage.x.shape.channels,
            out_lanes=folded.input_lanes,
        )
        source = regroup(m, source, self.x, hops)
        if self.lanes <= folded.input_lanes:
            source = self._queued(m, source)
        match stage.engine:
            case Conv():
                source = self._convolution(m, source, sized)
            case Pool():
                source = self._pooling(m, source, sized)
            case ArgmaxOp():
                m.submodules.argmax = argmax = Argmax(
                    stage.x.range, channels=stage.x.shape.channels
                )
                wiring.connect(m, source, argmax.i)
                source = argmax.o
        if self.form is not None:
            m.submodules.requant = requant = Requant(
                self.form,
                acc=stage.acc.range,
                out=stage.out.range,
                channels=stage.acc.shape.channels,
                lanes=folding.lanes,
            )
            wiring.connect(m, source, requant.i)
            source = requant.o
        m.submodules.buffer = buffer = Buffer(self.o.payload.shape())
        wiring.connect(m, source, buffer.i)
        wiring.connect(m, buffer.o, wiring.flipped(self.o))
        self._sizes(m, sized)
        return m

    def _queued(self, m, source):
        """The words of ``source`` behind the queue: where words are wide, it holds the fewest."""
        if not self.folded.folding.fifo:
            return source
        lanes = max(self.lanes, self.folded.input_lanes)
        m.submodules.queue = queue = Queue(word(self.x, lanes), self.folded.folding.fifo)
        wiring.connect(m, source, queue.i)
        return queue.o

    def _convolution(self, m, source, sized):
        folded, stage, folding = self.folded, self.folded.stage, self.folded.folding
        assert isinstance(stage.engine, Conv)
        source = self._feed(m, source, sized, stage.engine.window)
        m.submodules.mac_array = array = MacArray(
            stage.operand,
            weight_steps(folded),
            folded.weight_range,
            passes=folded.passes,
            acc=stage.acc.range,
            shared=not folded.depthwise,
            last=folded.last_operands,
        )
        wiring.connect(m, source, array.i)
        if folding.lanes == folding.outputs:
            return array.o
        m.submodules.serialiser = serialiser = Serialiser(
            shape_of(stage.acc.range),
            channels=stage.acc.shape.channels,
            in_lanes=folding.outputs,
            out_lanes=folding.lanes,
        )
        wiring.connect(m, array.o, serialiser.i)
        return serialiser.o

    def _pooling(self, m, source, sized):
        folded, stage = self.folded, self.folded.stage
        pool = stage.engine
        assert isinstance(pool, Pool)
        x = stage.operand
        if stage.across > 1:
            m.submodules.across = across = AcrossPool(
                pool.kind,
                x,
                channels=stage.pixel_channels,
                pixels=stage.across,
                lanes=folded.folding.outputs,
            )
            wiring.connect(m, source, across.i)
            source, x = across.o, across.out
        ranges = (pool.kind, x, stage.acc.range)
        if folded.folding.feed is Feed.TILES:
            m.submodules.pool = engine = TilePool(
                *ranges,
                channels=stage.acc.shape.channels,
                lanes=folded.folding.outputs,
                window=pool.window,
                max_width=stage.x.shape.width,
            )
            sized.append(engine.size)
        else:
            outside = 0 if pool.kind is PoolKind.SUM else x.code(x.lo)
            source = self._feed(m, source, sized, pool.window, padding=outside)
            m.submodules.pool = engine = Reduce(
                *ranges, lanes=folded.folding.outputs * stage.across, taps=taps(stage)
            )
        wiring.connect(m, source, engine.i)
        return engine.o

    def _feed(self, m, source, sized, window: Window, *, padding: int = 0):
        """The stream of operands, one word for each step of the engine."""
        folded, stage = self.folded, self.folded.stage
        feed, lanes = folded.folding.feed, folded.input_lanes
        x, given, width = stage.x.range, stage.operand, stage.x.shape.width
        if feed is Feed.STREAM:
            return source
        if feed is Feed.BANKS:
            m.submodules.row_banks = lines = RowBanks(
                x, lanes, given=given, window=window, max_width=width
            )
        else:
            m.submodules.line_buffer = lines = LineBuffer(
                x,
                lanes,
                given=given,
                channels=stage.x.shape.channels,
                window=window,
                capacity=folded.folding.capacity,
                max_width=width,
                single_port=folded.single_port,
                repeats=folded.groups if feed is Feed.LINES and not folded.by_word else 1,
                by_word=folded.by_word and feed is Feed.LINES,
                by_column=feed is Feed.COLUMNS,
                padding=padding,
            )
        sized += [lines.write_size, lines.read_size]
        wiring.connect(m, source, lines.i)
        pixel = word(shape_of(given), lanes)
        if feed is Feed.LINES:
            return self._groups(m, lines.o, pixel) if folded.gathered > 1 else lines.o
        m.submodules.window = former = WindowFormer(pixel, window=window)
        sized.append(former.size)
        if feed is Feed.COLUMNS:
            m.submodules.column = column = Column(pixel, window.kernel[0])
            wiring.connect(m, lines.o, column.i)
            wiring.connect(m, column.o, former.i)
        else:
            wiring.connect(m, lines.o, former.i)
        m.submodules.chunks = chunks = Chunks(
            shape_of(given),
            size=taps(stage) * lanes,
            picks=window_picks(folded),
            repeats=1 if folded.depthwise or folded.by_output else folded.groups,
        )
        m.d.comb += as_one_word(former.o, chunks.i)
        return chunks.o

    def _groups(self, m, source, pixel):
        """All taps of one group of channels after the other, of words that hold several groups."""
        folded = self.folded
        m.submodules.column = column = Column(pixel, taps(folded.stage))
        m.submodules.chunks = chunks = Chunks(
            pixel.elem_shape,
            size=taps(folded.stage) * folded.input_lanes,
            picks=gathered_picks(folded),
        )
        wiring.connect(m, source, column.i)
        m.d.comb += as_one_word(column.o, chunks.i)
        return chunks.o

    def _sizes(self, m, sized):
        """Give everyone who needs it the size of the map, and the next stage that of its own."""
        if not self.resizable:
            for k, port in enumerate(sized):
                m.submodules[f"size_{k}"] = fixed = FixedSize(self.folded.stage.x.shape)
                wiring.connect(m, fixed.o, port)
            return
        m.submodules.sizes = fork = Fork(SIZE, len(sized) + 1)
        wiring.connect(m, wiring.flipped(self.i_size), fork.i)
        for k, port in enumerate(sized):
            m.submodules[f"size_{k}"] = queue = Buffer(SIZE)
            wiring.connect(m, getattr(fork, f"o{k}"), queue.i)
            wiring.connect(m, queue.o, port)
        m.submodules.size_out = out = Buffer(SIZE)
        incoming = getattr(fork, f"o{len(sized)}")
        width, height = incoming.payload.width, incoming.payload.height
        if isinstance(self.folded.stage.engine, Conv | Pool):
            window = self.folded.stage.engine.window
            width, height = output_columns(window, width), output_rows(window, height)
        m.d.comb += [
            out.i.payload.width.eq(width),
            out.i.payload.height.eq(height),
            out.i.valid.eq(incoming.valid),
            incoming.ready.eq(out.i.ready),
        ]
        wiring.connect(m, out.o, wiring.flipped(self.o_size))


def as_one_word(source, sink) -> list:
    """Statements that join streams whose payloads have the same bits in other shapes."""
    return [
        Cat(sink.payload).eq(Cat(source.payload)),
        sink.valid.eq(source.valid),
        source.ready.eq(sink.ready),
    ]
