"""The inputs of the file: what frames look like and which integers they hold."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

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
from .value import Relayout, Value, map_shape_of

_INTEGER_TYPES: dict[int, QInt] = {
    TensorProto.UINT8: QInt(0, 255),
    TensorProto.INT8: QInt(-128, 127),
    TensorProto.UINT16: QInt(0, 65535),
    TensorProto.INT16: QInt(-32768, 32767),
}
_BIPOLAR = QInt(-1, 1, step=2)
_PIXELS = QInt(0, 255)


def read_inputs(
    builder: Builder, model: onnx.ModelProto, given: InputType | None
) -> tuple[int, dict[str, Value]]:
    """Batch size, and the value of every input by name.

    Raises ``CompileError`` (CB107..CB109, CB115, CB116). ``given`` is what the user says of an
    input of which the file says nothing.

    A float input without annotation takes pixels, UINT8, where the file uses ``ScalingFixedPoint``
    or ``SAT_Quant``: the chip of these files takes nothing else. ``SAT_Quant`` files mean them
    divided by 255.
    """
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in stored]
    _check_names(builder, [i.name for i in inputs], given)
    shapes = {i.name: _dimensions(i, builder.at(i.name)) for i in inputs}
    frames = _batch_size(builder, {name: batch for name, (batch, _) in shapes.items()})
    levels = {i.name: _levels(model, i, builder.at(i.name)) for i in inputs}
    given_to = _said(builder, levels, given)
    values = {}
    for name, (_, dims) in shapes.items():
        if name in given_to:
            assert given is not None
            values[name] = _integer_input(builder, name, dims, given.range, float(given.scale))
        elif (known := levels[name]) is not None:
            sat = any(node.op_type == "SAT_Quant" for node in model.graph.node)
            values[name] = _integer_input(builder, name, dims, known, sat=sat)
        else:
            values[name] = _float_input(builder, name, dims)
    return frames, values


def _check_names(builder: Builder, names: Sequence[str], given: InputType | None) -> None:
    """Refuse a file without inputs, two of one name, and a type for an input that is not there."""
    if not names:
        raise CompileError(
            "CB108",
            "the network has no inputs",
            at=Origin(builder.file),
            help="export the file again, with the tensors that enter as inputs",
        )
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise CompileError(
            "CB108",
            f"{names.count(twice[0])} inputs have the name '{twice[0]}'",
            at=builder.at(twice[0]),
            help="give every input a name of its own",
        )
    if given is not None and given.input not in (None, *names):
        raise CompileError(
            "CB116",
            f"there is no input '{given.input}' to be of type {given.name}",
            at=Origin(builder.file),
            help=f"name one of its inputs: {', '.join(names)}",
        )


def _batch_size(builder: Builder, batches: Mapping[str, int]) -> int:
    """The one batch size of all inputs of which it is not open; 1 if it is of all."""
    fixed = {name: batch for name, batch in batches.items() if batch > 0}
    if len(set(fixed.values())) > 1:
        shown = ", ".join(f"{batch} at '{name}'" for name, batch in fixed.items())
        raise CompileError(
            "CB109",
            f"its inputs have different numbers of frames: {shown}",
            at=Origin(builder.file, next(iter(fixed))),
            help="export the network with the same batch at every input",
        )
    return next(iter(fixed.values()), 1)


def _said(
    builder: Builder, levels: Mapping[str, QInt | None], given: InputType | None
) -> Sequence[str]:
    """The inputs that ``given`` is about. Raises ``CompileError`` (CB115) if the file knows them.

    Without a name these are all that the file leaves open.
    """
    if given is None:
        return ()
    asked = [name for name in levels if given.input in (None, name)]
    open_ones = [name for name in asked if levels[name] is None]
    if open_ones:
        return open_ones
    known = levels[asked[0]]
    assert known is not None
    raise CompileError(
        "CB115",
        f"the file itself says that it holds integers {known.lo}..{known.hi}",
        at=builder.at(asked[0]),
        help="leave out --input-type",
    )


def _float_input(builder: Builder, name: str, dims: tuple[int, ...]) -> Value:
    """Floats, which a quantiser behind makes integers of.

    What is neither vector nor map is rearranged first, and its values are channels until then.
    """
    map_shape = map_shape_of(dims) or Shape(math.prod(dims), 1, 1)
    check_map(map_shape, builder.at(name))
    layout = (Relayout((), dims),)
    return Value(name, map_shape, dims, Grid(np.ones(dims[0])), np.zeros(1), layout=layout)


def _integer_input(
    builder: Builder,
    name: str,
    dims: tuple[int, ...],
    levels: QInt,
    scale: float = 1.0,
    *,
    sat: bool = False,
) -> Value:
    """Integers, each of which stands for itself times ``scale``; in a ``sat`` file for a share."""
    at, map_shape = builder.at(name), map_shape_of(dims)
    if map_shape is None:
        raise CompileError(
            "CB107",
            f"frames of shape {dims} are neither vectors nor maps",
            at=at,
            help="give it the shape batch x channels, or batch x channels x rows x columns",
        )
    check_map(map_shape, at)
    grid = _shares(builder, name, dims, levels) if sat else Grid(np.full(dims[0], scale))
    builder.add(name, Input(shape=map_shape, range=levels))
    integers = IntegerInput(name, dims, map_shape, levels)
    convert = integers if scale == 1 else ScaledInput(name, dims, map_shape, levels, scale)
    builder.inputs.append(Port(name, name, dims, convert))
    return Value(name, map_shape, dims, grid, np.zeros(map_shape.channels))


def _shares(builder: Builder, name: str, dims: tuple[int, ...], levels: QInt) -> Grid:
    """What the integers of a ``SAT_Quant`` network stand for: parts of the largest one."""
    if levels.lo < 0:
        raise CompileError(
            "CB109",
            f"its integers {levels.lo}..{levels.hi} are signed, in a SAT_Quant network",
            at=builder.at(name),
            help="annotate it with UINT8, or not at all",
        )
    builder.notes.append(
        f"'{name}' takes integers {levels.lo}..{levels.hi}, which stand for the file's own"
        f" values times {levels.hi}"
    )
    return pixels(dims[0], levels.hi)


def _dimensions(info: onnx.ValueInfoProto, at: Origin) -> tuple[int, tuple[int, ...]]:
    """Batch size, 0 if it is open, and shape of a frame."""
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
    return max(0, dims[0]), dims[1:]


def _levels(model: onnx.ModelProto, info: onnx.ValueInfoProto, at: Origin) -> QInt | None:
    """Range of the integers that enter as the file has it; ``None`` for floats."""
    levels = _integers(info, _annotation(model, info.name), at)
    operators = {node.op_type for node in model.graph.node}
    if levels is None and operators & {"ScalingFixedPoint", "SAT_Quant"}:
        return _PIXELS
    return levels


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
