"""How much hardware a stage gets: what the planner decides and what a user may edit."""

import enum
from dataclasses import dataclass

from corgibuilder.ir import Conv, Pool, Window

from .paired_rows import pairs_rows
from .paired_rows import places as paired_places
from .stages import Stage


class Feed(enum.Enum):
    """Where an engine's operands come from."""

    STREAM = "stream"  #: straight from the stream, each word once
    LINES = "lines"  #: word by word from the circular line buffer, as often as needed
    COLUMNS = "columns"  #: whole windows in registers, fed from the circular line buffer
    BANKS = "banks"  #: whole windows in registers, fed a column a cycle from one bank per row
    TILES = "tiles"  #: pooled as they come, windows tile the map


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """Decisions for one stage.

    Parameters
    ----------
    feed
        Where the operands come from.
    inputs
        Values that meet one output in a cycle: channels, or for windows any of their values.
    outputs
        Outputs worked on at once.
    lanes
        Channels in a word of the stage's output; divides ``outputs``.
    capacity
        Pixels in the line buffer, 0 where there is none.
    fifo
        Words in a queue before the engine's feed, as wide as those that arrive or as the feed's,
        whichever are wider; 0 for none.
    pixels
        Adjacent pixels that enter as one; see :mod:`~corgibuilder.plan.widen`.
    """

    feed: Feed
    inputs: int
    outputs: int
    lanes: int
    capacity: int = 0
    fifo: int = 0
    pixels: int = 1


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def words_of(pixels: int, channels: int, lanes: int) -> int:
    """Words that carry so many pixels: parts of each one, or several whole ones to a word."""
    if lanes > channels:
        return ceil_div(pixels * channels, lanes)
    return pixels * ceil_div(channels, lanes)


def carries_pixels(stage: Stage, lanes: int) -> bool:
    """Whether output words of that many lanes are equal parts of a pixel, or whole pixels.

    They need not be where pixels leave one by one: then the last word of each may be short.
    """
    channels = stage.acc.shape.channels
    pixel = channels // stage.leaving
    return stage.leaving == 1 or (channels % lanes == 0 and 0 in (pixel % lanes, lanes % pixel))


def feeds(stage: Stage, *, resizable: bool) -> tuple[Feed, ...]:
    """The ways in which a stage can be fed."""
    engine = stage.engine
    if isinstance(engine, Pool):
        return (Feed.TILES,) if engine.window.tiles else (Feed.LINES,)
    if not isinstance(engine, Conv):
        return (Feed.STREAM,)
    if pointwise(engine.window) and engine.depthwise:
        return (Feed.STREAM,)
    if pointwise(engine.window) or (whole_map(stage) and not engine.depthwise and not resizable):
        return (Feed.STREAM, Feed.LINES)
    if small_window(stage):
        return (Feed.LINES, Feed.COLUMNS, Feed.BANKS)
    return (Feed.LINES,)


def least_capacity(stage: Stage, feed: Feed) -> int:
    """Pixels that the line buffer holds at least; exactly, where rows are freed in pairs."""
    if feed not in (Feed.LINES, Feed.COLUMNS):
        return 0
    assert isinstance(stage.engine, Conv | Pool)
    window, width = stage.engine.window, stage.x.shape.width
    if not pairs_rows(window):
        return window.span(width)
    return paired_places(window.column if feed is Feed.COLUMNS else window, width)


def pointwise(window: Window) -> bool:
    return window == Window(kernel=(1, 1))


def whole_map(stage: Stage) -> bool:
    """Whether one window without padding covers the whole map."""
    assert isinstance(stage.engine, Conv)
    window = stage.engine.window
    return window.kernel == (stage.x.shape.height, stage.x.shape.width) and not window.pads


#: Bits of a window kept in registers at most, for each pixel that enters at once; beyond, taps are
#: read one by one.
MAX_WINDOW_BITS = 16384


def small_window(stage: Stage) -> bool:
    """Whether a window fits in registers, and no column is skipped."""
    assert isinstance(stage.engine, Conv)
    window = stage.engine.window
    bits = taps(stage) * stage.x.shape.channels * stage.operand.width
    return bits <= MAX_WINDOW_BITS * stage.entering and window.stride[1] <= window.kernel[1]


def taps(stage: Stage) -> int:
    """Pixels of a window."""
    assert isinstance(stage.engine, Conv | Pool)
    return stage.engine.window.kernel[0] * stage.engine.window.kernel[1]
