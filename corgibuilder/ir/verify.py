"""Checks what every part of corgibuilder relies on in a network. A failure is our own fault."""

from collections.abc import Iterator
from functools import singledispatch

import numpy as np

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
    PoolKind,
    Table,
    Threshold,
    Upsample,
    Window,
)
from .types import Ints, TensorType

LIMIT = 2**62  #: no value, and no sum of magnitudes, reaches it: int64 holds all differences


def verify(network: Network) -> None:
    """Raise ``AssertionError``, with the node's name, for the first thing that does not hold."""
    seen: set[str] = set()
    for node in network.graph:
        for problem in _node_problems(network.graph, node, seen):
            raise AssertionError(f"node {node.name!r}: {problem}")
        seen.add(node.name)
    for problem in _port_problems(network):
        raise AssertionError(problem)


def _node_problems(graph: Graph, node: Node, seen: set[str]) -> Iterator[str]:
    for name in node.inputs:
        if name not in seen:
            yield f"its input {name!r} is not before it"
    count, (least, most) = len(node.inputs), _arity(node.op)
    if not least <= count <= (count if most is None else most):
        yield f"{type(node.op).__name__} has {count} inputs"
    yield from _op_problems(node.op, *(graph.type(name) for name in node.inputs))
    yield from _type_problems(graph.type(node.name))


def _arity(op: Op) -> tuple[int, int | None]:
    """The fewest and the most inputs of an op."""
    if isinstance(op, Add | Concat):
        return 1, None
    return (0, 0) if isinstance(op, Input) else (1, 1)


def _type_problems(made: TensorType) -> Iterator[str]:
    if min(made.shape) < 1:
        yield f"nothing is left of its map: {made.shape}"
    for end in (made.lo, made.hi):
        if end.dtype != np.int64 or end.shape != (made.shape.channels,):
            yield f"its range is {end.dtype} {end.shape} for {made.shape.channels} channels"
    if (made.lo > made.hi).any():
        yield "its range is empty"
    if (made.lo <= -LIMIT).any() or (made.hi >= LIMIT).any():
        yield f"its values {made.lo.min()}..{made.hi.max()} do not fit 62 bits"


def _port_problems(network: Network) -> Iterator[str]:
    entries = {node.name for node in network.graph if isinstance(node.op, Input)}
    given = {port.node for port in network.inputs}
    if entries != given:
        yield f"the inputs are nodes {sorted(entries)}, and their ports {sorted(given)}"
    if not network.outputs:
        yield "the network has no outputs"
    for port in network.outputs:
        if port.node not in network.graph:
            yield f"output {port.name!r} is of node {port.node!r}, which is not there"
    names = [port.name for port in network.outputs]
    if len(set(names)) < len(names):
        yield f"outputs share a name: {names}"


@singledispatch
def _op_problems(op: Op, *inputs: TensorType) -> Iterator[str]:
    """What is wrong with an op that has these inputs."""
    raise NotImplementedError(type(op).__name__)


@_op_problems.register(Input)
@_op_problems.register(Clamp)
@_op_problems.register(Argmax)
def _(op: Op, *inputs: TensorType) -> Iterator[str]:
    yield from ()


@_op_problems.register
def _(op: Conv, x: TensorType) -> Iterator[str]:
    yield from _int64("weights", op.weights, 4)
    yield from _int64("bias", op.bias, 1)
    outputs, inputs, *kernel = op.weights.shape
    if op.groups < 1 or outputs % op.groups or inputs * op.groups != x.shape.channels:
        yield f"{op.groups} groups of {inputs} inputs, {outputs} outputs, for {x.shape}"
    if len(op.bias) != outputs:
        yield f"{len(op.bias)} biases for {outputs} outputs"
    if tuple(kernel) != op.window.kernel:
        yield f"weights for a kernel of {kernel}, and its window is {op.window.kernel}"
    yield from _window_problems(op.window)
    magnitudes = np.abs(op.weights.astype(float)).sum(axis=(1, 2, 3)) * _reach(x) + np.abs(op.bias)
    yield from _sum_problems(magnitudes.max(initial=0))


@_op_problems.register
def _(op: Pool, x: TensorType) -> Iterator[str]:
    yield from _window_problems(op.window)
    if op.kind is PoolKind.SUM:
        yield from _sum_problems(op.window.kernel[0] * op.window.kernel[1] * _reach(x))


@_op_problems.register
def _(op: Threshold, x: TensorType) -> Iterator[str]:
    yield from _int64("steps", op.steps, 2)
    if len(op.steps) != x.shape.channels:
        yield f"steps of {len(op.steps)} channels for {x.shape}"
    if (op.steps[:, 1:] < op.steps[:, :-1]).any():
        yield "its steps are not sorted"


@_op_problems.register
def _(op: Add, *inputs: TensorType) -> Iterator[str]:
    if len(op.factors) != len(inputs):
        yield f"{len(op.factors)} factors for {len(inputs)} inputs"
    if len({x.shape for x in inputs}) > 1:
        yield f"it adds maps of {', '.join(str(x.shape) for x in inputs)}"
    reaches = (abs(factor) * _reach(x) for factor, x in zip(op.factors, inputs, strict=False))
    yield from _sum_problems(sum(reaches))


@_op_problems.register
def _(op: Concat, *inputs: TensorType) -> Iterator[str]:
    if len({(x.shape.height, x.shape.width) for x in inputs}) > 1:
        yield f"it joins maps of {', '.join(str(x.shape) for x in inputs)}"


@_op_problems.register
def _(op: Upsample, x: TensorType) -> Iterator[str]:
    if min(op.factors) < 1:
        yield f"it enlarges by {op.factors}"


@_op_problems.register
def _(op: DepthToSpace, x: TensorType) -> Iterator[str]:
    if op.block < 1 or x.shape.channels % op.block**2:
        yield f"blocks of {op.block} do not divide the channels of {x.shape}"


@_op_problems.register
def _(op: Pad, x: TensorType) -> Iterator[str]:
    if min(_sides(op.pads)) < 0:
        yield f"it pads by {_sides(op.pads)}"


@_op_problems.register
def _(op: Table, x: TensorType) -> Iterator[str]:
    yield from _int64("values", op.values, 2)
    if len(op.values) not in (1, x.shape.channels):
        yield f"values of {len(op.values)} channels for {x.shape}"
    last = op.lo + op.values.shape[1] - 1
    if op.lo > x.range.lo or last < x.range.hi:
        yield f"its values for {op.lo}..{last} do not cover {x.range.lo}..{x.range.hi}"


def _int64(what: str, values: Ints, rank: int) -> Iterator[str]:
    if values.dtype != np.int64 or values.ndim != rank:
        yield f"its {what} are {values.dtype} in {values.ndim} dimensions, not int64 in {rank}"


def _window_problems(window: Window) -> Iterator[str]:
    rows, columns = window.kernel
    top, left, bottom, right = _sides(window.pads)
    if min(rows, columns, *window.stride) < 1 or min(top, left, bottom, right) < 0:
        yield f"no window moves like this: {window}"
    if max(top, bottom) >= rows or max(left, right) >= columns:
        yield f"windows lie in padding alone: {window}"


def _sides(pads: Pads) -> tuple[int, int, int, int]:
    return pads.top, pads.left, pads.bottom, pads.right


def _reach(x: TensorType) -> int:
    """Largest magnitude of a value."""
    return max(abs(x.range.lo), abs(x.range.hi))


def _sum_problems(magnitude: float) -> Iterator[str]:
    if magnitude >= LIMIT:
        yield f"its sums of up to {magnitude:.3g} do not fit 62 bits"
