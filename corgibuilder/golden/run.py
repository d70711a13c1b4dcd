"""Evaluate a whole integer network, keeping the value at every node."""

from typing import Any

from numpy.typing import NDArray

from corgibuilder.ir import Graph, Input

from .dtypes import smallest_dtype
from .evaluate import evaluate


def run(graph: Graph, frames: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Value at every node, by name: exact integers shaped ``(frames, channels, height, width)``.

    Parameters
    ----------
    graph
        Integer network with one Input node.
    frames
        Integers for the Input node, same layout, in its range.

    The integer dtype of each array is the smallest that holds the range inferred for its node.
    """
    values: dict[str, NDArray[Any]] = {}
    for node in graph:
        dtype = smallest_dtype(graph.type(node.name).range)
        if isinstance(node.op, Input):
            assert frames.shape[1:] == tuple(node.op.shape), (frames.shape, node.op.shape)
            values[node.name] = frames.astype(dtype)
        else:
            result = evaluate(node.op, *(values[name] for name in node.inputs))
            values[node.name] = result.astype(dtype, copy=False)
    return values
