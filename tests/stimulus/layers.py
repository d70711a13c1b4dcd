"""Layers as the stimulus sees them, of any operation and with any number of inputs."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Add, Conv, Input, Ints, Op, QInt, Shape, TensorType


@dataclass(frozen=True, kw_only=True)
class LayerStub:
    """What the stimulus reads of a stage of the plan."""

    name: str = "layer"
    op: Op | None
    activation: Op | None
    inputs: tuple[TensorType, ...]
    acc: TensorType
    bias: Ints
    out: TensorType

    @property
    def sources(self):
        return tuple(f"x{k}" for k in range(len(self.inputs)))

    @property
    def result(self):
        return "y"


def layer(op, inputs, activation=None):
    """A layer of ``op``, which may be ``None``, and an activation."""
    sums = op.infer(*inputs) if op else inputs[0]
    bias = op.bias if isinstance(op, Conv) else np.zeros(sums.shape.channels, np.int64)
    return LayerStub(
        op=op,
        activation=activation,
        inputs=tuple(inputs),
        acc=TensorType(sums.shape, sums.lo - bias, sums.hi - bias, sums.step),
        bias=bias,
        out=activation.infer(sums) if activation else sums,
    )


def input_count(op):
    """As many as an op of any number has here."""
    return len(op.factors) if isinstance(op, Add) else 1 if op.arity[1] == 1 else 2


def tensor(shape, values: QInt):
    """Type of a map all of whose channels have one range."""
    return Input(shape=Shape(*shape), range=values).infer()
