"""Configurations of every class of components, and what they come to in cycles, by hand."""

from dataclasses import dataclass

import numpy as np

from corgibuilder.ir import Pads, PoolKind, QInt, Shape, Window
from corgibuilder.plan.components import (
    AdderConfig,
    AdderGraphConfig,
    ArgmaxConfig,
    BorderConfig,
    BufferConfig,
    ColumnBufferConfig,
    ComponentConfig,
    ConcatConfig,
    GearboxConfig,
    LineBufferConfig,
    MacArrayConfig,
    PixelPoolConfig,
    QueueConfig,
    RequantiserConfig,
    RouterConfig,
    RowBanksConfig,
    RowRepeaterConfig,
    SerialiserConfig,
    TapSerialConfig,
    TilePoolConfig,
    WindowPoolConfig,
)
from corgibuilder.plan.requantisers import (
    CascadeForm,
    ClipForm,
    Rounding,
    ScaleForm,
    ShiftForm,
    TableForm,
    ThresholdForm,
)
from corgibuilder.plan.shuffled_slots import pairs_rows, slot_count

BYTE = QInt(0, 255)
MAX = PoolKind.MAX
POINT = Shape(1, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A configuration and its cycles without stalls.

    ``needs`` words come in before the first word leaves, ``latency`` cycles after the last of them;
    ``period`` words come in in every ``interval`` cycles. ``shape`` is that of the map.
    """

    config: ComponentConfig
    needs: int
    latency: int
    period: int = 1
    interval: int
    shape: Shape = POINT


def sides(top, left, bottom, right):
    return Pads(top=top, left=left, bottom=bottom, right=right)


def window(kernel, stride=(1, 1), pads=(0, 0, 0, 0)):
    return Window(kernel=kernel, stride=stride, pads=sides(*pads))


def mac_array(steps, input_folds, inputs=1, **pipeline):
    weights, acc = np.ones((steps, 1, inputs), np.int64), QInt(0, 255 * input_folds * inputs)
    return MacArrayConfig(
        x=BYTE, weights=weights, held=QInt(0, 1), input_folds=input_folds, acc=acc, **pipeline
    )


def adder_graph(weights, adder_levels):
    weights = np.array(weights)
    inputs = (BYTE,) * weights.shape[1]
    acc = QInt(-(1 << 20), 1 << 20)
    return AdderGraphConfig(
        x=BYTE, inputs=inputs, weights=weights, acc=acc, adder_levels=adder_levels
    )


SEVEN = [[1] * 7, [1, -1, 0, 0, 0, 0, 0]]  # three levels and one


def requantiser(form):
    return RequantiserConfig(form=form, acc=BYTE, out=QInt(0, 7), channels=1, lanes=1)


ZERO = np.zeros(1, np.int64)
ROUNDING = (Rounding(shift=1, out=QInt(0, 7)),)
SHIFT = ShiftForm(offset=ZERO, roundings=ROUNDING)
SCALE = ScaleForm(mult=ZERO + 1, offset=ZERO, shift=1, out=QInt(0, 7))
STEPS = ThresholdForm(steps=np.arange(5)[None], base=0)
CLIP = ClipForm(lo=ZERO + 1, hi=ZERO + 6)
TABLE = TableForm(values=np.arange(256)[None] // 32, acc=BYTE)


def gearbox(channels, before, after):
    return GearboxConfig(x=BYTE, channels=channels, in_lanes=before, out_lanes=after)


def serialiser(channels, wide, narrow):
    return SerialiserConfig(x=BYTE, channels=channels, in_lanes=wide, out_lanes=narrow)


def tile_pool(kernel, shape):
    return TilePoolConfig(
        kind=MAX, x=BYTE, out=BYTE, shape=shape, lanes=1, window=window(kernel, kernel)
    )


def line_buffer(win, shape, *, by_column=False, spare=0, lanes=1, **options):
    """A line buffer with the fewest slots that it works with, and ``spare`` more."""
    read = win.column if by_column else win
    least = slot_count(read, shape.width) if pairs_rows(win) else win.span(shape.width) + spare
    return LineBufferConfig(
        x=BYTE,
        given=BYTE,
        shape=shape,
        lanes=lanes,
        window=win,
        capacity=least,
        by_column=by_column,
        **options,
    )


def column_buffer(win, shape, *, steps=1, repeats=1, single_port=False):
    lines = line_buffer(win, shape, by_column=True, single_port=single_port)
    return ColumnBufferConfig(lines=lines, lane_map=((0,),) * steps, repeats=repeats)


def row_banks(win, shape, *, steps=1, repeats=1):
    return RowBanksConfig(
        x=BYTE, given=BYTE, shape=shape, window=win, lane_map=((0,),) * steps, repeats=repeats
    )


def tap_serial_in_groups(win, shape, groups):
    """Words of ``groups`` channels, all in one word of the line buffer."""
    taps = win.kernel[0] * win.kernel[1]
    words = shape.channels // groups
    lines = line_buffer(win, shape, lanes=groups, groups=words, single_port=True)
    lane_map = tuple((tap * groups + g,) for g in range(groups) for tap in range(taps))
    return TapSerialConfig(lines=lines, lane_map=lane_map)


def adder(*factors):
    inputs, out = (BYTE,) * len(factors), QInt(-(1 << 20), 1 << 20)
    return AdderConfig(factors=factors, inputs=inputs, out=out, lanes=2)


def concat(channels, lanes):
    return ConcatConfig(inputs=(BYTE,) * len(channels), out=BYTE, channels=channels, lanes=lanes)


def router(lanes, sources):
    return RouterConfig(inputs=(BYTE,) * len(lanes), out=BYTE, lanes=lanes, sources=sources)


def row_repeater(shape, rows, columns, *, split=False):
    return RowRepeaterConfig(x=BYTE, shape=shape, lanes=1, rows=rows, columns=columns, split=split)


def border(shape, pads):
    return BorderConfig(x=BYTE, out=BYTE, shape=shape, lanes=1, pads=sides(*pads), value=7)


SAME = window((3, 3), (1, 1), (1, 1, 1, 1))
STRIDED = window((3, 3), (2, 2), (1, 1, 1, 1))
SMALL, EVEN = Shape(1, 4, 5), Shape(1, 4, 6)
TWO_WORDS, FOUR_WORDS = Shape(2, 3, 4), Shape(4, 3, 3)

EXAMPLES = {
    "adder": Example(config=adder(1, -4, 2), needs=1, latency=1, interval=1),
    "adder graph": Example(config=adder_graph(SEVEN, 1), needs=1, latency=3, interval=1),
    "adder graph, two levels a cycle": Example(
        config=adder_graph(SEVEN, 2), needs=1, latency=2, interval=1
    ),
    "adder graph, one cycle": Example(config=adder_graph(SEVEN, 3), needs=1, latency=1, interval=1),
    "adder graph, wires": Example(config=adder_graph([[0, 4]], 1), needs=1, latency=1, interval=1),
    "adder, with multipliers": Example(config=adder(3, -1), needs=1, latency=2, interval=1),
    "argmax": Example(
        config=ArgmaxConfig(x=BYTE, channels=5), needs=5, latency=1, period=5, interval=5
    ),
    # A word of the border leaves as soon as the frame's first word is there.
    "border": Example(
        config=border(SMALL, (0, 0, 2, 1)),
        needs=1,
        latency=1,
        period=20,
        interval=6 * 6,
        shape=SMALL,
    ),
    "border, before the map": Example(
        config=border(TWO_WORDS, (1, 1, 0, 2)),
        needs=1,
        latency=1 - (7 + 1) * 2,
        period=24,
        interval=4 * 7 * 2,
        shape=TWO_WORDS,
    ),
    "buffer": Example(config=BufferConfig(x=BYTE, lanes=1), needs=1, latency=1, interval=1),
    # Columns of three values each: the second of each row completes its first window.
    "column buffer": Example(
        config=column_buffer(SAME, SMALL),
        needs=7,
        latency=8,
        period=20,
        interval=20 * 3,
        shape=SMALL,
    ),
    "column buffer, in steps": Example(
        config=column_buffer(SAME, SMALL, steps=3, repeats=2),
        needs=7,
        latency=9,
        period=20,
        interval=20 * 6,
        shape=SMALL,
    ),
    "concat, in turns": Example(config=concat((4, 2, 6), 2), needs=1, latency=1, interval=1),
    "gearbox, to wider words": Example(
        config=gearbox(7, 2, 3), needs=2, latency=1, period=4, interval=4
    ),
    "gearbox, to narrower words": Example(config=gearbox(4, 4, 1), needs=1, latency=1, interval=4),
    "multiplier array": Example(config=mac_array(2, 1), needs=1, latency=3, interval=1),
    "multiplier array, folded": Example(
        config=mac_array(14, 7), needs=7, latency=3, period=7, interval=7
    ),
    "multiplier array, weights in a register": Example(
        config=mac_array(2, 1, weight_register=True), needs=1, latency=4, interval=1
    ),
    "multiplier array, products in registers": Example(
        config=mac_array(2, 1, inputs=5, adder_levels=3), needs=1, latency=4, interval=1
    ),
    "multiplier array, all in registers": Example(
        config=mac_array(4, 2, inputs=5, weight_register=True, adder_levels=2),
        needs=2,
        latency=6,
        period=2,
        interval=2,
    ),
    "pixel pool": Example(
        config=PixelPoolConfig(kind=PoolKind.SUM, x=BYTE, channels=1, pixels=2, lanes=2),
        needs=1,
        latency=0,
        interval=1,
    ),
    "queue of one": Example(
        config=QueueConfig(x=BYTE, lanes=1, depth=1), needs=1, latency=1, interval=2
    ),
    "queue": Example(config=QueueConfig(x=BYTE, lanes=1, depth=4), needs=1, latency=2, interval=1),
    "requantiser, shift": Example(config=requantiser(SHIFT), needs=1, latency=2, interval=1),
    "requantiser, scale": Example(config=requantiser(SCALE), needs=1, latency=3, interval=1),
    "requantiser, steps": Example(config=requantiser(STEPS), needs=1, latency=4, interval=1),
    "requantiser, table": Example(config=requantiser(TABLE), needs=1, latency=1, interval=1),
    "requantiser, cascade": Example(
        config=requantiser(CascadeForm(parts=(SHIFT, CLIP, SCALE))), needs=1, latency=7, interval=1
    ),
    "router": Example(config=router((2, 1), (2, 0, 2)), needs=1, latency=1, interval=1),
    "router, of one": Example(config=router((3,), (1,)), needs=1, latency=1, interval=1),
    "row banks": Example(
        config=row_banks(SAME, SMALL), needs=7, latency=3, period=20, interval=20, shape=SMALL
    ),
    "row banks, in steps": Example(
        config=row_banks(SAME, SMALL, steps=3, repeats=2),
        needs=7,
        latency=4,
        period=20,
        interval=20 * 6,
        shape=SMALL,
    ),
    "row repeater": Example(
        config=row_repeater(TWO_WORDS, 2, 3),
        needs=2,
        latency=2,
        period=24,
        interval=24 * 6,
        shape=TWO_WORDS,
    ),
    # A row comes in 24 cycles, from the cycle on in which the last part of its first pixel left;
    # then two words of its last pixel, all of the second part, and those of the first pixel.
    "row repeater, in parts": Example(
        config=row_repeater(Shape(6, 3, 4), 3, 1, split=True),
        needs=6,
        latency=2,
        period=72,
        interval=3 * (24 + 2 + 8 + 2),
        shape=Shape(6, 3, 4),
    ),
    # Of ten channels two full words and half a one.
    "serialiser": Example(
        config=serialiser(10, 4, 2), needs=1, latency=1, period=3, interval=2 + 2 + 1
    ),
    "tap serial": Example(
        config=TapSerialConfig(lines=line_buffer(SAME, TWO_WORDS, spare=8)),
        needs=2 * 5 + 1,
        latency=2,
        period=24,
        interval=12 * 9 * 2,
        shape=TWO_WORDS,
    ),
    # Two words of every tap, twice, then two others.
    "tap serial, of two groups": Example(
        config=TapSerialConfig(
            lines=line_buffer(window((2, 2)), FOUR_WORDS, spare=6, groups=2, repeats=2)
        ),
        needs=4 * 4 + 1,
        latency=2,
        period=36,
        interval=4 * 4 * 4 * 2,
        shape=FOUR_WORDS,
    ),
    # Nine taps of a word are collected before the first goes on.
    "tap serial, in groups": Example(
        config=tap_serial_in_groups(STRIDED, Shape(4, 4, 6), 2),
        needs=2 * 7 + 1,
        latency=12,
        period=48,
        interval=6 * 9 * 4,
        shape=Shape(4, 4, 6),
    ),
    "tile pool": Example(
        config=tile_pool((2, 2), EVEN), needs=8, latency=2, period=24, interval=24, shape=EVEN
    ),
    "window pool": Example(
        config=WindowPoolConfig(kind=MAX, x=BYTE, out=BYTE, lanes=1, taps=4),
        needs=4,
        latency=1,
        period=4,
        interval=4,
    ),
}
