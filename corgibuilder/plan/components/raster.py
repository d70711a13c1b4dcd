"""Components that change the size of a map: repeated pixels, channels as pixels, a border."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from corgibuilder.ir import Pads, QInt, Shape
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.resources import HANDSHAKE, Resources, counter, raster

from .component import ComponentConfig
from .memory import Memory, Purpose
from .rules import Part, Rule, part


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRepeaterConfig(ComponentConfig):
    """Gives every row of a map several times, and every pixel of it several times.

    Holds one row. A pixel is overwritten once the row has been given for the last time up to there.
    Latency 2 cycles from the last word of a pixel to its first.

    Parameters
    ----------
    x
        Range of the values.
    shape
        Of the largest map that enters.
    lanes
        Values in a word; the words of a pixel are ``shape.channels / lanes``.
    rows, columns
        How often each row is given, and each pixel in it.
    split
        Whether a row holds another part of each pixel's channels each time: the first time the
        first part of as many as there are ``rows``, and so on.
    """

    x: QInt
    shape: Shape
    lanes: int
    rows: int
    columns: int
    split: bool = False
    name: str = "row_repeater"
    sizes: ClassVar[int] = 2

    @property
    def words(self) -> int:
        """Words of a pixel that enters; the last one may be short, if they are not split."""
        return words_per_pixel(self.shape.channels, self.lanes)

    @property
    def given_words(self) -> int:
        """Words of a pixel that are given each time."""
        return self.words // self.rows if self.split else self.words

    def parts(self, size_from: int) -> Iterator[Part]:
        yield part(
            Rule.ROW_REPEATER,
            columns=self.shape.width,
            words=self.words,
            depth=self.given_words,
            kernel_x=self.columns,
            repeats=self.rows,
            size_from=size_from,
        )

    def resources(self, resizable: bool) -> Resources:
        held = counter(self.shape.width + 1) * 2  # pixels, and those not given once
        places = counter(self.shape.width * self.words) * 2
        given = counter(self.given_words) + counter(self.columns) + counter(self.rows)
        return held + places + given + raster(self.shape, resizable) * 2 + HANDSHAKE

    def memories(self) -> Iterator[Memory]:
        yield Memory(
            name="row",
            purpose=Purpose.LINES,
            depth=max(self.shape.width * self.words, 2),
            width=self.lanes * self.x.width,
            ports=2,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderConfig(ComponentConfig):
    """A map with rows and columns of one value around it. Latency 1 cycle.

    Parameters
    ----------
    x, out
        Ranges of the values that enter, and that leave.
    shape
        Of the largest map that enters.
    lanes
        Values in a word.
    pads
        Rows and columns of the border.
    value
        What it holds, in ``out``.
    """

    x: QInt
    out: QInt
    shape: Shape
    lanes: int
    pads: Pads
    value: int
    name: str = "border"
    sizes: ClassVar[int] = 1

    @property
    def words(self) -> int:
        """Words of a pixel."""
        return words_per_pixel(self.shape.channels, self.lanes)

    def parts(self, size_from: int) -> Iterator[Part]:
        pads, shape = self.pads, self.shape
        yield part(
            Rule.BORDER,
            words=self.words,
            rows=shape.height,
            columns=shape.width,
            top=pads.top,
            left=pads.left,
            windows_y=shape.height + pads.top + pads.bottom,
            windows_x=shape.width + pads.left + pads.right,
            size_from=size_from,
        )

    def resources(self, resizable: bool) -> Resources:
        recoded = (self.x.step, self.x.offset) != (self.out.step, self.out.offset)
        bits = self.lanes * self.out.width
        lanes = Resources(adders=recoded * bits, masks=bits, registers=bits)
        return lanes + raster(self.shape, resizable) * 2 + counter(self.words) + HANDSHAKE
