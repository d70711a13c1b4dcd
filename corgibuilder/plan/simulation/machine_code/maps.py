"""Rules of what repeats rows, surrounds maps, and forms windows, without a map in memory.

See :mod:`~corgibuilder.plan.simulation.machine_code`.
"""

from .records import compiled
from .window_steps import next_window


@compiled
def row_repeater(p, s, offered, taken):
    """Each row ``repeats`` times, each pixel of it ``kernel_x`` times in ``depth`` words.

    ``held`` pixels are in memory and ``wait`` of them have not been given once. ``x``, ``repeat``,
    ``tap_x`` and ``r_word`` are where the next word given belongs.
    """
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    free = s.valid == 0 or taken
    reads = sized and free and (s.repeat > 0 or s.wait > 0)
    accepts = sized and s.held < p.columns
    if free:
        s.valid = 1 if reads else 0
    if offered and accepts:
        s.w_word += 1
        if s.w_word == p.words:
            s.w_word = 0
            s.held += 1
            s.wait += 1
    if not reads:
        return accepts
    s.r_word += 1
    if s.r_word < p.depth:
        return accepts
    s.r_word = 0
    s.tap_x += 1
    if s.tap_x < p.kernel_x:
        return accepts
    s.tap_x = 0
    s.wait -= s.repeat == 0
    s.held -= s.repeat == p.repeats - 1
    s.x += 1
    if s.x == p.columns:
        s.x = 0
        s.repeat = 0 if s.repeat == p.repeats - 1 else s.repeat + 1
    return accepts


@compiled
def border(p, s, offered, taken):
    """A map of ``rows`` and ``columns`` within ``windows_y`` and ``windows_x`` of them.

    ``x``, ``y`` and ``r_word`` are where the next word given belongs.
    """
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    free = s.valid == 0 or taken
    inside_y = p.top <= s.y and s.y < p.top + p.rows
    inside = inside_y and p.left <= s.x and s.x < p.left + p.columns
    begins = s.x == 0 and s.y == 0 and s.r_word == 0
    gives = sized and free and (offered or not (inside or begins))
    if free:
        s.valid = 1 if gives else 0
    if gives:
        s.r_word += 1
        if s.r_word == p.words:
            s.r_word = 0
            next_window(p, s)
    return sized and free and inside


@compiled
def window_shift_register(p, s, offered, taken):
    """Columns to windows.

    ``columns`` are those that come for each of ``windows_y`` rows of windows, ``tail`` those of
    padding after them. ``x`` and ``y`` are where the next column belongs; ``wait`` shifts come
    before the one that completes a window of its row, ``tail_wait`` before one of the row before,
    which still needs ``tail_left`` columns of padding. Columns of the next row serve as well. With
    ``tail_early`` they never do, as when they come late; with ``tail_late`` nothing else does where
    they may, as when the first of them has come and the others have not.
    """
    head = p.kernel_x - 1 - p.left
    free = s.valid == 0 or taken
    first_x, last_x = s.x == 0, s.x == p.columns - 1
    starts = s.tail_left == 0 or (not p.tail_early and s.tail_left <= min(head, p.columns))
    accepts = free and (not first_x or starts)
    real = offered and accepts
    blank = free and not real and first_x and s.tail_left != 0 and not (p.tail_late and starts)
    of_row = real and s.wait == 0
    of_tail = (real or blank) and s.tail_left != 0 and s.tail_wait == 0
    wait_next = p.stride_x - 1 if s.wait == 0 else s.wait - 1
    if free:
        s.valid = 1 if of_row or of_tail else 0
    if (real or blank) and s.tail_left != 0:
        s.tail_left -= 1
        s.tail_wait = p.stride_x - 1 if s.tail_wait == 0 else s.tail_wait - 1
    if real:
        s.x += 1
        s.wait = wait_next
        if last_x:
            s.x, s.wait = 0, head
            s.y = 0 if s.y == p.windows_y - 1 else s.y + 1
            s.tail_left = max(p.tail, 0)
            s.tail_wait = wait_next
    return accepts
