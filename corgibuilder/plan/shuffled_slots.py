"""Line buffers for windows that are three rows high and move down two rows at a time.

Such a window frees two rows at once, column by column, while the next two come in one after the
other: slots become free in another order than they are needed in. Numbered in the order in which
they are written, the pixels of a pair of rows of ``line`` columns are

    j = row * line + column         and become free as number         2 * column + row

so that pixel ``j`` of the next pair goes where pixel ``j * line`` modulo ``2 * line - 1`` lay: a
perfect shuffle, in which columns lie half as far apart, modulo ``2 * line - 1``, from pair to pair
(Diaconis, Graham, Kantor: "The mathematics of perfect shuffles", 1983). Two lines are enough for
ever, whatever the pace of the reader.

With lines of 3 columns, rows a and b, then c and d, then e and f, in the 6 slots of the buffer:

    slot                       0   1   2   3   4   5
    first pair, as written     a0  a1  a2  b0  b1  b2
    becomes free as number     0   2   4   1   3   5      a0 b0 a1 b1 a2 b2
    second pair                c0  c2  d1  c1  d0  d2     c0 c1 c2 d0 d1 d2, in that order
    becomes free as number     0   4   3   2   1   5      c0 d0 c1 d1 c2 d2
    third pair                 e0  f1  f0  e2  e1  f2

Pixel ``j`` of pair ``p``, both from 0, lies in slot ``j * 3**p`` modulo 5; the last one in slot 5.
``tests/plan/test_shuffled_slots.py`` shows for all lines up to 64 columns that no pixel is written
where one lies that is still needed, and ``tests/hw/exhaustive`` that the hardware does the same
under any stalls.
"""

from corgibuilder.ir import Window


def pairs_rows(window: Window) -> bool:
    """Whether slots are found as this module says."""
    pads = window.pads
    return (window.kernel[0], window.stride[0]) == (3, 2) and max(pads.top, pads.bottom) <= 1


def guard_columns(window: Window) -> int:
    """Columns without pixels at the left of each line, so that no reader waits for itself.

    A window that starts at column ``left`` has freed two slots for each column before it, and
    waits for ``left + kernel`` pixels of the row below the pair.
    """
    kw, sx, pl = window.kernel[1], window.stride[1], window.pads.left
    lefts = range(-pl, kw + 1, sx)
    return max(pl, *(left + kw - 2 * max(left, 0) for left in lefts))


def slot_count(window: Window, width: int) -> int:
    """Slots of two lines, guard columns included, for a map of ``width`` columns."""
    return 2 * (width + guard_columns(window))


def row_start_waits(window: Window) -> tuple[int, int]:
    """How often at the start of a row its reader waits for the writer, and for how many pixels.

    First for those whose slots the last window of the row before freed, and for its own; then for
    what the slots of the guard columns were too few for, until a window starts far enough from
    them.
    """
    kw, sx, pl, spare = window.kernel[1], window.stride[1], window.pads.left, guard_columns(window)
    times, pixels = 1, 2 * kw + kw - pl
    for left in range(sx - pl, kw + sx, sx):
        late = left + kw - spare - 2 * max(left - sx, 0)
        if late > 0:
            times, pixels = times + 1, pixels + late
    return times, pixels
