"""How the integers of a node become the values of an output of the file."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

from .grid import Grid
from .value import Step, evaluate


@dataclass(frozen=True, slots=True, eq=False)
class FloatOutput:
    """Integers to the file's floats: the grid, the float functions that were left, the shape."""

    shape: tuple[int, ...]
    grid: Grid
    chain: tuple[Step, ...]

    def __call__(self, integers: Ints) -> NDArray[Any]:
        return evaluate(self.chain, self.grid.real(integers)).reshape(-1, *self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class IndexOutput:
    """Class numbers, int64, in the file's shape."""

    shape: tuple[int, ...]

    def __call__(self, integers: Ints) -> Ints:
        return integers.astype(np.int64).reshape(-1, *self.shape)
