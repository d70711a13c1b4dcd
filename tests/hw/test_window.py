import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.hw.line_buffer import LineBuffer
from corgibuilder.hw.row_banks import RowBanks
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Buffer, Fork, shape_of, word
from corgibuilder.hw.window import Column, WindowShiftRegister
from corgibuilder.ir import Pads, QInt, Shape, Window
from corgibuilder.plan.components import LineBufferConfig
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.kinds import folded
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.shuffled_slots import pairs_rows, slot_count

from ..streams import run_streams
from ..toys import chain, conv
from .maps import size_words, to_words, windows

CASES = {
    "same": Window(kernel=(3, 3), pads=Pads(top=1, left=1, bottom=1, right=1)),
    "stride": Window(kernel=(3, 3), stride=(2, 2), pads=Pads(top=1, left=1, bottom=1, right=1)),
    "bottom_right": Window(kernel=(3, 3), stride=(2, 2), pads=Pads(bottom=1, right=1)),
    "valid": Window(kernel=(2, 3)),
    "five": Window(kernel=(5, 5), pads=Pads(top=2, left=2, bottom=2, right=2)),
    "wide": Window(kernel=(3, 4), stride=(1, 2), pads=Pads(top=1, left=3, bottom=2, right=2)),
    "line": Window(kernel=(1, 3), pads=Pads(left=1, right=1)),
    "long": Window(kernel=(1, 7), stride=(1, 3), pads=Pads(left=2, right=3)),
    "right": Window(kernel=(3, 6), stride=(3, 2), pads=Pads(top=2, left=2, bottom=1, right=5)),
    "left": Window(kernel=(2, 5), pads=Pads(left=4)),
}
SIZES = [
    (5, 6),
    (4, 4),
    (5, 8),
    (4, 5),
    (1, 1),
    (2, 1),
    (1, 2),
    (3, 2),
    (3, 1),
    (6, 1),
    (4, 3),
    (5, 6),
]


PLAIN = QInt(-16, 15)


class Windows(wiring.Component):
    """A line buffer of either kind with a window shift register behind it."""

    def __init__(self, window, lanes, *, banked, x=PLAIN, given=PLAIN):
        self.window, self.lanes, self.banked = window, lanes, banked
        self.x, self.given = x, given
        pixel = word(shape_of(given), lanes)
        self.pixel = pixel
        columns = data.ArrayLayout(data.ArrayLayout(pixel, window.kernel[0]), window.kernel[1])
        super().__init__({
            "i": In(stream.Signature(word(shape_of(x), lanes))),
            "o": Out(stream.Signature(columns)),
            "size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        kh, largest = self.window.kernel[0], Shape(self.lanes, 6, 8)
        m.submodules.shift_register = shift_register = WindowShiftRegister(
            self.pixel, window=self.window, largest=largest
        )
        if self.banked:
            source = RowBanks(self.x, given=self.given, window=self.window, largest=largest)
        else:
            rows = column_window(self.window)
            source = LineBuffer(
                LineBufferConfig(
                    x=self.x,
                    given=self.given,
                    shape=largest,
                    lanes=self.lanes,
                    window=self.window,
                    capacity=slot_count(rows, 8) if pairs_rows(rows) else rows.span(8) + 1,
                    by_column=True,
                )
            )
        m.submodules.source = source
        if self.banked:
            wiring.connect(m, source.o, shift_register.i)
        else:
            m.submodules.column = column = Column(self.pixel, kh)
            wiring.connect(m, source.o, column.i)
            wiring.connect(m, column.o, shift_register.i)
        m.submodules.fork = fork = Fork(SIZE, 3)
        wiring.connect(m, wiring.flipped(self.size), fork.i)
        for b, end in enumerate((source.write_size, source.read_size, shift_register.size)):
            m.submodules[f"queue_{b}"] = queue = Buffer(SIZE)
            wiring.connect(m, getattr(fork, f"o{b}"), queue.i)
            wiring.connect(m, queue.o, end)
        wiring.connect(m, wiring.flipped(self.i), source.i)
        wiring.connect(m, shift_register.o, wiring.flipped(self.o))
        return m


def column_window(window):
    return Window(
        kernel=(window.kernel[0], 1),
        stride=(window.stride[0], 1),
        pads=Pads(top=window.pads.top, bottom=window.pads.bottom),
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("banked", [True, False], ids=["banked", "serial"])
@pytest.mark.parametrize("stall", [0, 0.3])
def test_windows_of_frames_of_changing_size(case, banked, stall):
    window = CASES[case]
    rng = np.random.default_rng(1)
    sizes = [size for size in SIZES if min(window.output_size(*size)) > 0]
    frames = [rng.integers(-16, 16, (2, *size)) for size in sizes]
    want = []
    for f in frames:
        w = windows(f, window).transpose(0, 1, 3, 2, 4)
        want += w.reshape(-1, *w.shape[2:]).tolist()
    feeds = {"i": to_words(frames, 2), "size": size_words(frames)}
    got, _ = run_streams(Windows(window, 2, banked=banked), feeds, {"o": len(want)}, stall=stall)
    assert got["o"] == want


@pytest.mark.parametrize("banked", [True, False], ids=["banked", "serial"])
def test_values_with_a_step_are_decoded_before_padding_is_put_in(banked):
    x, window = QInt(-7, 8, step=5), CASES["same"]
    rng = np.random.default_rng(2)
    codes = [rng.integers(0, 4, (2, *size)) for size in [(5, 6), (4, 4)]]
    want = []
    for f in codes:
        w = windows(f * 5 - 7, window).transpose(0, 1, 3, 2, 4)
        want += w.reshape(-1, *w.shape[2:]).tolist()
    feeds = {"i": to_words(codes, 2), "size": size_words(codes)}
    dut = Windows(window, 2, banked=banked, x=x, given=x.with_zero)
    assert dut.i.payload.shape().size == 4
    got, _ = run_streams(dut, feeds, {"o": len(want)}, stall=0.3)
    assert got["o"] == want


def test_one_window_a_cycle_without_a_gap():
    frames = [np.ones((1, 6, 8), int)] * 5
    feeds = {"i": to_words(frames, 1), "size": size_words(frames)}
    _, cycles = run_streams(Windows(CASES["same"], 1, banked=True), feeds, {"o": 5 * 48}, stall=0)
    assert cycles <= 5 * 48 + 8 + 2 + 5


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_rows_narrower_than_their_padding_take_as_long_as_planned(width):
    window = Window(kernel=(3, 7), pads=Pads(top=1, left=3, bottom=1, right=3))
    (layer,) = group_layers(chain((1, 6, width), conv(1, 1, window)))
    folding = Folding(source=WindowSource.ROW_BANKS, inputs=21, outputs=1, lanes=1)
    planned = folded(layer, folding).frame_cycles
    spent = []
    for count in (2, 6):
        frames = [np.ones((1, 6, width), int)] * count
        feeds = {"i": to_words(frames, 1), "size": size_words(frames)}
        due = {"o": count * 6 * width}
        spent.append(run_streams(Windows(window, 1, banked=True), feeds, due, stall=0)[1])
    assert spent[1] - spent[0] == 4 * planned
