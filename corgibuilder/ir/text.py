"""A network as text: one line for each node, with what its op does and the type it gives."""

from functools import singledispatch

from .graph import Graph, Network, Node
from .ops import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Input,
    Op,
    Pad,
    Pads,
    Pool,
    Table,
    Threshold,
    Upsample,
    Window,
)
from .types import Ints


def network_text(network: Network) -> str:
    """All nodes in topological order, then the outputs."""
    lines = [f"{node.name} = {node_text(network.graph, node)}" for node in network.graph]
    lines += [f"output {port.name} = {port.node}" for port in network.outputs]
    return "".join(f"{line}\n" for line in lines)


def node_text(graph: Graph, node: Node) -> str:
    """Op with its main numbers, inputs, and the type of the output; without the node's name."""
    made = graph.type(node.name)
    by = f" by {made.step}" if made.step > 1 else ""
    given = f" of {', '.join(node.inputs)}" if node.inputs else ""
    return f"{_op_text(node.op)}{given}: {made.shape}, {made.range.lo}..{made.range.hi}{by}"


@singledispatch
def _op_text(op: Op) -> str:
    raise NotImplementedError(type(op).__name__)


@_op_text.register
def _(op: Input) -> str:
    return "Input"


@_op_text.register
def _(op: Conv) -> str:
    groups = f" in {op.groups} groups" if op.groups > 1 else ""
    weights = f"weights {_numbers(op.weights)}, {int((op.weights != 0).sum())} of them not 0"
    return f"Conv {_window(op.window)}{groups}, {weights}, bias {_numbers(op.bias)}"


@_op_text.register
def _(op: Pool) -> str:
    return f"Pool {op.kind.value} {_window(op.window)}"


@_op_text.register
def _(op: Threshold) -> str:
    return f"Threshold {op.base}.., steps {_numbers(op.steps)}"


@_op_text.register
def _(op: Clamp) -> str:
    return f"Clamp {op.range.lo}..{op.range.hi}"


@_op_text.register
def _(op: Argmax) -> str:
    return "Argmax"


@_op_text.register
def _(op: Add) -> str:
    return f"Add times {', '.join(map(str, op.factors))}"


@_op_text.register
def _(op: Concat) -> str:
    return "Concat"


@_op_text.register
def _(op: Upsample) -> str:
    return f"Upsample {_pair(op.factors)}"


@_op_text.register
def _(op: DepthToSpace) -> str:
    return f"DepthToSpace {op.block}{', block last' if op.block_last else ''}"


@_op_text.register
def _(op: Pad) -> str:
    return f"Pad {_pads(op.pads)} with {op.value}"


@_op_text.register
def _(op: Table) -> str:
    return f"Table from {op.lo}, values {_numbers(op.values)}"


def _window(window: Window) -> str:
    stride = f" stride {_pair(window.stride)}" if window.stride != (1, 1) else ""
    pads = f" pads {_pads(window.pads)}" if window.pads else ""
    return f"{_pair(window.kernel)}{stride}{pads}"


def _pads(pads: Pads) -> str:
    return f"[{pads.top}, {pads.left}, {pads.bottom}, {pads.right}]"


def _pair(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"


def _numbers(values: Ints) -> str:
    """Shape and range of an array."""
    shape = "x".join(map(str, values.shape))
    return f"{shape} {values.min()}..{values.max()}" if values.size else shape
