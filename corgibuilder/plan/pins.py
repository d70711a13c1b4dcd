"""Pins: decisions about single layers that a user fixes before the rest is planned.

    [layers.conv1]
    source = "row_banks"      # window source
    inputs = 9                # values that meet one output in a cycle
    outputs = 4               # outputs worked on at once
    lanes = 2                 # values in a word that leaves
    pixels = 1                # that enter side by side
    capacity = 70             # pixels in the line buffer
    single_port = true        # of each bank of the line buffer
    groups_per_word = 2
    engine = "adder_graph"    # or "mac_array"
    adder_levels = 2          # between two registers of an adder graph or tree
    weight_register = true    # between the memory of the weights and the multipliers
    requantiser = "threshold"
    fifo = [0, 12]            # words in the queue in front of each input

All of these are optional. See :class:`~.folding.Folding` and :class:`~.edges.PlannedEdge`.
"""

import difflib
import json
import tomllib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.strict_json import UnsuitableError, read, shown
from corgibuilder.user_files import read_file

from .folding import Engine, Folding, RequantiserKind, WindowSource
from .forms import forms_of, kinds_of
from .kinds import FoldedStage, kind_of, widened_layer, widths
from .layers import Layer
from .plan_file import Decision, EngineName, RequantiserName, SourceName, Width
from .planned_stage import PlannedStage, most_queued

T = TypeVar("T")
LONGEST = 1 << 20  #: bytes of a file of pins
#: Fields that the cycles of a stage depend on.
RATE_PINS = (
    *("source", "engine", "inputs", "outputs", "lanes", "pixels"),
    *("groups_per_word", "single_port"),
)
REGISTER_PINS = ("adder_levels", "weight_register")  #: fields that the clock decides


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPins:
    """What is fixed of one layer; ``None`` for what is not."""

    source: SourceName | None = None
    inputs: Width | None = None
    outputs: Width | None = None
    lanes: Width | None = None
    pixels: Width | None = None
    capacity: Decision | None = None
    single_port: bool | None = None
    groups_per_word: Width | None = None
    engine: EngineName | None = None
    adder_levels: Decision | None = None
    weight_register: bool | None = None
    requantiser: RequantiserName | None = None
    fifo: tuple[Decision, ...] | None = None

    @classmethod
    def of(cls, folding: Folding) -> "LayerPins":
        """Everything of a folding."""
        given = {f.name: getattr(folding, f.name) for f in fields(Folding)}
        return cls(**{name: getattr(value, "value", value) for name, value in given.items()})

    @classmethod
    def of_stage(cls, stage: PlannedStage) -> "LayerPins":
        """Everything of a stage, the queues in front of it included."""
        return replace(cls.of(stage.folded.folding), fifo=stage.fifos)

    @property
    def given(self) -> dict[str, Any]:
        """What is fixed, by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def without(self, names: Container[str]) -> "LayerPins":
        """The same with the fields of some names left open."""
        return LayerPins(**{k: value for k, value in self.given.items() if k not in names})

    def in_the_way(
        self, names: Container[str], found: Callable[["LayerPins"], T | None]
    ) -> tuple[tuple[str, ...], T] | None:
        """Fields, of those in ``names``, with which nothing is ``found``, and what is without them.

        One where that is enough, otherwise all; ``None`` where nothing is found anyway.
        """
        among = tuple(name for name in self.given if name in names)
        without_all = found(self.without(among)) if among else None
        if without_all is None or len(among) == 1:
            return None if without_all is None else (among, without_all)
        for name in among:
            without_one = found(self.without((name,)))
            if without_one is not None:
                return (name,), without_one
        return among, without_all

    def text(self, names: Iterable[str]) -> str:
        """The fields of some names as a file of pins has them."""
        return " and ".join(f"{name} = {json.dumps(self.given[name])}" for name in names)

    def instead(self, names: Iterable[str]) -> str:
        """The same, to be given instead of others; with the pixels if there are several."""
        wide = self.pixels is not None and self.pixels > 1
        return self.text(dict.fromkeys((*names, "pixels") if wide else names))

    @property
    def changes(self) -> dict[str, Any]:
        """Fields of a folding that are fixed, but for the line buffer's capacity."""
        enums = {"source": WindowSource, "engine": Engine, "requantiser": RequantiserKind}
        return {
            name: enums[name](value) if name in enums else value
            for name, value in self.given.items()
            if name not in ("capacity", "fifo")
        }


NO_PINS = LayerPins()


