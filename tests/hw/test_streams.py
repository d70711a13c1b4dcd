import pytest
from amaranth.hdl import signed, unsigned

from corgibuilder.hw.gearbox import Gearbox
from corgibuilder.hw.streams import Buffer, Fork
from corgibuilder.plan.folding import words_per_pixel

from ..streams import run_stream, run_streams

STALLS = [0, 0.3, 0.7]


@pytest.mark.parametrize("stall", STALLS)
def test_buffer_loses_nothing(stall):
    sent = list(range(50))
    assert run_stream(Buffer(unsigned(8)), sent, stall=stall) == sent


def test_buffer_moves_a_word_a_cycle():
    _, cycles = run_streams(Buffer(unsigned(8)), {"i": list(range(50))}, {"o": 50}, stall=0)
    assert cycles <= 52


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize("branches", [1, 2, 3])
def test_every_branch_of_a_fork_gets_every_word(stall, branches):
    sent = list(range(30))
    names = [f"o{b}" for b in range(branches)]
    got, _ = run_streams(
        Fork(unsigned(8), branches), {"i": sent}, dict.fromkeys(names, 30), stall=stall
    )
    assert all(got[name] == sent for name in names)


def regroup(values, lanes):
    words = [values[k : k + lanes] for k in range(0, len(values), lanes)]
    return [word + [0] * (lanes - len(word)) for word in words]


@pytest.mark.parametrize("stall", STALLS)
@pytest.mark.parametrize(
    "channels,in_lanes,out_lanes",
    [
        (1, 1, 1),
        (4, 1, 4),
        (4, 4, 1),
        (7, 3, 2),
        (7, 2, 3),
        (10, 4, 3),
        (5, 5, 5),
        (12, 4, 6),
        (9, 7, 8),
    ],
)
def test_gearbox_keeps_order_and_pixels(stall, channels, in_lanes, out_lanes):
    pixels = [[(p * 31 + c * 7) % 15 - 7 for c in range(channels)] for p in range(6)]
    dut = Gearbox(signed(4), channels=channels, in_lanes=in_lanes, out_lanes=out_lanes)
    words = [w for pixel in pixels for w in regroup(pixel, in_lanes)]
    count = 6 * words_per_pixel(channels, out_lanes)
    got = run_stream(dut, words, count, stall=stall)
    per_pixel = words_per_pixel(channels, out_lanes)
    for p, pixel in enumerate(pixels):
        flat = [v for w in got[p * per_pixel : (p + 1) * per_pixel] for v in w]
        assert flat[:channels] == pixel


def test_gearbox_runs_at_the_rate_of_its_narrow_side():
    dut = Gearbox(unsigned(4), channels=12, in_lanes=4, out_lanes=3)
    _, cycles = run_streams(dut, {"i": [[1, 2, 3, 4]] * 60}, {"o": 80}, stall=0)
    assert cycles <= 84
