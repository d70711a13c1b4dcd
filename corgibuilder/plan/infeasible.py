"""Why no pipeline is fast enough: what a target leaves, what takes longer, what is possible."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import ceil

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Network, Shape

from .folding import WindowSource
from .kinds import FoldedStage, kind_of, widened_layer, widths
from .layers import Layer
from .pins import RATE_PINS, LayerPins, Pins
from .search import fewest_cycles, input_pixels, narrowest
from .target import Target


@dataclass(frozen=True, slots=True)
class PinsInTheWay:
    """The pins called ``names`` of a layer, and ``possible`` ones that are not in the way."""

    layer: Layer
    names: tuple[str, ...]
    possible: LayerPins


def too_slow(
    network: Network, target: Target, least: int, pins: Pins, found: PinsInTheWay | None
) -> CompileError:
    """That the fastest pipeline takes ``least`` cycles for a frame; because of pins ``found``."""
    asked, remedy = asked_and_possible(target, network.input_shape, least)
    fastest, at = f"the fastest pipeline that was found takes {least:,}", Origin(network.name)
    if found is None:
        return CompileError("CB403", f"{asked}, and {fastest}", at=at, help=remedy)
    pinned = pins.of(found.layer).text(found.names)
    return CompileError(
        "CB403",
        f"{asked}, and with {pinned} {fastest}",
        at=pins.origin(found.layer),
        help=f"give {found.possible.text(found.names)}; or {remedy}",
    )


def too_fast(
    network: Network, layers: tuple[Layer, ...], target: Target, pins: Pins
) -> CompileError:
    """That the input, or a layer as it is pinned, cannot keep a target."""
    entry, budget = network.input_shape, target.budget_for(network.input_shape)
    inputs = {port.node: network.graph.type(port.node).shape for port in network.inputs}
    words = {node: shape.pixels // input_pixels(shape)[-1] for node, shape in inputs.items()}
    slowest_input = max(words, key=lambda node: words[node])
    entry_cycles = words[slowest_input]
    for resizable in (False, True):
        searches = [_LayerSearch(layer, budget, pins.of(layer), resizable) for layer in layers]
        for search in searches:
            if search.needs_one_size:
                return _needs_one_size(search, pins)
        slow = [search for search in searches if search.found() is None]
        least = {search.layer.name: search.fewest_cycles for search in slow}
        most = max(entry_cycles, *least.values(), 0)
        if most > budget:
            break
    asked, remedy = asked_and_possible(target, entry, most)
    if most > entry_cycles:
        slowest = next(search for search in slow if least[search.layer.name] == most)
        return _slow_layer(slowest, most, asked, remedy, pins)
    width = inputs[slowest_input].width
    pixels = input_pixels(inputs[slowest_input])[-1]
    word = f"{pixels} pixels in a word" if pixels > 1 else "1 pixel in a word"
    return CompileError(
        "CB403",
        f"{asked}, and the input takes {most:,} with {word}, the most that divide its width of"
        f" {width}",
        at=network.graph[slowest_input].origin,
        help=remedy,
    )


@dataclass(frozen=True, slots=True)
class _LayerSearch:
    """The search for a folding of one layer.

    ``resizable`` says that its maps may be of any size: pixels then go one by one.
    """

    layer: Layer
    budget: int
    pins: LayerPins
    resizable: bool

    def found(self, without: tuple[str, ...] = ()) -> FoldedStage | None:
        """A folding within the budget, with the pins but those called ``without``."""
        return narrowest(
            self.layer,
            self.budget,
            lanes=self.layer.x.shape.channels,
            resizable=self.resizable,
            pins=self.pins.without(without),
        )

    @property
    def fewest_cycles(self) -> int:
        """Cycles per frame of the fastest folding, as wide as pins let the layer be."""
        possible = (1,) if self.resizable else widths(self.layer)
        cycles = (
            fewest_cycles(
                widened_layer(self.layer, pixels), resizable=self.resizable, pins=self.pins
            )
            for pixels in reversed(possible)
            if self.pins.pixels in (None, pixels)
        )
        return next(count for count in cycles if count is not None)

    @property
    def needs_one_size(self) -> bool:
        """Whether its source is pinned to one that only maps of one size can have."""
        sources = kind_of(self.layer).sources(self.layer, resizable=self.resizable)
        source = self.pins.source
        return source is not None and WindowSource(source) not in sources

    def in_the_way(self) -> tuple[tuple[str, ...], FoldedStage] | None:
        """Names of pins without which there is a folding within the budget, and that one.

        One pin where that is enough, otherwise all; ``None`` where the layer is too slow anyway.
        """
        names = tuple(name for name in self.pins.given if name in RATE_PINS)
        for some in (*((name,) for name in names), names):
            stage = self.found(some) if some else None
            if stage is not None:
                return some, stage
        return None


def _slow_layer(
    search: _LayerSearch, cycles: int, asked: str, remedy: str, pins: Pins
) -> CompileError:
    layer, found = search.layer, search.in_the_way()
    if found is not None:
        names, stage = found
        possible = LayerPins.of(stage.folding)
        return CompileError(
            "CB403",
            f"{asked}, and with {search.pins.text(names)} this layer takes {cycles:,}",
            at=pins.origin(layer),
            help=f"give {possible.text(names)}, with which it takes {stage.frame_cycles:,}; or"
            f" {remedy}",
        )
    how = "with what is pinned" if search.pins.given else "even when fully unrolled"
    problem = f"{asked}, and this layer takes {cycles:,} {how}"
    return CompileError("CB403", problem, at=layer.node.origin, help=remedy)


def _needs_one_size(search: _LayerSearch, pins: Pins) -> CompileError:
    layer = search.layer
    sources = kind_of(layer).sources(layer, resizable=True)
    return CompileError(
        "CB432",
        f"in the pins {search.pins.text(('source',))} needs a map of one size, and that of this"
        " layer may be smaller than planned",
        at=pins.origin(layer),
        help=f"take one of: {', '.join(source.value for source in sources)}",
    )


def asked_and_possible(target: Target, entry: Shape, least: int) -> tuple[str, str]:
    """What a target asks for, and what leaves ``least`` cycles for a frame, rounded that way."""
    budget = target.budget_for(entry)
    if target.headroom is not None and budget < target.budget:
        asked, most = f"{target.headroom} pixels a cycle", entry.pixels // least
        remedy = f"ask for {most} pixels a cycle or fewer" if most else "ask for no headroom"
    else:
        asked = f"{float(target.fps):g} frames/s at {target.clock_hz:,} Hz"
        fps = Context(prec=6, rounding=ROUND_FLOOR).divide(Decimal(target.clock_hz), Decimal(least))
        hertz = Decimal(ceil(least * target.fps))
        mhz = Context(prec=6, rounding=ROUND_CEILING).divide(hertz, Decimal(10**6))
        remedy = f"ask for {fps:f} frames/s or fewer, or for a clock of {mhz:f} MHz or more"
    return f"{asked} leave {budget:,} cycles for a frame", remedy