@dataclass(frozen=True, slots=True)
class Pins:
    """What is fixed, by layer; nothing for a layer that is not there. ``file`` says it."""

    layers: Mapping[str, LayerPins] = field(default_factory=dict)
    file: str = "pins"

    def of(self, layer: Layer) -> LayerPins:
        return self.layers.get(layer.name, NO_PINS)

    def origin(self, layer: Layer) -> Origin:
        """Where it is said what is fixed of a layer."""
        return Origin(self.file, f"layers.{layer.name}")

    def having(self, layer: Layer, pins: LayerPins) -> "Pins":
        """The same with other ``pins`` of one layer."""
        return replace(self, layers={**self.layers, layer.name: pins})

    def check_names(self, layers: tuple[Layer, ...]) -> None:
        """Raise :class:`CompileError` (CB431) for a layer that the network does not have."""
        names = [layer.name for layer in layers]
        for name in self.layers:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=3, cutoff=0)
                raise CompileError(
                    "CB431",
                    f"no stage is called {shown(name)}",
                    at=Origin(self.file, f"layers.{shown(name)}"),
                    help=f"take one of the {len(names)} stages, such as"
                    f" {', '.join(map(shown, near))}",
                )


NOTHING_PINNED = Pins()


def read_pins(path: Path) -> Pins:
    """The pins in a file; :class:`CompileError` (CB430) if it is not one."""
    try:
        said = tomllib.loads(read_file(path, LONGEST).decode())
        if said.keys() - {"layers"} or not isinstance(said.get("layers", {}), dict):
            raise UnsuitableError("it has something else than tables [layers.NAME]")
        defaults = {f.name: None for f in fields(LayerPins)}
        pins = {
            name: read(LayerPins, defaults | pins if isinstance(pins, dict) else pins)
            for name, pins in said.get("layers", {}).items()
        }
        return Pins(pins, str(path))
    except (ValueError, RecursionError) as fault:
        raise CompileError(
            "CB430",
            f"these are not pins: {fault}",
            at=Origin(str(path)),
            help='write tables such as: [layers.conv1] source = "row_banks"',
        ) from None


def pinned(stages: Iterator[FoldedStage], pins: LayerPins) -> Iterator[FoldedStage]:
    """The foldings of ``stages`` with what is fixed, as far as that can be built."""
    for stage in stages:
        made = _pinned(stage, pins)
        if not any(made.faults()):
            yield made


def _pinned(stage: FoldedStage, pins: LayerPins) -> FoldedStage:
    made = stage.decided(pins.changes)
    capacity = made.least_capacity if pins.capacity is None else pins.capacity
    return made.with_folding(capacity=capacity)


def check_pins(layer: Layer, all_pins: Pins) -> None:
    """Raise :class:`CompileError` (CB432) for pins of a layer that can never be built.

    They are tried on foldings that can be built: all of them, then each by itself, as one that can
    never be built is the one to blame.
    """
    pins, at = all_pins.of(layer), all_pins.origin(layer)
    if pins == NO_PINS:
        return
    if pins.fifo is not None and len(pins.fifo) != len(layer.inputs):
        inputs = len(layer.inputs)
        raise _refused(at, f"fifo has {len(pins.fifo)} numbers", f"give {inputs}")
    for port, depth in enumerate(pins.fifo or ()):
        most = most_queued(layer, port)
        if depth > most:
            raise _refused(at, f"fifo is {depth}", f"take 0 to {most} words")
    if pins.requantiser is not None:
        kinds = [kind.value for kind in kinds_of(forms_of(layer))]
        if pins.requantiser not in kinds:
            problem = f"requantiser is {pins.requantiser!r}, which is not equal to the layer's"
            raise _refused(at, problem, f"take one of: {', '.join(kinds)}")
    possible = widths(layer)
    if pins.pixels not in (None, *possible):
        names = ", ".join(map(str, possible))
        raise _refused(at, f"pixels is {pins.pixels}", f"take one of: {names}")
    layer = widened_layer(layer, pins.pixels or 1)
    sources = kind_of(layer).sources(layer, resizable=False)
    if pins.source is not None and WindowSource(pins.source) not in sources:
        names = ", ".join(source.value for source in sources)
        raise _refused(at, f"source is {pins.source!r}", f"take one of: {names}")
    fault = _fault(layer, pins)
    if fault is None:
        return
    alone = (_fault(layer, pins.without(pins.given.keys() - {name})) for name in pins.given)
    raise _refused(at, *next((each for each in alone if each is not None), fault))


def _fault(layer: Layer, pins: LayerPins) -> tuple[str, str] | None:
    """What keeps ``pins`` from being built, and the remedy."""
    if any(True for _ in pinned(_examples(layer), pins)):
        return None
    faults = (fault for stage in _examples(layer) for fault in _pinned(stage, pins).faults())
    return next(faults, ("there is no such folding", "fix less of it"))


def _examples(layer: Layer) -> Iterator[FoldedStage]:
    """Foldings that can be built."""
    kind = kind_of(layer)
    for source in kind.sources(layer, resizable=False):
        yield from kind.candidates(layer, source, 1 << 40, lanes=layer.x.shape.channels)


def _refused(at: Origin, problem: str, remedy: str) -> CompileError:
    return CompileError("CB432", f"in the pins {problem}", at=at, help=remedy)
