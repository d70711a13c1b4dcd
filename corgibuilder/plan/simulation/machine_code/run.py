"""All components of a pipeline, cycle by cycle.

A component of which nothing or only a counter changes sleeps until it has counted to its end, or
until what it is offered, or asked for, changes; so does a chain of which all do.
"""

import numpy as np

from corgibuilder.plan.components.rules import Rule

from .components import NEVER, count_on, watched_tick
from .records import compiled, record

MOVED, SERVED, THROUGH = 0, 1, 2  #: places in the flags of a chain

#: A component that sleeps until cycle ``until``, and whether it counts meanwhile, from ``since``
#: on; whether a word was offered, whether its own was taken, and whether it accepts a word.
SLEEP = record("until since counting offered taken accepted")
CHAIN_SLEEP = record("until offered taken accepted")  #: the same of a chain


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
    depend on chain 0 may be many frames ahead of it. One word comes in in every ``interval`` cycles
    at most, and a frame begins in every ``frame_interval`` cycles at most; chain 0 is that input,
    and others without a source get their words as fast as they take them. Other arrays as in
    :class:`~corgibuilder.plan.simulation.chains.Machine`.
    """
    sleep, chain_sleep = np.zeros(len(kinds), SLEEP), np.zeros(len(chains), CHAIN_SLEEP)
    ready = np.ones(len(readers), np.bool_)
    now, sent, offer_from = clock
    entered = (sent + words[0] - 1) // words[0]
    while entered < frames and steps:
        steps -= 1
        entering = now >= offer_from
        next_event, full = _cycle(
            kinds, parameters, state, chains, joined, readers, words, flags, spans,
            sleep, chain_sleep, ready, now, entering,
        )  # fmt: skip
        if not entering:
            next_event = min(next_event, offer_from)
        elif chain_sleep[0].accepted:
            if sent % words[0] == 0:
                begun[entered] = now
                entered += 1
            sent += 1
            offer_from = now + interval
            if sent % words[0] == 0:
                offer_from = max(offer_from, begun[entered - 1] + frame_interval)
            next_event = now + 1
        if next_event < NEVER:
            now = next_event
        if full or next_event >= NEVER:
            frames = entered
            break
    for k in range(len(kinds)):
        if sleep[k].counting:
            count_on(kinds[k], parameters[k], state[k], now - sleep[k].since, sleep[k].offered)
    clock[:] = now, sent, offer_from
    return entered < frames


@compiled
def _cycle(
    kinds, parameters, state, chains, joined, readers, words, flags, spans,
    sleep, chain_sleep, ready, now, entering
):  # fmt: skip
    """One cycle of all chains.

    Returns the next one in which something happens, as far as known, and whether ``spans`` is full.
    Whoever reads a stream comes before whoever gives it: all see the state before the cycle.
    """
    next_event, full = NEVER, False
    ready[:] = True
    for c in range(len(chains) - 1, -1, -1):
        first, end, source, gives_on, join, join_end = chains[c]
        turn = -1  # of the chains that are joined, the one whose turn it is
        if join < join_end and kinds[first] == Rule.CONCAT:
            turn = joined[join + state[first].x]
            offered = _valid(chains, state, turn, entering)
        elif join < join_end:
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
            full = _leave(words[c], flags[c], spans[c], now) or full
        elif gives and readers[c] > 1:
            _serve(chains, flags, c, taken)
        taken = taken or not gives
        asleep = chain_sleep[c]
        changed = offered != asleep.offered or taken != asleep.taken
        if now >= asleep.until or changed:
            asleep.offered, asleep.taken, asleep.until = offered, taken, NEVER
            for k in range(end - 1, first - 1, -1):
                coming = offered if k == first else state[k - 1].valid != 0
                taken = taken or state[k].valid == 0
                each = sleep[k]
                if now >= each.until or coming != each.offered or taken != each.taken:
                    _tick(kinds[k], parameters[k], state[k], each, coming, taken, now)
                taken = each.accepted != 0
                asleep.until = min(asleep.until, each.until)
            asleep.accepted = taken
        next_event = min(next_event, asleep.until)
        accepts = asleep.accepted != 0
        if join < join_end:
            for k in range(join, join_end):
                ready[joined[k]] = accepts and (joined[k] == turn if turn >= 0 else offered)
        elif source >= 0:
            flags[c, THROUGH] = 1 if flags[c, SERVED] or accepts else 0
            ready[source] = ready[source] and flags[c, THROUGH] != 0
        elif c > 0 and accepts and spans[c, 0, 0] < 0:
            spans[c, 0, 0] = now
    return next_event, full


@compiled
def _tick(rule, p, s, asleep, coming, taken, now):
    """One cycle of a component that wakes up."""
    if asleep.counting:
        count_on(rule, p, s, now - asleep.since, asleep.offered)
    accepted, more = watched_tick(rule, p, s, coming, taken)
    asleep.offered, asleep.taken, asleep.accepted = coming, taken, accepted
    asleep.since, asleep.until = now + 1, now + 1 + more
    asleep.counting = 0 < more < NEVER


@compiled
def _valid(chains, state, chain, entering):
    """Whether a chain offers a word; an empty one passes on what enters."""
    last = chains[chain, 1] - 1
    return state[last].valid != 0 if last >= chains[chain, 0] else entering or chain > 0


@compiled
def _leave(words, flags, spans, now):
    """Let a word leave the network; whether that was the last one for which there is room."""
    frame, word = flags[MOVED] // words, flags[MOVED] % words
    if word == 0:
        spans[frame, 0] = now
    if word == words - 1:
        spans[frame, 1] = now
    flags[MOVED] += 1
    return word == words - 1 and frame == len(spans) - 1


@compiled
def _serve(chains, flags, c, taken):
    """Remember which readers of a chain have its word, until all of them have."""
    for other in range(c + 1, len(chains)):
        if chains[other, 2] == c:
            flags[other, SERVED] = 1 if flags[other, THROUGH] and not taken else 0
