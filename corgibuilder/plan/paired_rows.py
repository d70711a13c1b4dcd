"""Line buffers for windows that are three rows high and move down two rows at a time.

Such a window frees two rows at once, column by column, while the next two come in one after the
other: places become free in another order than they are needed in. Numbered in the order in which
they are written, the pixels of a pair of rows of ``line`` columns are

    j = row * line + column         and become free as number         2 * column + row

so that pixel ``j`` of the next pair goes where pixel ``j * line`` modulo ``2 * line - 1`` lay: a
perfect shuffle, in which columns lie half as far apart, modulo ``2 * line - 1``, from pair to pair
(Diaconis, Graham, Kantor: "The mathematics of perfect shuffles", 1983). Two lines are enough for
ever, whatever the pace of the reader.
"""

from corgibuilder.ir import Window


def pairs_rows(window: Window) -> bool:
    """Whether places are found as this module says."""
    pads = window.pads
    return (window.kernel[0], window.stride[0]) == (3, 2) and max(pads.top, pads.bottom) <= 1


def margin(window: Window) -> int:
    """Columns without pixels at the left of each line, so that no reader waits for itself.

    A window that starts at column ``left`` has freed two places for each column before it, and
    waits for ``left + kernel`` pixels of the row below the pair.
    """
    kw, sx, pl = window.kernel[1], window.stride[1], window.pads.left
    lefts = range(-pl, kw + 1, sx)
    return max(pl, *(left + kw - 2 * max(left, 0) for left in lefts))


def places(window: Window, width: int) -> int:
    """Pixels that two lines hold on a map of ``width`` columns."""
    return 2 * (width + margin(window))


def waits(window: Window) -> tuple[int, int]:
    """How often at the start of a row its reader waits for the writer, and for how many pixels.

    First for those whose places the last window of the row before freed, and for its own; then for
    what the places that the margin gave were too few for, until a window starts far enough from it.
    """
    kw, sx, pl, spare = window.kernel[1], window.stride[1], window.pads.left, margin(window)
    times, pixels = 1, 2 * kw + kw - pl
    for left in range(sx - pl, kw + sx, sx):
        late = left + kw - spare - 2 * max(left - sx, 0)
        if late > 0:
            times, pixels = times + 1, pixels + late
    return times, pixels
