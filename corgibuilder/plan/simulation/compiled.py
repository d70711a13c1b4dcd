"""The compiled part of the simulation: components of the hardware, cycle by cycle, without data.

A component has one stream in and one out. Every cycle a rule is told whether a word is on offer to
the component, and whether a word that the component offers would be taken. It says whether the
component takes a word, and changes the state; ``s.valid`` is whether the component offers a word.
Every rule is that of a component of :mod:`corgibuilder.hw`, whose docstring says what it is for.

``p`` and ``s`` are records of :data:`PARAMETERS` and :data:`STATE`, of which each rule uses the
fields that its docstring names. All that is compiled is in this file, as what is compiled is kept
until the file changes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from corgibuilder.plan.components.rules import Rule


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` as machine code, which is kept for the next time where files can be written."""
    made: Callable[..., Any]
    try:
        made = njit(cache=True)(function)
    except RuntimeError:
        made = njit(function)
    return made


def _record(fields: str) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64) for name in fields.split()])


PARAMETERS = _record("""
    depth lanes_in lanes_out channels words groups short registers tail
    rows columns kernel_y kernel_x stride_y stride_x top left windows_y windows_x
    capacity repeats words_per_group single_port write_first full alternate size_from margin
    inputs words_0 words_1 words_2 words_3 words_4 words_5 words_6 words_7
""")
STATE = _record("""
    valid held way w_word r_word w_x w_y tap_x tap_y repeat x y wait tail_left tail_wait
    written base draining starts start_0 start_1 cycle place_column lower pair extra begun
    first most
""")


@compiled
def buffer(p, s, offered, taken):
    """Two words of storage, one of them on offer; ``held`` is the other."""
    accepts = s.held == 0
    if s.valid == 0 or taken:
        s.valid = 1 if s.held or offered else 0
        s.held = 0
    elif offered and accepts:
        s.held = 1
    return accepts


@compiled
def queue(p, s, offered, taken):
    """``depth`` words: all but one in a memory, where ``held`` are, and the one on offer.

    ``first`` becomes how many there were when the first one was taken, ``most`` the least depth
    with which all that is offered would be accepted.
    """
    if s.valid and taken and s.first == 0:
        s.first = s.held + 1
    if offered:
        s.most = max(s.most, s.held + 2)
    if p.depth == 1:
        accepts = s.valid == 0
        s.valid = 1 if (offered and accepts) or (s.valid and not taken) else 0
        return accepts
    accepts = s.held != p.depth - 1
    moves = s.held != 0 and (s.valid == 0 or taken)
    if moves:
        s.valid = 1
    elif taken:
        s.valid = 0
    s.held += (1 if offered and accepts else 0) - (1 if moves else 0)
    return accepts


@compiled
def gearbox(p, s, offered, taken):
    """Words of ``lanes_in`` values to words of ``lanes_out``, of pixels of ``channels``.

    ``held`` values wait; ``w_word`` and ``r_word`` are the numbers of the words in their pixels.
    """
    lanes_in, lanes_out, channels = p.lanes_in, p.lanes_out, p.channels
    coming = min(lanes_in, channels - s.w_word * lanes_in)
    going = min(lanes_out, channels - s.r_word * lanes_out)
    if s.valid and taken:
        s.held -= going
        s.r_word += 1
        if s.r_word * lanes_out >= channels:
            s.r_word = 0
    accepts = s.held + coming <= lanes_in + lanes_out
    if offered and accepts:
        s.held += coming
        s.w_word += 1
        if s.w_word * lanes_in >= channels:
            s.w_word = 0
    s.valid = 1 if s.held >= min(lanes_out, channels - s.r_word * lanes_out) else 0
    return accepts


