"""Why no pipeline is fast enough: what a target leaves, what takes longer, what is possible."""

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import ceil

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Network, Shape

from .kinds import FoldedStage, widened_layer, widths
from .layers import Layer
from .pins import RATE_PINS, LayerPins, Pins
from .pixels import MAX_PIXELS
from .search import SLOWEST, fewest_cycles, input_pixels, narrowest
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
        help=f"give {found.possible.instead(found.names)}; or {remedy}",
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
        least: dict[_LayerSearch, int] = {}
        for search in searches:
            if search.found() is None:
                cycles = search.fewest_cycles
                if cycles is None:
                    return _needs_one_size(search, pins)
                least[search] = cycles
        most = max(entry_cycles, *least.values(), 0)
        if most > budget:
            break
    asked, remedy = asked_and_possible(target, entry, most)
    if most > entry_cycles:
        slowest = next(search for search, cycles in least.items() if cycles == most)
        return _slow_layer(slowest, most, asked, remedy, pins)
    assert entry_cycles > budget, "streams are as fast as the layers that they come from"
    pixels = input_pixels(inputs[slowest_input])[-1]
    word = f"{pixels} pixels in a word" if pixels > 1 else "1 pixel in a word"
    name = f" {slowest_input!r}" if len(inputs) > 1 else ""
    return CompileError(
        "CB403",
        f"{asked}, and the input{name} takes {entry_cycles:,} with {word}, the most up to"
        f" {MAX_PIXELS} that divide its width of {inputs[slowest_input].width}",
        at=network.graph[slowest_input].origin,
        help=remedy,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _LayerSearch:
    """The search for a folding of one layer.

    ``resizable`` says that its maps may be of any size: pixels then go one by one.
    """

    layer: Layer
    budget: int
    pins: LayerPins
    resizable: bool

    def found(self, pins: LayerPins | None = None) -> FoldedStage | None:
        """A folding within the budget, with the pins or with others.

        Words of all channels arrive: no layer before, nor input, that keeps the budget gives so
        many words that this layer could not.
        """
        return narrowest(
            self.layer,
            self.budget,
            lanes=self.layer.x.shape.channels,
            resizable=self.resizable,
            pins=self.pins if pins is None else pins,
        )

    @property
    def fewest_cycles(self) -> int | None:
        """Cycles per frame of the fastest folding, as wide as pins let the layer be.

        ``None`` where none with these pins takes maps of several sizes.
        """
        possible = (1,) if self.resizable else widths(self.layer)
        cycles = (
            fewest_cycles(
                widened_layer(self.layer, pixels), resizable=self.resizable, pins=self.pins
            )
            for pixels in possible
            if self.pins.pixels in (None, pixels)
        )
        return min((count for count in cycles if count is not None), default=None)

    def in_the_way(self) -> tuple[tuple[str, ...], FoldedStage] | None:
        """Names of pins without which there is a folding within the budget, and that one.

        One pin where that is enough, otherwise all; ``None`` where the layer is too slow anyway.
        """
        return self.pins.in_the_way(RATE_PINS, self.found)


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
            help=f"give {possible.instead(names)}, with which it takes {stage.frame_cycles:,}; or"
            f" {remedy}",
        )
    how = "with what is pinned" if search.pins.given else "even when fully unrolled"
    problem = f"{asked}, and this layer takes {cycles:,} {how}"
    return CompileError("CB403", problem, at=layer.node.origin, help=remedy)


def _needs_one_size(search: _LayerSearch, pins: Pins) -> CompileError:
    """That none of its pins' foldings takes smaller maps; what does so, fast enough if it can."""
    layer, names = search.layer, (*RATE_PINS, "capacity")
    searches = (search, replace(search, budget=SLOWEST))
    ways = (each.pins.in_the_way(names, each.found) for each in searches)
    some, stage = next(way for way in ways if way is not None)
    return CompileError(
        "CB432",
        f"in the pins {search.pins.text(some)} needs a map of one size, and that of this layer may"
        " be smaller than planned",
        at=pins.origin(layer),
        help=f"give {LayerPins.of(stage.folding).instead(some)}",
    )


def asked_and_possible(target: Target, entry: Shape, least: int) -> tuple[str, str]:
    """What a target asks for, and what leaves ``least`` cycles for a frame, rounded that way."""
    budget = target.budget_for(entry)
    left = f"leave {budget:,} cycles for a frame"
    fps = Context(prec=6, rounding=ROUND_FLOOR).divide(Decimal(target.clock_hz), Decimal(least))
    hertz = Decimal(ceil(least * target.fps))
    mhz = Context(prec=6, rounding=ROUND_CEILING).divide(hertz, Decimal(10**6))
    rate = f"{fps:f} frames/s or fewer, or for a clock of {mhz:f} MHz or more"
    if target.headroom is None or budget == target.budget:
        asked = f"{float(target.fps):g} frames/s at {target.clock_hz:,} Hz"
        return f"{asked} {left}", f"ask for {rate}"
    most = entry.pixels // least
    remedy = f"ask for {most} pixels a cycle or fewer" if most else "ask for no headroom"
    if least > target.budget:
        remedy += f", and for {rate}"
    return f"{target.headroom} pixels a cycle {left}", remedy


def asked_and_possible_latency(target: Target, least: int) -> tuple[str, str]:
    """What a target asks for, and a latency that leaves ``least`` cycles, rounded that way."""
    assert target.latency is not None
    up = Context(prec=6, rounding=ROUND_CEILING)
    possible = up.divide(Decimal(1000 * least), Decimal(target.clock_hz))
    asked = f"a latency of {float(target.latency) * 1e3:g} ms at {target.clock_hz:,} Hz"
    return (
        f"{asked} leaves {target.latency_cycles:,} cycles",
        f"ask for {possible:f} ms or more, or for a faster clock",
    )
