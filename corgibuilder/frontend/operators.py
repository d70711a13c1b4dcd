"""Which function reads which operator."""

from collections.abc import Callable

from . import (
    activations,
    chains,
    depth_to_space,
    fake_quant,
    fixed_point,
    joins,
    linear,
    padding,
    pooling,
    quant,
    select,
    tail,
    upsample,
    views,
)
from .curves import CurveKind
from .value import Tensor
from .visit import Visit

#: Gives the value of all outputs, or one for each; None for those that are not read.
Handler = Callable[[Visit], Tensor | tuple[Tensor | None, ...]]

#: QONNX and FINN operators occur in these domains; files of early Brevitas use the default one.
QUANT_DOMAINS = ("qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas", "")
STANDARD_DOMAINS = ("", "ai.onnx")

QUANT: dict[str, Handler] = {
    "Quant": quant.quant,
    "IntQuant": quant.quant,
    "BipolarQuant": quant.bipolar_quant,
    "Trunc": quant.trunc,
    "MultiThreshold": quant.multi_threshold,
}

#: N2D2 writes its own operators into the default domain.
N2D2: dict[str, Handler] = {
    "ScalingFixedPoint": fixed_point.scaling_fixed_point,
    "SAT_Quant": fake_quant.sat_quant,
}

STANDARD: dict[str, Handler] = {
    "Add": chains.arithmetic,
    "Sub": chains.arithmetic,
    "Mul": chains.arithmetic,
    "Div": chains.arithmetic,
    "Min": chains.arithmetic,
    "Max": chains.arithmetic,
    "Neg": chains.negate,
    "Relu": chains.relu,
    "Clip": chains.clip,
    "BatchNormalization": chains.batch_normalisation,
    "Floor": chains.rounding("FLOOR"),
    "Ceil": chains.rounding("CEIL"),
    "Round": chains.rounding("ROUND"),
    "Identity": chains.same,
    "Dropout": chains.same,
    "Cast": chains.cast,
    "PRelu": activations.p_relu,
    "Gelu": activations.gelu,
    "Pow": activations.power,
    "Conv": linear.conv,
    "MatMul": linear.matmul,
    "Gemm": linear.gemm,
    "MaxPool": pooling.max_pool,
    "GlobalMaxPool": pooling.global_max_pool,
    "AveragePool": pooling.average_pool,
    "GlobalAveragePool": pooling.global_average_pool,
    "ReduceMean": pooling.reduce_mean,
    "Resize": upsample.resize,
    "Upsample": upsample.upsample,
    "DepthToSpace": depth_to_space.depth_to_space,
    "Pad": padding.pad,
    "Reshape": views.reshape,
    "Flatten": views.flatten,
    "Squeeze": views.squeeze,
    "Unsqueeze": views.unsqueeze,
    "Transpose": select.transpose,
    "Shape": views.shape,
    "Concat": joins.concat,
    "Split": select.split,
    "Slice": select.slice_channels,
    "Gather": select.gather,
    "TopK": tail.top_k,
    "ArgMax": tail.arg_max,
}

ACTIVATIONS: dict[str, Handler] = {kind.value: activations.activation for kind in CurveKind}


#: What reads an operator with two or more inputs that are computed at run time.
JOINS: dict[str, Handler] = {
    "Add": joins.add,
    "Sub": joins.add,
    "Concat": joins.concat,
}


def handler(kind: str, domain: str, *, before_sat: bool = False) -> Handler | None:
    """What reads this operator; None if nothing does.

    ``before_sat`` is True for the convolutions that belong to a ``SAT_Quant``.
    """
    if domain in QUANT_DOMAINS and kind in QUANT:
        return QUANT[kind]
    if domain not in STANDARD_DOMAINS:
        return None
    if before_sat and kind == "Conv":
        return fake_quant.conv
    return N2D2.get(kind) or STANDARD.get(kind) or ACTIVATIONS.get(kind)
