"""Which nodes of the network share a stage: an operation, and the activation behind it."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Activation,
    Ints,
    Network,
    Node,
    Op,
    TensorType,
    absorbed_activations,
)
from corgibuilder.names import Identifiers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """What one stage computes, before anything is decided about its hardware.

    ``name`` is the layer's name in the user's file, ``module`` a Verilog identifier made from it.
    ``sources`` and ``result`` are the graph nodes whose values enter and leave, ``inputs`` and
    ``out`` the types of those values. ``op`` gives sums of type ``acc`` without their ``bias``,
    int64 ``(channels,)``; ``None`` where the activation is by itself. ``input_pixels`` pixels of
    the network's map are one pixel of the inputs, ``output_pixels`` one of ``out``; see
    :mod:`~corgibuilder.plan.pixels`.
    """

    name: str
    module: str
    sources: tuple[str, ...]
    result: str
    op: Op | None
    activation: Activation | None
    inputs: tuple[TensorType, ...]
    acc: TensorType
    bias: Ints
    out: TensorType
    macs: int
    node: Node
    input_pixels: int = 1
    output_pixels: int = 1

    @property
    def x(self) -> TensorType:
        """Type of the first input, the only one of most layers."""
        return self.inputs[0]

    @property
    def pixel_channels(self) -> int:
        """Channels of one pixel of the network's map that enters."""
        return self.x.shape.channels // self.input_pixels


def group_layers(network: Network) -> tuple[Layer, ...]:
    """Layers of the network in topological order, each with the activation that it absorbs."""
    graph, absorbed = network.graph, absorbed_activations(network)
    taken = {activation.name for activation in absorbed.values()}
    layers: list[Layer] = []
    modules = Identifiers()
    for node in graph:
        if not node.inputs or node.name in taken:
            continue
        op: Op | None = node.op
        last = absorbed.get(node.name)
        if last is None and isinstance(node.op, Activation):
            op, last = None, node
        inputs = tuple(graph.type(source) for source in node.inputs)
        acc, bias = op.sums(*inputs) if op else _unchanged(*inputs)
        result, activation = (last.name, last.op) if last else (node.name, None)
        assert activation is None or isinstance(activation, Activation)
        layers.append(
            Layer(
                name=node.name,
                module=modules.new("layer_", node.name),
                sources=node.inputs,
                result=result,
                op=op,
                activation=activation,
                inputs=inputs,
                acc=acc,
                bias=bias,
                out=graph.type(result),
                macs=node.op.macs(graph.type(node.name).shape),
                node=node,
            )
        )
    if not layers:
        raise CompileError(
            "CB405",
            "the network has no layers that compute anything",
            at=next(iter(graph)).origin,
            help="give a network with at least one convolution, pooling or quantised layer",
        )
    return tuple(layers)


def _unchanged(x: TensorType) -> tuple[TensorType, Ints]:
    """What an activation by itself reads, and a bias of 0."""
    return x, np.zeros(x.shape.channels, np.int64)
