"""Window sources: what turns a map in raster order into the operands of an engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from corgibuilder.ir import QInt, Shape, Window
from corgibuilder.plan.banks import banks
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.resources import HANDSHAKE, NOTHING, Resources, counter, raster
from corgibuilder.plan.shuffled_slots import guard_columns, pairs_rows

from .component import ComponentConfig
from .memory import Memory, Purpose
from .rules import Part, Rule, part

#: For each step, and each of its lanes, the number of the value that it takes, if any.
LaneMap = tuple[tuple[int | None, ...], ...]
ACCESS_LEVELS = 1  #: of gates from whether a pixel is there to an address of the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBufferConfig(ComponentConfig):
    """A circular line buffer: a map goes in, the words of its windows come out, one a cycle.

    Parameters
    ----------
    x, given
        Ranges of the values that go in, whose codes the memory holds, and of those that come out:
        ``x``, or one with a step of 1.
    shape
        Of the largest map.
    lanes
        Values in a word.
    window
        Kernel, stride and padding; the padding is smaller than the kernel.
    capacity
        Pixels that the memory holds.
    single_port
        Whether a bank does one access in a cycle. A write then waits for a read; with
        ``by_column`` a read for a write, as columns are read ahead of the windows they form.
    groups
        Equal groups that the words of a pixel fall into. All taps of a group come before the next
        group, and of each tap the words of the group. So where every word is a group, all taps of
        one word come first; where all words are one, all words of one tap.
    repeats
        Times that the words of a group are read at every window.
    by_column
        Column by column instead of window by window.
    padding
        Code in ``given`` of the value outside the map.
    """

    x: QInt
    given: QInt
    shape: Shape
    lanes: int
    window: Window
    capacity: int
    single_port: bool = False
    groups: int = 1
    repeats: int = 1
    by_column: bool = False
    padding: int = 0
    name: str = "line_buffer"
    sizes: ClassVar[int] = 2

    @property
    def read_window(self) -> Window:
        """The window whose words are read together."""
        return self.window.column if self.by_column else self.window

    @property
    def words(self) -> int:
        """Words of a pixel."""
        return ceil_div(self.shape.channels, self.lanes)

    @property
    def words_per_group(self) -> int:
        assert self.words % self.groups == 0
        return self.words // self.groups

    @property
    def paired(self) -> bool:
        """Whether slots become free in pairs of rows: :mod:`~corgibuilder.plan.shuffled_slots`."""
        return pairs_rows(self.window)

    def parts(self, size_from: int) -> Iterator[Part]:
        full = self.shape.channels // self.lanes
        more = {
            "windows_x": _columns_read(self.window, self.shape)
            if self.by_column
            else _windows(self.window, self.shape)[1],
            "capacity": self.capacity,
            "words": self.words,
            "words_per_group": self.words_per_group,
            "repeats": self.repeats,
            "single_port": self.single_port,
            "write_first": self.by_column,
            "full": full,
            "alternate": self.single_port and full > 1,
            "guard_columns": guard_columns(self.read_window) if self.paired else 0,
        }
        rule = Rule.SHUFFLED if self.paired else Rule.CIRCULAR
        yield _reader(rule, self.read_window, self.window, self.shape, size_from, more)

    def resources(self, resizable: bool) -> Resources:
        """Addresses of a writer and of a reader that goes from tap to tap, and what is masked."""
        planes = counter(self.capacity * self.words)
        address = counter(self.capacity)
        taps = sum((counter(n) for n in (*self.read_window.kernel, self.repeats)), planes)
        addresses = raster(self.shape, resizable) * 4 + address * 10 + planes * 4 + taps
        bits = self.lanes * self.given.width
        banks_read = len(banks(self.shape.channels, self.lanes, alternate=self.single_port)) - 1
        word = Resources(masks=bits if self.window.pads else 0, choices=banks_read * bits)
        return addresses + word + HANDSHAKE * 3

    @property
    def depth(self) -> int:
        """Words of the largest bank."""
        return max(memory.depth for memory in self.memories())

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        """From the slot of a pixel, over whether it is there, to an access of the memory."""
        chosen = delays.adders(2, self.capacity.bit_length())
        waited = delays.levels(ACCESS_LEVELS + self.single_port) + delays.lookup(self.depth)
        yield Path("line buffer's address", delays.register + chosen + waited)

    def departure(self, delays: DelayModel, arrival: float) -> float:
        """Out of the memory, and replaced in the padding."""
        return delays.memory(self.depth) + delays.levels(bool(self.window.pads))

    def memories(self) -> Iterator[Memory]:
        purpose = Purpose.POSITIONS if self.window == Window(kernel=(1, 1)) else Purpose.LINES
        parts = banks(self.shape.channels, self.lanes, alternate=self.single_port)
        for number, bank in enumerate(parts):
            yield Memory(
                name=f"bank {number}",
                purpose=purpose,
                depth=max(bank.planes * self.capacity, 2),
                width=bank.lanes * self.x.width,
                ports=1 if self.single_port else 2,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TapSerialConfig(ComponentConfig):
    """Operands tap by tap from a circular line buffer.

    With a ``lane_map``, a word of the buffer holds several groups of channels: all taps of one word
    are collected, and each step takes from them what the map says.
    """

    lines: LineBufferConfig
    lane_map: LaneMap | None = None
    name: str = "source"
    sizes: ClassVar[int] = 2

    @property
    def taps(self) -> int:
        return self.lines.window.kernel[0] * self.lines.window.kernel[1]

    def parts(self, size_from: int) -> Iterator[Part]:
        yield from self.lines.parts(size_from)
        if self.lane_map is not None:
            yield part(Rule.COLLECT, words=self.taps)
            yield part(Rule.REPEAT, words=len(self.lane_map))

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        yield from self.lines.paths(delays, arrival)

    def departure(self, delays: DelayModel, arrival: float) -> float:
        """As from the line buffer, unless words are collected."""
        lines = self.lines.departure(delays, arrival)
        return lines if self.lane_map is None else delays.register

    def resources(self, resizable: bool) -> Resources:
        found = self.lines.resources(resizable)
        if self.lane_map is not None:
            found += self.collected + given_in_steps(self.lane_map, 1, self.lines.given.width)
        return found

    @property
    def collected(self) -> Resources:
        """All taps of a word, twice: while they are collected, and while they are given."""
        word = self.lines.lanes * self.lines.given.width
        return collected(self.taps, word) + Resources(registers=self.taps * word)

    def memories(self) -> Iterator[Memory]:
        yield from self.lines.memories()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnBufferConfig(ComponentConfig):
    """Whole windows in registers, whose columns are read from a circular line buffer.

    Each window is given in steps: a step takes the values that ``lane_map`` says. The steps fall
    into ``groups``; those of one are gone through ``repeats`` times, then those of the next.
    """

    lines: LineBufferConfig
    lane_map: LaneMap
    repeats: int
    groups: int = 1
    name: str = "source"
    sizes: ClassVar[int] = 3

    def parts(self, size_from: int) -> Iterator[Part]:
        yield from self.lines.parts(size_from)
        yield part(Rule.COLLECT, words=self.lines.window.kernel[0])
        yield from _window_parts(self.lines.window, self.lines.shape, self.lane_map, self.repeats)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        yield from self.lines.paths(delays, arrival)

    def departure(self, delays: DelayModel, arrival: float) -> float:
        return _window_departure(delays, self.lane_map, self.repeats)

    def resources(self, resizable: bool) -> Resources:
        steps = given_in_steps(self.lane_map, self.repeats, self.lines.given.width)
        return self.windows(resizable) + steps

    def windows(self, resizable: bool) -> Resources:
        """What gives whole windows."""
        lines, steps = self.lines, len(self.lane_map) * self.repeats
        column = collected(lines.window.kernel[0], lines.lanes * lines.given.width)
        held = _windows_held(lines.window, lines.shape, lines.given, resizable, steps=steps)
        return lines.resources(resizable) + column + held

    def memories(self) -> Iterator[Memory]:
        yield from self.lines.memories()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBanksConfig(ComponentConfig):
    """Whole windows in registers, a column in each cycle from one bank per row of the window.

    A word is a whole pixel. ``x``, ``given``, ``shape`` and ``window`` as for a line buffer,
    ``lane_map``, ``repeats`` and ``groups`` as for a column buffer.
    """

    x: QInt
    given: QInt
    shape: Shape
    window: Window
    lane_map: LaneMap
    repeats: int
    groups: int = 1
    name: str = "source"
    sizes: ClassVar[int] = 3

    def parts(self, size_from: int) -> Iterator[Part]:
        more = {"windows_x": _columns_read(self.window, self.shape), "words": 1, "repeats": 1}
        window = self.window
        yield _reader(Rule.ROW_BANKS, window.column, window, self.shape, size_from, more)
        yield from _window_parts(self.window, self.shape, self.lane_map, self.repeats)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        """From the slot of a pixel, over whether it is there, to an access of the banks.

        And from there to the window, where the rows of a column turn and some lie in the padding.
        """
        bank = next(self.memories())
        chosen = delays.adders(2, self.shape.width.bit_length())
        waited = delays.levels(ACCESS_LEVELS) + delays.lookup(bank.depth)
        yield Path("row banks' address", delays.register + chosen + waited)
        turned = delays.levels(1 + bool(self.window.pads))
        yield Path("row banks' column", delays.memory(bank.depth) + turned)

    def departure(self, delays: DelayModel, arrival: float) -> float:
        return _window_departure(delays, self.lane_map, self.repeats)

    def resources(self, resizable: bool) -> Resources:
        steps = given_in_steps(self.lane_map, self.repeats, self.given.width)
        return self.windows(resizable) + steps

    def windows(self, resizable: bool) -> Resources:
        """What gives whole windows. Each row of a column comes from any of the banks."""
        rows, steps = self.window.kernel[0], len(self.lane_map) * self.repeats
        column = rows * self.shape.channels * self.given.width
        chosen = Resources(choices=(rows - 1) * column, masks=column)
        addresses = raster(self.shape, resizable) * 4 + counter(2 * rows + 2) * 4
        held = _windows_held(self.window, self.shape, self.given, resizable, steps=steps)
        return chosen + addresses + held + HANDSHAKE * 2

    def memories(self) -> Iterator[Memory]:
        for row in range(self.window.kernel[0]):
            yield Memory(
                name=f"row bank {row}",
                purpose=Purpose.LINES,
                depth=max(self.shape.width, 2),
                width=self.shape.channels * self.x.width,
                ports=2,
            )


def _reader(
    rule: Rule, read: Window, window: Window, shape: Shape, size_from: int, more: dict[str, int]
) -> Part:
    """What stores a map of ``shape`` and reads windows ``read`` of it."""
    return Part(
        rule,
        {
            "rows": shape.height,
            "columns": shape.width,
            "kernel_y": read.kernel[0],
            "kernel_x": read.kernel[1],
            "stride_y": read.stride[0],
            "stride_x": read.stride[1],
            "top": read.pads.top,
            "left": read.pads.left,
            "windows_y": _windows(window, shape)[0],
            "size_from": size_from,
            **more,
        },
        {"begun": int(not size_from)},
    )


def _window_parts(window: Window, shape: Shape, lane_map: LaneMap, repeats: int) -> Iterator[Part]:
    """The window shift register, and what gives its windows in steps."""
    rows, columns = _windows(window, shape)
    kernel, left = window.kernel[1], window.pads.left
    yield Part(
        Rule.WINDOW_SHIFT_REGISTER,
        {
            "kernel_x": kernel,
            "stride_x": window.stride[1],
            "left": left,
            "columns": _columns_read(window, shape),
            "windows_y": rows,
            "tail": (columns - 1) * window.stride[1] + kernel - left - shape.width,
        },
        {"wait": kernel - 1 - left},
    )
    if len(lane_map) * repeats > 1:
        yield part(Rule.REPEAT, words=len(lane_map) * repeats)


def _window_departure(delays: DelayModel, lane_map: LaneMap, repeats: int) -> float:
    """From the registers of a window, where another row's columns are masked, or of its steps."""
    return delays.register + delays.levels(len(lane_map) * repeats == 1)


