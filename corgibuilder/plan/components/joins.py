"""Joins: components with several streams in and one out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import QInt
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.resources import HANDSHAKE, Resources, counter
from corgibuilder.plan.signed_digits import digit_counts

from .component import ComponentConfig
from .rules import Part, Rule, part


@dataclass(frozen=True, slots=True, kw_only=True)
class AdderConfig(ComponentConfig):
    """``sum(factors[k] * x_k)``, lane by lane, of one word from each input.

    Parameters
    ----------
    factors
        One for each input.
    inputs
        Ranges of the values that enter.
    out
        Range of the sums.
    lanes
        Values in a word.
    """

    factors: tuple[int, ...]
    inputs: tuple[QInt, ...]
    out: QInt
    lanes: int
    name: str = "adder"

    @property
    def code_factors(self) -> tuple[int, ...]:
        """What the code of each input is multiplied with in the code of the sum.

        0 for an input that is always the same, whose steps are none of the sum's.
        """
        terms = zip(self.factors, self.inputs, strict=True)
        return tuple(f * x.step // self.out.step if x.lo < x.hi else 0 for f, x in terms)

    @property
    def code_offset(self) -> int:
        """What is added in the code of the sum."""
        terms = zip(self.factors, self.inputs, strict=True)
        value = sum(f * (x.offset if x.lo < x.hi else x.lo) for f, x in terms)
        return (value - self.out.offset) // self.out.step

    @property
    def latency(self) -> int:
        """Cycles: one for the sum, and one for products that are more than wires."""
        return 1 if all(abs(f) & (abs(f) - 1) == 0 for f in self.code_factors) else 2

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=self.latency, words=1)

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        """Products, where they are more than wires, and their sum."""
        if self.latency == 2:
            digits = int(digit_counts(np.array(self.code_factors)).max())
            yield Path("products", arrival + delays.constant_product(digits, self.out.width))
            arrival = delays.register
        yield Path("sum", arrival + delays.tree(len(self.inputs) + 1, self.out.width))

    def resources(self, resizable: bool) -> Resources:
        digits = digit_counts(np.array(self.code_factors))
        products = int(digits @ [x.width for x in self.inputs])
        added = max(products - self.inputs[0].width, 0)
        lane = Resources(adders=added, registers=self.out.width)
        if self.latency == 2:
            lane += Resources(registers=len(self.inputs) * self.out.width)
        return lane * self.lanes + HANDSHAKE * self.latency


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcatConfig(ComponentConfig):
    """The channels of each pixel of the first input, then those of the second, ...

    The inputs take turns, each for the words of a pixel.

    Parameters
    ----------
    inputs
        Ranges of the values that enter.
    out
        Range that holds all of them.
    channels
        Channels of one pixel at each input.
    lanes
        Values in a word of each input, and of the output: a divisor of all channels.
    """

    inputs: tuple[QInt, ...]
    out: QInt
    channels: tuple[int, ...]
    lanes: int
    name: str = "concat"

    def parts(self, size_from: int) -> Iterator[Part]:
        words = {f"words_{k}": n // self.lanes for k, n in enumerate(self.channels)}
        yield part(Rule.CONCAT, inputs=len(self.channels), **words)

    def resources(self, resizable: bool) -> Resources:
        chosen = (len(self.inputs) - 1) * self.out.width
        recoded = sum(
            self.out.width
            for x in self.inputs
            if (x.step, x.offset) != (self.out.step, self.out.offset)
        )
        lane = Resources(adders=recoded, choices=chosen, registers=self.out.width)
        words = sum(self.channels) // self.lanes
        return lane * self.lanes + counter(words) + HANDSHAKE


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterConfig(ComponentConfig):
    """Some lanes of one word from each input, in any order. Latency 1 cycle.

    Parameters
    ----------
    inputs
        Ranges of the values that enter.
    out
        Range that holds all of those that leave.
    lanes
        Values in a word of each input.
    sources
        For each value of a word that leaves its lane, counted through the words of all inputs.
    """

    inputs: tuple[QInt, ...]
    out: QInt
    lanes: tuple[int, ...]
    sources: tuple[int, ...]
    name: str = "router"

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(Rule.RIGID, registers=1, words=1)

    def resources(self, resizable: bool) -> Resources:
        return Resources(registers=self.out.width) * len(self.sources) + HANDSHAKE
