"""Open an ONNX file without trusting it: sizes are checked, nothing outside the file is read."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.user_files import TooLongError, UnreadableError, read_file

from .limits import MAX_RANK, check_names, check_tensors
from .wire import MAX_PARTS, NotAMessageError, TooManyPartsError, check

_TYPES = "FLOAT DOUBLE FLOAT16 INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 BOOL"
NUMBERS = {onnx.TensorProto.DataType.Value(name) for name in _TYPES.split()}
MAX_BYTES = 2**28  #: of a file
MAX_ELEMENTS = 2**24  #: of one constant


def load(path: Path) -> onnx.ModelProto:
    """Parsed file. Raises ``CompileError`` (CB101..CB103, CB110..CB112) if it is no ONNX model."""
    at = Origin(path.name)
    try:
        content = read_file(path, MAX_BYTES)
        check(content, onnx.ModelProto.DESCRIPTOR)
        model = onnx.ModelProto.FromString(content)
    except (DecodeError, NotAMessageError):
        raise _not_onnx(at) from None
    except TooManyPartsError:
        raise CompileError(
            "CB112",
            f"the file has more than {MAX_PARTS:,} parts: no network that fits onto a chip has",
            at=at,
            help="use a smaller network",
        ) from None
    except TooLongError as fault:
        raise CompileError(
            "CB102",
            str(fault),
            at=at,
            help="use a smaller network: all its weights have to fit onto a chip",
        ) from None
    except UnreadableError as fault:
        raise CompileError("CB101", f"{fault}: {path}", at=at, help="check the path") from None
    if not model.HasField("graph") or not model.graph.node:
        raise _not_onnx(at)
    check_names(model.graph, at)
    check_tensors(model.graph, at)
    return model


def _not_onnx(at: Origin) -> CompileError:
    return CompileError(
        "CB103",
        "this is not an ONNX model, or it is cut short",
        at=at,
        help="pass the .onnx file as it was exported; compare its size with the original",
    )


def array(tensor: onnx.TensorProto, at: Origin) -> NDArray[Any]:
    """Values of a tensor stored in the file itself. Raises ``CompileError`` (CB104..CB106)."""
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise CompileError(
            "CB105",
            f"tensor '{tensor.name}' is stored outside the file",
            at=at,
            help="save the model again with all tensors inside the file",
        )
    shaped = len(tensor.dims) <= MAX_RANK and all(d >= 0 for d in tensor.dims)
    if tensor.data_type not in NUMBERS or not shaped:
        raise _damaged(tensor, at)
    if math.prod(tensor.dims) > MAX_ELEMENTS:
        raise CompileError(
            "CB113",
            f"tensor '{tensor.name}' has shape {tuple(tensor.dims)}, which is more than"
            f" {MAX_ELEMENTS:,} numbers",
            at=at,
            help="use a smaller network: all its weights have to fit onto a chip",
        )
    try:
        values: NDArray[Any] = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, LookupError, NotImplementedError):
        raise _damaged(tensor, at) from None
    if values.dtype.kind not in "fiub":
        raise _damaged(tensor, at)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise CompileError(
            "CB106",
            f"tensor '{tensor.name}' holds values that are infinite or not a number",
            at=at,
            help="export the network again from a sound checkpoint",
        )
    return values


def _damaged(tensor: onnx.TensorProto, at: Origin) -> CompileError:
    return CompileError(
        "CB104",
        f"tensor '{tensor.name}' does not hold the numbers of its shape {tuple(tensor.dims)}",
        at=at,
        help="export the file again",
    )
