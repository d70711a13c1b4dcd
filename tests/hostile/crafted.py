"""Files made to do harm: each a name and what it holds, or a function that makes it at a path."""

import io
import json
import os
import pickle
import zipfile
from functools import partial

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from ..frontend.models import QONNX, Model

HUGE = (2**31, 2**40, 2**62, 2**63 - 1)


def files():
    """All of them, by kind and name."""
    kinds = (other_kinds, places, wire, tensors, graphs, attributes, constants)
    return {kind.__name__: kind() for kind in kinds}


# ---- files of other kinds, and what is no file


def other_kinds():
    picture, archive = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("model.onnx", _chain().SerializeToString())
    return {
        "empty": b"",
        "tflite": b"\x1c\0\0\0TFL3" + bytes(64),
        "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(512),
        "png": picture.getvalue(),
        "zip": archive.getvalue(),
        "gzip": b"\x1f\x8b\x08" + bytes(30),
        "pickle": pickle.dumps({"weights": [1, 2]}),
        "elf": b"\x7fELF" + bytes(200),
        "pdf": b"%PDF-1.4\n" + b"x" * 100,
        "text": b"Dear network,\nhello\n",
        "json": json.dumps({"graph": {"node": []}}).encode(),
        "nested json": b"[" * 100_000,
        "html": b"<!DOCTYPE html><html><script>alert(1)</script>",
        "zeros": bytes(1000),
        "ones": b"\xff" * 1000,
        "newlines": b"\n" * 5000,
        "utf-16": "ONNX".encode("utf-16"),
    }


def places():
    """What has the name of a file."""
    return {
        "folder": lambda path: path.mkdir(),
        "pipe": lambda path: os.mkfifo(path),
        "device": lambda path: path.symlink_to("/dev/zero"),
        "null": lambda path: path.symlink_to("/dev/null"),
        "link to itself": lambda path: path.symlink_to(path),
        "nothing": lambda path: None,
        "sparse": lambda path: _sparse(path, 2**28),
        "too large": lambda path: _sparse(path, 2**33),
    }


def _sparse(path, size):
    path.touch()
    os.truncate(path, size)


# ---- bytes that stand for more than they are


def _varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _field(number, content):
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def wire():
    deep = b""
    for _ in range(150):  # a graph in an attribute of a node of a graph
        deep = _field(1, _field(5, _field(6, deep)))
    return {
        "empty nodes": _field(7, b"\x0a\x00" * 2**21),
        "empty tensors": _field(7, b"\x2a\x00" * 2**21),
        "empty names": _field(7, _field(1, b"\x0a\x00" * 2**21)),
        "empty attributes": _field(7, _field(1, b"\x2a\x00" * 2**21)),
        "empty opsets": b"\x42\x00" * 2**23,
        "small numbers": lambda path: path.write_bytes(
            _field(7, _field(5, _field(7, bytes(2**26 + 1))))
        ),
        "dimensions": _field(7, _field(5, b"\x08\x01" * 2**21)),
        "graphs in graphs": _field(7, deep),
        "groups": _field(7, b"\x0b" * 5000),
        "a long number": b"\x38" + b"\xff" * 30,
        "a length beyond the end": _varint(7 << 3 | 2) + _varint(2**40) + b"\0",
        "unknown fields": _field(1000, bytes(2**20)) * 8,
        "no graph": _field(2, b"pytorch"),
        "an empty graph": _field(7, b""),
    }


# ---- tensors


def _chain(**more):
    model = Model((2, 6, 6))
    model.conv(np.ones((3, 2, 3, 3)), np.ones(3), **more)
    return model.proto()


def _with(change, proto=None):
    proto = proto or _chain()
    change(proto)
    return proto.SerializeToString()


def _dims(*dims):
    def change(proto):
        proto.graph.initializer[0].dims[:] = dims

    return _with(change)


def _typed(kind):
    def change(proto):
        proto.graph.initializer[0].data_type = kind

    return _with(change)


def _external(location, **more):
    def change(proto):
        tensor = proto.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **more}.items():
            tensor.external_data.add(key=key, value=value)

    return _with(change)


def _weights(array, **more):
    model = Model((2, 6, 6))
    model.conv(model.const(array, np.asarray(array).dtype), **more)
    return model.proto().SerializeToString()


