"""Random branches of a tensor that meet again, in a sum or side by side."""

from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import TensorType

from .growing import Growing
from .layers import Add, Concat, DepthToSpace, MaxPool, Operator, Resize
from .random_moves import quantised, same_size

NESTED = 0.2  #: share of branches that branch themselves, once
MOST_CHANNELS = 12  #: before channels become pixels
VALUES = ("UINT1", "UINT2", "UINT4", "UINT8", "INT2", "INT3", "INT8", "INT10", "BIPOLAR")
SCALES = (1.0, 1.0, 1.0, 0.5, 0.25, 2.0)  #: of a branch, as multiples of another one's

Grown = tuple[Growing, str]  #: and the name of what was looked at last


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """What the branches of a tensor have in common: ``channels`` where they are to be added."""

    adds: bool
    channels: int
    stride: tuple[int, int]
    scale: float | None
    nested: bool


def branched(
    rng: np.random.Generator, growing: Growing, source: str, *, nested: bool = True
) -> Growing:
    """Two or three branches from ``source`` that meet; the same again where nothing fits."""
    x = growing.type(source)
    if x is None:
        return growing
    for _ in range(4):
        grown, ends = growing, []
        meeting = _meeting(rng, x, nested=nested)
        for _ in range(int(rng.choice([2, 2, 3]))):
            grown, end = _branch(rng, grown, source, meeting)
            ends.append(end)
        met = _met(rng, grown, [ends[i] for i in rng.permutation(len(ends))], meeting)
        if met is not None:
            return met if rng.random() < 0.25 else quantised(rng, met)
    return growing


def entering(rng: np.random.Generator, growing: Growing) -> Growing:
    """One or two inputs more, whose branches meet that of the first; the same where nothing fits.

    Their maps are of the first one's size, or so many times as large.
    """
    x = growing.type("input")
    assert x is not None
    for _ in range(4):
        meeting = replace(_meeting(rng, x, nested=True), stride=(1, 1))
        grown, end = _branch(rng, growing, "input", meeting)
        ends = [end]
        for number in range(int(rng.choice([1, 1, 2]))):
            stride = (int(rng.choice([1, 1, 2])), int(rng.choice([1, 1, 2])))
            channels = meeting.channels if rng.random() < 0.5 else int(rng.choice([1, 2, 3, 5]))
            name = f"input{number}"
            shape = (channels, x.shape.height * stride[0], x.shape.width * stride[1])
            grown = grown.with_input(name, shape, str(rng.choice(VALUES)))
            grown, end = _branch(rng, grown, name, replace(meeting, stride=stride))
            ends.append(end)
        met = _met(rng, grown, [ends[i] for i in rng.permutation(len(ends))], meeting)
        if met is not None:
            return met if rng.random() < 0.25 else quantised(rng, met)
    return growing


def _meeting(rng: np.random.Generator, x: TensorType, *, nested: bool) -> Meeting:
    stride = (1, 1)
    if rng.random() < 0.3:
        stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    same = stride == (1, 1) or rng.random() < 0.3
    return Meeting(
        adds=bool(rng.random() < 0.6),
        channels=x.shape.channels if same else int(rng.integers(1, 9)),
        stride=stride,
        scale=float(2.0 ** rng.integers(-3, 4)) if rng.random() < 0.5 else None,
        nested=nested,
    )


def _branch(rng: np.random.Generator, growing: Growing, source: str, meeting: Meeting) -> Grown:
    """One branch, and the name of its end; of the right shape unless nothing fits."""
    x = growing.type(source)
    assert x is not None
    channels = meeting.channels if meeting.adds else int(rng.choice([meeting.channels, 1, 2, 3, 6]))
    plain = meeting.stride == (1, 1)
    if plain and (not meeting.adds or channels == x.shape.channels) and rng.random() < 0.3:
        return growing, source
    if meeting.nested and rng.random() < NESTED:
        growing, source = _after(growing, branched(rng, growing, source, nested=False), source)
    if plain and rng.random() < 0.2:
        growing, source = _down_and_up(rng, growing, source, channels)
    else:
        growing, source = _layer(rng, growing, source, channels, meeting.stride)
        if rng.random() < 0.3:
            growing, source = _after(growing, quantised(rng, growing), source)
            growing, source = _layer(rng, growing, source, channels)
    if source != growing.last or rng.random() < 0.2:
        return growing, source
    return _after(growing, _ended(rng, growing, meeting), source)


def _after(before: Growing, after: Growing, source: str) -> Grown:
    """What has grown, and the name of its end, which is ``source`` if nothing has."""
    return after, source if after is before else after.last


def _layer(
    rng: np.random.Generator,
    growing: Growing,
    source: str,
    channels: int,
    stride: tuple[int, int] = (1, 1),
) -> Grown:
    x = growing.type(source)
    assert x is not None
    name, op = same_size(rng, x, outputs=channels, stride=stride)
    return _after(growing, growing.tried(name, op, source) or growing, source)


def _down_and_up(rng: np.random.Generator, growing: Growing, source: str, channels: int) -> Grown:
    """Through a smaller map, and back to the size of the larger one."""
    x = growing.type(source)
    assert x is not None
    rows, columns = (
        int(rng.choice([n for n in (1, 2, 3) if side % n == 0]))
        for side in (x.shape.height, x.shape.width)
    )
    if rows == columns > 1 and channels * rows * columns <= MOST_CHANNELS:
        up: Operator = DepthToSpace(rows, str(rng.choice(["DCR", "CRD"])))
        within = channels * rows * columns
        growing, source = _layer(rng, growing, source, within, (rows, columns))
    else:
        up = Resize((rows, columns))
        down = MaxPool((rows, columns), (rows, columns))
        growing, source = _after(growing, growing.tried("max", down, source) or growing, source)
        growing, source = _layer(rng, growing, source, channels)
    growing, source = _after(growing, quantised(rng, growing, 1.0), source)
    return _after(growing, growing.tried("up", up, source) or growing, source)


def _ended(rng: np.random.Generator, growing: Growing, meeting: Meeting) -> Growing:
    """With a quantiser whose scale suits those of the other branches, or has nothing to do with."""
    if meeting.scale is None:
        return quantised(rng, growing)
    return quantised(rng, growing, meeting.scale * float(rng.choice(SCALES)))


def _met(
    rng: np.random.Generator, growing: Growing, ends: list[str], meeting: Meeting
) -> Growing | None:
    """With the layers that join the branches, unless these do not fit."""
    if not meeting.adds:
        return growing.tried("concat", Concat(), *ends)
    met: Growing | None = growing.tried("add", Add(), *ends[:2])
    for end in ends[2:]:
        if met is not None and rng.random() < 0.5:
            met = quantised(rng, met)
        met = met and met.tried("add", Add(), met.last, end)
    return met
