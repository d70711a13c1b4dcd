"""Evaluate a whole integer network, keeping the value at every node."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from corgibuilder.ir import Graph, Input, input_node

from .dtypes import smallest_dtype
from .evaluate import evaluate


def run(graph: Graph, frames: NDArray[Any] | Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Value at every node, by name: exact integers shaped ``(frames, channels, height, width)``.

    Parameters
    ----------
    graph
        Integer network.
    frames
        Integers for the Input node, same layout, in its range; for several a mapping with those of
        each by name, as many frames for all.

    The integer dtype of each array is the smallest that holds the range inferred for its node.
    """
    if not isinstance(frames, Mapping):
        frames = {input_node(graph).name: frames}
    values: dict[str, NDArray[Any]] = {}
    for node in graph:
        dtype = smallest_dtype(graph.type(node.name).range)
        if isinstance(node.op, Input):
            entering = frames[node.name]
            assert entering.shape[1:] == tuple(node.op.shape), (entering.shape, node.op.shape)
            values[node.name] = entering.astype(dtype)
        else:
            result = evaluate(node.op, *(values[name] for name in node.inputs))
            values[node.name] = result.astype(dtype, copy=False)
    return values
