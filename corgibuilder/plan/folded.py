"""A stage with its folding: the arithmetic of its cycles and sizes.

A folding is what is decided; all that follows from it and the layer is worked out here once, for
the planner, the hardware and the tables.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from corgibuilder.ir import Conv, Pool, QInt

from .folding import Feed, Folding, ceil_div, taps
from .paired_rows import margin, pairs_rows, waits
from .stages import Stage

MAX_GATHERED = 4  #: groups in a word of the line buffer at most
BURST = 4  #: times as fast as on average pixels come at most: behind pools, in every fourth row
WAIT_CYCLES = 5  #: from a freed place to the first word of the window that waited for it


@dataclass(frozen=True, slots=True)
class Folded:
    """A stage with its folding."""

    stage: Stage
    folding: Folding

    @property
    def depthwise(self) -> bool:
        return isinstance(self.stage.engine, Conv) and self.stage.engine.depthwise

    @property
    def multipliers(self) -> int:
        """Multipliers of the array; the zeros that widening a layer brings have none."""
        stage, folding = self.stage, self.folding
        if not isinstance(stage.engine, Conv):
            return 0
        if stage.entering > 1 and self.weight_rows == 1:
            assert isinstance(stage.node.op, Conv)
            copies = 1 if self.by_output else stage.leaving
            return copies * stage.node.op.weights.size
        return folding.inputs * folding.outputs

    @property
    def windows(self) -> bool:
        """Whether whole windows are at hand, in registers."""
        return self.folding.feed in (Feed.COLUMNS, Feed.BANKS)

    @property
    def by_output(self) -> bool:
        """Whether the outputs that leave as one are worked on one after the other.

        Each step then takes only values of one output's own window.
        """
        stage, outputs = self.stage, self.folding.outputs
        pixel = stage.acc.shape.channels // stage.leaving
        whole = stage.leaving == 1 or pixel % outputs == 0
        return stage.entering > 1 and self.windows and whole

    @property
    def operands(self) -> int:
        """Values that make one sum and can meet in one cycle."""
        stage = self.stage
        conv = stage.node.op if self.by_output else stage.engine
        assert isinstance(conv, Conv)
        together = conv.window.kernel[0] * conv.window.kernel[1] if self.windows else 1
        if self.depthwise:
            return together
        return together * (stage.pixel_channels if self.by_output else stage.x.shape.channels)

    @property
    def input_lanes(self) -> int:
        """Channels in a word that enters the engine's feed."""
        stage, folding = self.stage, self.folding
        if folding.feed in (Feed.COLUMNS, Feed.BANKS):
            return stage.x.shape.channels
        if isinstance(stage.engine, Conv) and not self.depthwise:
            return folding.inputs
        lanes = folding.outputs * stage.across * self.gathered
        return min(lanes, stage.x.shape.channels) if self.gathered > 1 else lanes

    @property
    def gathered(self) -> int:
        """Groups of channels that lie in one word of the line buffer.

        Where more pixels come than windows go, a word serves several groups one after the other:
        its reads and the writes meanwhile then find their turn at a single port.
        """
        engine, folding = self.stage.engine, self.folding
        if not self.by_word or folding.feed is not Feed.LINES or self.stage.entering > 1:
            return 1
        assert isinstance(engine, Conv | Pool)
        reads, writes = taps(self.stage), math.prod(engine.window.stride)
        if writes == 1:
            return 1
        enough = (n for n in range(2, MAX_GATHERED + 1) if reads + writes <= n * reads)
        return next((n for n in enough if self.groups % n == 0), 1)

    @property
    def words(self) -> int:
        """Words of a pixel at the engine's feed."""
        return ceil_div(self.stage.x.shape.channels, self.input_lanes)

    @property
    def passes(self) -> int:
        """Steps that make one sum."""
        stage, folding = self.stage, self.folding
        if not isinstance(stage.engine, Conv):
            return taps(stage) if folding.feed is Feed.LINES else 1
        if self.depthwise:
            return ceil_div(taps(stage), folding.inputs)
        if self.windows:
            return ceil_div(self.operands, folding.inputs)
        return taps(stage) * self.words

    @property
    def groups(self) -> int:
        """Groups of outputs worked on one after the other."""
        return ceil_div(self.stage.acc.shape.channels, self.folding.outputs)

    @property
    def position_cycles(self) -> int:
        """Cycles from one output position to the next."""
        if self.folding.feed is Feed.TILES or not isinstance(self.stage.engine, Conv | Pool):
            return self.words
        return self.passes * self.groups

    @property
    def window_cycles(self) -> int:
        """Cycles in which the feed brings one column of a window, 0 where there are no columns."""
        engine = self.stage.engine
        if not isinstance(engine, Conv):
            return 0
        return {Feed.COLUMNS: engine.window.kernel[0], Feed.BANKS: 1}.get(self.folding.feed, 0)

    @property
    def gather_cycles(self) -> int:
        """Cycles from the first read of a window's words to the first group's first step."""
        return taps(self.stage) + 2 if self.gathered > 1 else 0

    @property
    def row_gap(self) -> int:
        """Cycles lost at the start of a row while its first window forms."""
        engine = self.stage.engine
        if not isinstance(engine, Conv | Pool):
            return 0
        if self.folding.feed is Feed.LINES and pairs_rows(engine.window):
            times, pixels = waits(engine.window)
            wait = WAIT_CYCLES + self.gather_cycles
            return pixels * self.words + margin(engine.window) + wait * times
        if not self.window_cycles:
            return 0
        first = engine.window.kernel[1] - engine.window.pads.left - max(self._tail, 0)
        return max(0, first * self.window_cycles - max(self.position_cycles, self.window_cycles))

    @property
    def _tail(self) -> int:
        """Columns of padding that the last window of a row takes in; negative if it ends before."""
        assert isinstance(self.stage.engine, Conv | Pool)
        window, shape = self.stage.engine.window, self.stage.x.shape
        moved = (self.stage.acc.shape.width - 1) * window.stride[1]
        return moved + window.kernel[1] - window.pads.left - shape.width

    @property
    def _shift_cycles(self) -> int:
        """Cycles in which one row's columns, and its padding, shift through the window.

        The columns of the next row stand for padding, as many as it has before its first window;
        the rest of the padding shifts in while the next row's first column is read, or after.
        """
        if not self.window_cycles:
            return 0
        assert isinstance(self.stage.engine, Conv)
        window, width = self.stage.engine.window, self.stage.x.shape.width
        columns = width + min(self._tail, 0)
        shared = min(window.kernel[1] - 1 - window.pads.left, columns)
        alone = self._tail - shared - (self.window_cycles - 1)
        return columns * self.window_cycles + max(0, alone)

    @property
    def frame_cycles(self) -> int:
        """Cycles from one frame to the next if the stage never waits."""
        x, acc = self.stage.x.shape, self.stage.acc.shape
        write = x.pixels * self.words
        if self.folding.feed in (Feed.TILES, Feed.STREAM):
            return write
        position = max(self.position_cycles, self.column_steps * self.window_cycles)
        row = max(acc.width * position + self.row_gap, self._shift_cycles)
        return max(write, acc.height * row)

    @property
    def column_steps(self) -> int:
        """Columns that a window moves on from one position to the next."""
        assert isinstance(self.stage.engine, Conv | Pool)
        return self.stage.engine.window.stride[1]

    @property
    def buffer_bits(self) -> int:
        """Bits of the line buffer."""
        stage, bits = self.stage, self.stage.x.range.width
        if self.folding.feed is Feed.BANKS:
            assert isinstance(stage.engine, Conv)
            lines = stage.engine.window.kernel[0]
            return lines * stage.x.shape.width * stage.x.shape.channels * bits
        if self.folding.feed is Feed.TILES:
            assert isinstance(stage.engine, Pool)
            return stage.acc.shape.width * stage.acc.shape.channels * stage.acc.range.width
        return self.folding.capacity * stage.x.shape.channels * bits

    @property
    def single_port(self) -> bool:
        """Whether the line buffer's banks get by with one access per cycle.

        With several words to a pixel, every other word read leaves a bank to the writer: enough if
        each is read more than once and there are no more pixels than windows, or if a word serves
        several groups. Columns are read ahead, so that a read can wait for a write: what pixels
        that come in bursts leave of the cycles has to do for the reads.
        """
        engine, folding = self.stage.engine, self.folding
        if not isinstance(engine, Conv | Pool):
            return False
        if folding.feed is Feed.COLUMNS:
            rows = self.stage.acc.shape.height * engine.window.kernel[0]
            reads = rows * self.stage.x.shape.width
            return reads + BURST * self.stage.x.shape.pixels <= self.frame_cycles
        reads = taps(self.stage) * (1 if self.by_word else self.groups)
        one_each = self.stage.x.shape.pixels <= self.stage.acc.shape.pixels
        in_turn = self.words > 1 and reads > 1 and one_each
        return folding.feed is Feed.LINES and (in_turn or self.gathered > 1)

    @property
    def by_word(self) -> bool:
        """Whether the taps of one word are read together: an output needs no other channels."""
        return self.depthwise or isinstance(self.stage.engine, Pool)

    @property
    def buffer_bound(self) -> int:
        """Bits that every line buffer has: all rows of a window but the one that arrives."""
        engine, shape = self.stage.engine, self.stage.x.shape
        if not isinstance(engine, Conv | Pool) or self.folding.feed is Feed.STREAM:
            return 0
        if self.folding.feed is Feed.TILES:
            return self.buffer_bits
        rows = engine.window.kernel[0] - 1
        if engine.window.kernel == (1, 1):
            return shape.channels * self.stage.x.range.width
        return rows * shape.width * shape.channels * self.stage.x.range.width

    @property
    def weight_bits(self) -> int:
        """Bits of the weight memory; 0 where weights are wired in."""
        if not isinstance(self.stage.engine, Conv) or self.weight_rows == 1:
            return 0
        return self.weight_rows * self.multipliers * self.weight_range.width

    @property
    def weight_range(self) -> QInt:
        """Range of the weights as the multiplier array has them; its memory holds their codes.

        Zeros between groups, and between the windows of several pixels, are weights: bipolar ones
        then take two bits.
        """
        stage = self.stage
        conv = stage.node.op if self.by_output else stage.engine
        assert isinstance(conv, Conv)
        held = _weight_range(conv)
        return held | QInt(0, 0) if conv.groups > 1 and not self.depthwise else held

    @property
    def spare_weight(self) -> int:
        """Weight of lanes that have no operand: 0, unless that has no code among the weights."""
        held = self.weight_range
        return 0 if held.step == 1 or 0 in held else held.lo

    @property
    def last_operands(self) -> tuple[int, int] | None:
        """Every so many words the last one has only so many operands for each output.

        ``None`` where all lanes always have one, or meet a weight of 0 where they do not.
        """
        if self.windows:
            words, values = self.passes, self.operands
        elif self.depthwise:
            words, values = 1, self.folding.inputs
        else:
            words, values = self.words, self.stage.x.shape.channels
        operands = values - (words - 1) * self.folding.inputs
        full = operands == self.folding.inputs
        return None if full or self.spare_weight == 0 else (words, operands)

    @property
    def steps(self) -> int:
        """Steps of the engine at one position."""
        return self.passes * self.groups

    @property
    def weight_rows(self) -> int:
        """Rows of the weight memory; outputs worked on one after the other share them."""
        return self.steps // self.stage.leaving if self.by_output else self.steps


@lru_cache(maxsize=64)
def _weight_range(conv: Conv) -> QInt:
    """Range of all weights; remembered, as the search for a folding asks for it again and again."""
    return QInt.of(conv.weights)
