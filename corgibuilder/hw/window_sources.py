"""Window sources: line buffers, and what makes the operands of an engine of what they give."""

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components import ColumnBufferConfig, RowBanksConfig, TapSerialConfig
from corgibuilder.plan.components.window_sources import LineBufferConfig

from .line_buffer import LineBuffer
from .operand_selector import OperandSelector
from .row_banks import RowBanks
from .size import SIZE
from .streams import shape_of, word
from .window import Column, WindowShiftRegister

SIZE_PORT = In(stream.Signature(SIZE))


class TapSerialSource(wiring.Component):
    """Gives operands tap by tap from a circular line buffer, one word a cycle.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.TapSerialConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(given, ...)))`
        As many lanes as enter, or those of one step of ``config.lane_map``.
    write_size, read_size : :py:`In(stream.Signature(SIZE))`
    """

    def __init__(self, config: TapSerialConfig):
        self.config = config
        lines, lane_map = config.lines, config.lane_map
        lanes = lines.lanes if lane_map is None else len(lane_map[0])
        super().__init__({
            "i": In(stream.Signature(word(shape_of(lines.x), lines.lanes))),
            "o": Out(stream.Signature(word(shape_of(lines.given), lanes))),
            "write_size": SIZE_PORT,
            "read_size": SIZE_PORT,
        })

    def elaborate(self, platform):
        m = Module()
        config, given = self.config, shape_of(self.config.lines.given)
        lines = _placed_lines(m, self, config.lines)
        if config.lane_map is None:
            wiring.connect(m, lines.o, wiring.flipped(self.o))
            return m
        m.submodules.column = column = Column(word(given, config.lines.lanes), config.taps)
        m.submodules.selector = selector = OperandSelector(
            given, size=config.taps * config.lines.lanes, lane_map=config.lane_map
        )
        wiring.connect(m, lines.o, column.i)
        m.d.comb += _as_one_word(column.o, selector.i)
        wiring.connect(m, selector.o, wiring.flipped(self.o))
        return m


class ColumnBufferSource(wiring.Component):
    """Gives whole windows in steps; their columns come from a circular line buffer.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.ColumnBufferConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(given, ...)))`
    write_size, read_size, window_size : :py:`In(stream.Signature(SIZE))`
    """

    def __init__(self, config: ColumnBufferConfig):
        self.config = config
        lines = config.lines
        super().__init__({
            "i": In(stream.Signature(word(shape_of(lines.x), lines.lanes))),
            "o": Out(stream.Signature(word(shape_of(lines.given), len(config.lane_map[0])))),
            "write_size": SIZE_PORT,
            "read_size": SIZE_PORT,
            "window_size": SIZE_PORT,
        })

    def elaborate(self, platform):
        m = Module()
        lines = _placed_lines(m, self, self.config.lines)
        pixel = word(shape_of(self.config.lines.given), self.config.lines.lanes)
        window = self.config.lines.window
        m.submodules.column = column = Column(pixel, window.kernel[0])
        wiring.connect(m, lines.o, column.i)
        _give_windows(m, self, column.o, pixel, window, lines.config.shape)
        return m


class RowBanksSource(wiring.Component):
    """Gives whole windows in steps; a column comes in each cycle from one bank per row.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.RowBanksConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, channels)))`
    o : :py:`Out(stream.Signature(ArrayLayout(given, ...)))`
    write_size, read_size, window_size : :py:`In(stream.Signature(SIZE))`
    """

    def __init__(self, config: RowBanksConfig):
        self.config = config
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), config.shape.channels))),
            "o": Out(stream.Signature(word(shape_of(config.given), len(config.lane_map[0])))),
            "write_size": SIZE_PORT,
            "read_size": SIZE_PORT,
            "window_size": SIZE_PORT,
        })

    def elaborate(self, platform):
        m = Module()
        config = self.config
        m.submodules.row_banks = rows = RowBanks(
            config.x, given=config.given, window=config.window, largest=config.shape
        )
        _connect_lines(m, self, rows)
        pixel = word(shape_of(config.given), config.shape.channels)
        _give_windows(m, self, rows.o, pixel, config.window, config.shape)
        return m


def _placed_lines(m, source, config: LineBufferConfig) -> LineBuffer:
    """The line buffer of a source, connected to its input."""
    m.submodules.line_buffer = lines = LineBuffer(config)
    _connect_lines(m, source, lines)
    return lines


def _connect_lines(m, source, lines):
    wiring.connect(m, wiring.flipped(source.i), lines.i)
    wiring.connect(m, wiring.flipped(source.write_size), lines.write_size)
    wiring.connect(m, wiring.flipped(source.read_size), lines.read_size)


def _give_windows(m, source, columns, pixel, window, largest):
    """Form windows of ``columns`` and give them in the steps of ``source``."""
    config = source.config
    m.submodules.window = shift_register = WindowShiftRegister(
        pixel, window=window, largest=largest
    )
    m.submodules.selector = selector = OperandSelector(
        pixel.elem_shape,
        size=window.kernel[0] * window.kernel[1] * pixel.length,
        lane_map=config.lane_map,
        repeats=config.repeats,
        groups=config.groups,
    )
    wiring.connect(m, columns, shift_register.i)
    wiring.connect(m, wiring.flipped(source.window_size), shift_register.size)
    m.d.comb += _as_one_word(shift_register.o, selector.i)
    wiring.connect(m, selector.o, wiring.flipped(source.o))


def _as_one_word(source, sink) -> list:
    """Statements that join streams whose payloads have the same bits in other shapes."""
    return [
        Cat(sink.payload).eq(Cat(source.payload)),
        sink.valid.eq(source.valid),
        source.ready.eq(sink.ready),
    ]
