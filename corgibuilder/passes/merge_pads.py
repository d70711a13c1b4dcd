"""Merges a pad into the window of what reads it.

    x -> Pad 0 -> Conv, sum          x -> Conv, sum with more padding
    x -> Pad v -> maximum            becomes  x -> maximum with more padding, if no x is below v
    x -> Pad v -> Pad v              x -> Pad v

Needs:  ranges; the pad has one reader and is no output. No window then lies in padding alone: that
        has no maximum, and hardware does not begin with it.
Keeps:  the name and value of every node that stays.
"""

from dataclasses import replace
from functools import singledispatch

from corgibuilder.ir import (
    Conv,
    Graph,
    Network,
    Node,
    Op,
    Pad,
    Pads,
    Pool,
    PoolKind,
    TensorType,
    Window,
)

from .rewrite import merge_pairs


def merge_pads(network: Network) -> Network:
    """The network with pads made part of windows."""
    return merge_pairs(network, _merged)


def _merged(graph: Graph, first: Node, second: Node) -> Node | None:
    if not isinstance(first.op, Pad):
        return None
    op = _padded(second.op, first.op, graph.type(first.inputs[0]))
    return None if op is None else replace(second, op=op, inputs=first.inputs)


@singledispatch
def _padded(op: Op, pad: Pad, x: TensorType) -> Op | None:
    """The op that gives for ``x`` what ``op`` gives for the padded one, if there is one."""
    return None


@_padded.register
def _(op: Conv, pad: Pad, x: TensorType) -> Conv | None:
    window = _wider(op.window, pad.pads)
    return replace(op, window=window) if window and pad.value == 0 else None


@_padded.register
def _(op: Pool, pad: Pad, x: TensorType) -> Pool | None:
    window = _wider(op.window, pad.pads)
    same = pad.value <= x.range.lo if op.kind is PoolKind.MAX else pad.value == 0
    return replace(op, window=window) if window and same else None


@_padded.register
def _(op: Pad, pad: Pad, x: TensorType) -> Pad | None:
    return replace(op, pads=_sum(op.pads, pad.pads)) if op.value == pad.value else None


def _wider(window: Window, more: Pads) -> Window | None:
    pads = _sum(window.pads, more)
    rows, columns = window.kernel
    fits = max(pads.top, pads.bottom) < rows and max(pads.left, pads.right) < columns
    return replace(window, pads=pads) if fits else None


def _sum(a: Pads, b: Pads) -> Pads:
    return Pads(
        top=a.top + b.top,
        left=a.left + b.left,
        bottom=a.bottom + b.bottom,
        right=a.right + b.right,
    )