@compiled
def collect(p, s, offered, taken):
    """Every ``words`` words become one; ``w_word`` of them have come."""
    complete = s.w_word == p.words - 1
    free = s.valid == 0 or taken
    accepts = not complete or free
    if free:
        s.valid = 1 if offered and complete else 0
    if offered and accepts:
        s.w_word = 0 if complete else s.w_word + 1
    return accepts


@compiled
def repeat(p, s, offered, taken):
    """Each word becomes ``words`` words, 2 or more; ``r_word`` of them are gone."""
    gives = s.valid and taken
    last = s.r_word == p.words - 1
    accepts = s.valid == 0 or (gives and last)
    if gives:
        s.r_word = 0 if last else s.r_word + 1
    if accepts:
        s.valid = 1 if offered else 0
    return accepts


@compiled
def rigid(p, s, offered, taken):
    """A pipeline of ``registers`` that all wait together; ``words`` words in, one word out.

    ``way`` has a bit for each word on its way, ``w_word`` counts the words of the next one.
    """
    advance = s.valid == 0 or taken
    if advance:
        last = s.w_word == p.words - 1
        way = s.way << 1
        if offered:
            if last:
                way |= 1
            s.w_word = 0 if last else s.w_word + 1
        s.valid = (way >> (p.registers - 1)) & 1
        s.way = way & ((1 << (p.registers - 1)) - 1)
    return advance


@compiled
def serialiser(p, s, offered, taken):
    """Each word as ``words`` words, the last one of every ``groups`` as ``short``.

    ``held`` of them are left, ``w_word`` is the number of the group.
    """
    accepts = s.held == 0 or (s.held == 1 and taken)
    if s.valid and taken:
        s.held -= 1
    if offered and accepts:
        if s.w_word == p.groups - 1:
            s.held, s.w_word = p.short, 0
        else:
            s.held, s.w_word = p.words, s.w_word + 1
    s.valid = 1 if s.held else 0
    return accepts


@compiled
def tiles(p, s, offered, taken):
    """Pooling of pixels of ``words`` words as they come, of maps of ``rows`` and ``columns``.

    ``way`` as for :func:`rigid`; ``w_word``, ``w_x`` and ``w_y`` are where the next word belongs.
    """
    words, kh, kw, height, width = p.words, p.kernel_y, p.kernel_x, p.rows, p.columns
    advance = s.valid == 0 or taken
    if advance:
        way = s.way
        s.way = 0
        if offered:
            x, y = s.w_x, s.w_y
            inside = x // kw < width // kw and y // kh < height // kh
            if inside and x % kw == kw - 1 and y % kh == kh - 1:
                s.way = 1
            s.w_word += 1
            if s.w_word == words:
                s.w_word, s.w_x = 0, x + 1
                if x == width - 1:
                    s.w_x, s.w_y = 0, y + 1
                    if y == height - 1:
                        s.w_y = 0
        s.valid = way
    return advance


@compiled
def concat(p, s, offered, taken):
    """Words of several inputs in turn: ``x`` is the input whose turn it is.

    Of each pixel the inputs have ``words_0``, ``words_1``, ... words, ``inputs`` of them in all;
    ``w_word`` is the number of the next word.
    """
    advance = s.valid == 0 or taken
    if advance:
        s.valid = 1 if offered else 0
        if offered:
            s.w_word += 1
            if s.w_word == _port_words(p, s.x):
                s.w_word = 0
                s.x = 0 if s.x == p.inputs - 1 else s.x + 1
    return advance


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
            _next_window(p, s)
    return sized and free and inside


@compiled
def _port_words(p, port):
    if port == 0:
        return p.words_0
    if port == 1:
        return p.words_1
    if port == 2:
        return p.words_2
    if port == 3:
        return p.words_3
    if port == 4:
        return p.words_4
    if port == 5:
        return p.words_5
    if port == 6:
        return p.words_6
    return p.words_7


