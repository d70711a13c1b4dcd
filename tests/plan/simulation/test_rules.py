"""Every rule against the component of the hardware that it is of, cycle by cycle, any stalls."""

import random
import warnings

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import Out
from amaranth.sim import Simulator

from corgibuilder.hw.chunks import Chunks
from corgibuilder.hw.gearbox import Gearbox
from corgibuilder.hw.line_buffer import LineBuffer
from corgibuilder.hw.mac_array import MacArray
from corgibuilder.hw.pool import Reduce, TilePool
from corgibuilder.hw.queue import Queue
from corgibuilder.hw.requant import Requant
from corgibuilder.hw.row_banks import RowBanks
from corgibuilder.hw.serialiser import Serialiser
from corgibuilder.hw.size import FixedSize
from corgibuilder.hw.streams import Buffer, word
from corgibuilder.hw.window import Column, WindowFormer
from corgibuilder.ir import Pads, PoolKind, QInt, Shape, Window
from corgibuilder.plan.paired_rows import margin, pairs_rows, places
from corgibuilder.plan.requantisers import (
    CascadeForm,
    Rounding,
    ShiftForm,
    TableForm,
    ThresholdForm,
)
from corgibuilder.plan.simulation.compiled import PARAMETERS, STATE, Rule, apply
from corgibuilder.plan.timing import form_cycles

CYCLES = 600
BYTE = QInt(0, 255)


class Sized(wiring.Component):
    """A component whose map always has one size."""

    def __init__(self, inner, shape):
        self.inner, self.shape = inner, shape
        super().__init__({name: inner.signature.members[name] for name in ("i", "o")})

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = self.inner
        wiring.connect(m, wiring.flipped(self.i), self.inner.i)
        wiring.connect(m, self.inner.o, wiring.flipped(self.o))
        for name, member in self.inner.signature.members.items():
            if "size" in name and member.flow is not Out:
                m.submodules[name] = fixed = FixedSize(self.shape)
                wiring.connect(m, fixed.o, getattr(self.inner, name))
        return m


def hardware(component, moves):
    """What the component offers and accepts in each cycle of ``moves``: offered, taken."""
    seen = []

    async def bench(ctx):
        for offered, taken in moves:
            ctx.set(component.i.valid, offered)
            ctx.set(component.o.ready, taken)
            seen.append((ctx.get(component.o.valid), ctx.get(component.i.ready)))
            await ctx.tick()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulator = Simulator(component)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
    return seen


def same(component, kind, parameters, seed, **begins):
    """Assert that component and rule do the same with random words and random stalls.

    A word that is offered stays until it is taken.
    """
    rng = random.Random(seed)
    often = [rng.choice((0.1, 0.5, 0.9, 1.0)) for _ in range(2)]
    p, s = np.zeros(1, PARAMETERS), np.zeros(1, STATE)
    for record, values in ((p, parameters), (s, begins)):
        for name, value in values.items():
            record[0][name] = value
    moves, expected, offered = [], [], False
    for _ in range(CYCLES):
        offered = offered or rng.random() < often[0]
        moves.append((offered, rng.random() < often[1]))
        valid = int(s[0]["valid"])
        accepts = apply(int(kind), p[0], s[0], *moves[-1])
        expected.append((valid, int(accepts)))
        offered = offered and not accepts
    assert hardware(component, moves) == expected
    assert any(valid for valid, _ in expected)


@pytest.mark.parametrize("seed", range(3))
def test_buffer(seed):
    same(Buffer(word(8, 1)), Rule.BUFFER, {}, seed)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_queue(depth):
    same(Queue(word(8, 1), depth), Rule.QUEUE, {"depth": depth}, depth)


