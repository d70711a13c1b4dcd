"""Samples of window sources. Their maps all have one size, but for some."""

from collections.abc import Iterator
from typing import Any

from corgibuilder.ir import QInt, Shape, Window
from corgibuilder.plan.components import (
    ColumnBufferConfig,
    ComponentConfig,
    LineBufferConfig,
    RowBanksConfig,
    TapSerialConfig,
)
from corgibuilder.plan.components.window_sources import LaneMap
from corgibuilder.plan.shuffled_slots import pairs_rows, slot_count

from .sample import Sample, same, unsigned


def window_sources() -> Iterator[Sample]:
    yield from _tap_serial()
    yield from _column_buffers()
    yield from _row_banks()


def _sized(kind: str, config: ComponentConfig, shape: Shape) -> Iterator[Sample]:
    """For maps of one size, and of any size up to that."""
    for resizable in (False, True):
        yield Sample(kind=kind, config=config, shape=shape, resizable=resizable)


def _lines(
    x: QInt, window: Window, shape: Shape, *, lanes: int, by_column: bool = False, **more: Any
) -> LineBufferConfig:
    """A line buffer that holds a few pixels more than it must."""
    read = window.column if by_column else window
    width = shape.width
    capacity = slot_count(read, width) if pairs_rows(window) else window.span(width) + width // 4
    return LineBufferConfig(
        x=x,
        given=x,
        shape=shape,
        lanes=lanes,
        window=window,
        capacity=capacity,
        by_column=by_column,
        **more,
    )


def _in_steps(values: int, steps: int) -> LaneMap:
    """Equal parts of the values of a window, the same lanes in each step."""
    each = values // steps
    return tuple(tuple(range(k * each, (k + 1) * each)) for k in range(steps))


def _tap_serial() -> Iterator[Sample]:
    def source(
        x: QInt, window: Window, shape: Shape, lane_map: LaneMap | None = None, **more: Any
    ) -> Iterator[Sample]:
        lines = _lines(x, window, shape, **more)
        yield from _sized("tap serial", TapSerialConfig(lines=lines, lane_map=lane_map), shape)

    yield from source(unsigned(4), same(3), Shape(8, 16, 16), lanes=1, single_port=True)
    yield from source(unsigned(4), same(3), Shape(16, 30, 40), lanes=16, repeats=4)
    yield from source(unsigned(8), same(5), Shape(4, 24, 24), lanes=2)
    yield from source(unsigned(8), same(3, 2), Shape(16, 48, 64), lanes=4, single_port=True)
    yield from source(unsigned(2), Window(kernel=(1, 1)), Shape(64, 8, 8), lanes=8, repeats=2)
    two = Shape(8, 20, 32)
    lane_map = tuple((tap * 2 + g,) for g in range(2) for tap in range(9))
    yield from source(unsigned(4), same(3, 2), two, lane_map, lanes=2, groups=4, single_port=True)


def _column_buffers() -> Iterator[Sample]:
    def source(
        x: QInt, window: Window, shape: Shape, *, steps: int, repeats: int = 1, single_port: bool
    ) -> Iterator[Sample]:
        lines = _lines(
            x, window, shape, lanes=shape.channels, by_column=True, single_port=single_port
        )
        values = window.kernel[0] * window.kernel[1] * shape.channels
        config = ColumnBufferConfig(lines=lines, lane_map=_in_steps(values, steps), repeats=repeats)
        yield from _sized("column buffer", config, shape)

    yield from source(unsigned(4), same(3), Shape(4, 16, 16), steps=1, single_port=True)
    yield from source(unsigned(4), same(3), Shape(16, 30, 40), steps=4, single_port=True)
    yield from source(unsigned(8), same(3, 2), Shape(3, 48, 64), steps=3, single_port=False)
    yield from source(unsigned(2), same(5), Shape(8, 20, 20), steps=5, repeats=4, single_port=False)


def _row_banks() -> Iterator[Sample]:
    def source(
        x: QInt, window: Window, shape: Shape, *, steps: int = 1, repeats: int = 1
    ) -> Iterator[Sample]:
        values = window.kernel[0] * window.kernel[1] * shape.channels
        config = RowBanksConfig(
            x=x,
            given=x,
            shape=shape,
            window=window,
            lane_map=_in_steps(values, steps),
            repeats=repeats,
        )
        yield from _sized("row banks", config, shape)

    yield from source(unsigned(8), same(3), Shape(1, 28, 28))
    yield from source(unsigned(4), same(3), Shape(8, 30, 40), steps=2)
    yield from source(unsigned(4), same(5, 2), Shape(3, 48, 64), steps=5, repeats=2)
    yield from source(unsigned(2), Window(kernel=(3, 3)), Shape(16, 20, 20))