@compiled
def window_former(p, s, offered, taken):
    """Columns to windows.

    ``columns`` are those that come for each of ``windows_y`` rows of windows, ``tail`` those of
    padding after them. ``x`` and ``y`` are where the next column belongs; ``wait`` shifts come
    before the one that completes a window of its row, ``tail_wait`` before one of the row before,
    which still needs ``tail_left`` columns of padding.
    """
    head = p.kernel_x - 1 - p.left
    free = s.valid == 0 or taken
    first_x, last_x = s.x == 0, s.x == p.columns - 1
    starts = s.tail_left <= head and s.tail_left <= p.columns
    accepts = free and (not first_x or starts)
    real = offered and accepts
    blank = free and not real and first_x and s.tail_left != 0
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


@compiled
def _bank(p, word):
    """Bank of the plane of a word."""
    if word >= p.full:
        return 2
    return word & 1 if p.alternate else 0


@compiled
def _clamp(value, limit):
    return min(max(value, 0), limit - 1)


@compiled
def _next_window(p, s):
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
def _walk(p, s):
    """One step through the words of the windows; returns as :func:`_next_window`."""
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
    return _next_window(p, s)


@compiled
def _granted(p, s, read, write):
    """Who of a read and a write that are wanted gets the memory: read, write."""
    same = p.single_port and _bank(p, s.r_word) == _bank(p, s.w_word)
    if p.write_first:
        return read and not (write and same), True
    return read, not (read and same)


@compiled
def _written(p, s, write):
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
def ring(p, s, offered, taken):
    """A ring of pixels."""
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    top, left = s.y * p.stride_y - p.top, s.x * p.stride_x - p.left
    top_next = top + p.stride_y
    down = 0 if top_next < 0 else top_next if top < 0 else p.stride_y
    first = s.base + (0 if down == 0 else max(left, 0))
    need = (
        s.base
        + (_clamp(top + p.kernel_y - 1, p.rows) - max(top, 0)) * p.columns
        + _clamp(left + p.kernel_x - 1, p.columns)
    )
    draining = s.draining == 1
    there = s.written > need or (s.written == need and s.w_word > s.r_word)
    free = s.valid == 0 or taken
    wants = free and sized and there and not draining
    ends = s.w_x == p.columns - 1 and s.w_y == p.rows - 1
    room = s.written - first < p.capacity or draining
    can_write = sized and room and (s.starts < 2 or not ends)
    reads, writes = _granted(p, s, wants, offered and can_write)
    accepts = can_write and writes

    started = s.starts > 0
    if free:
        s.valid = 1 if reads else 0
    pixel, frame = _written(p, s, offered and accepts)
    event = _walk(p, s) if reads else 0
    if event == 1:
        s.base += down * p.columns
    if (event == 2 or draining) and started:
        s.base = s.start_0
        s.start_0 = s.start_1
        s.starts -= 1
        s.draining = 0
    elif event == 2:
        s.draining = 1
    if pixel:
        s.written += 1
    if frame:
        if s.starts:
            s.start_1 = s.written
        else:
            s.start_0 = s.written
        s.starts += 1
    return accepts


