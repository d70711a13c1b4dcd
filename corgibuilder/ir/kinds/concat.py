"""Maps side by side."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from corgibuilder.ir.types import Ints

from .routing import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(Routing):
    """The channels of ``x_0``, then those of ``x_1``, ...: maps with the same rows and columns."""

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    joins_parts: ClassVar[bool] = True

    def sources(self, *channels: int) -> Ints:
        return np.arange(sum(channels))
