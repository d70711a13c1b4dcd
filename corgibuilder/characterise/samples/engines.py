"""Samples of engines."""

from collections.abc import Iterator
from typing import Any

from corgibuilder.ir import PoolKind, QInt, Shape, Window
from corgibuilder.plan.components import (
    AdderGraphConfig,
    ArgmaxConfig,
    MacArrayConfig,
    PixelPoolConfig,
    TilePoolConfig,
    WindowPoolConfig,
)

from .sample import Sample, accumulator, signed, unsigned, weights

MAX, SUM = PoolKind.MAX, PoolKind.SUM
MAP = Shape(8, 16, 20)


def engines() -> Iterator[Sample]:
    yield from _arrays_with_memory()
    yield from _wired_arrays()
    yield from _adder_graphs()
    yield from _pools()


def _array(
    kind: str, x: QInt, bits: int, shape: tuple[int, int, int], folds: int, **more: Any
) -> Sample:
    values = weights(shape, bits)
    return Sample(
        kind=kind,
        config=MacArrayConfig(
            x=x,
            weights=values,
            held=QInt.of(values),
            input_folds=folds,
            acc=accumulator(x, values, folds),
            **more,
        ),
    )


def _arrays_with_memory() -> Iterator[Sample]:
    def array(x: QInt, bits: int, shape: tuple[int, int, int], folds: int, **more: Any) -> Sample:
        return _array("multiplier array, weights in memory", x, bits, shape, folds, **more)

    yield array(unsigned(4), 4, (36, 1, 1), 36)
    yield array(unsigned(4), 4, (36, 1, 9), 4)
    yield array(unsigned(4), 4, (72, 8, 4), 36)
    yield array(unsigned(4), 4, (16, 8, 16), 4, adder_levels=2)
    yield array(unsigned(4), 4, (18, 8, 16), 9)
    yield array(unsigned(4), 4, (16, 4, 32), 8)
    yield array(unsigned(2), 2, (32, 16, 8), 16)
    yield array(unsigned(1), 2, (32, 8, 16), 8)
    yield array(unsigned(8), 3, (24, 4, 4), 12, weight_register=True)
    yield array(unsigned(8), 8, (64, 1, 1), 64)
    yield array(unsigned(8), 8, (18, 4, 3), 9)
    yield array(signed(8), 8, (18, 8, 3), 9)
    yield array(unsigned(8), 4, (18, 4, 16), 9)
    yield array(signed(8), 8, (32, 2, 8), 16, weight_register=True, adder_levels=1)
    yield array(unsigned(6), 5, (27, 6, 3), 9)
    yield array(unsigned(4), 4, (18, 8, 1), 9, groups=8)
    yield array(unsigned(8), 8, (9, 4, 1), 9, groups=4)


def _wired_arrays() -> Iterator[Sample]:
    def array(x: QInt, bits: int, outputs: int, inputs: int, **more: Any) -> Sample:
        return _array("multiplier array, wired weights", x, bits, (1, outputs, inputs), 1, **more)

    yield array(unsigned(4), 4, 1, 9)
    yield array(unsigned(4), 4, 8, 9)
    yield array(unsigned(4), 4, 10, 32, adder_levels=2)
    yield array(unsigned(8), 8, 4, 9)
    yield array(signed(8), 8, 6, 16, adder_levels=1)
    yield array(unsigned(2), 2, 16, 27)
    yield array(unsigned(6), 5, 5, 16)


def _adder_graphs() -> Iterator[Sample]:
    def graph(x: QInt, bits: int, outputs: int, inputs: int, levels: int) -> Sample:
        values = weights((outputs, inputs), bits)
        return Sample(
            kind="adder graph",
            config=AdderGraphConfig(
                x=x,
                inputs=(x,) * inputs,
                weights=values,
                acc=accumulator(x, values),
                adder_levels=levels,
            ),
        )

    yield graph(unsigned(4), 4, 1, 9, 2)
    yield graph(unsigned(4), 4, 8, 16, 3)
    yield graph(unsigned(4), 4, 16, 27, 2)
    yield graph(unsigned(8), 8, 4, 9, 3)
    yield graph(signed(8), 8, 6, 16, 1)
    yield graph(unsigned(2), 2, 16, 27, 3)
    yield graph(unsigned(6), 5, 5, 16, 2)


def _pools() -> Iterator[Sample]:
    for kind in PoolKind:
        for bits, lanes, side in ((4, 2, 2), (8, 4, 3), (2, 16, 2)):
            x, taps = unsigned(bits), side * side
            out = x if kind is MAX else QInt(0, x.hi * taps)
            yield Sample(
                kind="pool",
                config=WindowPoolConfig(kind=kind, x=x, out=out, lanes=lanes, taps=taps),
            )
            window = Window(kernel=(side, side), stride=(side, side))
            shape = Shape(2 * lanes, 4 * side, 8 * side)
            tiles = TilePoolConfig(kind=kind, x=x, out=out, shape=shape, lanes=lanes, window=window)
            yield Sample(kind="pool in place", config=tiles, shape=shape)
        yield Sample(
            kind="pixel pool",
            config=PixelPoolConfig(kind=kind, x=unsigned(8), channels=4, pixels=2, lanes=8),
        )
    for bits, channels in ((8, 10), (16, 100), (12, 1000)):
        yield Sample(kind="argmax", config=ArgmaxConfig(x=signed(bits), channels=channels))