@compiled
def paired_rows(p, s, offered, taken):
    """Two lines, whose places become free in pairs of rows."""
    margin = p.margin
    line = p.columns + margin
    sized = s.cycle >= p.size_from
    s.cycle += not sized
    begins = sized and s.begun == 0
    active = sized and s.begun == 1

    # Reader.
    top, left = s.y * p.stride_y - p.top, s.x * p.stride_x - p.left
    last_x = s.x == p.windows_x - 1
    freed = s.pair + 2 * (margin + max(left, 0))
    after = left + p.stride_x if left >= -p.stride_x else 0
    freed_next = s.pair + 2 * (margin + (line if last_x else after))
    span = p.rows - 1 - top if top + 2 >= p.rows else 2
    need = s.pair + span * line + margin + _clamp(left + p.kernel_x - 1, p.columns)
    there = s.written > need or (s.written == need and s.w_word > s.r_word)
    extra = s.extra == 1
    free = s.valid == 0 or taken
    wants = free and sized and there and not extra

    # Writer.
    first = s.w_x == 0 and s.w_y == 0
    aligned = not first or s.lower == p.top % 2
    blank = s.place_column < margin
    room = s.written - freed < 2 * line
    group = s.r_word - s.r_word % p.words_per_group
    behind = s.w_word < group and s.written - freed_next < 2 * line
    can_write = active and aligned and (room or behind) and not blank
    reads, writes = _granted(p, s, wants, offered and can_write)
    accepts = can_write and writes
    passes = active and aligned and room and blank
    skips = active and not aligned and s.written - freed <= line

    if free:
        s.valid = 1 if reads else 0
    pixel, _ = _written(p, s, offered and accepts)
    event = _walk(p, s) if reads else 0
    left_over = p.rows + p.rows % 2 > top + p.top + 2
    s.extra = 1 if event == 2 and left_over else 0
    if event or extra:
        s.pair += 2 * line
    if begins:
        s.begun = 1
    row_ends = skips
    if pixel or passes:
        s.written += 1
        s.place_column += 1
        row_ends = s.place_column == line
    if skips:
        s.written += line
    if row_ends:
        s.place_column = 0
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
    pixel, frame = _written(p, s, offered and accepts)
    event = _next_window(p, s) if reads else 0
    if event == 1:
        s.base += down
    if (event == 2 or draining) and started:
        s.base = s.start_0
        s.start_0 = s.start_1
        s.starts -= 1
        s.draining = 0
    elif event == 2:
        s.draining = 1
    if pixel:
        s.written += 1
    if frame:
        row = s.written // p.columns
        if s.starts:
            s.start_1 = row
        else:
            s.start_0 = row
        s.starts += 1
    return accepts


@compiled
def apply(rule, p, s, offered, taken):
    """Apply the rule of a component; returns whether it accepts what is offered."""
    if rule == Rule.BUFFER:
        return buffer(p, s, offered, taken)
    if rule == Rule.QUEUE:
        return queue(p, s, offered, taken)
    if rule == Rule.GEARBOX:
        return gearbox(p, s, offered, taken)
    if rule == Rule.COLLECT:
        return collect(p, s, offered, taken)
    if rule == Rule.REPEAT:
        return repeat(p, s, offered, taken)
    if rule == Rule.RIGID:
        return rigid(p, s, offered, taken)
    if rule == Rule.SERIALISER:
        return serialiser(p, s, offered, taken)
    if rule == Rule.TILES:
        return tiles(p, s, offered, taken)
    if rule == Rule.CONCAT:
        return concat(p, s, offered, taken)
    if rule == Rule.ROW_REPEATER:
        return row_repeater(p, s, offered, taken)
    if rule == Rule.BORDER:
        return border(p, s, offered, taken)
    if rule == Rule.WINDOW_FORMER:
        return window_former(p, s, offered, taken)
    if rule == Rule.RING:
        return ring(p, s, offered, taken)
    if rule == Rule.PAIRED_ROWS:
        return paired_rows(p, s, offered, taken)
    return row_banks(p, s, offered, taken)


NEVER = 1 << 62  #: a cycle that never comes
MOVED, SERVED, THROUGH = 0, 1, 2  #: places in the flags of a chain


