"""Random chains of operators with one input, on maps and on sequences, against onnxruntime."""

import numpy as np
import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.frontend import read

from .models import Model, integers, ours, theirs
from .test_activations import SPELT

MOST_VALUES = 3000  #: of a map
EXACT = ("Abs", "LeakyRelu", "HardSwish", "HardSigmoid", "Sign")
APPROXIMATED = ("Sigmoid", "Tanh", "Elu", "Softplus", "Gelu", "Mish", "Erf", "Softsign")
PLACES = (("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"))


class Chain:
    """A model that grows, and the shape of its last tensor: channels, then one or two sides."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        sides = int(self.rng.integers(1, 3))
        self.shape = (int(self.rng.integers(1, 9)), *self.rng.integers(3, 12, sides).tolist())
        self.model = Model(self.shape, "INT4", opset=20)

    @property
    def sides(self):
        return self.shape[1:]

    def pick(self, *values):
        return values[int(self.rng.integers(0, len(values)))]

    def numbers(self, low, high):
        """One for each side."""
        return self.rng.integers(low, high + 1, len(self.sides)).tolist()

    def window(self, dilated):
        """Kernel, dilations, strides and pads that leave something of the map."""
        apart = self.numbers(1, 3) if dilated else [1] * len(self.sides)
        kernel = [min(k, (n - 1) // d + 1) for k, d, n in zip(
            self.numbers(1, 3), apart, self.sides, strict=True)]  # fmt: skip
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, apart, strict=True)]
        strides = self.numbers(1, 2)
        pads = [int(self.rng.integers(0, r)) for r in (*reach, *reach)]
        ends = zip(pads[: len(reach)], pads[len(reach) :], strict=True)
        sides = [
            (n + a + b - r) // s + 1
            for n, (a, b), r, s in zip(self.sides, ends, reach, strides, strict=True)
        ]
        return kernel, apart, strides, pads, sides

    def conv(self):
        kernel, apart, strides, pads, sides = self.window(dilated=True)
        group = self.pick(1, 1, self.shape[0])
        outputs = group * int(self.rng.integers(1, 5)) if group == 1 else self.shape[0]
        weights = self.rng.integers(-3, 4, (outputs, self.shape[0] // group, *kernel))
        self.model.conv(
            weights, dilations=apart, strides=strides, pads=pads, group=group,
        )  # fmt: skip
        self.shape = (outputs, *sides)
        self.quant(
            reach=float(np.abs(weights).sum(axis=tuple(range(1, weights.ndim))).max() * 4 + 1)
        )

    def pool(self):
        kernel, _, strides, pads, sides = self.window(dilated=False)
        kind = self.pick("MaxPool", "AveragePool")
        more = {"count_include_pad": 1} if kind == "AveragePool" else {}
        self.model.node(kind, kernel_shape=kernel, strides=strides, pads=pads, **more)
        self.shape = (self.shape[0], *sides)
        if more:
            self.quant(reach=4.0)

    def pad(self):
        amounts = [int(n) for n in self.rng.integers(0, 3, 2 * len(self.sides))]
        half = len(self.sides)
        pads = [0, 0, *amounts[:half], 0, 0, *amounts[half:]]
        value = float(self.pick(0, 0, 1, -2))
        self.model.node("Pad", self.model.const(pads, np.int64), self.model.const(value))
        self.shape = (
            self.shape[0],
            *(n + amounts[i] + amounts[half + i] for i, n in enumerate(self.sides)),
        )

    def resize(self):
        factors = self.numbers(1, 3)
        place, nearest = self.pick(*PLACES)
        scales = self.model.const([1, 1, *factors])
        self.model.node(
            "Resize", "", scales, coordinate_transformation_mode=place, nearest_mode=nearest
        )
        self.shape = (self.shape[0], *(n * f for n, f in zip(self.sides, factors, strict=True)))

    def depth_to_space(self):
        if len(self.sides) == 2 and self.shape[0] % 4 == 0:
            self.model.node("DepthToSpace", blocksize=2, mode=self.pick("DCR", "CRD"))
            self.shape = (self.shape[0] // 4, *(2 * n for n in self.sides))

    def activation(self):
        match int(self.rng.integers(0, 4)):
            case 0:
                slopes = self.rng.normal(0, 1, (self.shape[0], *(1 for _ in self.sides)))
                self.model.node("PRelu", self.model.const(slopes))
            case 1:
                self.pick(*SPELT)(self.model)
            case 2:
                self.model.node(self.pick(*APPROXIMATED))
            case _:
                self.model.node(self.pick(*EXACT))
        self.quant(reach=4.0)

    def look_up(self):
        """Values 0 to 15, and a table for them."""
        self.model.quant(1.0, bits=4, signed=0)
        self.model.node("Cast", to=7)
        indices = self.model.last
        table = self.model.const(self.rng.integers(-8, 8, 16))
        self.model.node("Gather", indices, after=table)

    def quant(self, reach):
        """To integers of 3 to 8 bits whose scale is a power of two, and then 1."""
        bits = int(self.rng.integers(3, 9))
        self.model.quant(2.0 ** np.ceil(np.log2(reach / 2 ** (bits - 1))), bits=bits)
        if self.rng.random() < 0.7:
            self.model.quant(1.0, bits=4)

    def grow(self):
        step = self.pick("conv", "pool", "pad", "resize", "depth_to_space", "activation", "look_up")
        if np.prod(self.shape) * 9 < MOST_VALUES or step not in ("resize", "conv"):
            getattr(self, step)()


def compare(seed, tmp_path):
    """Whether it was read; asserts that all is equal if no note says otherwise."""
    chain = Chain(seed)
    for _ in range(int(chain.rng.integers(1, 6))):
        chain.grow()
    if not chain.model.nodes:
        return "empty"
    frames = integers(seed, chain.model.shape, -8, 7)
    try:
        network = read(chain.model.save(tmp_path))
    except CompileError as refused:
        return refused.code
    (found,) = ours(network, frames).values()
    expected = theirs(chain.model.proto(), frames)[chain.model.last]
    assert found.shape == expected.shape
    if not network.notes:
        np.testing.assert_array_equal(found, expected)
        return "exact"
    return "noted"


@pytest.mark.parametrize("seed", range(100))
def test_random_chains(seed, tmp_path):
    assert compare(seed, tmp_path) in ("exact", "noted", "empty", "CB304", "CB321")


@pytest.mark.slow
def test_many_random_chains(tmp_path):
    outcomes = [compare(seed, tmp_path) for seed in range(1000, 2500)]
    assert outcomes.count("exact") > 1000
    assert set(outcomes) <= {"exact", "noted", "empty", "CB304", "CB321"}
