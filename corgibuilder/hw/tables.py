"""Constants that change from step to step: a ROM, or plain wires where there is one step."""

import numpy as np
from amaranth.hdl import Const, Module, Signal
from amaranth.lib.memory import Memory

from corgibuilder.ir import Ints, QInt

from .streams import decoded, shape_of


def table(m: Module, values: Ints, q: QInt, address, enable, *, name: str) -> list:
    """Row ``address`` of ``values``, one value per lane, one cycle after ``enable``.

    Parameters
    ----------
    values
        int64 ``(rows, lanes)``.
    q
        Range of ``values``; a ROM holds their codes.
    address
        Row, sampled while ``enable`` is high; unused for a single row.

    Returns
    -------
    list
        ``lanes`` values; they hold while ``enable`` is low.
    """
    rows, lanes = values.shape
    if rows == 1:
        return [Const(int(v), shape_of(q.plain)) for v in values[0]]
    shape, codes = shape_of(q), (values - q.offset) // q.step
    m.submodules[name] = rom = Memory(
        shape=shape.width * lanes, depth=rows, init=packed(codes, shape.width)
    )
    port = rom.read_port()
    m.d.comb += [port.en.eq(enable), port.addr.eq(address)]
    fields = []
    for lane in range(lanes):
        field = Signal(shape, name=f"{name}_{lane}")
        m.d.comb += field.eq(port.data.word_select(lane, shape.width))
        fields.append(decoded(m, field, q, name=f"{name}_value_{lane}"))
    return fields


def packed(values: Ints, width: int) -> list[int]:
    """Rows of ``values`` as integers, lane 0 in the low ``width`` bits, two's complement."""
    shifts = np.arange(width)
    bits = ((values[:, :, None] >> shifts) & 1).astype(np.uint8).reshape(len(values), -1)
    rows = np.packbits(bits, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]