@compiled
def _watched_tick(rule, p, s, offered, taken):
    """As :func:`apply`; returns also for how many more cycles the same will happen.

    ``NEVER`` where nothing happened; where something did, all that changes is one counter. 0 where
    that is not sure. As long as what comes in, and whether what goes out is taken, do not change.
    """
    valid, way, written = s.valid, s.way, s.written
    starts, pair, begun, cycle = s.starts, s.pair, s.begun, s.cycle
    accepts = apply(rule, p, s, offered, taken)
    came, went = offered and accepts, valid != 0 and taken
    if s.valid != valid or s.way != way or s.written != written:
        return accepts, 0
    if rule == Rule.RIGID:
        if way:
            return accepts, 0 if valid == 0 or taken else NEVER
        if came and not went:
            return accepts, p.words - 1 - s.w_word
        return accepts, 0 if went else NEVER
    if rule == Rule.REPEAT:
        if came:
            return accepts, 0
        return accepts, p.words - 1 - s.r_word if went else NEVER
    blank = rule == Rule.WINDOW_FORMER and s.tail_left and s.x == 0 and (valid == 0 or taken)
    if came or s.cycle != cycle or blank:
        return accepts, 0
    if rule < Rule.RING:
        return accepts, 0 if went else NEVER
    if s.starts != starts or s.pair != pair or s.begun != begun or s.extra:
        return accepts, 0
    if not went:
        return accepts, NEVER
    # Reading: the word that a pixel lacks, or a write that waits, may change that.
    if rule == Rule.ROW_BANKS or s.w_word or (offered and (p.single_port or rule != Rule.RING)):
        return accepts, 0
    done = _steps_done(p, s)
    steps = p.kernel_x * p.kernel_y * p.words_per_group
    return accepts, steps - 1 - done if done else 0


@compiled
def _steps_done(p, s):
    """Steps since the words of a group were begun, for this time."""
    tap = s.tap_y * p.kernel_x + s.tap_x
    return tap * p.words_per_group + s.r_word % p.words_per_group


@compiled
def _count(rule, p, s, cycles):
    """What happens in so many cycles to a component of which only a counter changes."""
    if rule == Rule.RIGID:
        s.w_word += cycles
    elif rule == Rule.REPEAT:
        s.r_word += cycles
    else:
        done = _steps_done(p, s) + cycles
        tap, word = done // p.words_per_group, done % p.words_per_group
        s.r_word += word - s.r_word % p.words_per_group
        s.tap_y, s.tap_x = tap // p.kernel_x, tap % p.kernel_x


@compiled
def _valid(chains, state, chain, entering):
    """Whether a chain offers a word; an empty one passes on what enters."""
    last = chains[chain, 1] - 1
    return state[last].valid != 0 if last >= chains[chain, 0] else entering or chain > 0


