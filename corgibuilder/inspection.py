"""What there is to know about a network before any hardware is planned."""

from dataclasses import dataclass
from pathlib import Path

from corgibuilder import frontend
from corgibuilder.ir import InputType, Network, Node, node_text
from corgibuilder.passes import AppliedPass, applied_passes


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedLayer:
    """One node: what it gives, and what it costs for one frame.

    Values are ``lowest``, ``lowest + step``, ..., ``highest``, in so many ``bits``.
    """

    name: str
    kind: str
    channels: int
    height: int
    width: int
    bits: int
    lowest: int
    highest: int
    step: int
    macs: int
    parameters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A layer before and after a pass, as text; ``None`` where it is not there.

    For an output of the network the text is the layer that gives it.
    """

    layer: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassChanges:
    """What one pass changed: layers that it removed, added, or made another, and outputs."""

    name: str
    layers: tuple[Change, ...]
    outputs: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A network's layers, or ``problems``: all that keeps it from being read.

    ``passes`` are those that change something before the network is planned, in order; ``None``
    where that was not asked for.
    """

    name: str
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    layers: tuple[InspectedLayer, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    passes: tuple[PassChanges, ...] | None = None

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)


def inspect(path: Path, *, passes: bool = False, input_type: InputType | None = None) -> Inspection:
    """Read the file, and with ``passes`` run those; what is not supported is not raised."""
    problems = frontend.find_problems(path, input_type=input_type)
    if problems:
        return Inspection(
            name=path.stem,
            inputs={},
            outputs={},
            layers=(),
            notes=(),
            problems=tuple(str(problem) for problem in problems),
        )
    network = frontend.read(path, input_type=input_type)
    return Inspection(
        name=network.name,
        inputs={port.name: port.shape for port in network.inputs},
        outputs={port.name: port.shape for port in network.outputs},
        layers=tuple(_layer(network, node) for node in network.graph),
        notes=network.notes,
        problems=(),
        passes=tuple(map(_changes, applied_passes(network))) if passes else None,
    )


def _layer(network: Network, node: Node) -> InspectedLayer:
    type_ = network.graph.type(node.name)
    return InspectedLayer(
        name=node.name,
        kind=type(node.op).__name__,
        channels=type_.shape.channels,
        height=type_.shape.height,
        width=type_.shape.width,
        bits=type_.range.width,
        lowest=type_.range.lo,
        highest=type_.range.hi,
        step=type_.step,
        macs=node.op.macs(type_.shape),
        parameters=node.op.parameters,
    )


def _changes(applied: AppliedPass) -> PassChanges:
    before, after = applied.before, applied.after
    return PassChanges(
        name=applied.name,
        layers=_differences(_layer_texts(before), _layer_texts(after)),
        outputs=_differences(_output_layers(before), _output_layers(after)),
    )


def _layer_texts(network: Network) -> dict[str, str]:
    return {node.name: node_text(network.graph, node) for node in network.graph}


def _output_layers(network: Network) -> dict[str, str]:
    return {port.name: port.node for port in network.outputs}


def _differences(before: dict[str, str], after: dict[str, str]) -> tuple[Change, ...]:
    names = dict.fromkeys([*before, *after])
    changes = (Change(layer=n, before=before.get(n), after=after.get(n)) for n in names)
    return tuple(change for change in changes if change.before != change.after)
