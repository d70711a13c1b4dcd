"""Frames for a stage by itself, made for what the network's own frames do not show.

A frame starts as random maps. Windows in it that share no operand are then changed, each so that
one sum becomes what is wanted: next to a step of the activation, where every weight and every
constant that the sum has shows.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice, product

import numpy as np

from corgibuilder.ir import Ints

from .coverage import Shown, holds
from .maps import Frame
from .whole import varied

CANDIDATES = 32  #: frames made, of which those that show the most are taken
TAKEN = 4  #: of them, before what they show is looked at
CANDIDATE_WORK = 3_000_000  #: products for all candidates; stages with more get fewer of them
WINDOWS = 400  #: changed in one frame
REACH = 1 << 12  #: values tried above and below the one that would do for its operand alone
FRUITLESS = 12  #: times without anything new after which it ends

Wanted = tuple[
    int, Ints, Ints
]  #: output of the group, sums: any from the first to the second array


def stage_frames(shown: Shown, most: int, rng: np.random.Generator) -> list[Frame]:
    """At most ``most`` frames for the stage of ``shown``, to which they are added."""
    frames: list[Frame] = []
    rows, columns = _output_size(shown)
    work = rows * columns * shown.sums.weights.size
    count = int(np.clip(CANDIDATE_WORK // work, min(TAKEN, most), CANDIDATES))
    fruitless, hidden = 0, shown.coverage().hidden
    while hidden and len(frames) < most and fruitless < FRUITLESS:
        wanted = _wanted(shown, rng)
        if not any(wanted):
            break  # where a change of a weight crosses no step that a sum lies next to
        candidates = [_frame(shown, wanted, number, rng) for number in range(count)]
        taken = _best(shown, candidates, wanted, min(TAKEN, most - len(frames)))
        shown.add(taken)
        before, hidden = hidden, shown.coverage().hidden
        frames += taken if hidden < before else []
        fruitless = 0 if hidden < before else fruitless + 1
    return frames


def _best(
    shown: Shown, candidates: list[Frame], wanted: list[deque[Wanted]], most: int
) -> list[Frame]:
    """The candidates that have the most of what is wanted, each of what those before it lack."""
    if len(candidates) <= most:
        return candidates
    outputs = shown.sums.weights.shape[1]
    spans = [(group * outputs + o, *span) for group, q in enumerate(wanted) for o, *span in q]
    hits = np.empty((len(candidates), len(spans)), bool)
    for frame, row in zip(candidates, hits, strict=True):
        columns = np.sort(shown.accumulators(frame), axis=0).T
        row[:] = [holds(columns[c], first, last) for c, first, last in spans]
    taken: list[Frame] = []
    while len(taken) < most and hits.any():
        best = int(hits.sum(axis=1).argmax())
        taken.append(candidates[best])
        hits &= ~hits[best]
    return taken or candidates[:1]


def _wanted(shown: Shown, rng: np.random.Generator) -> list[deque[Wanted]]:
    """For each group the sums that would show more, in random order."""
    groups, outputs, _ = shown.sums.weights.shape
    found: list[list[Wanted]] = [[] for _ in range(groups)]
    if shown.has_weights:
        missing = shown.missing_flips().any(axis=(0, 3))
        for group, output in np.argwhere(missing).tolist():
            steps = shown.activation.function.steps(group * outputs + output)
            if len(steps):
                below = (output, steps - 1, steps - 1)
                found[group] += [below, (output, steps, steps)]
    for channel in range(groups * outputs):
        group, output = divmod(channel, outputs)
        found[group] += [(output, *span) for span in shown.missing_constants(channel)]
    for wanted in found:
        rng.shuffle(wanted)
    return [deque(wanted) for wanted in found]


def _frame(
    shown: Shown, wanted: list[deque[Wanted]], number: int, rng: np.random.Generator
) -> Frame:
    """Maps that have some of what is wanted."""
    frame = tuple(varied(x, number, rng) for x in shown.stage.inputs)
    queues = [(group, queue) for group, queue in enumerate(wanted) if queue]
    longest = max(len(queue) for _, queue in queues)
    positions = islice(_apart(shown, rng), longest)
    for (row, column), (group, queue) in islice(product(positions, queues), WINDOWS):
        queue.rotate(-1)
        _place(shown, frame, row, column, group, queue[-1], rng)
    return frame


def _apart(shown: Shown, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Places that share no operand."""
    (rows, columns), apart = _output_size(shown), shown.sums.apart
    first = [
        int(rng.integers(min(step, count)))
        for step, count in zip(apart, (rows, columns), strict=True)
    ]
    for row in range(first[0], rows, apart[0]):
        for column in range(first[1], columns, apart[1]):
            yield row, column


