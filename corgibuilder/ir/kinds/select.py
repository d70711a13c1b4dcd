"""Some channels of a map."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from corgibuilder.ir.types import Ints, Mask, TensorType

from .routing import Routing

FEW = 8  #: channels that are printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Routing):
    """``y[c] = x[channels[c]]``: some channels in any order, any of them several times."""

    channels: tuple[int, ...]

    def sources(self, *channels: int) -> Ints:
        return np.array(self.channels, np.int64)

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        (x,) = inputs
        if not all(0 <= channel < x.shape.channels for channel in self.channels):
            yield f"it selects channels {self.channels} of {x.shape}"

    def text(self) -> str:
        first = ", ".join(map(str, self.channels[:FEW]))
        return f"Select {first}{', ...' if len(self.channels) > FEW else ''}"

    def channels_given(self, *live: Mask) -> Mask | None:
        return None

    def pruned(self, kept: Mask, given: Mask, x: TensorType) -> Self:
        numbers = np.cumsum(given) - 1
        return replace(self, channels=tuple(numbers[self.sources()[kept]].tolist()))
