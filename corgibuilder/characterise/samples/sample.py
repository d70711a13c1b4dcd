"""A component to synthesise by itself, and the values that samples are made of."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Ints, Pads, QInt, Shape, Window
from corgibuilder.plan.components import ComponentConfig

POINT = Shape(1, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A component whose area is compared with its resources.

    Parameters
    ----------
    kind
        For people: what it is; errors are told for each kind.
    config
        Its configuration.
    shape
        Of its map, which a component without rows and columns does not need.
    resizable
        Whether the size of its map comes with each frame, ``shape`` at most.
    """

    kind: str
    config: ComponentConfig
    shape: Shape = POINT
    resizable: bool = False


def unsigned(bits: int) -> QInt:
    return QInt(0, (1 << bits) - 1)


def signed(bits: int) -> QInt:
    return QInt(-(1 << bits - 1), (1 << bits - 1) - 1)


def weights(shape: tuple[int, ...], bits: int) -> Ints:
    """int64 weights, distributed as those of trained networks: normally, the most of them small.

    The largest one takes all of the ``bits``; the same shape gives the same weights.
    """
    most = (1 << bits - 1) - 1
    drawn = np.random.default_rng(sum(shape)).normal(0, max(most, 1) / 2.5, shape)
    found: Ints = drawn.round().astype(np.int64).clip(-most - 1, most)
    found.flat[0] = most or -1
    return found


def accumulator(x: QInt, of: Ints, steps: int = 1) -> QInt:
    """Range of the sums of ``steps`` words of values ``x`` with weights ``(..., inputs)``."""
    most = int(np.abs(of).sum(axis=-1).max()) * steps * max(x.hi, -x.lo)
    return QInt(-most, most)


def same(kernel: int, stride: int = 1) -> Window:
    """A square window whose padding keeps the size of the map but for the stride."""
    side = kernel // 2
    pads = Pads(top=side, left=side, bottom=side, right=side)
    return Window(kernel=(kernel, kernel), stride=(stride, stride), pads=pads)
