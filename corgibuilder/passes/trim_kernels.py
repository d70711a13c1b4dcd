"""Trims the outer rows and columns of kernels whose weights are all zero.

    0 0 0
    0 w w  with padding 1            becomes   w w   with padding 0 above and left, 1 below
    0 w w  on all sides                        w w   and on the right

A row goes only with a row of padding, so that the output keeps its size whatever the input's.

Needs:  nothing; after :mod:`.remove_dead_channels` more weights are zero.
Keeps:  the name and value of every node. A kernel has at least one row and column, and no window
        lies in padding alone.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Conv, Network, Node, Pads

from .rewrite import rewritten


def trim_kernels(network: Network) -> Network:
    """The network with kernels as small as padding lets them be."""
    changed: dict[str, Node] = {}
    for node in network.graph:
        if isinstance(node.op, Conv) and (op := _trimmed(node.op)) is not node.op:
            changed[node.name] = replace(node, op=op)
    return rewritten(network, changed, {})


def _trimmed(op: Conv) -> Conv:
    used = (op.weights != 0).any(axis=(0, 1))
    pads, (rows, columns) = op.window.pads, op.window.kernel
    top, bottom = _cuts(used.any(axis=1), pads.top, pads.bottom)
    left, right = _cuts(used.any(axis=0), pads.left, pads.right)
    if not (top or bottom or left or right):
        return op
    less = Pads(
        top=pads.top - top,
        left=pads.left - left,
        bottom=pads.bottom - bottom,
        right=pads.right - right,
    )
    kernel = rows - top - bottom, columns - left - right
    weights = op.weights[:, :, top : rows - bottom, left : columns - right]
    return replace(op, weights=weights, window=replace(op.window, kernel=kernel, pads=less))


def _cuts(used: NDArray[np.bool_], before: int, after: int) -> tuple[int, int]:
    """How many rows to cut at the beginning and at the end, given the rows of padding there.

    The last term of each keeps what is left larger than the padding at the other side.
    """
    size = len(used)
    first, last = (int(used.argmax()), int(used[::-1].argmax())) if used.any() else (size, size)
    return min(first, before, size - 1 - after), min(last, after, size - 1 - before)