def _output_size(shown: Shown) -> tuple[int, int]:
    shape = shown.sums.inputs[0].shape
    return shown.sums.output_size(shape.height, shape.width)


def _place(
    shown: Shown,
    frame: Frame,
    row: int,
    column: int,
    group: int,
    wanted: Wanted,
    rng: np.random.Generator,
) -> None:
    """Change the operands at one place so that the sum is one of those wanted, if it can be."""
    sums, operands = shown.sums, shown.sums.operands_at(frame, row, column, group)
    given, ranges = operands.read(), operands.ranges
    low, high, step = ranges.low, ranges.high, ranges.step
    output, firsts, lasts = wanted
    if sums.largest:
        target = _nearest(firsts, lasts, int(given.max()), rng)
        operands.write(_possible(np.clip(target, low, high), low, step))
        return
    weights = sums.weights[group, output][operands.inside]
    nonzero = rng.integers(np.minimum(np.maximum(low, 1), high), high, endpoint=True)
    given = np.where(given == 0, _possible(nonzero, low, step), given)  # a zero shows no weight
    if rng.random() < 0.5:  # some operands stay: weights that a sum takes to zero show, too
        stays = rng.random(given.shape) < 0.5
        low, high = np.where(stays, given, low), np.where(stays, given, high)
    start = int((weights * given).sum() + sums.bias[group, output])
    rest = _nearest(firsts, lasts, start, rng) - start
    changes = _solved(weights * step, (low - given) // step, (high - given) // step, rest, rng)
    operands.write(given + changes * step)


def _possible(values: Ints, low: Ints, step: Ints) -> Ints:
    """The largest that can occur up to each of ``values``."""
    return values - (values - low) % step


def _nearest(firsts: Ints, lasts: Ints, start: int, rng: np.random.Generator) -> int:
    """The wanted sum nearest to ``start``; now and then another, as that may be out of reach."""
    some = firsts <= lasts
    near = np.clip(start, firsts[some], lasts[some])
    if rng.random() < 0.25:
        return int(rng.choice(near))
    return int(near[np.abs(near - start).argmin()])


def _solved(weights: Ints, low: Ints, high: Ints, rest: int, rng: np.random.Generator) -> Ints:
    """Numbers from ``low`` to ``high``, around 0, whose weighted sum is ``rest``, or near to it.

    Large weights first, in random order among alike; of the two smallest many pairs are tried.
    """
    found = np.zeros_like(weights)
    order = np.lexsort((rng.random(weights.size), -np.abs(weights)))
    order = order[weights[order] != 0]
    for k in order[:-2]:
        if rest == 0:
            break
        found[k] = min(max(round(rest / int(weights[k])), int(low[k])), int(high[k]))
        rest -= int(found[k] * weights[k])
    if len(order) == 1:
        found[order] = np.clip(round(rest / int(weights[order[0]])), low[order], high[order])
    elif len(order):
        one, other = order[-2:]
        wish = round(rest / int(weights[one]))
        start = max(int(low[one]), min(wish, int(high[one])) - REACH)
        values = np.arange(start, min(start + 2 * REACH, int(high[one])) + 1)
        left = rest - values * weights[one]
        others = np.rint(left / weights[other]).astype(np.int64).clip(low[other], high[other])
        far = np.abs(left - others * weights[other])
        best = rng.choice(np.flatnonzero(far == far.min()))
        found[one], found[other] = values[best], others[best]
    return found
