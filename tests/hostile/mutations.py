"""Files with a little damage: bits, ends, fields, sizes and attributes of sound ones."""

import random
from functools import cache

import numpy as np
import onnx
from onnx import TensorProto

from corgibuilder.examples import DIGITS_NETWORK

from ..frontend.models import QONNX, Model

NUMBERS = (0, 1, -1, 2, 3, 7, 64, 2**16, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -1.0, 1e-38, 1e38, 0.3, 2.0**24, float("inf"), float("nan"))


@cache
def sound():
    """Networks that are in order, as messages."""
    digits = onnx.ModelProto.FromString(DIGITS_NETWORK.read_bytes())
    made = [_layers(), _constants(), _floats(), _chip(), _sat(), _inputs()]
    return [digits, *(model.proto() for model in made)]


def _layers():
    rng = np.random.default_rng(1)
    model = Model((2, 6, 7))
    model.conv(rng.integers(-3, 4, (4, 2, 3, 3)), rng.integers(-3, 4, 4), pads=[1, 1, 1, 1])
    model.node("BatchNormalization", *(model.const(np.arange(1, 5)) for _ in range(4)))
    model.quant(0.5)
    model.conv(rng.integers(-3, 4, (4, 1, 2, 2)), group=4, strides=[2, 1], auto_pad="SAME_UPPER")
    model.node("MultiThreshold", model.const(np.sort(rng.integers(-30, 30, (4, 7)))), domain=QONNX,
               out_dtype="UINT3", out_scale=1.0, out_bias=-2.0)  # fmt: skip
    model.node("MaxPool", kernel_shape=[2, 2], strides=[1, 2], ceil_mode=0)
    model.node("AveragePool", kernel_shape=[2, 2])
    model.quant(1.0)
    model.node("Flatten", axis=1)
    model.node("Gemm", model.const(rng.integers(-3, 4, (8, 5))), model.const(np.ones(5)),
               alpha=1.0, transB=0)  # fmt: skip
    model.node("TopK", model.const([1], np.int64), outputs=2, axis=-1, largest=1)
    return model


def _constants():
    """Weights and shapes that are computed from others."""
    model = Model((3, 4, 4))
    halves = [model.node("Quant", *(model.const(x) for x in (0.5, 0, 4)), after=model.const(
        np.arange(9, dtype=np.float32).reshape(3, 3, 1, 1) / 2 - 2), domain=QONNX, signed=1,
        narrow=0, rounding_mode="ROUND") for _ in range(2)]  # fmt: skip
    weights = model.node("Concat", halves[1], after=halves[0], axis=0)
    turned = model.node("Transpose", after=weights, perm=[0, 1, 3, 2])
    model.last = "input"
    model.conv(turned)
    shape = model.node("Gather", model.const([0], np.int64), after=model.node(
        "Shape", after=model.last), axis=0)  # fmt: skip
    whole = model.node("Concat", model.const([-1], np.int64), after=model.node(
        "Cast", after=shape, to=TensorProto.INT64), axis=0)  # fmt: skip
    model.node("Quant", *(model.const(x) for x in (0.5, 1, 5)), after="t4", domain=QONNX, signed=0,
               narrow=1, rounding_mode="FLOOR")  # fmt: skip
    model.node("Reshape", whole)
    model.node("MatMul", model.const(np.eye(96, 3)))
    model.node("Mul", model.const(2.0))
    model.node(
        "Trunc", *(model.const(x) for x in (1, 0, 8, 4)), domain=QONNX, rounding_mode="FLOOR"
    )
    return model


def _inputs():
    """Two inputs, one of them of floats, that meet."""
    rng = np.random.default_rng(2)
    model = Model((2, 4, 5), others={"right": ((1, 8, 10), "")})
    first = model.conv(rng.integers(-3, 4, (3, 2, 3, 3)), pads=[1, 1, 1, 1], after="input")
    first = model.quant(2.0, after=first)
    model.quant(0.25, after="right")
    second = model.conv(rng.integers(-3, 4, (3, 1, 2, 2)), strides=[2, 2])
    second = model.quant(1.0, after=second)
    model.node("Add", second, after=first)
    model.conv(rng.integers(-3, 4, (2, 3, 2, 2)))
    return model


