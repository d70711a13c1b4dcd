"""Pools: the largest value, or the sum, of each channel in each window."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from corgibuilder.ir import Pads, Pool, PoolKind, QInt, Shape, Window
from corgibuilder.plan.components import (
    ComponentConfig,
    PixelPoolConfig,
    TapSerialConfig,
    TilePoolConfig,
    WindowPoolConfig,
)
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pixels import widened

from .conv_foldings import parts_of
from .conv_operands import grouped_operands
from .windowed import WindowedStage, decoded_for_padding


@dataclass(frozen=True, slots=True)
class PoolStage(WindowedStage):
    """A pool with its folding."""

    same_lanes: ClassVar[bool] = True

    @property
    def pool(self) -> Pool:
        return _pool(self.layer)

    @classmethod
    def window_of(cls, layer: Layer) -> Window:
        """The window; with a stride as large as the kernel in a direction where there is one.

        A global pool is often spelt as a window of the size of the map with stride 1. How far a
        single window would move does not matter, and windows that tile the map need no line buffer.
        The map is the largest there is; smaller ones have no more windows.
        """
        window, pads, out = _pool(layer).window, _pool(layer).window.pads, layer.acc.shape
        (kernel_y, kernel_x), (stride_y, stride_x) = window.kernel, window.stride
        if out.height == 1 and not (pads.top or pads.bottom):
            stride_y = max(stride_y, kernel_y)
        if out.width == 1 and not (pads.left or pads.right):
            stride_x = max(stride_x, kernel_x)
        return replace(window, stride=(stride_y, stride_x))

    @property
    def words_per_group(self) -> int:
        return 1

    @property
    def repeats(self) -> int:
        return 1

    @property
    def horizontal(self) -> int:
        """Pixels that become one before windows are pooled."""
        return self.layer.input_pixels // self.layer.output_pixels

    # What can be decided.

    @classmethod
    def label(cls, layer: Layer) -> str:
        pool = layer.node.op
        assert isinstance(pool, Pool)
        kh, kw = pool.window.kernel
        return f"{pool.kind.value} pool {kh}x{kw}"

    @classmethod
    def sources(cls, layer: Layer, *, resizable: bool) -> tuple[WindowSource, ...]:
        tiles = cls.window_of(layer).tiles
        return (WindowSource.IN_PLACE,) if tiles else (WindowSource.TAP_SERIAL,)

    @classmethod
    def candidates(
        cls, layer: Layer, source: WindowSource, budget: int, *, lanes: int
    ) -> Iterator[Self]:
        channels = layer.acc.shape.channels
        if source is WindowSource.TAP_SERIAL:
            possible = parts_of(channels, range(1, channels + 1))
        else:
            possible = [channels if layer.input_pixels > 1 else min(lanes, channels)]
        for outputs in possible:
            folding = Folding(source=source, inputs=1, outputs=outputs, lanes=outputs)
            yield cls(layer, folding).settled()

    @classmethod
    def operand_range(cls, layer: Layer) -> QInt:
        pool = _pool(layer)
        zeros = pool.kind is PoolKind.SUM and pool.window.pads
        return decoded_for_padding(layer.x.range) if zeros else layer.x.range

    @classmethod
    def output_pixels(cls, layer: Layer, pixels: int) -> int:
        window = cls.window_of(layer)
        columns = window.kernel[1]
        if not window.tiles or layer.x.shape.width % pixels:
            return 0
        leaving = 0
        if pixels % columns == 0:
            leaving = pixels // columns
        elif columns % pixels == 0:
            leaving = 1
        return 0 if not leaving or layer.acc.shape.width % leaving else leaving

    @classmethod
    def widen(cls, layer: Layer, pixels: int) -> Layer:
        """What lies in one wide pixel is pooled before."""
        pool = _pool(layer)
        rows, columns = pool.window.kernel
        tile = (rows, max(columns // pixels, 1))
        wide = replace(pool, window=Window(kernel=tile, stride=tile, pads=Pads()))
        leaving = cls.output_pixels(layer, pixels)
        return widened(layer, wide, input_pixels=pixels, output_pixels=leaving)

    # What follows.

    def input_lanes(self, port: int) -> int:
        grouped = self.folding.groups_per_word
        lanes = self.folding.outputs * self.horizontal * grouped
        return min(lanes, self.layer.x.shape.channels) if grouped > 1 else lanes

    @property
    def input_folds(self) -> int:
        return self.taps if self.source is WindowSource.TAP_SERIAL else 1

    @property
    def position_cycles(self) -> int:
        return self.words if self.source is WindowSource.IN_PLACE else self.schedule_length

    @property
    def buffer_bits(self) -> int:
        if self.source is WindowSource.IN_PLACE:
            acc = self.layer.acc
            return acc.shape.width * acc.shape.channels * acc.range.width
        return self.line_buffer_bits

    @property
    def buffer_bound(self) -> int:
        if self.source is WindowSource.IN_PLACE:
            return self.buffer_bits
        return self.line_buffer_bound

    @property
    def engine_label(self) -> str:
        tiled = self.source is WindowSource.IN_PLACE
        return f"{self.pool.kind.value} {'as they come' if tiled else 'of a window'}"

    def components(self) -> Iterator[ComponentConfig]:
        layer, kind, x, lanes = self.layer, self.pool.kind, self.operand, self.folding.outputs
        if self.horizontal > 1:
            pixels = PixelPoolConfig(
                kind=kind,
                x=x,
                channels=layer.pixel_channels,
                pixels=self.horizontal,
                lanes=lanes,
            )
            yield pixels
            x = pixels.out
        if self.source is WindowSource.IN_PLACE:
            shape = layer.x.shape
            yield TilePoolConfig(
                kind=kind,
                x=x,
                out=layer.acc.range,
                shape=Shape(layer.acc.shape.channels, shape.height, shape.width),
                lanes=lanes,
                window=self.window,
            )
            return
        padding = 0 if kind is PoolKind.SUM else x.code(x.lo)
        grouped = self.folding.groups_per_word > 1
        yield TapSerialConfig(
            lines=self.line_buffer(padding=padding),
            lane_map=grouped_operands(self, lanes) if grouped else None,
        )
        yield WindowPoolConfig(kind=kind, x=x, out=layer.acc.range, lanes=lanes, taps=self.taps)


def _pool(layer: Layer) -> Pool:
    assert isinstance(layer.op, Pool)
    return layer.op
