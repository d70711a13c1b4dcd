"""All components of a pipeline, cycle by cycle.

A component of which nothing or only a counter changes sleeps until it has counted to its end, or
until what it is offered, or asked for, changes; so does a chain of which all do.
"""

from corgibuilder.plan.components.rules import Rule

from .components import NEVER, count_on, watched_tick
from .records import compiled, inlined

MOVED, SERVED, THROUGH = range(3)  #: columns of the flags of chains


@compiled
def run(
    kinds, parameters, state, chains, joined, readers, words, flags, clock, begun, spans,
    interval, frame_interval, frames, steps, seen, chain_seen
):  # fmt: skip
    """Run until ``frames`` frames have begun to come in, or nothing happens any more.

    Nor for more than ``steps`` cycles in which something happens: returns whether it was these.

    ``clock`` has the cycle, the words that have come in, and the cycle from which on the next may;
    ``flags`` has for each chain the words that have left it, whether it has the word of a fork that
    others still wait for, and whether it has it in this cycle. Both go on from call to call. Filled
    in are the cycles in which the first word of each frame comes in, ``begun``, and those in which
    the first and the last word of each frame leaves, ``spans``; for other inputs the cycle of the
    very first word that comes in. It ends too when ``spans`` is full: an output that does not
    depend on chain 0 may be many frames ahead of it. One word comes in in every ``interval`` cycles
    at most, and a frame begins in every ``frame_interval`` cycles at most; with an ``interval`` of
    0 the words of a frame come evenly over that time. Chain 0 is that input, and others without a
    source get their words as fast as they take them. Other arrays as in
    :class:`~corgibuilder.plan.simulation.chains.Machine`.

    ``seen`` and ``chain_seen`` are zeros of :data:`SEEN`: everyone is awake in the first cycle.
    """
    _begin(state, chains, readers, flags, seen, chain_seen)
    now, sent, offer_from = clock
    entered = (sent + words[0] - 1) // words[0]
    entering = False
    while entered < frames and steps:
        steps -= 1
        if entering != (now >= offer_from):
            entering = not entering
            chain_seen[0].wake = now
            if chains[0].first == chains[0].end:
                chain_seen[0].offers = entering
                _wake_readers(chains, chain_seen, 0, now)
        full = _cycle(
            kinds, parameters, state, chains, joined, readers, words, flags, spans,
            seen, chain_seen, now, entering,
        )  # fmt: skip
        next_event = NEVER if entering else offer_from
        for c in range(len(chains)):
            next_event = min(next_event, chain_seen[c].wake)
        if entering and chain_seen[0].accepts:
            if sent % words[0] == 0:
                begun[entered] = now
                entered += 1
            sent += 1
            offer_from = now + interval
            if sent % words[0] == 0:
                offer_from = max(offer_from, begun[entered - 1] + frame_interval)
            elif interval == 0:
                offer_from = begun[entered - 1] + sent % words[0] * frame_interval // words[0]
            next_event = now + 1
        if next_event < NEVER:
            now = next_event
        if full or next_event >= NEVER:
            frames = entered
            break
    for k in range(len(kinds)):
        if seen[k].counts:
            cycles = now - seen[k].since
            count_on(kinds[k], parameters[k], state[k], cycles, seen[k].coming)
    clock[:] = now, sent, offer_from
    return entered < frames


@inlined
def _begin(state, chains, readers, flags, seen, chain_seen):
    """What each offers, and whether that would be taken, before the first cycle."""
    for k in range(len(state)):
        seen[k].offers = state[k].valid != 0
    for c in range(len(chains)):
        first, end = chains[c].first, chains[c].end
        chain_seen[c].offers = seen[end - 1].offers != 0 if end > first else c > 0
        chain_seen[c].ready = readers[c] < 2 or _all_through(chains, flags, c)


@inlined
def _wake_readers(chains, chain_seen, c, when):
    """Wake the readers of a chain in cycle ``when``, from which on it offers another thing."""
    reader = chains[c].reader
    while reader >= 0:
        chain_seen[reader].wake = min(chain_seen[reader].wake, when)
        reader = chains[reader].next_reader


@inlined
def _cycle(
    kinds, parameters, state, chains, joined, readers, words, flags, spans,
    seen, chain_seen, now, entering
):  # fmt: skip
    """One cycle of the chains that are awake in it; returns whether ``spans`` is full.

    Whoever reads a stream comes before whoever gives it: all see the state before the cycle.
    """
    full = False
    for c in range(len(chains) - 1, -1, -1):
        chain, mine = chains[c], chain_seen[c]
        if mine.wake > now:
            continue
        first, end = chain.first, chain.end
        coming, turn = _coming(kinds, state, chains, joined, flags, chain_seen, c, entering)
        offers = mine.offers != 0 if end > first else coming
        leaves = offers and not chain.gives_on
        taken = not offers or mine.ready != 0
        if leaves:
            full = _leave(words[c], flags, spans, c, now) or full
        elif offers and readers[c] > 1:
            _serve(chains, flags, chain_seen, c, taken, now)
        until = mine.until
        if now >= until or coming != (mine.coming != 0) or taken != (mine.taken != 0):
            mine.coming, mine.taken = coming, taken
            if end == first:
                mine.accepts, until = taken, NEVER
            else:
                mine.accepts, until = _advance(
                    kinds, parameters, state, seen, first, end, coming, taken, now
                )
                if offers != (seen[end - 1].offers != 0):
                    mine.offers = not offers
                    _wake_readers(chains, chain_seen, c, now + 1)
        mine.until, mine.wake = until, now + 1 if leaves else until
        _answer(chains, joined, readers, flags, chain_seen, c, coming, turn, now)
        enters = c > 0 and chain.source < 0 and chain.join == chain.join_end and mine.accepts
        if enters and spans[c, 0, 0] < 0:
            spans[c, 0, 0] = now
    return full


