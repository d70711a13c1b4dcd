"""How the model computes each layer: the C++ class, its numbers and its constants."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Clamp, Conv, Node, QInt, TensorType, Threshold
from corgibuilder.plan.requantisers import trimmed

from .bounds import flip, flipped_bias, halves, is_bytes, sum_reach
from .literals import Packed, pack
from .types import MAP_TYPES, SUM_TYPES, smallest

FEW_STEPS = 32  #: up to here the sum is compared with each
MAX_ENTRIES = 2**12  #: of a table for one channel
MAX_TABLE = 2**22  #: entries of all channels


@dataclass(frozen=True, slots=True, kw_only=True)
class CppConvolution:
    """``kind`` is the C++ class, constructed from a window, the rest of this, in order."""

    kind: str
    sum_type: str
    dimensions: tuple[int, ...]
    weights: Packed
    bias: Packed
    proof: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CppActivation:
    """``type`` is the C++ class; ``Keep`` needs no numbers, ``Clip`` only the range."""

    kind: str
    type: str
    lowest: int = 0
    highest: int = 0
    base: int = 0
    channels: int = 0
    steps: int = 0
    values: Packed | None = None
    entries: int = 0


def convolution(op: Conv, x: TensorType) -> CppConvolution:
    """The fastest class that is exact for all values of ``x``."""
    inputs, outputs = op.weights.shape[1], len(op.weights) // op.groups
    if op.depthwise:
        sums = smallest(sum_reach(op, x, flipped=False), SUM_TYPES)
        return CppConvolution(
            kind=f"Depthwise<{sums}>",
            sum_type=sums,
            dimensions=(len(op.weights),),
            weights=pack(op.weights[:, 0].transpose(1, 2, 0)),
            bias=pack(op.bias),
        )
    dimensions, weights = (op.groups, inputs, outputs), pack(op.weights.transpose(0, 2, 3, 1))
    sums = smallest(sum_reach(op, x, flipped=True), SUM_TYPES)
    if is_bytes(op, x) and sums != "i64":
        proof = halves(op, x)
        return CppConvolution(
            kind=f"DenseBytes<{sums}>",
            sum_type=sums,
            dimensions=dimensions,
            weights=weights,
            bias=pack(flipped_bias(op, x)),
            proof=(flip(x), proof.passes, proof.chunk),
        )
    sums = smallest(sum_reach(op, x, flipped=False), SUM_TYPES[1:])
    held = QInt(int(op.weights.min()), int(op.weights.max()))
    kind = f"Dense<{smallest(held, ('i8', 'i16', 'i32', 'i64'))}, {sums}>"
    return CppConvolution(
        kind=kind, sum_type=sums, dimensions=dimensions, weights=weights, bias=pack(op.bias)
    )


def activation(node: Node | None, x: TensorType, sum_type: str) -> CppActivation:
    """What makes the value of ``node`` from sums of type ``x``; those themselves without a node."""
    op = node.op if node else None
    if isinstance(op, Clamp):
        return CppActivation(kind="Clip", type="Clip", lowest=op.range.lo, highest=op.range.hi)
    if not isinstance(op, Threshold):
        return CppActivation(kind="Keep", type="Keep")
    steps, base = trimmed(op, x)
    count = steps.shape[1]
    reached = QInt(base, base + count)
    kind, entries = "Search", x.range.hi - x.range.lo + 1
    if count <= FEW_STEPS and smallest(reached, SUM_TYPES) == "i16":
        kind, name = "Steps", f"Steps<{sum_type}, {count}>"
    elif entries <= MAX_ENTRIES and entries * len(steps) <= MAX_TABLE:
        kind, name = "Table", f"Table<{smallest(reached, MAP_TYPES)}>"
    else:
        kind = name = "Search"
    return CppActivation(
        kind=kind,
        type=name,
        lowest=x.range.lo,
        base=base,
        channels=len(steps),
        steps=count,
        values=pack(np.ascontiguousarray(steps)),
        entries=entries,
    )
