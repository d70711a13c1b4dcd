"""What the frames played into a stage show: whose change would be seen at the stage's output.

A weight with one bit flipped shows at a place of the map where the change of the sum, ``d * x``,
carries it across a step of the activation. Only the best ratio of operand and distance to the next
step is kept for each weight: a flip that adds ``d`` shows if and only if ``d * ratio >= 1``.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints
from corgibuilder.plan.folding import RequantiserKind
from corgibuilder.plan.layers import Layer
from corgibuilder.verify import StageCoverage

from .activation import BuiltActivation
from .kinds import Sums
from .maps import Frame

SUM_WORK = 2_000_000_000  #: products of weights and operands looked at in one stage
OPERANDS = 8_000_000  #: held at once
RATIO_WORK = 200_000_000  #: quotients of operands and distances
CHUNK = 1 << 15  #: quotients at once
PROOF_WORK = 50_000_000  #: pairs of a flipped bit and an operand looked at for a proof


class Shown:
    """Collects what frames show of one stage and its ``sums``.

    ``lanes`` are the channels that its requantiser works on at once, ``kind`` is what it is; the
    cheapest where that is not known.
    """

    def __init__(
        self,
        stage: Layer,
        sums: Sums,
        seed: int,
        *,
        lanes: int = 1,
        kind: RequantiserKind | None = None,
    ):
        self.stage = stage
        self.sums = sums
        self.activation = BuiltActivation.of(stage, sums, lanes, kind)
        self.rng = np.random.default_rng(seed)
        shape = self.sums.weights.shape
        #: best quotient for changes that add to a weight, and for those that take from it
        self.adding = np.zeros(shape, np.float64)
        self.taking = np.zeros(shape, np.float64)
        self.reached: list[Ints] = [np.empty(0, np.int64)] * (shape[0] * shape[1])

    @property
    def has_weights(self) -> bool:
        """Whether weights lie in memory, where a bit can be wrong."""
        return self.sums.weight_range is not None

    def add(self, frames: Sequence[Frame]) -> None:
        """Look at frames that enter the stage."""
        size = self.sums.weights.size
        groups, _, k = self.sums.weights.shape
        most = min(SUM_WORK // size, OPERANDS // (groups * k))
        chosen = self.sums.places(frames, max(len(frames), most), self.rng)
        found = [
            self.sums.under(frame, *place) for frame, place in zip(frames, chosen, strict=True)
        ]
        operands = np.concatenate(found)
        acc = self.sums.accumulators(operands)
        self._reach(acc)
        if self.has_weights:
            most = max(1, RATIO_WORK // size)
            few = self.rng.choice(len(acc), most, replace=False) if len(acc) > most else slice(None)
            self._compare(operands[few], acc[few])

    def accumulators(self, frame: Frame) -> Ints:
        """All sums of a frame, ``(places, channels)``."""
        ((rows, columns),) = self.sums.places([frame], frame[0].size, self.rng)
        return self.sums.accumulators(self.sums.under(frame, rows, columns))

    def _reach(self, acc: Ints) -> None:
        for c, column in enumerate(acc.T):
            self.reached[c] = np.union1d(self.reached[c], column)

    def _compare(self, operands: Ints, acc: Ints) -> None:
        groups, outputs, k = self.sums.weights.shape
        up, down = (
            m.reshape(-1, groups, outputs, 1) for m in self.activation.function.margins(acc)
        )
        x = operands[:, :, None, :].astype(np.float64)
        up, down = up.astype(np.float64), down.astype(np.float64)
        chunk = max(1, CHUNK // (groups * outputs * k))
        signs = [(1, up, down)] if operands.min() >= 0 else [(1, up, down), (-1, down, up)]
        for start in range(0, len(x), chunk):
            part = slice(start, start + chunk)
            for sign, more, less in signs:
                some = sign * x[part]
                np.maximum(self.adding, (some / more[part]).max(axis=0), out=self.adding)
                np.maximum(self.taking, (some / less[part]).max(axis=0), out=self.taking)

    def flips(self) -> Iterator[tuple[Ints, NDArray[np.bool_]]]:
        """For each bit of the weights the change that its flip is, and where it shows."""
        held = self.sums.weight_range
        assert held is not None
        width = held.width
        codes = (self.sums.weights - held.offset) // held.step
        for bit in range(width):
            value = -(1 << bit) if held.signed and bit == width - 1 else 1 << bit
            change = np.where(codes >> bit & 1, -value, value) * held.step
            best = np.where(change > 0, self.adding, self.taking)
            yield change, best * np.float64(held.step << bit) >= 1

    def missing_flips(self) -> NDArray[np.bool_]:
        """Weights with a bit whose flip could show and does not; ``[0]`` for changes that add."""
        missing = np.zeros((2, *self.sums.weights.shape), bool)
        for change, shown in self.flips():
            hidden = ~shown & self.possible(change, ~shown)
            missing[0] |= hidden & (change > 0)
            missing[1] |= hidden & (change < 0)
        return missing

    def missing_constants(self, channel: int) -> Iterator[tuple[Ints, Ints]]:
        """Ranges of sums, each of which would show a fault that does not show yet."""
        firsts, lasts = self.activation.faults(channel)
        seen = self._seen(channel, firsts, lasts)
        for first, last in zip(firsts[~seen], lasts[~seen], strict=True):
            first, last = self.sums.within(channel, first, last)
            if len(first):
                yield first, last

    def coverage(self) -> StageCoverage:
        """What shows so far."""
        weight_bits = weight_bits_shown = 0
        if self.has_weights:
            for change, shown in self.flips():
                weight_bits_shown += int(shown.sum())
                weight_bits += int((shown | self.possible(change, ~shown)).sum())
        constants = constants_shown = 0
        for c in range(len(self.reached)):
            firsts, lasts = self.activation.faults(c)
            seen = int(self._seen(c, firsts, lasts).sum())
            constants_shown += seen
            constants += seen + sum(1 for _ in self.missing_constants(c))
        return StageCoverage(
            layer=self.stage.name,
            weight_bits=weight_bits,
            weight_bits_shown=weight_bits_shown,
            constants=constants,
            constants_shown=constants_shown,
        )

    def _seen(self, channel: int, firsts: Ints, lasts: Ints) -> NDArray[np.bool_]:
        return holds(self.reached[channel], firsts, lasts)

    def possible(self, change: Ints, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the flips ``where`` could show for some operand; false elsewhere.

        With operand ``x`` the other products leave the sum in a range; the flip shows only if there
        is a step between a sum in it and that sum plus ``change * x``.
        """
        low, high = self.sums.operands.low[:, None], self.sums.operands.high[:, None]
        result = np.asarray(where & ((low != 0) | (high != 0)))
        first, last = int(low.min()), int(high.max())
        if int(result.sum()) * (last - first + 1) > PROOF_WORK:
            return result
        values = np.arange(first, last + 1, np.gcd.reduce(self.sums.operands.step, axis=None))
        outputs = self.sums.weights.shape[1]
        for group, output in np.argwhere(result.any(axis=2)).tolist():
            taps = np.flatnonzero(result[group, output])
            channel = group * outputs + output
            weight, by = self.sums.weights[group, output, taps], change[group, output, taps]
            ends = low[group, 0, taps], high[group, 0, taps]
            result[group, output, taps] = self._crosses(channel, weight, by, ends, values)
        return result

    def _crosses(
        self, channel: int, weight: Ints, by: Ints, ends: tuple[Ints, Ints], values: Ints
    ) -> NDArray[np.bool_]:
        products = np.stack([weight * ends[0], weight * ends[1]])
        others = self.activation.lo[channel] - products.min(axis=0)
        others_high = self.activation.hi[channel] - products.max(axis=0)
        x = values[:, None]
        before_low, before_high = others + weight * x, others_high + weight * x
        first = np.minimum(before_low, before_low + by * x)
        last = np.maximum(before_high, before_high + by * x)
        inside = self.activation.function.crosses(channel, first, last)
        return np.asarray((inside & (x >= ends[0]) & (x <= ends[1])).any(axis=0))


def holds(ordered: Ints, firsts: Ints, lasts: Ints) -> NDArray[np.bool_]:
    """Whether a value of ``ordered`` lies in any of the ranges along the last axis."""
    inside = np.searchsorted(ordered, lasts, "right") > np.searchsorted(ordered, firsts)
    return np.asarray((inside & (firsts <= lasts)).any(axis=-1))
