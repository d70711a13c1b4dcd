"""The inputs of the file: what frames look like and which integers they hold."""

import math
import re
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Input, InputType, Port, QInt, Shape

from .builder import Builder
from .grid import Grid
from .inputs import IntegerInput, ScaledInput
from .limits import check_map
from .sat import pixels
from .value import Relayout, Value, canvas_of

_INTEGER_TYPES: dict[int, QInt] = {
    TensorProto.UINT8: QInt(0, 255),
    TensorProto.INT8: QInt(-128, 127),
    TensorProto.UINT16: QInt(0, 65535),
    TensorProto.INT16: QInt(-32768, 32767),
}
_BIPOLAR = QInt(-1, 1, step=2)
_PIXELS = QInt(0, 255)


def read_input(
    builder: Builder, model: onnx.ModelProto, given: InputType | None
) -> tuple[str, int, Value]:
    """Name, batch size and value of the one input. Raises ``CompileError`` (CB107..CB109, CB115).

    ``given`` is what the user says of an input of which the file says nothing.

    A float input without annotation takes pixels, UINT8, where the file uses ``ScalingFixedPoint``
    or ``SAT_Quant``: the chip of these files takes nothing else. ``SAT_Quant`` files mean them
    divided by 255.
    """
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in stored]
    if len(inputs) != 1:
        raise CompileError(
            "CB108",
            f"the network has {len(inputs)} inputs",
            at=Origin(builder.file, ", ".join(i.name for i in inputs)),
            help="cut the network so that one tensor enters it",
        )
    at = builder.at(inputs[0].name)
    frames, dims = _dimensions(inputs[0], at)
    canvas = canvas_of(dims)
    # what is neither vector nor map is rearranged first, and its values are channels until then
    check_map(canvas or Shape(math.prod(dims), 1, 1), at)
    grid = Grid(np.ones(dims[0]))
    layout = (Relayout((), dims),)
    name = inputs[0].name
    levels = _integers(inputs[0], _annotation(model, name), at)
    operators = {node.op_type for node in model.graph.node}
    if levels is None and operators & {"ScalingFixedPoint", "SAT_Quant"}:
        levels = _PIXELS
    if levels is not None and given is not None:
        raise CompileError(
            "CB115",
            f"the file itself says that it holds integers {levels.lo}..{levels.hi}",
            at=at,
            help="leave out --input-type",
        )
    scale = float(given.scale) if given else 1.0
    levels = given.range if given else levels
    if levels is None:
        value = Value(
            name, canvas or Shape(math.prod(dims), 1, 1), dims, grid, np.zeros(1), layout=layout
        )
        return name, frames, value
    if canvas is None:
        raise CompileError(
            "CB107",
            f"frames of shape {dims} are neither vectors nor maps",
            at=at,
            help="give it the shape batch x channels, or batch x channels x rows x columns",
        )
    if "SAT_Quant" in operators:
        if levels.lo < 0:
            raise CompileError(
                "CB109",
                f"its integers {levels.lo}..{levels.hi} are signed, in a SAT_Quant network",
                at=at,
                help="annotate it with UINT8, or not at all",
            )
        grid = pixels(dims[0], levels.hi)
        builder.notes.append(
            f"'{name}' takes integers {levels.lo}..{levels.hi}, which stand for the file's own"
            f" values times {levels.hi}"
        )
    builder.add(name, Input(shape=canvas, range=levels))
    if given:
        grid = Grid(np.full(dims[0], scale))
    integers = IntegerInput(name, dims, canvas, levels)
    convert = integers if scale == 1 else ScaledInput(name, dims, canvas, levels, scale)
    builder.inputs.append(Port(name, name, dims, convert))
    return name, frames, Value(name, canvas, dims, grid, np.zeros(canvas.channels))


def _dimensions(info: onnx.ValueInfoProto, at: Origin) -> tuple[int, tuple[int, ...]]:
    """Batch size (1 if it is open) and shape of a frame."""
    shape = info.type.tensor_type.shape.dim
    dims = tuple(d.dim_value for d in shape)
    if len(dims) < 2 or any(d <= 0 for d in dims[1:]):
        shown = ", ".join(str(d.dim_value or d.dim_param or "?") for d in shape)
        raise CompileError(
            "CB109",
            f"its shape ({shown}) is not fixed, or has no batch dimension",
            at=at,
            help="export the network with a fixed image size; only the batch may be open",
        )
    return max(1, dims[0]), dims[1:]


def _annotation(model: onnx.ModelProto, name: str) -> str:
    """The ``finn_datatype`` of a tensor; empty if it has none."""
    for annotation in model.graph.quantization_annotation:
        if annotation.tensor_name == name:
            for entry in annotation.quant_parameter_tensor_names:
                if entry.key == "finn_datatype":
                    return str(entry.value)
    return ""


def _integers(info: onnx.ValueInfoProto, annotation: str, at: Origin) -> QInt | None:
    """Range of the integers that enter; None for floats."""
    kind = info.type.tensor_type.elem_type
    if annotation == "BIPOLAR":
        return _BIPOLAR
    if annotation == "BINARY":
        return QInt(0, 1)
    if annotation == "TERNARY":
        return QInt(-1, 1)
    match = re.fullmatch(r"(U?)INT([1-9]|[12][0-9]|3[0-2])", annotation)
    if match:
        bits = int(match[2])
        return QInt(0, 2**bits - 1) if match[1] else QInt(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if kind in _INTEGER_TYPES:
        return _INTEGER_TYPES[kind]
    if kind != TensorProto.FLOAT:
        raise CompileError(
            "CB109",
            f"its element type {_type_name(kind)} is not supported",
            at=at,
            help="use float32, uint8 or int8",
        )
    return None


def _type_name(kind: int) -> str:
    known: Sequence[int] = list(TensorProto.DataType.values())
    return str(TensorProto.DataType.Name(kind)) if kind in known else str(kind)