def tensors():
    shapes = [
        *((size, 2, 3, 3) for size in (*HUGE, 0, -1)),
        *((3, 0, 3, 3), (3, 2, 0, 3), (2**20, 2**20, 3, 3)),
        *((), (54,), (3, 2, 9), (3, 2, 3, 3, 1), (1,) * 60 + (54,)),
    ]
    found = {f"dims {str(dims)[:40]}": _dims(*dims) for dims in shapes}
    found |= {f"type {kind}": _typed(kind) for kind in (0, 2, 7, 8, 9, 10, 14, 15, 16, 17, 22, 99)}
    found |= {
        f"external {place}": _external(place)
        for place in ("/etc/passwd", "../../../etc/passwd", "weights.bin", "", "/dev/zero", "x\0y")
    }
    found["external with a length"] = _external("/etc/hostname", offset="-1", length=str(2**62))
    with np.errstate(all="ignore"):
        odd = {"nan": np.nan, "infinite": np.inf, "tiny": 1e-45, "large": 3e38, "uneven": np.pi}
        for name, value in odd.items():
            found[f"weights {name}"] = _weights(np.full((3, 2, 3, 3), value, np.float32))
    found["weights without outputs"] = _weights(np.zeros((0, 2, 3, 3), np.float32))
    found["weights without inputs"] = _weights(np.zeros((3, 0, 3, 3), np.float32), group=1)
    found["weights of strings"] = _with(lambda p: p.graph.initializer[0].CopyFrom(
        helper.make_tensor("c0", TensorProto.STRING, [1], [b"x"])))  # fmt: skip
    found["weights of complex numbers"] = _weights(np.ones((3, 2, 3, 3), np.complex64))
    found["weights of two kinds"] = _with(lambda p: p.graph.initializer[0].float_data.append(1))
    return found


# ---- graphs and names


def _graph(*nodes, inputs=("input",), outputs=("out",), stored=()):
    infos = [helper.make_tensor_value_info(i, TensorProto.UINT8, (1, 2, 6, 6)) for i in inputs]
    ends = [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs]
    return helper.make_model(
        helper.make_graph(list(nodes), "g", infos, ends, list(stored))
    ).SerializeToString()


def _node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs, outputs, **attributes)


ONES = numpy_helper.from_array(np.ones((2, 2, 1, 1), np.float32), "w")
CONV = partial(_node, "Conv")


def _sized(*dims):
    def change(proto):
        shape = proto.graph.input[0].type.tensor_type.shape
        shape.ClearField("dim")
        for size in dims:
            shape.dim.add(dim_value=size)

    return _with(change)


def _named(**names):
    def change(proto):
        proto.graph.node[0].name = names.get("node", "conv")
        proto.graph.node[0].output[0] = proto.graph.output[0].name = names.get("output", "t0")

    return _with(change)


