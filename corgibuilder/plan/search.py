"""The cheapest folding of a layer within a budget of cycles per frame."""

from collections.abc import Callable, Iterator

from .kinds import FoldedStage, kind_of
from .layers import Layer

AIMS = 16  #: parts of a budget for which foldings are looked at, where the estimate was too low
Keeps = Callable[[FoldedStage], bool]  #: whether a stage keeps its budget


def cheapest(
    layer: Layer, budget: int, *, lanes: int, resizable: bool, keeps: Keeps | None = None
) -> FoldedStage | None:
    """Folding with the fewest multipliers whose cycles fit, or ``None`` if none fits.

    Of equals the one of the least :attr:`~.kinds.FoldedStage.cost`. ``lanes`` is the width of the
    words that arrive, in channels. ``keeps`` has the last word on whether the cycles fit; foldings
    that are estimated to be faster are then looked at as well.
    """
    aims = [budget] if keeps is None else [budget * part // AIMS for part in range(AIMS, 0, -1)]
    possible = {
        stage.folding: stage
        for aim in aims
        for stage in candidates(layer, aim, lanes=lanes, resizable=resizable)
    }
    fitting = [stage for stage in possible.values() if stage.frame_cycles <= budget]
    for fewest in sorted({stage.multipliers for stage in fitting}):
        cheap = [stage for stage in fitting if stage.multipliers == fewest]
        for stage in sorted(cheap, key=lambda stage: stage.cost):
            if keeps is None or keeps(stage):
                return stage
    return None


def candidates(layer: Layer, budget: int, *, lanes: int, resizable: bool) -> Iterator[FoldedStage]:
    """Foldings worth a look, for every source of operands."""
    kind = kind_of(layer)
    for source in kind.sources(layer, resizable=resizable):
        yield from kind.candidates(layer, source, budget, lanes=lanes)


def fewest_cycles(layer: Layer, *, resizable: bool) -> int:
    """Cycles per frame of the fastest folding there is."""
    lanes, budget = layer.x.shape.channels, 1
    while (stage := cheapest(layer, budget, lanes=lanes, resizable=resizable)) is None:
        budget *= 2
    while stage is not None:
        fewest = stage.frame_cycles
        stage = cheapest(layer, fewest - 1, lanes=lanes, resizable=resizable)
    return fewest