@compiled
def run(
    kinds, parameters, state, chains, joined, readers, words, flags, clock, begun, spans,
    interval, frame_interval, frames, steps
):  # fmt: skip
    """Run until ``frames`` frames have begun to come in, or nothing happens any more.

    Nor for more than ``steps`` cycles in which something happens: returns whether it was these.

    ``clock`` has the cycle, the words that have come in, and the cycle from which on the next may;
    ``flags`` has for each chain the words that have left it, whether it has the word of a fork that
    others still wait for, and whether it has it in this cycle. Both go on from call to call. Filled
    in are the cycles in which the first word of each frame comes in, ``begun``, and those in which
    the first and the last word of each frame leaves, ``spans``; for other inputs the cycle of the
    very first word that comes in. It ends too when ``spans`` is full: an output that does not
    depend on chain 0 may be many frames ahead of it. One word comes in in every
    ``interval`` cycles at most, and a frame begins in every ``frame_interval`` cycles at most;
    chain 0 is that input, and others without a source get their words
    as fast as they take them. Other arrays as in :class:`~.chains.Machine`.

    A component of which nothing or only a counter changes sleeps until it has counted to its end,
    or until what it is offered, or asked for, changes; so does a chain of which all do.
    """
    count, parts = len(chains), len(kinds)
    ready = np.ones(len(readers), np.bool_)
    until = np.zeros(parts, np.int64)  # components sleep
    since = np.zeros(parts, np.int64)
    counting = np.zeros(parts, np.bool_)
    was_offered = np.zeros(parts, np.bool_)
    was_taken = np.zeros(parts, np.bool_)
    accepted = np.zeros(parts, np.bool_)
    chain_until = np.zeros(count, np.int64)
    chain_offered = np.zeros(count, np.bool_)
    chain_taken = np.zeros(count, np.bool_)
    now, sent, offer_from = clock
    entered = (sent + words[0] - 1) // words[0]
    full = False
    left = steps
    while entered < frames and left:
        left -= 1
        entering = now >= offer_from
        ready[:] = True
        next_event = NEVER if entering else offer_from
        # Whoever reads a stream comes before whoever gives it: all see the state before the cycle.
        for c in range(count - 1, -1, -1):
            first, end, source, gives_on, join, join_end = chains[c]
            turn, in_turn = 0, False
            if join < join_end:
                in_turn = kinds[first] == Rule.CONCAT
                if in_turn:
                    turn = joined[join + state[first].x]
                    offered = _valid(chains, state, turn, entering)
                else:
                    offered = True
                    for k in range(join, join_end):
                        offered = offered and _valid(chains, state, joined[k], entering)
            elif source >= 0:
                offered = _valid(chains, state, source, entering) and not flags[c, SERVED]
            else:
                offered = entering or c > 0
            gives = state[end - 1].valid != 0 if end > first else offered
            taken = ready[c] if gives_on else True
            if gives and not gives_on:
                frame, word = flags[c, MOVED] // words[c], flags[c, MOVED] % words[c]
                if word == 0:
                    spans[c, frame, 0] = now
                if word == words[c] - 1:
                    spans[c, frame, 1] = now
                    full = full or frame == spans.shape[1] - 1
                flags[c, MOVED] += 1
            elif gives and readers[c] > 1:
                for other in range(c + 1, count):
                    if chains[other, 2] == c:
                        flags[other, SERVED] = 1 if flags[other, THROUGH] and not taken else 0
            taken = taken or not gives
            if now >= chain_until[c] or offered != chain_offered[c] or taken != chain_taken[c]:
                chain_offered[c], chain_taken[c], chain_until[c] = offered, taken, NEVER
                for k in range(end - 1, first - 1, -1):
                    coming = offered if k == first else state[k - 1].valid != 0
                    taken = taken or state[k].valid == 0
                    if now >= until[k] or coming != was_offered[k] or taken != was_taken[k]:
                        was_offered[k], was_taken[k] = coming, taken
                        if counting[k]:
                            _count(kinds[k], parameters[k], state[k], now - since[k])
                        accepted[k], more = _watched_tick(
                            kinds[k], parameters[k], state[k], coming, taken
                        )
                        since[k], until[k] = now + 1, now + 1 + more
                        counting[k] = 0 < more < NEVER
                    taken = accepted[k]
                    chain_until[c] = min(chain_until[c], until[k])
            accepts = accepted[first] if end > first else taken
            next_event = min(next_event, chain_until[c])
            if join < join_end:
                for k in range(join, join_end):
                    chosen = joined[k] == turn if in_turn else offered
                    ready[joined[k]] = accepts and chosen
            elif source >= 0:
                flags[c, THROUGH] = 1 if flags[c, SERVED] or accepts else 0
                ready[source] = ready[source] and flags[c, THROUGH] != 0
            elif c == 0 and entering and accepts:
                if sent % words[0] == 0:
                    begun[entered] = now
                    entered += 1
                sent += 1
                offer_from = now + interval
                if sent % words[0] == 0:
                    offer_from = max(offer_from, begun[entered - 1] + frame_interval)
                next_event = now + 1
            elif source < 0 and c > 0 and accepts and spans[c, 0, 0] < 0:
                spans[c, 0, 0] = now
        if next_event >= NEVER:
            frames = entered
            break
        now = next_event
        if full:
            frames = entered
            break
    for k in range(parts):
        if counting[k]:
            _count(kinds[k], parameters[k], state[k], now - since[k])
    clock[:] = now, sent, offer_from
    return entered < frames