def graphs():
    conv = CONV(["input", "w"], ["out"])
    found = {
        "a circle": _graph(_node("Relu", ["out"], ["a"]), _node("Relu", ["a"], ["out"])),
        "itself": _graph(_node("Relu", ["out"], ["out"])),
        "no outputs": _graph(conv, outputs=(), stored=[ONES]),
        "no inputs": _graph(conv, inputs=(), stored=[ONES]),
        "two inputs": _graph(conv, inputs=("input", "other"), stored=[ONES]),
        "an input twice": _graph(conv, inputs=("input", "input"), stored=[ONES]),
        "an input without a name": _graph(conv, inputs=("input", ""), stored=[ONES]),
        "an input that is made": _graph(
            _node("Relu", ["input"], ["other"]), _node("Add", ["input", "other"], ["out"]),
            inputs=("input", "other")),
        "inputs that meet": _graph(
            _node("Add", ["input", "other"], ["out"]), inputs=("input", "other")),
        "inputs that never meet": _graph(
            conv, _node("Relu", ["other"], ["end"]), inputs=("input", "other"),
            outputs=("out", "end"), stored=[ONES]),
        "inputs that cancel out": _graph(
            _node("Add", ["input", "other"], ["sum"]), _node("Sub", ["sum", "other"], ["out"]),
            inputs=("input", "other")),
        "many inputs": _graph(
            _node("Concat", [f"in{k}" for k in range(200)], ["out"], axis=1),
            inputs=[f"in{k}" for k in range(200)]),
        "an output twice": _graph(conv, outputs=("out", "out"), stored=[ONES]),
        "an output that is the input": _graph(conv, outputs=("input",), stored=[ONES]),
        "the input and another": _graph(conv, outputs=("input", "out"), stored=[ONES]),
        "an output that is a weight": _graph(conv, outputs=("w",), stored=[ONES]),
        "an output of nobody": _graph(conv, outputs=("ghost",), stored=[ONES]),
        "an output without a name": _graph(conv, outputs=("",), stored=[ONES]),
        "a missing weight": _graph(conv),
        "no weight": _graph(CONV(["input"], ["out"])),
        "no operands": _graph(CONV([], ["out"])),
        "no results": _graph(CONV(["input", "w"], []), stored=[ONES]),
        "empty operands": _graph(CONV(["", ""], ["out"]), stored=[ONES]),
        "weights at run time": _graph(CONV(["input", "input"], ["out"])),
        "made twice": _graph(conv, _node("Relu", ["input"], ["out"]), stored=[ONES]),
        "weights twice": _graph(conv, stored=[ONES, ONES]),
        "a weight that is made": _graph(_node("Relu", ["input"], ["w"]), conv, stored=[ONES]),
        "many operands": _graph(_node("Add", ["input"] * 1000, ["out"])),
        "a long chain": _graph(*(
            _node("Relu", ["input" if not k else f"t{k}"], [f"t{k + 1}" if k < 1999 else "out"])
            for k in range(2000))),
        "name with markup": _named(node="[/red]", output="[/]"),
        "name with an escape": _named(node="\x1b[2J", output="\x1b]0;x\x07"),
        "name with a zero": _named(node="a\0b", output="c\0d"),
        "long name": _named(node="n" * 100_000, output="n" * 500),
        "name of keywords": _named(node="endmodule", output="allow_pickle"),
        "name in no UTF-8": _named(node="abcdefgh").replace(b"abcdefgh", b"ab\xff\xfe\x80fgh"),
        "output in no UTF-8": _named(output="abcdefgh").replace(b"abcdefgh", b"ab\xff\xfe\x80fgh"),
    }  # fmt: skip
    shapes = [
        *((1, 2, size, 6) for size in (*HUGE, 0, -1)),
        *((1, size, 6, 6) for size in HUGE),
        *((2**62, 2, 6, 6), (), (1,), (1, 2), (1, 2, 6), (1,) * 40),
        *((1, 2**17, 1, 1), (1, 2, 30_000, 30_000)),
    ]
    return found | {f"input {str(dims)[:40]}": _sized(*dims) for dims in shapes}


# ---- attributes and parameters


def attributes():
    found = {}
    for name, count in (("strides", 2), ("pads", 4), ("dilations", 2), ("kernel_shape", 2)):
        for value in (0, -1, 5, 2**31, 2**62):
            found[f"conv {name} {value}"] = _chain(**{name: [value] * count}).SerializeToString()
    odd = {"group": 2**62, "auto_pad": "x", "strides": 2, "pads": [1], "kernel_shape": [0.5]}
    for name, value in odd.items():
        found[f"conv odd {name}"] = _chain(**{name: value}).SerializeToString()
    for number in (1, -1, 2**62):
        found[f"conv group {number}"] = _chain(group=number).SerializeToString()
    quantisers = {
        **{f"{bits} bits": (0.3, 0, bits) for bits in (0, 3.7, 30, 64, np.nan)},
        **{f"scale {scale}": (scale, 0, 4) for scale in (0, -1, 1e-45, 3e38)},
        "a large zero": (1, 1e38, 4),
    }
    for name, parameters in quantisers.items():
        model = Model((2, 6, 6))
        model.conv(np.ones((3, 2, 3, 3)))
        model.quant(*parameters)
        found[f"quant with {name}"] = model.proto().SerializeToString()
    return found | _others()


