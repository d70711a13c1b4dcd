"""Which function reads which operator."""

from collections.abc import Callable

from . import chains, linear, pooling, quant, tail, views
from .value import Tensor
from .visit import Visit

Handler = Callable[[Visit], Tensor]

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
    "Conv": linear.conv,
    "MatMul": linear.matmul,
    "Gemm": linear.gemm,
    "MaxPool": pooling.max_pool,
    "GlobalMaxPool": pooling.global_max_pool,
    "AveragePool": pooling.average_pool,
    "GlobalAveragePool": pooling.global_average_pool,
    "ReduceMean": pooling.reduce_mean,
    "Reshape": views.reshape,
    "Flatten": views.flatten,
    "Squeeze": views.squeeze,
    "Unsqueeze": views.unsqueeze,
    "Transpose": views.transpose,
    "Shape": views.shape,
    "TopK": tail.top_k,
    "ArgMax": tail.arg_max,
}


def handler(kind: str, domain: str) -> Handler | None:
    """What reads this operator; None if nothing does."""
    if domain in QUANT_DOMAINS and kind in QUANT:
        return QUANT[kind]
    return STANDARD.get(kind) if domain in STANDARD_DOMAINS else None
