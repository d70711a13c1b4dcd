"""Rules of what stands between windows and words: queues, gearboxes, pipelines, joins, pools.

``p`` and ``s`` are a component's parameters and state, of which each rule uses the fields that its
docstring names; see :mod:`~corgibuilder.plan.simulation.machine_code`.
"""

from .records import compiled


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

    ``most`` becomes the least depth with which all that is offered would be accepted.
    """
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
    A ``lean`` one has one register.
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
        s.valid = s.way if p.lean else way
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
