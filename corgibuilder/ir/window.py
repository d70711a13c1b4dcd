"""How windows move over maps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from .texts import pair_text
from .types import Ints

Side = TypeVar("Side", int, Ints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pads:
    """Rows and columns of padding on each side."""

    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0

    def __bool__(self) -> bool:
        return any(self.sides)

    def __str__(self) -> str:
        return str(list(self.sides))

    @property
    def sides(self) -> tuple[int, int, int, int]:
        return self.top, self.left, self.bottom, self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How a window moves over a map: kernel and stride as (rows, columns), and padding."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    pads: Pads = Pads()

    def output_size(self, height: Side, width: Side) -> tuple[Side, Side]:
        """Rows and columns of the output: ``(size + pads - kernel) // stride + 1``."""
        rows = height + self.pads.top + self.pads.bottom - self.kernel[0]
        columns = width + self.pads.left + self.pads.right - self.kernel[1]
        return rows // self.stride[0] + 1, columns // self.stride[1] + 1

    def least_input(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the least map that gives so many rows and columns, or more."""
        rows = (height - 1) * self.stride[0] + self.kernel[0] - self.pads.top - self.pads.bottom
        columns = (width - 1) * self.stride[1] + self.kernel[1] - self.pads.left - self.pads.right
        return max(1, rows), max(1, columns)

    def span(self, width: int) -> int:
        """Pixels from the first to the last of one window, in raster order of a map that wide."""
        return (self.kernel[0] - 1) * width + self.kernel[1]

    @property
    def column(self) -> "Window":
        """The same rows of windows, seen as windows one column wide."""
        pads = Pads(top=self.pads.top, bottom=self.pads.bottom)
        return Window(kernel=(self.kernel[0], 1), stride=(self.stride[0], 1), pads=pads)

    @property
    def tiles(self) -> bool:
        """Windows that neither overlap nor leave gaps nor reach into padding."""
        return self.kernel == self.stride and not self.pads

    def __str__(self) -> str:
        stride = f" stride {pair_text(self.stride)}" if self.stride != (1, 1) else ""
        pads = f" pads {self.pads}" if self.pads else ""
        return f"{pair_text(self.kernel)}{stride}{pads}"

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        rows, columns = self.kernel
        top, left, bottom, right = self.pads.sides
        if min(rows, columns, *self.stride) < 1 or min(self.pads.sides) < 0:
            yield f"no window moves like this: {self!r}"
        if max(top, bottom) >= rows or max(left, right) >= columns:
            yield f"windows lie in padding alone: {self!r}"
