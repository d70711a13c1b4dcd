"""What no network that becomes a circuit exceeds: checked first, so that all else relies on it."""

from collections.abc import Iterator

import onnx

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Shape

MAX_NAME = 1000  #: characters
MAX_RANK = 8  #: dimensions of a tensor
MAX_CHANNELS = 2**16  #: of a map, or numbers of a vector
MAX_MAP = 2**32  #: values in one frame
MAX_CONSTANT_BYTES = 2**29  #: of all constants together, those that follow from others included


def check_names(graph: onnx.GraphProto, at: Origin) -> None:
    """Raise ``CompileError`` (CB110, CB111) for a name that is no text, or too long to be shown."""
    for name in _names(graph):
        if not isinstance(name, str):  # protobuf gives bytes where they are not UTF-8
            raise CompileError(
                "CB110",
                f"the name {name!r:.100} is not text in UTF-8",
                at=at,
                help="export the file again, with other names",
            )
        if len(name) > MAX_NAME or "\0" in name:
            raise CompileError(
                "CB111",
                f"the name {name!r:.100} has {len(name):,} characters, or one that is 0",
                at=at,
                help=f"give it a name of up to {MAX_NAME:,} characters",
            )


def check_tensors(graph: onnx.GraphProto, at: Origin) -> None:
    """Raise ``CompileError`` (CB311) for a tensor that is there, or an output, more than once."""
    made = [tensor.name for tensor in graph.initializer]
    made += [name for node in graph.node for name in node.output if name]
    for names, what in ((made, "made"), ([o.name for o in graph.output], "listed as an output")):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise CompileError(
                    "CB311",
                    f"tensor '{name}' is {what} twice",
                    at=at,
                    help="export the file again",
                )
            seen.add(name)


def _names(graph: onnx.GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for info in (*graph.input, *graph.output, *graph.initializer):
        yield info.name
    for info in (*graph.input, *graph.output):
        yield from (dim.dim_param for dim in info.type.tensor_type.shape.dim)
    for annotation in graph.quantization_annotation:
        yield annotation.tensor_name
        for entry in annotation.quant_parameter_tensor_names:
            yield from (entry.key, entry.value)


def check_map(shape: Shape, at: Origin) -> None:
    """Raise ``CompileError`` (CB312) for a map of which nothing is left, or far too much."""
    problem = ""
    if min(shape) < 1:
        problem = f"nothing is left of a map of {shape}"
    elif shape.channels > MAX_CHANNELS:
        problem = f"it has {shape.channels:,} channels, more than {MAX_CHANNELS:,}"
    elif shape.size > MAX_MAP:
        problem = f"a frame of {shape} has more than {MAX_MAP:,} values"
    if problem:
        raise CompileError("CB312", problem, at=at, help="check the sizes of the layers up to here")