@inlined
def _coming(kinds, state, chains, joined, flags, chain_seen, c, entering):
    """Whether a word comes to a chain, and of those that are joined in turn whose turn it is."""
    first, source = chains[c].first, chains[c].source
    join, join_end = chains[c].join, chains[c].join_end
    coming, turn = entering or c > 0, -1  # -1: they are not joined in turn
    if join < join_end and kinds[first] == Rule.CONCAT:
        turn = joined[join + state[first].x]
        coming = chain_seen[turn].offers != 0
    elif join < join_end:
        coming = True
        for k in range(join, join_end):
            coming = coming and chain_seen[joined[k]].offers != 0
    elif source >= 0:
        coming = chain_seen[source].offers != 0 and not flags[c, SERVED]
    return coming, turn


@inlined
def _answer(chains, joined, readers, flags, chain_seen, c, coming, turn, now):
    """Tell the chains that one reads whether it takes their words, or would."""
    source, accepts = chains[c].source, chain_seen[c].accepts != 0
    for k in range(chains[c].join, chains[c].join_end):
        takes = accepts and (joined[k] == turn if turn >= 0 else coming)
        _tell(chain_seen, joined[k], takes, now)
    if source >= 0 and readers[source] == 1:
        _tell(chain_seen, source, accepts, now)
    elif source >= 0:
        through = flags[c, SERVED] != 0 or accepts
        if through != (flags[c, THROUGH] != 0):
            flags[c, THROUGH] = through
            chain_seen[source].ready = _all_through(chains, flags, source)
            chain_seen[source].wake = now


@inlined
def _advance(kinds, parameters, state, seen, first, end, coming, taken, now):
    """One cycle of a chain: whether it accepts a word, and until when it does the same."""
    until = NEVER
    if coming != (seen[first].coming != 0):
        seen[first].wake = now
    if taken != (seen[end - 1].ready != 0):
        seen[end - 1].ready, seen[end - 1].wake = taken, now
    for k in range(end - 1, first - 1, -1):
        mine = seen[k]
        if mine.wake > now:
            until = min(until, mine.wake)
            continue
        come = coming if k == first else seen[k - 1].offers != 0
        ready = mine.ready != 0
        taken = ready or mine.offers == 0
        if now >= mine.until or come != (mine.coming != 0) or taken != (mine.taken != 0):
            rule, p, s = kinds[k], parameters[k], state[k]
            if mine.counts:
                count_on(rule, p, s, now - mine.since, mine.coming)
            accepts, more = watched_tick(rule, p, s, come, ready)
            mine.coming, mine.accepts = come, accepts
            mine.taken = ready or s.valid == 0
            mine.counts = 0 < more < NEVER
            mine.until, mine.since = now + 1 + more, now + 1
            if mine.offers != s.valid:
                mine.offers = s.valid
                until = now + 1
                if k + 1 < end:
                    seen[k + 1].wake = now + 1
            if k > first and mine.accepts != seen[k - 1].ready:
                seen[k - 1].ready, seen[k - 1].wake = accepts, now
        mine.wake = mine.until
        until = min(until, mine.wake)
    return seen[first].accepts, until


@inlined
def _tell(chain_seen, source, takes, now):
    """Tell a chain with one reader whether its word would be taken; its turn is later."""
    if takes != (chain_seen[source].ready != 0):
        chain_seen[source].ready = takes
        chain_seen[source].wake = now


@inlined
def _leave(words, flags, spans, c, now):
    """Let a word leave the network; whether that was the last one for which there is room."""
    frame, word = flags[c, MOVED] // words, flags[c, MOVED] % words
    if word == 0:
        spans[c, frame, 0] = now
    if word == words - 1:
        spans[c, frame, 1] = now
    flags[c, MOVED] += 1
    return word == words - 1 and frame == spans.shape[1] - 1


@inlined
def _serve(chains, flags, chain_seen, c, taken, now):
    """Remember which readers of a chain have its word, until all of them have."""
    reader = chains[c].reader
    while reader >= 0:
        served = flags[reader, THROUGH] != 0 and not taken
        if served != (flags[reader, SERVED] != 0):
            flags[reader, SERVED] = served
            chain_seen[reader].wake = now + 1
        reader = chains[reader].next_reader


@inlined
def _all_through(chains, flags, c):
    """Whether all readers of a chain have its word, or take it."""
    reader, through = chains[c].reader, True
    while reader >= 0:
        through = through and flags[reader, THROUGH] != 0
        reader = chains[reader].next_reader
    return through