def collected(rows: int, word: int) -> Resources:
    """Words of so many bits collected to a column, while the one before waits."""
    return Resources(registers=(2 * rows - 1) * word) + counter(rows) + HANDSHAKE


def _windows_held(
    window: Window, shape: Shape, given: QInt, resizable: bool, *, steps: int
) -> Resources:
    """Windows that columns shift through; copied where each is given in several ``steps``.

    Those in the padding are masked.
    """
    bits = window.kernel[0] * window.kernel[1] * shape.channels * given.width
    held = Resources(masks=bits if window.pads else 0, registers=bits if steps == 1 else 2 * bits)
    return held + raster(shape, resizable) + counter(window.kernel[1] + 1) * 3 + HANDSHAKE


def given_in_steps(lane_map: LaneMap, repeats: int, width: int) -> Resources:
    """What chooses the values of each step."""
    chosen = sum(len(set(lane)) - 1 for lane in zip(*lane_map, strict=True))
    return chosen_in_steps(chosen * width, len(lane_map), repeats)


def chosen_in_steps(choices: int, steps: int, repeats: int) -> Resources:
    """Bits chosen from two values, and counters of steps and repeats."""
    if steps * repeats == 1:
        return NOTHING
    return Resources(choices=choices) + counter(steps) + counter(repeats) + HANDSHAKE


def _windows(window: Window, shape: Shape) -> tuple[int, int]:
    return window.output_size(shape.height, shape.width)


def _columns_read(window: Window, shape: Shape) -> int:
    """Columns of the map that some window needs."""
    moved = (_windows(window, shape)[1] - 1) * window.stride[1]
    return min(moved + window.kernel[1] - window.pads.left, shape.width)
