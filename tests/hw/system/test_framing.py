"""Framing by itself: a frame that comes too early while pixels are being lost."""

from corgibuilder.hw.system.framing import Framing

from ...streams import run_streams
from .camera import BLACK, RGB, flag_counts


def marked_words(pixels):
    starts = {"frame_start": 1, "line_start": 1, "lost": 0}
    others = {"frame_start": 0, "line_start": 0, "lost": 0}
    return [{**(others if k else starts), "pixel": p} for k, p in enumerate(pixels)]


def test_what_is_left_of_a_dropped_frame_raises_no_flag():
    dut = Framing(RGB)
    first, dropped, good = ([[f, k, 1] for k in range(4)] for f in (1, 2, 3))
    lost = {"frame_start": 0, "line_start": 0, "lost": 1, "pixel": BLACK}
    words = [*marked_words(first[:2]), *marked_words(dropped), lost, *marked_words(good)]

    async def pins(ctx):
        ctx.set(dut.width, 4)
        ctx.set(dut.height, 1)
        ctx.set(dut.full, 1)

    flags, counts = flag_counts(dut)
    due = {"o": 8, "size": 2}
    got, _ = run_streams(dut, {"i": words}, due, stall=0, benches=[pins], watchers=[flags])
    assert got["o"] == [*first[:2], BLACK, BLACK, *good]
    assert +counts == {"short_line": 1, "overflow": 1}
