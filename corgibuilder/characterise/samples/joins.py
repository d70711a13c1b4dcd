"""Samples of components with several streams in and one out."""

from collections.abc import Iterator

from corgibuilder.ir import QInt
from corgibuilder.plan.components import AdderConfig, ConcatConfig, RouterConfig

from .sample import Sample, signed, unsigned


def joins() -> Iterator[Sample]:
    for bits, factors, lanes in (
        *((8, (1, 1), 1), (8, (1, -1), 8), (4, (2, 1, 1), 4)),
        *((8, (3, 5), 4), (6, (11, 13), 8)),
    ):
        x = signed(bits)
        most = -x.lo * sum(map(abs, factors))
        adder = AdderConfig(
            factors=factors, inputs=(x,) * len(factors), out=QInt(-most, most), lanes=lanes
        )
        yield Sample(kind="adder", config=adder)
    for bits, channels, lanes in ((4, (8, 8), 2), (8, (16, 4, 12), 4), (4, (64, 64), 16)):
        x = unsigned(bits)
        concat = ConcatConfig(inputs=(x,) * len(channels), out=x, channels=channels, lanes=lanes)
        yield Sample(kind="concat", config=concat)
    for bits, lanes in ((4, 8), (8, 12)):
        x = unsigned(bits)
        router = RouterConfig(
            inputs=(x, x), out=x, lanes=(lanes, lanes), sources=tuple(range(0, 2 * lanes, 2))
        )
        yield Sample(kind="router", config=router)
