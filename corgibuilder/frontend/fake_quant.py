"""``Conv``, ``BatchNormalization``, ``SAT_Quant``: the float form of a NeuroCorgi network.

It is read as the chip computes it: not the float32 arithmetic of the file, but the integers that
its layers are fused to (see :mod:`.sat`). Outputs of the file are ``index / range * alpha``.
"""

from dataclasses import replace

import numpy as np
import onnx

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Conv, Input

from . import linear
from .elementwise import Arithmetic, Array, BatchNorm, WithConstant
from .fixed_point import MAX_BITS, requantised
from .sat import SatGrid, activations, fuse, sums
from .value import Const, Step, Value
from .visit import Visit

FIRST_WEIGHT_TOP = 127  #: the layer that reads the input has 8-bit weights
WEIGHT_TOP = 7  #: all others have 4-bit weights

NOTE = (
    "SAT_Quant layers are read as the chip computes them, batch normalisation fused into integers"
    " with 16 fractional bits: the file's own floats may round to a neighbouring level"
)


def sums_before_sat(graph: onnx.GraphProto) -> frozenset[str]:
    """Tensors that a Conv computes for a BatchNormalization in front of a SAT_Quant."""
    maker = {output: node for node in graph.node for output in node.output if output}

    def sources(kind: str, tensors: set[str]) -> set[str]:
        made = (maker[name] for name in tensors if name in maker)
        return {node.input[0] for node in made if node.op_type == kind and node.input}

    quantised = {o for node in graph.node if node.op_type == "SAT_Quant" for o in node.output}
    scaled = sources("BatchNormalization", sources("SAT_Quant", quantised))
    return frozenset(t for t in scaled if t in maker and maker[t].op_type == "Conv")


def conv(visit: Visit) -> Value:
    """``Conv`` before ``SAT_Quant``: weights in -1..1, rounded in float32 to 127ths or 7ths."""
    x = visit.builder.integers(visit.value(), visit.name)
    if not isinstance(x.grid, SatGrid):
        raise visit.unsupported(
            "before SAT_Quant of values that no SAT_Quant gave",
            "let it read the input or a SAT_Quant",
        )
    first = isinstance(visit.builder.op(x.node), Input)
    top = FIRST_WEIGHT_TOP if first else WEIGHT_TOP
    weights = visit.const(1).array.astype(np.float32)
    largest = np.abs(weights).max(initial=0)
    if largest > 1:
        raise visit.refuse(
            "CB307",
            f"its weights reach {largest:g}, and those of a SAT_Quant network lie in -1..1",
            "store the quantised weights, scaled to -1..1",
        )
    whole = Const(np.rint(weights * np.float32(top)))
    value = linear.conv(replace(visit, inputs=(visit.inputs[0], whole)))
    channels = value.map_shape.channels
    grid = sums(channels, x.grid, top)
    value = replace(value, grid=grid, error=np.zeros(channels), chain=())
    if not visit.has(2):
        return value
    bias = visit.channelwise(value, visit.const(2).array)
    return value.then(Step(WithConstant(Arithmetic.ADD, bias), visit.name))


def sat_quant(visit: Visit) -> Value:
    """``SAT_Quant``: ``round(clip(x, 0, alpha) / alpha * (2**nb_bits - 1))``, fused for the chip.

    ``alpha`` and ``nb_bits`` are attributes, or the constant inputs 1 and 2.
    """
    value = visit.value()
    grid, norm, own = _layer(visit, value)
    alpha = _number(visit, "alpha", 1)
    bits = _number(visit, "nb_bits", 2)
    if not 0 < alpha < np.inf:
        raise visit.refuse("CB106", f"its alpha is {alpha:g}", "check the alpha of this node")
    if bits not in range(1, MAX_BITS + 1):
        raise visit.unsupported(f"with nb_bits {bits:g}", f"use 1 to {MAX_BITS}")
    fused = fuse(grid, norm, own, alpha=alpha, bits=int(bits))
    if fused is None:
        raise CompileError(
            "CB308",
            "its gamma is so small that a bias exceeds 52 bits",
            at=visit.builder.at(value.chain[-1].node),
            help="set such gammas to 0",
        )
    op = visit.builder.op(value.node)
    assert isinstance(op, Conv)
    weights = op.weights * fused.sign[:, None, None, None]
    visit.builder.change(value.node, replace(op, weights=weights, bias=fused.bias))
    visit.builder.notes.append(NOTE)
    levels = activations(value.map_shape.channels, alpha, 2 ** int(bits) - 1)
    return requantised(visit, value, fused.requantiser, levels)


def _layer(visit: Visit, value: Value) -> tuple[SatGrid, BatchNorm, Array]:
    """Grid of the sums, the normalisation after them, and the bias of the convolution."""
    norm = value.chain[-1].operation if value.chain else None
    grid = value.grid
    if not isinstance(grid, SatGrid) or grid.weight_top == 1 or not isinstance(norm, BatchNorm):
        raise visit.unsupported(
            "of anything but a Conv with a BatchNormalization",
            "keep Conv, BatchNormalization and SAT_Quant together",
        )
    if value.shared:
        raise visit.unsupported(
            "of a Conv or BatchNormalization that something else reads too",
            "read the result of the SAT_Quant instead",
        )
    own = [s.operation.other for s in value.chain[:-1] if isinstance(s.operation, WithConstant)]
    return grid, norm, own[0] if own else np.zeros(())


def _number(visit: Visit, name: str, index: int) -> float:
    """An attribute, or a constant input with one element."""
    if visit.has(index):
        return float(visit.scalar(index))
    number = visit.attributes.get(name)
    if not isinstance(number, (int, float)):
        raise visit.refuse("CB107", f"its {name} is missing", "export the file again")
    return float(number)