def _others():
    """One layer with a parameter that no exporter would write."""
    cases = {
        "cast to 99": ("Cast", [], {"to": 99}),
        "flatten axis": ("Flatten", [], {"axis": 2**62}),
        "transpose perm": ("Transpose", [], {"perm": [0, 0, 0, 0]}),
        "transpose lengths": ("Transpose", [], {"perm": [2**62]}),
        "reshape": ("Reshape", [np.array([2**62, -1])], {}),
        "reshape to floats": ("Reshape", [np.array([0.5, np.nan])], {}),
        "reshape to many": ("Reshape", [np.ones(100_000, np.int64)], {}),
        "squeeze": ("Squeeze", [np.array([2**62])], {}),
        "unsqueeze": ("Unsqueeze", [np.array([-(2**63)])], {}),
        "unsqueeze often": ("Unsqueeze", [np.arange(100_000)], {}),
        "thresholds none": ("MultiThreshold", [np.zeros((2, 0))], {}),
        "thresholds many": ("MultiThreshold", [np.zeros((1, 2**22))], {}),
        "thresholds flat": ("MultiThreshold", [np.zeros(5)], {}),
        "pool": ("MaxPool", [], {"kernel_shape": [2**62, 1]}),
        "pool of nothing": ("MaxPool", [], {"strides": [1, 1]}),
        "top": ("TopK", [np.array([2**62])], {}),
        "argmax": ("ArgMax", [], {"axis": 2**62}),
        "divide by 0": ("Div", [np.zeros(1)], {}),
        "clip": ("Clip", [np.array(5.0), np.array(-5.0)], {}),
        "clip far": ("Clip", [np.array(-3e38), np.array(3e38)], {}),
        "norm": ("BatchNormalization", [np.ones(2), np.ones(2), np.ones(2), -np.ones(2)], {}),
        "add a map": ("Add", [np.arange(72.0).reshape(1, 2, 6, 6)], {}),
        "add more dimensions": ("Add", [np.ones((2, 2, 2, 2, 2, 2))], {}),
    }
    found = {}
    for name, (kind, constants, attributes) in cases.items():
        model = Model((2, 6, 6))
        stored = [model.const(c, c.dtype if c.dtype.kind == "i" else np.float32) for c in constants]
        domain = QONNX if kind == "MultiThreshold" else ""
        model.node(kind, *stored, domain=domain, **attributes)
        found[name] = model.proto().SerializeToString()
    return found


# ---- constants that grow while they are computed


def constants():
    large, row = np.ones(2**18, np.float32), np.ones((1, 2**16), np.float32)
    return {
        "concat of 40 GB": _growing("Concat", large, times=16, copies=32, axis=0),
        "concat again and again": _growing("Concat", large, times=200, copies=2, axis=0),
        "many constants": _growing("Neg", np.ones(2**22, np.float32), times=500, copies=1),
        "outer sum": _folded("Add", row, row.T),
        "outer product of many": _folded("Mul", row, np.ones((2**16, 1, 1), np.float32)),
        "power": _folded("Pow", row, row.T),
        "gather": _folded("Gather", row.reshape(-1, 1), np.zeros((2**14, 2**10), np.int64), axis=1),
        "gather beyond": _folded("Gather", large, np.array([2**62]), axis=0),
        "gather of nothing": _folded("Gather", np.zeros((0, 3), np.float32), np.array([0])),
        "gather alone": _folded("Gather", large),
        "quant that grows": _folded("Quant", np.ones((2**16, 1), np.float32), np.float32(1), row,
                                    np.float32(4), domain=QONNX, signed=1, narrow=0),
        "fill": _folded("ConstantOfShape", np.array([2**40])),
        "expand": _folded("Expand", large, np.array([2**20, 2**18])),
        "tile": _folded("Tile", large, np.array([2**40])),
        "range": _folded("Range", np.array(0), np.array(2**60), np.array(1)),
        "pad": _folded("Pad", large, np.array([2**40, 2**40])),
        "resize": _folded("Resize", large, large, np.array([1e9], np.float32)),
        "reshape to large": _folded("Reshape", large, np.array([2**40, 2**40])),
        "divide integers by 0": _folded("Div", np.array([1]), np.array([0])),
        "root of -1": _folded("Sqrt", np.array([-1], np.float32)),
        "cast a constant to 99": _folded("Cast", large, to=99),
        "cast a constant to text": _folded("Cast", large, to=TensorProto.STRING),
        "cast a constant to complex": _folded("Cast", large, to=TensorProto.COMPLEX64),
        "no value": _folded("Constant"),
        "a value of text": _folded("Constant", value_string="x"),
    }  # fmt: skip


def _growing(kind, start, *, times, copies, **attributes):
    model = Model((2, 6, 6))
    last = model.const(start)
    for _ in range(times):
        last = model.node(kind, *[last] * (copies - 1), after=last, **attributes)
    return _read(model, last)


def _folded(kind, *operands, **attributes):
    model = Model((2, 6, 6))
    names = [model.const(o, np.asarray(o).dtype) for o in operands]
    last = model.node(kind, **attributes)
    model.nodes[-1].input[:] = names
    return _read(model, last)


def _read(model, name):
    """A file whose network adds the constant to its input."""
    model.node("Add", name, after="input")
    return model.proto().SerializeToString()
