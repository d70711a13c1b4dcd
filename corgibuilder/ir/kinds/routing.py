"""What operations have in common whose channels are channels of their inputs."""

import math
from abc import abstractmethod
from collections.abc import Iterator

import numpy as np

from corgibuilder.ir.op import Move
from corgibuilder.ir.ranges import common_step, varying_step
from corgibuilder.ir.types import Ints, Mask, Shape, TensorType


class Routing(Move):
    """``y[c] = x[sources[c]]``, ``x`` being the channels of all inputs, one after the other."""

    __slots__ = ()

    @abstractmethod
    def sources(self, *channels: int) -> Ints:
        """Which channel each output channel is, for inputs of so many ``channels``."""

    def _sources(self, *inputs: TensorType) -> Ints:
        return self.sources(*(x.shape.channels for x in inputs))

    def infer(self, *inputs: TensorType) -> TensorType:
        sources = self._sources(*inputs)
        _, height, width = inputs[0].shape
        lo = np.concatenate([x.lo for x in inputs])[sources]
        hi = np.concatenate([x.hi for x in inputs])[sources]
        step = math.gcd(*(varying_step(x) for x in inputs))
        return TensorType(Shape(len(sources), height, width), lo, hi, common_step(lo, hi, step))

    def problems(self, *inputs: TensorType) -> Iterator[str]:
        if len({(x.shape.height, x.shape.width) for x in inputs}) > 1:
            yield f"it joins maps of {', '.join(str(x.shape) for x in inputs)}"

    def is_identity(self, x: TensorType) -> bool:
        return np.array_equal(self._sources(x), np.arange(x.shape.channels))

    def channels_read(self, live: Mask, *inputs: TensorType) -> tuple[Mask, ...]:
        ends = np.cumsum([x.shape.channels for x in inputs])
        read = np.zeros(ends[-1], bool)
        read[self._sources(*inputs)[live]] = True
        return tuple(np.split(read, ends[:-1]))

    def channels_given(self, *live: Mask) -> Mask | None:
        given: Mask = np.concatenate(live)[self.sources(*map(len, live))]
        return given
