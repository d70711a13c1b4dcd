"""What there is to know about a network before any hardware is planned."""

from dataclasses import dataclass
from pathlib import Path

from corgibuilder import frontend
from corgibuilder.ir import Conv, InputType, Network, Node, Threshold, macs


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
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
class Inspection:
    """A network's layers, or ``problems``: all that keeps it from being read."""

    name: str
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    layers: tuple[Layer, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)


def inspect(path: Path, *, input_type: InputType | None = None) -> Inspection:
    """Read the file; what is not supported is in the result, not raised."""
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
    )


def _layer(network: Network, node: Node) -> Layer:
    type_ = network.graph.type(node.name)
    return Layer(
        name=node.name,
        kind=type(node.op).__name__,
        channels=type_.shape.channels,
        height=type_.shape.height,
        width=type_.shape.width,
        bits=type_.range.width,
        lowest=type_.range.lo,
        highest=type_.range.hi,
        step=type_.step,
        macs=macs(network.graph, node),
        parameters=_parameters(node),
    )


def _parameters(node: Node) -> int:
    """Weights and biases of a convolution, steps of a step function."""
    if isinstance(node.op, Conv):
        return int(node.op.weights.size + node.op.bias.size)
    return int(node.op.steps.size) if isinstance(node.op, Threshold) else 0
