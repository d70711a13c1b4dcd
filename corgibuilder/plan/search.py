"""The cheapest folding of a layer within a budget of cycles per frame."""

from collections.abc import Callable, Iterator

from corgibuilder.ir import Shape

from .kinds import FoldedStage, kind_of, output_pixels, widened_layer, widths
from .layers import Layer
from .pins import NO_PINS, LayerPins, pinned
from .pixels import MAX_PIXELS

AIMS = 16  #: parts of a budget for which foldings are looked at, where the estimate was too low
SLOWEST = 1 << 40  #: cycles per frame that any folding keeps
Keeps = Callable[[FoldedStage], bool]  #: whether a stage keeps its budget
Area = Callable[[FoldedStage], float]  #: of a stage, with all that is between its words
ForClock = Callable[[FoldedStage], FoldedStage]  #: the stage with the registers that a clock needs


def all_alike(stage: FoldedStage) -> float:
    """The area where it does not matter which folding is found."""
    return 0.0


def as_it_is(stage: FoldedStage) -> FoldedStage:
    """The stage where no clock is asked for: engines have as few registers as they can have."""
    return stage


def input_pixels(shape: Shape) -> tuple[int, ...]:
    """The numbers of pixels that an input word may carry, the smallest first."""
    return tuple(n for n in range(1, MAX_PIXELS + 1) if shape.width % n == 0)


def narrowest(
    layer: Layer,
    budget: int,
    *,
    lanes: int,
    resizable: bool,
    area: Area = all_alike,
    keeps: Keeps | None = None,
    pins: LayerPins = NO_PINS,
    for_clock: ForClock = as_it_is,
) -> FoldedStage | None:
    """The layer, as wide as it has to be to meet the budget, with its :func:`cheapest` folding."""
    for pixels in (1,) if resizable else widths(layer):
        if pins.pixels not in (None, pixels):
            continue
        leaving = output_pixels(layer, pixels)
        if max(layer.x.shape.pixels // pixels, layer.acc.shape.pixels // leaving) > budget:
            continue
        wide = widened_layer(layer, pixels)
        stage = cheapest(
            wide,
            budget,
            lanes=lanes,
            resizable=resizable,
            area=area,
            keeps=keeps,
            pins=pins,
            for_clock=for_clock,
        )
        if stage is not None:
            return stage.with_folding(capacity=stage.least_capacity, pixels=pixels)
    return None


def cheapest(
    layer: Layer,
    budget: int,
    *,
    lanes: int,
    resizable: bool,
    area: Area = all_alike,
    keeps: Keeps | None = None,
    pins: LayerPins = NO_PINS,
    for_clock: ForClock = as_it_is,
) -> FoldedStage | None:
    """Folding of the least area whose cycles fit, or ``None`` if none fits.

    ``lanes`` is the width of the words that arrive, in channels. ``keeps`` has the last word on
    whether the cycles fit; foldings that are estimated to be faster, or slower, are then looked at
    as well.
    What ``pins`` fix stays as it is. ``for_clock`` gives engines their registers.
    """
    aims = [budget] if keeps is None else [budget * part // AIMS for part in range(AIMS, 0, -1)]
    possible = {
        stage.folding: stage
        for aim in aims
        for stage in candidates(
            layer, aim, lanes=lanes, resizable=resizable, pins=pins, for_clock=for_clock
        )
    }
    fitting = [
        stage
        for stage in possible.values()
        if (stage.frame_cycles if keeps is None else stage.least_cycles) <= budget
    ]
    for stage in sorted(fitting, key=area):
        if keeps is None or keeps(stage):
            return stage
    return None


def candidates(
    layer: Layer,
    budget: int,
    *,
    lanes: int,
    resizable: bool,
    pins: LayerPins = NO_PINS,
    for_clock: ForClock = as_it_is,
) -> Iterator[FoldedStage]:
    """Foldings worth a look, for every source of operands, with what ``pins`` fix."""
    kind = kind_of(layer)
    for source in kind.sources(layer, resizable=resizable):
        if pins.source in (None, source.value):
            found = kind.candidates(layer, source, budget, lanes=lanes)
            for stage in found if pins == NO_PINS else pinned(found, pins):
                yield for_clock(stage)


def fewest_cycles(layer: Layer, *, resizable: bool, pins: LayerPins = NO_PINS) -> int | None:
    """Cycles per frame of the fastest folding; ``None`` where none can be built with ``pins``."""

    def within(budget: int) -> FoldedStage | None:
        channels = layer.x.shape.channels
        return cheapest(layer, budget, lanes=channels, resizable=resizable, pins=pins)

    budget, fewest = 1, None
    while (stage := within(budget)) is None and budget < SLOWEST:
        budget *= 2
    while stage is not None:
        fewest = stage.frame_cycles
        stage = within(fewest - 1)
    return fewest
