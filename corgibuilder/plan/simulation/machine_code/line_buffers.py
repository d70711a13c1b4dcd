"""Rules of line buffers: circular, with shuffled slots, and in banks of rows.

``complete`` and ``blocked`` are what the last cycle saw: all pixels of the window are there; no
word can be written.

See :mod:`~corgibuilder.plan.simulation.machine_code`.
"""

from .records import compiled
from .window_steps import add_start, clamp, granted, next_window, next_word, to_next_frame, written


@compiled
def circular(p, s, offered, taken):
    """A circular buffer of pixels."""
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    top, left = s.y * p.stride_y - p.top, s.x * p.stride_x - p.left
    top_next = top + p.stride_y
    down = 0 if top_next < 0 else top_next if top < 0 else p.stride_y
    first = s.base + (0 if down == 0 else max(left, 0))
    need = (
        s.base
        + (clamp(top + p.kernel_y - 1, p.rows) - max(top, 0)) * p.columns
        + clamp(left + p.kernel_x - 1, p.columns)
    )
    draining = s.draining == 1
    s.complete = s.written > need
    there = s.complete or (s.written == need and s.w_word > s.r_word)
    free = s.valid == 0 or taken
    wants = free and sized and there and not draining
    ends = s.w_x == p.columns - 1 and s.w_y == p.rows - 1
    room = s.written - first < p.capacity or draining
    can_write = sized and room and (s.starts < 2 or not ends)
    s.blocked = not can_write
    reads, writes = granted(p, s, wants, offered and can_write)
    accepts = can_write and writes

    started = s.starts > 0
    if free:
        s.valid = 1 if reads else 0
    pixel, frame = written(p, s, offered and accepts)
    event = next_word(p, s) if reads else 0
    if event == 1:
        s.base += down * p.columns
    to_next_frame(s, event == 2, started)
    if pixel:
        s.written += 1
    if frame:
        add_start(s, s.written)
    return accepts


@compiled
def shuffled(p, s, offered, taken):
    """Two lines, whose slots become free in pairs of rows."""
    guard_columns = p.guard_columns
    line = p.columns + guard_columns
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    begins = sized and s.begun == 0
    active = sized and s.begun == 1

    # Reader.
    top, left = s.y * p.stride_y - p.top, s.x * p.stride_x - p.left
    last_x = s.x == p.windows_x - 1
    freed = s.pair + 2 * (guard_columns + max(left, 0))
    after = left + p.stride_x if left >= -p.stride_x else 0
    freed_next = s.pair + 2 * (guard_columns + (line if last_x else after))
    span = p.rows - 1 - top if top + 2 >= p.rows else 2
    need = s.pair + span * line + guard_columns + clamp(left + p.kernel_x - 1, p.columns)
    s.complete = s.written > need
    there = s.complete or (s.written == need and s.w_word > s.r_word)
    extra = s.extra == 1
    free = s.valid == 0 or taken
    wants = free and sized and there and not extra

    # Writer.
    first = s.w_x == 0 and s.w_y == 0
    aligned = not first or s.lower == p.top % 2
    blank = s.slot_column < guard_columns
    room = s.written - freed < 2 * line
    group = s.r_word - s.r_word % p.words_per_group
    behind = s.w_word < group and s.written - freed_next < 2 * line
    can_write = active and aligned and (room or behind) and not blank
    s.blocked = not can_write
    reads, writes = granted(p, s, wants, offered and can_write)
    accepts = can_write and writes
    passes = active and aligned and room and blank
    skips = active and not aligned and s.written - freed <= line

    if free:
        s.valid = 1 if reads else 0
    pixel, _ = written(p, s, offered and accepts)
    event = next_word(p, s) if reads else 0
    left_over = p.rows + p.rows % 2 > top + p.top + 2
    s.extra = 1 if event == 2 and left_over else 0
    if event or extra:
        s.pair += 2 * line
    if begins:
        s.begun = 1
    row_ends = skips
    if pixel or passes:
        s.written += 1
        s.slot_column += 1
        row_ends = s.slot_column == line
    if skips:
        s.written += line
    if row_ends:
        s.slot_column = 0
        s.lower = 1 - s.lower
    return accepts


@compiled
def row_banks(p, s, offered, taken):
    """One bank for each row of a window, read column by column; a word is a pixel."""
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    top = s.y * p.stride_y - p.top
    top_next = top + p.stride_y
    down = 0 if top_next < 0 else top_next if top < 0 else p.stride_y
    written_row = s.written // p.columns
    written_x = s.w_x
    draining = s.draining == 1
    # Writer.
    ahead = written_row - s.base
    read_x = 0 if down == 0 else s.x
    room = ahead < p.kernel_y or (ahead == p.kernel_y and written_x < read_x) or draining
    ends = s.w_x == p.columns - 1 and s.w_y == p.rows - 1
    accepts = sized and room and (s.starts < 2 or not ends)
    # Reader.
    span = min(top + p.kernel_y - 1, p.rows - 1) - max(top, 0)
    behind = written_row - (s.base + span)
    free = s.valid == 0 or taken
    reads = free and sized and not draining and (behind > 0 or (behind == 0 and s.x < written_x))

    started = s.starts > 0
    if free:
        s.valid = 1 if reads else 0
    pixel, frame = written(p, s, offered and accepts)
    event = next_window(p, s) if reads else 0
    if event == 1:
        s.base += down
    to_next_frame(s, event == 2, started)
    if pixel:
        s.written += 1
    if frame:
        add_start(s, s.written // p.columns)
    return accepts