def _floats():
    """A float input that is rearranged, scaled and quantised, and functions that stay float."""
    model = Model((4, 5, 2), annotation="")
    model.node("Transpose", perm=[0, 3, 1, 2])
    model.node("Sub", model.const(np.full((1, 2, 1, 1), 0.5)))
    model.node("Div", model.const(0.25))
    model.node("Clip", model.const(-3), model.const(3))
    model.quant(0.125, bits=6)
    model.node("BipolarQuant", model.const(1.0), domain=QONNX)
    model.conv(np.ones((2, 2, 3, 1)), pads=[1, 0, 1, 0])
    model.node("Relu")
    model.node("Neg")
    model.quant(1.0)
    model.node("GlobalAveragePool")
    model.node("Add", model.const(np.full((1, 2, 1, 1), 0.3)))
    return model


def _chip():
    model = Model((2, 6, 6), annotation="")
    model.conv(np.full((3, 2, 3, 3), 2))
    model.node("ScalingFixedPoint", model.const([3, 4, 5]), model.const([60, 70, 80]),
               quant_bits=4, fractionnal_bits=6, mode="Symmetric")  # fmt: skip
    model.conv(np.ones((2, 3, 1, 1)) / 7)
    model.node("ReduceMean", axes=[2, 3], keepdims=0)
    return model


def _sat():
    model = Model((2, 6, 6), annotation="")
    for inputs in (2, 3):
        model.conv(np.linspace(-1, 1, 3 * inputs).reshape(3, inputs, 1, 1))
        model.node("BatchNormalization", *(model.const(np.full(3, x)) for x in (1, 0.1, 0.2, 0.9)))
        model.node("SAT_Quant", alpha=1.5, nb_bits=4)
    return model


def mutant(seed):
    """Bytes of a damaged file; the same ones for the same seed."""
    rng = random.Random(seed)
    model = onnx.ModelProto()
    model.CopyFrom(rng.choice(sound()))
    kinds = (_bits, _cut, _spliced, _fields, _fields, _fields, _fields, _both)
    return rng.choice(kinds)(rng, model)


def _bits(rng, model):
    content = bytearray(model.SerializeToString())
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(content))
        content[place] = rng.choice([content[place] ^ 1 << rng.randrange(8), 0, 127, 255])
    return bytes(content)


def _cut(rng, model):
    content = model.SerializeToString()
    return content[: rng.randrange(len(content))]


def _spliced(rng, model):
    """Part of the same or of another file, put into a place where it does not belong."""
    content = model.SerializeToString()
    other = rng.choice(sound()).SerializeToString()
    start, place = rng.randrange(len(other)), rng.randrange(len(content))
    part = other[start : start + rng.randint(1, 80)]
    return content[:place] + part + content[place + rng.choice([0, len(part)]) :]


def _fields(rng, model):
    """Another value in one to three places, in a message that stays one."""
    for _ in range(rng.randint(1, 3)):
        places = list(_places(model))
        message, field, index = rng.choice(places)
        _change(rng, message, field, index)
    return model.SerializeToString()


def _both(rng, model):
    return _bits(rng, onnx.ModelProto.FromString(_fields(rng, model)))


def _places(message):
    """Every field of a message and of all messages in it; those that are repeated with an index."""
    for field, value in message.ListFields():
        repeated = not isinstance(value, (int, float, str, bytes)) and hasattr(value, "__len__")
        values = list(value) if repeated else [value]
        for index, part in enumerate(values[:40]):
            yield message, field, index if repeated else None
            if field.message_type is not None:
                yield from _places(part)


def _change(rng, message, field, index):
    value = getattr(message, field.name)
    if field.message_type is not None:
        if index is None:
            message.ClearField(field.name)
        elif rng.random() < 0.5:
            del value[index]
        else:
            value.add().CopyFrom(rng.choice(list(value)))
        return
    old = value if index is None else value[index]
    new = _other(rng, old, field)
    try:
        if index is None:
            setattr(message, field.name, new)
        else:
            value[index] = new
    except ValueError:  # a number that this field cannot hold
        pass


def _other(rng, old, field):
    if isinstance(old, bytes):
        return old[: rng.randrange(len(old) + 1)] + rng.randbytes(rng.choice([0, 4, 8]))
    if isinstance(old, str):
        return rng.choice(["", "[/red]", "\x1b[2J", "input", "t0", "t1", "Conv", "Concat", "axis",
                           "to", "Gather", "Cast", "Add", "MatMul", "Quant", "MaxPool", "c0",
                           "INT32", "x" * 300])  # fmt: skip
    if isinstance(old, float):
        return rng.choice(FLOATS)
    return rng.choice([old + 1, old - 1, old * 2, *NUMBERS])
