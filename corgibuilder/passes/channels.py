"""How the channels of each op's output depend on those of its inputs.

A mask is bool ``(channels,)``. Ops that keep channels apart are *tied* to their inputs: they have
the channels that their inputs have, and no others.
"""

from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Op,
    Pad,
    Pool,
    Table,
    TensorType,
    Threshold,
    Upsample,
)

Mask = NDArray[np.bool_]


@singledispatch
def channels_read(op: Op, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
    """For each input the channels that ``op`` has to be given for its ``live`` channels."""
    raise NotImplementedError(type(op).__name__)


@singledispatch
def channels_given(op: Op, *live: Mask) -> Mask | None:
    """The channels that ``op`` has to have as its inputs have these; ``None`` if it is not tied."""
    raise NotImplementedError(type(op).__name__)


def keeps_all(op: Op) -> bool:
    """Whether ``op`` has to keep its output's channels: groups have to stay alike."""
    return isinstance(op, Conv) and op.groups > 1 and not op.depthwise


@channels_read.register
def _(op: Conv, live: Mask, x: TensorType) -> tuple[Mask, ...]:
    if op.depthwise:
        return (live,)
    if keeps_all(op):
        return (np.ones(x.shape.channels, bool),)
    meets: Mask = (op.weights[live] != 0).any(axis=(0, 2, 3))
    return (meets & ~known(op, x),)


def known(op: Conv, x: TensorType) -> Mask:
    """The channels whose every value that a window of ``op`` can meet is the same."""
    constant: Mask = x.lo == x.hi
    return constant & (x.lo == 0) if op.window.pads else constant


@channels_given.register
def _(op: Conv, live: Mask) -> Mask | None:
    return live if op.depthwise else None


@channels_read.register
def _(op: Argmax, live: Mask, x: TensorType) -> tuple[Mask, ...]:
    return (np.ones(x.shape.channels, bool),)


@channels_given.register
def _(op: Argmax, live: Mask) -> Mask | None:
    return None


@channels_read.register(Pool)
@channels_read.register(Threshold)
@channels_read.register(Clamp)
@channels_read.register(Upsample)
@channels_read.register(Pad)
@channels_read.register(Table)
@channels_read.register(Add)
def _(op: Op, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
    return (live,) * len(inputs)


@channels_given.register(Pool)
@channels_given.register(Threshold)
@channels_given.register(Clamp)
@channels_given.register(Upsample)
@channels_given.register(Pad)
@channels_given.register(Table)
@channels_given.register(Add)
def _(op: Op, *live: Mask) -> Mask | None:
    given: Mask = np.logical_or.reduce(live)
    return given


@channels_read.register
def _(op: Concat, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
    ends = np.cumsum([x.shape.channels for x in inputs])
    return tuple(np.split(live, ends[:-1]))


@channels_given.register
def _(op: Concat, *live: Mask) -> Mask | None:
    return np.concatenate(live)


@channels_read.register
def _(op: DepthToSpace, live: Mask, x: TensorType) -> tuple[Mask, ...]:
    count = op.block**2
    return (np.repeat(live, count) if op.block_last else np.tile(live, count),)


@channels_given.register
def _(op: DepthToSpace, live: Mask) -> Mask | None:
    count = op.block**2
    apart = live.reshape(-1, count).T if op.block_last else live.reshape(count, -1)
    given: Mask = np.logical_or.reduce(apart)
    return given
