"""``table``: the result of every accumulator, looked up. Any function, monotone or not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Activation, Ints, QInt, TensorType
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.resources import Resources

from .constants import FEW_ENTRIES, Rom, range_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableForm:
    """``values[c, k]`` for the accumulator ``acc.lo + k * acc.step``; all values are codes.

    ``values`` is int64 ``(channels, n)``, or ``(1, n)`` where all channels have the same function.
    """

    values: Ints
    acc: QInt

    @classmethod
    def of(cls, op: Activation, x: TensorType, bias: Ints, out: QInt) -> "TableForm":
        """The codes of ``out`` that ``op`` gives for ``acc + bias``, which is of type ``x``.

        An accumulator that cannot occur in a channel has the value of the nearest one that can.
        """
        low, high = x.lo - bias, x.hi - bias
        acc = QInt(int(low.min()), int(high.max()), x.step if x.step > 1 and not bias.any() else 1)
        each = np.arange(acc.lo, acc.hi + 1, acc.step)
        reached = each.clip(low[:, None], high[:, None]) + bias[:, None]
        codes = (op.at(reached) - out.offset) // out.step
        same = bool((codes == codes[0]).all())
        return cls(values=codes[:1] if same else codes, acc=acc)

    @property
    def latency(self) -> int:
        """The entry that is read is a register."""
        return 1

    @property
    def out(self) -> QInt:
        return range_of(self.values)

    @property
    def index(self) -> QInt:
        """Numbers of the accumulators."""
        return QInt(0, self.values.shape[1] - 1)

    def apply(self, x: Ints) -> Ints:
        """Codes of ``x``, ``(channels, n)``."""
        index = (x - self.acc.lo) // self.acc.step
        rows = np.broadcast_to(self.values, (len(x), self.values.shape[1]))
        codes: Ints = np.take_along_axis(rows, index, axis=1)
        return codes

    def entries(self, channels: int, lanes: int) -> int:
        """Values that one lane chooses from."""
        words = 1 if len(self.values) == 1 else words_per_pixel(channels, lanes)
        return words * int(self.values.shape[1])

    def paths(self, delays: DelayModel, acc: QInt, channels: int, lanes: int) -> Iterator[Path]:
        """The address, which is an accumulator and the number of its word."""
        entries = self.entries(channels, lanes)
        adders = int(acc.step == 1 and acc.lo != 0) + int(entries > self.values.shape[1])
        address = delays.adders(adders, acc.width) + delays.lookup(entries)
        yield Path("requantiser's table", delays.register + address)

    def memories(self, acc: QInt, channels: int, lanes: int) -> Iterator[Rom]:
        entries, width = self.entries(channels, lanes), self.out.width
        if entries > FEW_ENTRIES:
            for lane in range(lanes):
                yield Rom(f"table of lane {lane}", entries, width)

    def resources(self, acc: QInt, channels: int, lanes: int) -> Resources:
        """A memory has the result in a register of its own."""
        entries, width = self.entries(channels, lanes), self.out.width
        in_logic = entries <= FEW_ENTRIES
        counted_from_zero = acc.lo in (0, -1 << acc.width - 1)  # but for its sign
        lane = Resources(
            adders=acc.width if acc.step == 1 and not counted_from_zero else 0,
            constants=width * entries if in_logic else 0,
            registers=width if in_logic else 0,
        )
        return lane * lanes

    def __str__(self) -> str:
        return f"table of {self.values.shape[1]}"
