"""A stage as products and sums: its weights by group, and the operands at places of its map."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corgibuilder.golden.windows import padded
from corgibuilder.ir import Conv, Ints, Pads, Pool, PoolKind, Window
from corgibuilder.plan.layers import Layer

POINT = Window(kernel=(1, 1), stride=(1, 1), pads=Pads())


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a stage adds up at each place of its map.

    ``acc[g, o] = bias[g, o] + sum(weights[g, o, k] * x[g, k])``; groups share nothing, ``k`` runs
    through the channels of a group and the window. A maximum has weights of 1 and is no sum; a
    stage without an engine is a window of one value.
    """

    window: Window
    weights: Ints
    bias: Ints
    largest: bool

    @property
    def groups(self) -> int:
        return len(self.weights)

    def operands(self, frame: Ints, rows: Ints, columns: Ints) -> Ints:
        """Values under the window at ``n`` places of a map: ``(n, groups, k)``."""
        wide = padded(frame[None], self.window.pads, _outside(self, frame))[0]
        (kh, kw), (sh, sw) = self.window.kernel, self.window.stride
        y = rows[:, None, None] * sh + np.arange(kh)[:, None]
        x = columns[:, None, None] * sw + np.arange(kw)
        found: Ints = wide[:, y, x].transpose(1, 0, 2, 3).reshape(len(rows), self.groups, -1)
        return found

    def accumulators(self, operands: Ints) -> Ints:
        """Sums, bias included, or maxima: int64 ``(n, groups * outputs)``."""
        if self.largest:
            return np.asarray(operands.max(axis=2), np.int64)
        x = operands.astype(np.float64).transpose(1, 0, 2)
        sums = x @ self.weights.astype(np.float64).transpose(0, 2, 1)
        acc: Ints = sums.transpose(1, 0, 2).astype(np.int64) + self.bias
        return acc.reshape(len(operands), -1)


def _outside(sums: Sums, frame: Ints) -> int:
    return int(np.iinfo(frame.dtype).min) if sums.largest else 0


def sums_of(stage: Layer) -> Sums:
    """The stage's sums; not for an argmax, which has neither weights nor constants."""
    engine = stage.op
    if isinstance(engine, Conv):
        outputs = len(engine.weights) // engine.groups
        return Sums(
            engine.window,
            engine.weights.reshape(engine.groups, outputs, -1),
            engine.bias.reshape(engine.groups, outputs),
            largest=False,
        )
    window = engine.window if isinstance(engine, Pool) else POINT
    channels = stage.x.shape.channels
    return Sums(
        window,
        np.ones((channels, 1, window.kernel[0] * window.kernel[1]), np.int64),
        np.zeros((channels, 1), np.int64),
        largest=isinstance(engine, Pool) and engine.kind is PoolKind.MAX,
    )


def places(
    sums: Sums, frames: Sequence[NDArray[np.int64]], most: int, rng: np.random.Generator
) -> list[tuple[Ints, Ints]]:
    """Rows and columns of about ``most`` places in all frames, chosen at random, per frame."""
    share = max(1, most // max(len(frames), 1))
    found = []
    for frame in frames:
        height, width = sums.window.output_size(*frame.shape[1:])
        count = height * width
        chosen = np.arange(count) if count <= share else rng.choice(count, share, replace=False)
        found.append((chosen // width, chosen % width))
    return found
