"""What stages have in common that look at a map through windows: convolutions and pools."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from corgibuilder.ir import QInt, Window
from corgibuilder.plan.components import LineBufferConfig
from corgibuilder.plan.folding import WindowSource, ceil_div, words_of
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.shuffled_slots import (
    guard_columns,
    pairs_rows,
    row_start_waits,
    slot_count,
)
from corgibuilder.plan.traces import StageTrace, Trace

from .estimates import tile_trace, window_trace
from .stage import Fault, FoldedStage, SizeRule

MAX_BUFFER_BITS = 1 << 33  #: of a line buffer or a queue
# What follows serves to compare foldings and to size buffers. Rate and latency of what is chosen
# are simulated: a stage that is too slow is chosen anew, by simulation, and so is one of which the
# estimate says that no folding is fast enough.

#: Groups in a word of the line buffer at most. A 3x3 window with stride 2 needs 2, with stride 6 it
#: would need 5: only where most pixels belong to no window are there so many writes.
MAX_GROUPS_PER_WORD = 4
#: Times as fast as on average pixels come at most: in every fourth row, behind a 4x4 pool.
BURST = 4
#: From a freed slot to the first word of the window that waited for it: the slot is seen free, a
#: word is written, counted, read, and given.
WAIT_CYCLES = 5
FRAMES = 3  #: frames that size buffers: one to fill the pipeline, two in the steady state
SPARE_WORDS = 2  #: in every buffer, for the cycles in which a word written is not yet seen

WHOLE_WINDOWS = (WindowSource.COLUMN_BUFFER, WindowSource.ROW_BANKS)
LINE_BUFFERS = (WindowSource.TAP_SERIAL, WindowSource.COLUMN_BUFFER)
STORING = (*LINE_BUFFERS, WindowSource.ROW_BANKS)


@dataclass(frozen=True, slots=True)
class WindowedStage(FoldedStage):
    """A stage that reads windows of a map."""

    @property
    def window(self) -> Window:
        """Kernel, stride and padding."""
        return self.window_of(self.layer)

    @classmethod
    def window_of(cls, layer: Layer) -> Window:
        window: Window = layer.op.window  # type: ignore[union-attr]
        return window

    @classmethod
    def least_input(cls, layer: Layer, rows: int, columns: int) -> tuple[int, int]:
        return cls.window_of(layer).least_input(rows, columns)

    @classmethod
    def output_size(cls, layer: Layer) -> SizeRule:
        return SizeRule(window=cls.window_of(layer))

    @property
    def whole_map_fits(self) -> bool:
        if self.source not in STORING:
            return False
        shape = self.layer.x.shape
        held = max(self.window.kernel[0] * shape.width, self.folding.capacity)
        return held + shape.width >= shape.pixels  # a row more, for what is on its way

    @property
    def taps(self) -> int:
        """Pixels of a window."""
        return self.window.kernel[0] * self.window.kernel[1]

    @property
    def source(self) -> WindowSource:
        return self.folding.source

    @property
    def has_whole_windows(self) -> bool:
        """Whether whole windows are at hand, in registers."""
        return self.source in WHOLE_WINDOWS

    @property
    @abstractmethod
    def words_per_group(self) -> int:
        """Words of a pixel that are read together, tap by tap: an output needs no other ones."""

    @property
    @abstractmethod
    def repeats(self) -> int:
        """How often these are read at one position: once for each fold of their outputs."""

    @property
    def channel_serial(self) -> bool:
        """Whether each word is read once at a position, all its taps one after the other."""
        return self.words_per_group == self.repeats == 1

    @property
    @abstractmethod
    def input_folds(self) -> int:
        """Steps that make one accumulator."""

    @property
    def output_folds(self) -> int:
        """Groups of outputs worked on one after the other."""
        return ceil_div(self.layer.acc.shape.channels, self.folding.outputs)

    @property
    def schedule_length(self) -> int:
        """Steps of the engine at one position."""
        return self.input_folds * self.output_folds

    @property
    def position_cycles(self) -> int:
        """Cycles from one output position to the next."""
        return self.schedule_length

    @property
    def window_cycles(self) -> int:
        """Cycles in which one column of a window is read, 0 where there are no columns."""
        columns = {WindowSource.COLUMN_BUFFER: self.window.kernel[0], WindowSource.ROW_BANKS: 1}
        return columns.get(self.source, 0)

    @property
    def collect_cycles(self) -> int:
        """Cycles from the first read of a window's words to the first group's first step."""
        return self.taps + 2 if self.folding.groups_per_word > 1 else 0

    @property
    def pairs_rows(self) -> bool:
        """Whether the slots of the line buffer become free in pairs of rows."""
        return self.source in LINE_BUFFERS and pairs_rows(self.window)

    @property
    def row_gap(self) -> int:
        """Cycles lost at the start of a row while its first window forms."""
        if self.source is WindowSource.TAP_SERIAL and pairs_rows(self.window):
            times, pixels = row_start_waits(self.window)
            wait = WAIT_CYCLES + self.collect_cycles
            return pixels * self.words + guard_columns(self.window) + wait * times
        if not self.window_cycles:
            return 0
        first = self.window.kernel[1] - self.window.pads.left - max(self._tail, 0)
        return max(0, first * self.window_cycles - max(self.position_cycles, self.window_cycles))

    @property
    def _tail(self) -> int:
        """Columns of padding that the last window of a row takes in; negative if it ends before."""
        moved = (self.layer.acc.shape.width - 1) * self.window.stride[1]
        return moved + self.window.kernel[1] - self.window.pads.left - self.layer.x.shape.width

    @property
    def _shift_cycles(self) -> int:
        """Cycles in which one row's columns, and its padding, shift through the window.

        The columns of the next row stand for padding, as many as it has before its first window;
        the rest of the padding shifts in while the next row's first column is read, or after.
        """
        if not self.window_cycles:
            return 0
        columns = self.layer.x.shape.width + min(self._tail, 0)
        shared = min(self.window.kernel[1] - 1 - self.window.pads.left, columns)
        alone = self._tail - shared - (self.window_cycles - 1)
        return columns * self.window_cycles + max(0, alone)

    @property
    def frame_cycles(self) -> int:
        return self._cycles(self.row_gap)

    @property
    def least_cycles(self) -> int:
        return self._cycles(0)

    def _cycles(self, row_gap: int) -> int:
        """Cycles of a frame of which so many are lost at the start of each row."""
        acc, write = self.layer.acc.shape, self.layer.x.shape.pixels * self.words
        write = max(write, words_of(acc.pixels, acc.channels, self.folding.lanes))
        if self.source in (WindowSource.IN_PLACE, WindowSource.DIRECT):
            return write
        row = max(acc.width * self.position_cycles + row_gap, self._shift_cycles)
        return max(write, acc.height * row)

    # The line buffer.

    def settled(self) -> Self:
        """With as many groups in a word as the port needs, and one port where that is enough."""
        grouped = self.with_folding(groups_per_word=self._best_groups_per_word)
        return grouped.with_folding(single_port=grouped.one_port_is_enough)

    @property
    def _best_groups_per_word(self) -> int:
        """Groups of channels for a word of the line buffer.

        Where more pixels come than windows go, a word serves several groups one after the other:
        its reads and the writes meanwhile then find their turn at a single port.
        """
        tap_serial = self.source is WindowSource.TAP_SERIAL
        if not self.channel_serial or not tap_serial or self.layer.input_pixels > 1:
            return 1
        reads, writes = self.taps, math.prod(self.window.stride)
        if writes == 1:
            return 1
        enough = (n for n in range(2, MAX_GROUPS_PER_WORD + 1) if reads + writes <= n * reads)
        return next((n for n in enough if self.output_folds % n == 0), 1)

    @property
    def one_port_is_enough(self) -> bool:
        """Whether the line buffer's banks get by with one access per cycle.

        With several words to a pixel, every other word read leaves a bank to the writer: enough if
        each is read more than once and there are no more pixels than windows, or if a word serves
        several groups. Columns are read ahead, so that a read can wait for a write: what pixels
        that come in bursts leave of the cycles has to do for the reads.
        """
        x, acc = self.layer.x.shape, self.layer.acc.shape
        if self.source is WindowSource.COLUMN_BUFFER:
            reads = acc.height * self.window.kernel[0] * x.width
            return reads + BURST * x.pixels <= self.frame_cycles
        reads = self.taps * self.repeats
        in_turn = self.words > 1 and reads > 1 and x.pixels <= acc.pixels
        grouped = self.folding.groups_per_word > 1
        return self.source is WindowSource.TAP_SERIAL and (in_turn or grouped)

    @property
    def buffer_bits(self) -> int:
        return self.line_buffer_bits

    @property
    def buffer_bound(self) -> int:
        return self.line_buffer_bound

    @property
    def line_buffer_bits(self) -> int:
        """Bits of the line buffer; 0 where there is none."""
        shape, bits = self.layer.x.shape, self.layer.x.range.width
        if self.source is WindowSource.ROW_BANKS:
            return self.window.kernel[0] * shape.width * shape.channels * bits
        return self.folding.capacity * shape.channels * bits

    @property
    def line_buffer_bound(self) -> int:
        """Bits that every line buffer has: all rows of a window but the one that arrives."""
        shape, bits = self.layer.x.shape, self.layer.x.range.width
        if self.source is WindowSource.DIRECT:
            return 0
        if self.window.kernel == (1, 1):
            return shape.channels * bits
        return (self.window.kernel[0] - 1) * shape.width * shape.channels * bits

    @property
    def least_capacity(self) -> int:
        """Pixels that the line buffer holds at least; exactly, where rows are freed in pairs."""
        if self.source not in LINE_BUFFERS:
            return 0
        width = self.layer.x.shape.width
        if not self.pairs_rows:
            return self.window.span(width)
        columns = self.source is WindowSource.COLUMN_BUFFER
        return slot_count(self.window.column if columns else self.window, width)

    @property
    def most_capacity(self) -> int:
        """Pixels that a line buffer may hold: all that can ever wait, if they fit into memory."""
        if self.source not in STORING:
            return 1
        shape = self.layer.x.shape
        held = FRAMES * shape.pixels + SPARE_WORDS
        fitting = MAX_BUFFER_BITS // (shape.channels * self.layer.x.range.width)
        return max(self.least_capacity, min(held, fitting))

    def line_buffer(self, *, padding: int = 0) -> LineBufferConfig:
        """The line buffer, read as the window source needs it."""
        tap_serial = self.source is WindowSource.TAP_SERIAL
        return LineBufferConfig(
            x=self.layer.x.range,
            given=self.operand,
            shape=self.layer.x.shape,
            lanes=self.lanes,
            window=self.window,
            capacity=self.folding.capacity,
            single_port=self.folding.single_port,
            groups=self.words // self.words_per_group if tap_serial else 1,
            repeats=self.repeats if tap_serial else 1,
            by_column=not tap_serial,
            padding=padding,
        )

    def memory_faults(self) -> Iterator[Fault]:
        if self.source not in LINE_BUFFERS:
            yield from FoldedStage.memory_faults(self)
            return
        folding, least, most = self.folding, self.least_capacity, self.most_capacity
        if not least <= folding.capacity <= most:
            yield f"capacity is {folding.capacity}", f"take {least} to {most} pixels"
        grouped = folding.groups_per_word
        tap_serial = self.source is WindowSource.TAP_SERIAL
        allowed = self.channel_serial and tap_serial and self.layer.input_pixels == 1
        folds = self.output_folds if allowed else 1
        if grouped < 1 or folds % grouped:
            yield f"groups_per_word is {grouped}", f"take {_divisor_of(folds)}"

    # Estimates.

    def trace(self, arrivals: tuple[Trace, ...], behind: int, frames: int, pace: int) -> StageTrace:
        if self.source is WindowSource.IN_PLACE:
            return tile_trace(self, arrivals[0], behind, frames)
        return window_trace(self, arrivals[0], behind, frames, pace)

    @property
    def engine_cycles(self) -> int:
        """Cycles from the last operand to the accumulator."""
        return 0

    def with_memory(self, run: StageTrace) -> tuple[Self, int]:
        queued = run.queued
        spare = SPARE_WORDS // self.words
        if self.source in LINE_BUFFERS:
            held, least = run.held, self.least_capacity
            return self.with_folding(capacity=max(held + spare, least) if held else least), queued
        if self.source is WindowSource.ROW_BANKS:
            queued = run.held - self.window.kernel[0] * self.layer.x.shape.width
        return self, queued

    def paces(self, slowest: int) -> list[int]:
        """For strided windows up to the stage's own."""
        if self.window.stride[0] == 1:
            return [slowest]
        return [slowest, (slowest + self.frame_cycles) // 2, self.frame_cycles]


def _divisor_of(total: int) -> str:
    return f"a divisor of {total}" if total > 1 else "1"


def decoded_for_padding(held: QInt) -> QInt:
    """Range of values ``held`` that are added, where zeros of padding are among them.

    Padding has the code 0, which is another value where values with a step do not begin at 0: the
    source then decodes them as it reads them. Memories and queues still hold codes of the values
    that enter.
    """
    return held.with_zero if held.offset else held