@pytest.mark.parametrize(
    ("channels", "before", "after"), [(4, 1, 4), (4, 4, 1), (7, 2, 3), (12, 4, 6), (5, 5, 2)]
)
def test_gearbox(channels, before, after):
    sizes = {"channels": channels, "lanes_in": before, "lanes_out": after}
    box = Gearbox(8, channels=channels, in_lanes=before, out_lanes=after)
    same(box, Rule.GEARBOX, sizes, channels)


@pytest.mark.parametrize("words", [1, 2, 5])
def test_collect(words):
    same(Column(word(8, 1), words), Rule.COLLECT, {"words": words}, words)


@pytest.mark.parametrize(("steps", "repeats"), [(2, 1), (3, 2), (1, 4)])
def test_repeat(steps, repeats):
    picks = [[0]] * steps
    chunks = Chunks(8, size=1, picks=picks, repeats=repeats)
    same(chunks, Rule.REPEAT, {"words": steps * repeats}, steps)


@pytest.mark.parametrize("passes", [1, 2, 7])
def test_multiplier_array(passes):
    weights = np.ones((2 * passes, 1, 1), np.int64)
    array = MacArray(
        BYTE, weights, QInt(0, 1), passes=passes, acc=QInt(0, 255 * passes), shared=True
    )
    same(array, Rule.RIGID, {"registers": 3, "words": passes}, passes)


@pytest.mark.parametrize("taps", [1, 4])
def test_reduce(taps):
    pool = Reduce(PoolKind.MAX, BYTE, BYTE, lanes=1, taps=taps)
    same(pool, Rule.RIGID, {"registers": 1, "words": taps}, taps)


HALVED = ShiftForm(offset=np.zeros(1, np.int64), roundings=(Rounding(shift=1, out=QInt(0, 7)),))


@pytest.mark.parametrize(
    "form",
    [
        HALVED,
        ThresholdForm(steps=np.arange(5)[None], base=0),
        CascadeForm(parts=(HALVED, HALVED)),
        TableForm(values=np.arange(256)[None] % 8, acc=BYTE),
    ],
)
def test_requantiser(form):
    requant = Requant(form, acc=BYTE, out=QInt(0, 7), channels=1, lanes=1)
    same(requant, Rule.RIGID, {"registers": form_cycles(form), "words": 1}, 1)


