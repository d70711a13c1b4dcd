"""The cheapest folding of a stage within a budget of cycles per frame."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from corgibuilder.ir import Argmax, Conv, Pool

from .folded import Folded
from .folding import Feed, Folding, carries_pixels, ceil_div, feeds, taps
from .stages import Stage

AIMS = 16  #: parts of a budget for which foldings are looked at, where the estimate was too low
Keeps = Callable[[Stage, Folding], bool]  #: whether a stage keeps its budget


def cheapest(
    stage: Stage, budget: int, *, lanes: int, resizable: bool, keeps: Keeps | None = None
) -> Folding | None:
    """Folding with the fewest multipliers whose cycles fit, or ``None`` if none fits.

    Of equals the one with the fewest register and memory bits, as :func:`burden` counts them.
    ``lanes`` is the width of the words that arrive, in channels. ``keeps`` has the last word on
    whether the cycles fit; foldings that are estimated to be faster are then looked at as well.
    """
    aims = [budget] if keeps is None else [budget * part // AIMS for part in range(AIMS, 0, -1)]
    possible = dict.fromkeys(
        folding
        for aim in aims
        for folding in candidates(stage, aim, lanes=lanes, resizable=resizable)
    )
    fitting = [
        f for f in (Folded(stage, folding) for folding in possible) if f.frame_cycles <= budget
    ]
    for fewest in sorted({f.multipliers for f in fitting}):
        cheap = [f.folding for f in fitting if f.multipliers == fewest]
        for folding in sorted(cheap, key=partial(burden, stage)):
            if keeps is None or keeps(stage, folding):
                return folding
    return None


def candidates(stage: Stage, budget: int, *, lanes: int, resizable: bool) -> Iterator[Folding]:
    """Foldings worth a look: for each number of output groups the fewest inputs that may fit."""
    for feed in feeds(stage, resizable=resizable):
        if isinstance(stage.engine, Conv):
            yield from _conv_candidates(stage, feed, budget)
        elif isinstance(stage.engine, Argmax):
            yield Folding(feed=feed, inputs=1, outputs=1, lanes=1)
        elif isinstance(stage.engine, Pool) and feed is Feed.LINES:
            for outputs in _parts(stage.x.shape.channels):
                yield Folding(feed=feed, inputs=1, outputs=outputs, lanes=outputs)
        else:
            channels = stage.acc.shape.channels
            outputs = channels if stage.entering > 1 else min(lanes, channels)
            yield Folding(feed=feed, inputs=1, outputs=outputs, lanes=outputs)


def _parts(total: int) -> list[int]:
    """The smallest part size for each possible number of parts of ``total``."""
    return sorted({ceil_div(total, count) for count in range(1, total + 1)})


def _conv_candidates(stage: Stage, feed: Feed, budget: int) -> Iterator[Folding]:
    assert isinstance(stage.engine, Conv)
    outputs = stage.acc.shape.channels
    depthwise = stage.engine.depthwise
    windows = feed in (Feed.COLUMNS, Feed.BANKS)
    cycles = budget // stage.acc.shape.pixels  # per output position
    for group in [outputs] if feed is Feed.STREAM and not depthwise else _parts(outputs):
        groups = ceil_div(outputs, group)
        if windows or depthwise:
            most_passes = cycles // groups
        else:  # each word of a pixel is a pass, and has to be written as well
            most_passes = min(cycles // groups // taps(stage), budget // stage.x.shape.pixels)
        if most_passes < 1:
            continue
        operands = Folded(stage, Folding(feed=feed, inputs=1, outputs=group, lanes=group)).operands
        passes = min(most_passes, operands)
        folded = _in_passes(stage, feed, group, operands, passes)
        while passes > 1 and folded.row_gap and folded.frame_cycles > budget:
            passes -= 1  # to make up for what is lost at the start of each row
            folded = _in_passes(stage, feed, group, operands, passes)
        lanes = _lanes(stage, group, folded.passes)
        if lanes is not None:
            yield replace(folded.folding, lanes=lanes)


def _in_passes(stage: Stage, feed: Feed, group: int, operands: int, passes: int) -> Folded:
    """The fewest inputs that bring ``operands`` together in so many passes."""
    inputs = ceil_div(operands, passes)
    return Folded(stage, Folding(feed=feed, inputs=inputs, outputs=group, lanes=group))


def _lanes(stage: Stage, outputs: int, passes: int) -> int | None:
    """Fewest lanes, dividing ``outputs``, that carry a group of sums away before the next one."""
    possible = (n for n in range(1, outputs + 1) if outputs % n == 0 and outputs // n <= passes)
    return next((n for n in possible if carries_pixels(stage, n)), None)


def burden(stage: Stage, folding: Folding) -> int:
    """Bits of registers, counted eight times, and of memories that come with a folding."""
    folded = Folded(stage, folding)
    registers = folding.outputs * stage.acc.range.width * 2 + folding.lanes * stage.acc.range.width
    if folded.window_cycles:
        window = taps(stage) * stage.x.shape.channels * stage.operand.width
        registers += window * (1 if folded.steps == 1 else 2)
    else:
        held = 3 * taps(stage) if folded.gathered > 1 else 2
        registers += held * folded.input_lanes * stage.operand.width
    return 8 * registers + folded.buffer_bits + folded.buffer_bound + folded.weight_bits


def fewest_cycles(stage: Stage, *, resizable: bool) -> int:
    """Cycles per frame of the fastest folding there is."""
    lanes, budget = stage.x.shape.channels, 1
    while (folding := cheapest(stage, budget, lanes=lanes, resizable=resizable)) is None:
        budget *= 2
    while folding is not None:
        fewest = Folded(stage, folding).frame_cycles
        folding = cheapest(stage, fewest - 1, lanes=lanes, resizable=resizable)
    return fewest
