"""What stages have in common that work on each word as it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from corgibuilder.plan.folding import Folding, WindowSource, ceil_div
from corgibuilder.plan.layers import Layer

from .stage import Fault, FoldedStage


@dataclass(frozen=True, slots=True)
class DirectStage(FoldedStage):
    """A layer whose words leave as wide as it works on them."""

    same_lanes: ClassVar[bool] = True

    @classmethod
    def possible_lanes(cls, layer: Layer) -> Sequence[int] | None:
        """Widths of the words that can be built; ``None`` for any."""
        return None

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        return (WindowSource.DIRECT,)

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        """All lanes that are possible; of any the fewest that are fast enough, and the arriving."""
        channels, possible = layer.acc.shape.channels, cls.possible_lanes(layer)
        if layer.input_pixels > 1:
            possible = [channels]
        if possible is None:
            words = min(max(1, budget // layer.acc.shape.pixels), channels)
            fewest = ceil_div(channels, words)
            possible = (fewest, min(max(lanes, fewest), channels))
        for count in dict.fromkeys(possible):
            yield cls(layer, Folding(source=source, inputs=1, outputs=count, lanes=count))

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        return 0 if layer.x.shape.width % pixels else pixels

    def faults(self) -> Iterator[Fault]:
        possible = self.possible_lanes(self.layer)
        if possible is not None and self.folding.outputs not in possible:
            numbers = ", ".join(map(str, possible))
            yield f"outputs is {self.folding.outputs}", f"take one of: {numbers}"
        yield from FoldedStage.faults(self)
