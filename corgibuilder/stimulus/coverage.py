"""What the frames played into a stage show: whose change would be seen at the stage's output.

A weight with one bit flipped shows at a place of the map where the change of the sum, ``d * x``,
carries it across a step of the activation. Only the best ratio of operand and distance to the next
step is kept for each weight: a flip that adds ``d`` shows if and only if ``d * ratio >= 1``.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Conv, Ints, QInt
from corgibuilder.plan.kinds import kind_of
from corgibuilder.plan.layers import Layer
from corgibuilder.verify import StageCoverage

from .activation import Activation
from .operands import places, sums_of

SUM_WORK = 2_000_000_000  #: products of weights and operands looked at in one stage
OPERANDS = 8_000_000  #: held at once
RATIO_WORK = 200_000_000  #: quotients of operands and distances
CHUNK = 1 << 15  #: quotients at once
PROOF_WORK = 50_000_000  #: pairs of a flipped bit and an operand looked at for a proof


class Shown:
    """Collects what frames show of one stage."""

    def __init__(self, stage: Layer, seed: int):
        self.stage = stage
        self.sums = sums_of(stage)
        self.activation = Activation.of(stage)
        self.rng = np.random.default_rng(seed)
        self.has_weights = isinstance(stage.op, Conv)
        shape = self.sums.weights.shape
        #: best quotient for changes that add to a weight, and for those that take from it
        self.adding = np.zeros(shape, np.float64)
        self.taking = np.zeros(shape, np.float64)
        self.reached: list[Ints] = [np.empty(0, np.int64)] * (shape[0] * shape[1])
        held = QInt.of(self.sums.weights)
        #: of the weights as hardware holds them
        self.weight_range = held if held.step > 1 else held.with_zero

    def add(self, frames: Sequence[NDArray[np.int64]]) -> None:
        """Look at frames ``(channels, height, width)`` that enter the stage."""
        size = self.sums.weights.size
        groups, _, k = self.sums.weights.shape
        most = min(SUM_WORK // size, OPERANDS // (groups * k))
        chosen = places(self.sums, frames, max(len(frames), most), self.rng)
        found = [
            self.sums.operands(frame, *place) for frame, place in zip(frames, chosen, strict=True)
        ]
        operands = np.concatenate(found)
        acc = self.sums.accumulators(operands)
        self._reach(acc)
        if self.has_weights:
            most = max(1, RATIO_WORK // size)
            few = self.rng.choice(len(acc), most, replace=False) if len(acc) > most else slice(None)
            self._compare(operands[few], acc[few])

    def accumulators(self, frame: NDArray[np.int64]) -> Ints:
        """All sums of a frame, ``(places, channels)``."""
        ((rows, columns),) = places(self.sums, [frame], frame.size, self.rng)
        return self.sums.accumulators(self.sums.operands(frame, rows, columns))

    def _reach(self, acc: Ints) -> None:
        for c, column in enumerate(acc.T):
            self.reached[c] = np.union1d(self.reached[c], column)

    def _compare(self, operands: Ints, acc: Ints) -> None:
        groups, outputs, k = self.sums.weights.shape
        up, down = (m.reshape(-1, groups, outputs, 1) for m in self.activation.margins(acc))
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
        held, width = self.weight_range, self.weight_range.width
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
            first, last = self._congruent(channel, first, last)
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

    def _congruent(self, channel: int, first: Ints, last: Ints) -> tuple[Ints, Ints]:
        """The ranges that hold a sum at all: all sums differ by multiples of the weights' GCD.

        So they do by multiples of that of the operands, but for zeros of padding among them.
        """
        group, output = divmod(channel, self.sums.weights.shape[1])
        weights, x = self.sums.weights[group, output], kind_of(self.stage).operand_range(self.stage)
        divisor, one = x.step, x.offset
        if not self.sums.largest:
            divisor *= int(np.gcd.reduce(weights))
            one = self.sums.bias[group, output] + weights.sum() * x.offset
        some = first <= last
        if divisor > 1:
            some &= one + -((one - first) // divisor) * divisor <= last
        return first[some], last[some]

    def possible(self, change: Ints, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the flips ``where`` could show for some operand; false elsewhere.

        With operand ``x`` the other products leave the sum in a range; the flip shows only if there
        is a step between a sum in it and that sum plus ``change * x``.
        """
        low, high = self._operand_ranges()
        result = np.asarray(where & ((low != 0) | (high != 0)))
        first, last = int(low.min()), int(high.max())
        if int(result.sum()) * (last - first + 1) > PROOF_WORK:
            return result
        values = np.arange(first, last + 1, kind_of(self.stage).operand_range(self.stage).step)
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
        if self.activation.finish is None:
            return np.ones(len(weight), bool)
        steps = self.activation.steps(channel)
        products = np.stack([weight * ends[0], weight * ends[1]])
        others = self.activation.lo[channel] - products.min(axis=0)
        others_high = self.activation.hi[channel] - products.max(axis=0)
        x = values[:, None]
        before_low, before_high = others + weight * x, others_high + weight * x
        first = np.minimum(before_low, before_low + by * x)
        last = np.maximum(before_high, before_high + by * x)
        inside = np.searchsorted(steps, last, "right") > np.searchsorted(steps, first, "right")
        return np.asarray((inside & (x >= ends[0]) & (x <= ends[1])).any(axis=0))

    def _operand_ranges(self) -> tuple[Ints, Ints]:
        """Smallest and largest value of each operand, ``(groups, 1, k)``, padding included."""
        groups, _, k = self.sums.weights.shape
        taps = k * groups // self.stage.x.shape.channels
        low, high = self.stage.x.lo, self.stage.x.hi
        if self.sums.window.pads:
            low, high = np.minimum(low, 0), np.maximum(high, 0)
        return (
            np.repeat(low, taps).reshape(groups, 1, k),
            np.repeat(high, taps).reshape(groups, 1, k),
        )


def holds(ordered: Ints, firsts: Ints, lasts: Ints) -> NDArray[np.bool_]:
    """Whether a value of ``ordered`` lies in any of the ranges along the last axis."""
    inside = np.searchsorted(ordered, lasts, "right") > np.searchsorted(ordered, firsts)
    return np.asarray((inside & (firsts <= lasts)).any(axis=-1))
