"""Steps from window to window, and from word to word."""

from .records import compiled


@compiled
def next_window(p, s):
    """On to the next window: 2 if that ends the frame, 1 a row of windows, 0 neither."""
    s.x += 1
    if s.x < p.windows_x:
        return 0
    s.x = 0
    s.y += 1
    if s.y < p.windows_y:
        return 1
    s.y = 0
    return 2


@compiled
def next_word(p, s):
    """One step through the words of the windows; returns as :func:`next_window`."""
    s.r_word += 1
    if s.r_word % p.words_per_group:
        return 0
    s.r_word -= p.words_per_group
    s.tap_x += 1
    if s.tap_x < p.kernel_x:
        return 0
    s.tap_x = 0
    s.tap_y += 1
    if s.tap_y < p.kernel_y:
        return 0
    s.tap_y = 0
    s.repeat += 1
    if s.repeat < p.repeats:
        return 0
    s.repeat = 0
    s.r_word += p.words_per_group
    if s.r_word < p.words:
        return 0
    s.r_word = 0
    return next_window(p, s)


@compiled
def granted(p, s, read, write):
    """Who of a read and a write that are wanted gets the memory: read, write."""
    same = p.single_port and _bank(p, s.r_word) == _bank(p, s.w_word)
    if p.write_first:
        return read and not (write and same), True
    return read, not (read and same)


@compiled
def _bank(p, word):
    """Bank of the plane of a word."""
    if word >= p.full:
        return 2
    return word & 1 if p.alternate else 0


@compiled
def written(p, s, write):
    """Count a word that is written: whether a pixel is complete, and whether the frame is."""
    if not write:
        return False, False
    s.w_word += 1
    if s.w_word < p.words:
        return False, False
    s.w_word = 0
    s.w_x += 1
    if s.w_x < p.columns:
        return True, False
    s.w_x = 0
    s.w_y += 1
    if s.w_y < p.rows:
        return True, False
    s.w_y = 0
    return True, True


@compiled
def add_start(s, number):
    """Remember where the next frame starts, whose first pixel comes next."""
    if s.starts:
        s.start_1 = number
    else:
        s.start_0 = number
    s.starts += 1


@compiled
def to_next_frame(s, ends, started):
    """After the last window on to the next frame, or drain until that has ``started``."""
    if (ends or s.draining) and started:
        s.base = s.start_0
        s.start_0 = s.start_1
        s.starts -= 1
        s.draining = 0
    elif ends:
        s.draining = 1


@compiled
def clamp(value, limit):
    return min(max(value, 0), limit - 1)
