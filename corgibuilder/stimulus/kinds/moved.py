"""Layers that move values, or choose from them: what an activation behind them meets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from corgibuilder.golden import evaluate
from corgibuilder.ir import Argmax, Ints, Op, Pad, TensorType, Upsample
from corgibuilder.plan.layers import Layer
from corgibuilder.stimulus.maps import Frame

from .sums import Operands, Ranges, Sums


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovedSums(Sums):
    """The only operand at each place is the value that ``op`` puts there.

    ``origins`` is int64 ``(channels, height, width)``: which of all values that enter it is,
    numbered through the inputs, and -1 where it is none of them, or that of another channel too.
    """

    op: Op
    origins: Ints

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        types = (
            replace(x, shape=replace(x.shape, height=height, width=width)) for x in self.inputs
        )
        shape = self.op.infer(*types).shape
        return shape.height, shape.width

    def under(self, frame: Frame, rows: Ints, columns: Ints) -> Ints:
        values = evaluate(self.op, *(x[None] for x in frame))[0]
        found: Ints = values[:, rows, columns].T[:, :, None]
        return found

    def operands_at(self, frame: Frame, row: int, column: int, group: int) -> Operands:
        number, empty = int(self.origins[group, row, column]), np.empty(0, np.int64)
        if number < 0:
            return Operands(np.zeros(1, bool), (), Ranges(empty, empty, empty))
        for x, values in zip(self.inputs, frame, strict=True):
            if number < values.size:
                place = np.unravel_index(number, values.shape)
                index = tuple(np.array([i]) for i in place)
                channel = index[0]
                ranges = Ranges(x.lo[channel], x.hi[channel], np.array([x.step]))
                return Operands(np.ones(1, bool), ((values, index),), ranges)
            number -= values.size
        raise IndexError(number)


def moved_sums(stage: Layer) -> Sums | None:
    """Of any op that moves values by single pixels, or within blocks of its own."""
    assert stage.op is not None
    return _sums(stage, stage.op, _moved(stage.op, stage.inputs))


def upsampled_sums(stage: Layer) -> Sums | None:
    op = stage.op
    assert isinstance(op, Upsample)
    return _sums(stage, op, _moved(op, stage.inputs), apart=op.factors)


def padded_sums(stage: Layer) -> Sums | None:
    op = stage.op
    assert isinstance(op, Pad)
    return _sums(stage, op, _moved(replace(op, value=-1), stage.inputs))


def argmax_sums(stage: Layer) -> Sums | None:
    """Numbers of channels, which no frame is made for."""
    op = stage.op
    assert isinstance(op, Argmax)
    return _sums(stage, op, np.full(tuple(op.infer(*stage.inputs).shape), -1))


def _sums(stage: Layer, op: Op, origins: Ints, *, apart: tuple[int, int] = (1, 1)) -> Sums | None:
    """``None`` without an activation: there are no constants."""
    if stage.activation is None:
        return None
    out = op.infer(*stage.inputs)
    ones = np.ones((out.shape.channels, 1, 1), np.int64)
    return MovedSums(
        inputs=stage.inputs,
        weights=ones,
        bias=np.zeros((len(ones), 1), np.int64),
        operands=Ranges(out.lo[:, None], out.hi[:, None], np.full((len(ones), 1), out.step)),
        apart=apart,
        op=op,
        origins=origins,
    )


def _moved(op: Op, inputs: Sequence[TensorType]) -> Ints:
    """``op`` on maps of numbers, counted through all of them."""
    ends = np.cumsum([0, *(x.shape.size for x in inputs)])
    shapes = [(1, *x.shape) for x in inputs]
    numbers = [np.arange(a, b) for a, b in pairwise(ends)]
    maps = (some.reshape(shape) for some, shape in zip(numbers, shapes, strict=True))
    moved: Ints = evaluate(op, *maps)[0]
    return _once(moved)


def _once(origins: Ints) -> Ints:
    """Without those of a channel that are also those of a channel before, at the same place."""
    for channel in range(1, len(origins)):
        origins[channel][(origins[:channel] == origins[channel]).any(axis=0)] = -1
    return origins
