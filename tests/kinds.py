"""Every kind of operation, said once: examples, what they give, and random ones.

Whoever tests all kinds takes them from here. All examples read maps of 4 channels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from corgibuilder.ir import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Move,
    Op,
    Pad,
    Pads,
    Pool,
    PoolKind,
    QInt,
    Select,
    Table,
    TensorType,
    Threshold,
    Upsample,
)

from .toys import HALVES, POINT, SAME, conv

CHANNELS = 4
Maps = list[np.ndarray]  #: of each input, ``[channel, row, column]``
Drawn = Callable[[np.random.Generator, TensorType], Op | None]


@dataclass(frozen=True, kw_only=True)
class Example:
    """An operation, and what is known of it.

    ``value`` is what its docstring says of one place ``(c, r, k)`` of its output; None where that
    takes more than a line, and is tested elsewhere. ``wrong`` are ops of this kind that cannot be,
    by what is said of them for a map of 4x5x6 of 0..3. ``drawn`` gives a random op of this kind for
    an input, or None if none fits.
    """

    op: Op
    text: str
    inputs: int = 1
    value: Callable[[Maps, int, int, int], int] | None = None
    wrong: Mapping[str, Op] = field(default_factory=dict)
    drawn: Drawn | None = None


def weights_of(shape, dtype=np.int64):
    return Conv(weights=np.ones(shape, dtype), bias=np.zeros(shape[0], np.int64), window=POINT)


def under(x, window, r, k):
    """The values of ``window`` at one place of its output, with zeros around the map."""
    rows, columns = window.kernel
    pads = ((0, 0), (window.pads.top, rows), (window.pads.left, columns))
    top, left = r * window.stride[0], k * window.stride[1]
    return np.pad(x, pads)[:, top : top + rows, left : left + columns]


def sides(top, left, bottom, right):
    return Pads(top=top, left=left, bottom=bottom, right=right)


def drawn_upsample(rng, x):
    return Upsample(factors=tuple(int(f) for f in rng.integers(1, 4, 2)))


def drawn_blocks(rng, x):
    block = int(rng.integers(1, 4))
    fits = x.shape.channels % block**2 == 0
    return DepthToSpace(block=block, block_last=bool(rng.random() < 0.5)) if fits else None


def drawn_pad(rng, x):
    value = int(rng.choice([0, 0, x.range.lo, rng.integers(x.range.lo - 2, x.range.hi + 3)]))
    return Pad(pads=sides(*rng.integers(0, 3, 4).tolist()), value=value)


def drawn_select(rng, x):
    count = int(rng.integers(1, 2 * x.shape.channels + 1))
    return Select(channels=tuple(rng.integers(0, x.shape.channels, count).tolist()))


DENSE = conv(4, 3, SAME)
WIDE = 3 * np.arange(-4, 8).reshape(4, 3)
STEPS = Threshold(steps=WIDE, base=-1)
TABLE = Table(values=np.arange(-99, 101)[None] % 7, lo=-99)
OWN = Table(values=np.arange(800).reshape(4, 200) % 11, lo=-99)

EXAMPLES = {
    "conv": Example(
        op=DENSE,
        text="Conv 3x3 pads [1, 1, 1, 1], weights 3x4x3x3 -7..7, 100 of them not 0, bias 3 0..2",
        value=lambda x, c, r, k: DENSE.bias[c] + (under(x[0], SAME, r, k) * DENSE.weights[c]).sum(),
        wrong={
            "3 groups of 2 inputs": replace(weights_of((3, 2, 1, 1)), groups=3),
            "1 groups of 3 inputs": weights_of((3, 3, 1, 1)),
            "5 biases for 3 outputs": replace(weights_of((3, 4, 1, 1)), bias=np.zeros(5, np.int64)),
            "its weights are int32": weights_of((3, 4, 1, 1), np.int32),
            "its bias are float64": replace(weights_of((3, 4, 1, 1)), bias=np.zeros(3)),
            "weights for a kernel of": weights_of((3, 4, 1, 2)),
            "do not fit 62 bits": replace(
                weights_of((3, 4, 1, 1)), weights=np.full((3, 4, 1, 1), 2**61)
            ),
        },
    ),
    "depthwise": Example(
        op=conv(4, 4, SAME, groups=4),
        text="Conv 3x3 pads [1, 1, 1, 1] in 4 groups, weights 4x1x3x3 -7..7, 34 of them not 0,"
        " bias 4 0..3",
    ),
    "max": Example(
        op=Pool(kind=PoolKind.MAX, window=HALVES),
        text="Pool max 2x2 stride 2x2",
        value=lambda x, c, r, k: under(x[0], HALVES, r, k)[c].max(),
        wrong={
            "windows lie in padding alone": Pool(
                kind=PoolKind.MAX, window=replace(POINT, pads=Pads(top=1))
            ),
            "no window moves like this": Pool(
                kind=PoolKind.MAX, window=replace(POINT, stride=(0, 1))
            ),
        },
    ),
    "sum": Example(
        op=Pool(kind=PoolKind.SUM, window=SAME),
        text="Pool sum 3x3 pads [1, 1, 1, 1]",
        value=lambda x, c, r, k: under(x[0], SAME, r, k)[c].sum(),
    ),
    "steps": Example(
        op=STEPS,
        text="Threshold -1.., steps 4x3 -12..21",
        value=lambda x, c, r, k: -1 + (x[0][c, r, k] >= WIDE[c]).sum(),
        wrong={
            "steps of 3 channels": replace(STEPS, steps=WIDE[:3]),
            "its steps are not sorted": replace(STEPS, steps=WIDE[:, ::-1]),
            "its steps are int16": replace(STEPS, steps=WIDE.astype(np.int16)),
        },
    ),
    "clamp": Example(
        op=Clamp(range=QInt(0, 1)),
        text="Clamp 0..1",
        value=lambda x, c, r, k: min(max(x[0][c, r, k], 0), 1),
    ),
    "table": Example(
        op=TABLE,
        text="Table from -99, values 1x200 0..6",
        value=lambda x, c, r, k: x[0][c, r, k] % 7,
        wrong={
            "its values for 1..4 do not cover 0..3": Table(values=np.arange(4)[None], lo=1),
            "its values for 0..2 do not cover 0..3": Table(values=np.arange(3)[None], lo=0),
            "values of 3 channels": replace(OWN, values=OWN.values[:3]),
        },
    ),
    "own tables": Example(
        op=OWN,
        text="Table from -99, values 4x200 0..10",
        value=lambda x, c, r, k: OWN.values[c, x[0][c, r, k] + 99],
    ),
    "argmax": Example(
        op=Argmax(),
        text="Argmax",
        value=lambda x, c, r, k: x[0][:, r, k].tolist().index(x[0][:, r, k].max()),
    ),
    "factor": Example(
        op=Add(factors=(-3,)),
        text="Add times -3",
        value=lambda x, c, r, k: -3 * x[0][c, r, k],
        wrong={
            "2 factors for 1 inputs": Add(factors=(1, 2)),
            "its sums of up to": Add(factors=(2**61,)),
        },
    ),
    "add": Example(
        op=Add(factors=(3, -2)),
        text="Add times 3, -2",
        inputs=2,
        value=lambda x, c, r, k: 3 * x[0][c, r, k] - 2 * x[1][c, r, k],
    ),
    "concat": Example(
        op=Concat(),
        text="Concat",
        inputs=2,
        value=lambda x, c, r, k: x[c // CHANNELS][c % CHANNELS, r, k],
    ),
    "select": Example(
        op=Select(channels=(3, 0)),
        text="Select 3, 0",
        value=lambda x, c, r, k: x[0][(3, 0)[c], r, k],
        wrong={
            "it selects channels (0, 4) of 4x5x6": Select(channels=(0, 4)),
            "it selects channels (-1,) of 4x5x6": Select(channels=(-1,)),
        },
        drawn=drawn_select,
    ),
    "select again": Example(
        op=Select(channels=(1, 2, 1, 3, 3, 0, 1, 2, 0)),
        text="Select 1, 2, 1, 3, 3, 0, 1, 2, ...",
        value=lambda x, c, r, k: x[0][(1, 2, 1, 3, 3, 0, 1, 2, 0)[c], r, k],
    ),
    "upsample": Example(
        op=Upsample(factors=(2, 3)),
        text="Upsample 2x3",
        value=lambda x, c, r, k: x[0][c, r // 2, k // 3],
        wrong={"it enlarges by": Upsample(factors=(-1, -1))},
        drawn=drawn_upsample,
    ),
    "depth to space": Example(
        op=DepthToSpace(block=2),
        text="DepthToSpace 2",
        value=lambda x, c, r, k: x[0][r % 2 * 2 + k % 2, r // 2, k // 2],
        wrong={"do not divide the channels": DepthToSpace(block=3)},
        drawn=drawn_blocks,
    ),
    "blocks last": Example(
        op=DepthToSpace(block=2, block_last=True), text="DepthToSpace 2, block last"
    ),
    "pad": Example(
        op=Pad(pads=sides(1, 2, 0, 1), value=2),
        text="Pad [1, 2, 0, 1] with 2",
        value=lambda x, c, r, k: np.pad(x[0], ((0, 0), (1, 0), (2, 1)), constant_values=2)[c, r, k],
        wrong={"it pads by": Pad(pads=Pads(top=-1), value=0)},
        drawn=drawn_pad,
    ),
}

MOVES = {name: example for name, example in EXAMPLES.items() if isinstance(example.op, Move)}
_DRAWN = [example.drawn for example in MOVES.values() if example.drawn is not None]


def random_move(rng, x, most_pixels):
    """An op that moves values of one input of type ``x``; None if the one drawn does not fit."""
    op = _DRAWN[int(rng.integers(len(_DRAWN)))](rng, x)
    return op if op is not None and op.infer(x).shape.pixels <= most_pixels else None