@pytest.mark.parametrize(
    ("channels", "wide", "narrow"), [(6, 6, 2), (7, 3, 1), (10, 4, 2), (5, 4, 2)]
)
def test_serialiser(channels, wide, narrow):
    serialiser = Serialiser(8, channels=channels, in_lanes=wide, out_lanes=narrow)
    groups = -(-channels // wide)
    short = -(-(channels - (groups - 1) * wide) // narrow)
    sizes = {"words": wide // narrow, "groups": groups, "short": short}
    same(serialiser, Rule.SERIALISER, sizes, channels)


@pytest.mark.parametrize(
    ("kernel", "height", "width", "words"),
    [((2, 2), 4, 6, 1), ((3, 2), 7, 5, 2), ((1, 3), 3, 4, 3)],
)
def test_tiles(kernel, height, width, words):
    window = Window(kernel=kernel, stride=kernel)
    sizes = {"channels": words, "lanes": 1, "window": window, "max_width": width}
    pool = TilePool(PoolKind.MAX, BYTE, BYTE, **sizes)
    parameters = {
        "words": words,
        "kernel_y": kernel[0],
        "kernel_x": kernel[1],
        "rows": height,
        "columns": width,
    }
    same(Sized(pool, Shape(1, height, width)), Rule.TILES, parameters, height)


def window(kernel, stride, pads):
    return Window(
        kernel=kernel,
        stride=stride,
        pads=Pads(**dict(zip(("top", "left", "bottom", "right"), pads, strict=True))),
    )


WINDOWS = {
    "same": (window((3, 3), (1, 1), (1, 1, 1, 1)), 4, 5),
    "strided": (window((3, 3), (2, 2), (1, 1, 1, 1)), 5, 6),
    "strided odd": (window((3, 3), (2, 2), (0, 0, 1, 1)), 7, 5),
    "strided more": (window((3, 5), (2, 3), (1, 2, 0, 2)), 6, 7),
    "apart": (window((2, 2), (3, 4), (0, 0, 0, 0)), 8, 9),
    "narrow": (window((5, 5), (1, 1), (2, 2, 2, 2)), 6, 1),
    "point": (window((1, 1), (1, 1), (0, 0, 0, 0)), 2, 3),
    "ends before": (window((2, 3), (2, 2), (1, 0, 1, 0)), 5, 6),
}


def columns_read(window, width):
    moved = (window.output_size(99, width)[1] - 1) * window.stride[1]
    return min(moved + window.kernel[1] - window.pads.left, width)


@pytest.mark.parametrize("name", [n for n in WINDOWS if n != "apart"])
def test_window_former(name):
    win, height, width = WINDOWS[name]
    rows, columns = win.output_size(height, width)
    former = WindowFormer(word(8, 1), window=win)
    kw, left = win.kernel[1], win.pads.left
    sizes = {
        "kernel_x": kw,
        "stride_x": win.stride[1],
        "left": left,
        "columns": columns_read(win, width),
        "windows_y": rows,
        "tail": (columns - 1) * win.stride[1] + kw - left - width,
    }
    same(Sized(former, Shape(1, height, width)), Rule.WINDOW_FORMER, sizes, 1, wait=kw - 1 - left)


def map_parameters(win, height, width, **more):
    rows, columns = win.output_size(height, width)
    (kh, kw), (sy, sx) = win.kernel, win.stride
    return {
        "rows": height,
        "columns": width,
        "kernel_y": kh,
        "kernel_x": kw,
        "stride_y": sy,
        "stride_x": sx,
        "top": win.pads.top,
        "left": win.pads.left,
        "windows_y": rows,
        "windows_x": columns,
        "words": 1,
        "repeats": 1,
        **more,
    }


@pytest.mark.parametrize("name", [n for n in WINDOWS if n != "apart"])
def test_row_banks(name):
    win, height, width = WINDOWS[name]
    banks = RowBanks(BYTE, 1, given=BYTE, window=win, max_width=width)
    parameters = map_parameters(win, height, width, windows_x=columns_read(win, width))
    same(Sized(banks, Shape(1, height, width)), Rule.ROW_BANKS, parameters, 2)


ORDERS = {
    "by tap": {},
    "repeated": {"repeats": 3},
    "by word": {"by_word": True},
    "single port": {"single_port": True},
    "by word, single port": {"by_word": True, "single_port": True},
    "by column": {"by_column": True},
    "by column, single port": {"by_column": True, "single_port": True},
}


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", WINDOWS)
def test_line_buffer(name, order, channels):
    win, height, width = WINDOWS[name]
    given = ORDERS[order]
    by_column = given.get("by_column", False)
    if by_column and (channels > 1 or name == "apart"):
        pytest.skip("a column is made of whole pixels, and none is skipped")
    read = win.column if by_column else win
    paired = pairs_rows(win)
    capacity = places(read, width) if paired else win.span(width) + 2 * (channels - 1)
    lines = LineBuffer(
        BYTE,
        1,
        given=BYTE,
        channels=channels,
        window=win,
        capacity=capacity,
        max_width=width,
        **given,
    )
    single = given.get("single_port", False)
    parameters = map_parameters(
        read,
        height,
        width,
        windows_x=columns_read(win, width) if by_column else win.output_size(height, width)[1],
        capacity=capacity,
        words=channels,
        repeats=given.get("repeats", 1),
        by_word=given.get("by_word", False),
        single_port=single,
        write_first=by_column,
        full=channels,
        alternate=single and channels > 1,
        margin=margin(read) if paired else 0,
    )
    kind = Rule.PAIRED_ROWS if paired else Rule.RING
    same(Sized(lines, Shape(channels, height, width)), kind, parameters, channels)
