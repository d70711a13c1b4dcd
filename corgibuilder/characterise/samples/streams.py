"""Samples of components that pass values on, and of those that change a map's size."""

from collections.abc import Iterator

from corgibuilder.ir import Pads, Shape
from corgibuilder.plan.components import (
    BorderConfig,
    BufferConfig,
    GearboxConfig,
    QueueConfig,
    RowRepeaterConfig,
    SerialiserConfig,
)

from .sample import Sample, signed, unsigned


def streams() -> Iterator[Sample]:
    for bits, lanes in ((4, 1), (4, 16), (8, 4), (2, 64)):
        yield Sample(kind="buffer", config=BufferConfig(x=unsigned(bits), lanes=lanes))
    for bits, lanes, depth in ((4, 4, 1), (4, 8, 12), (8, 2, 100), (8, 1, 5000)):
        queue = QueueConfig(x=unsigned(bits), lanes=lanes, depth=depth)
        yield Sample(kind="queue", config=queue)
    for bits, channels, before, after in (
        *((4, 16, 2, 16), (4, 16, 16, 4), (8, 12, 2, 3), (8, 12, 4, 3), (4, 64, 1, 32)),
        *((2, 64, 16, 64), (8, 24, 8, 2)),
    ):
        gearbox = GearboxConfig(
            x=unsigned(bits), channels=channels, in_lanes=before, out_lanes=after
        )
        yield Sample(kind="gearbox", config=gearbox)
    for bits, channels, wide, narrow in ((17, 16, 16, 1), (12, 24, 8, 2), (8, 64, 32, 4)):
        serialiser = SerialiserConfig(
            x=signed(bits), channels=channels, in_lanes=wide, out_lanes=narrow
        )
        yield Sample(kind="serialiser", config=serialiser)
    yield from _maps()


def _maps() -> Iterator[Sample]:
    for bits, shape, lanes in ((4, Shape(8, 16, 16), 2), (8, Shape(12, 30, 40), 4)):
        pads = Pads(top=1, left=2, bottom=1, right=2)
        x = unsigned(bits)
        border = BorderConfig(x=x, out=x, shape=shape, lanes=lanes, pads=pads, value=1)
        repeater = RowRepeaterConfig(x=x, shape=shape, lanes=lanes, rows=2, columns=2)
        for resizable in (False, True):
            yield Sample(kind="border", config=border, shape=shape, resizable=resizable)
            yield Sample(kind="row repeater", config=repeater, shape=shape, resizable=resizable)
