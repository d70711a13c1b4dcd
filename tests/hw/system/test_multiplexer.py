import pytest

from corgibuilder.hw.streams import word
from corgibuilder.hw.system.multiplexer import Multiplexer

from ...streams import run_streams

LAYOUTS = [word(4, 1), word(3, 2), word(1, 1)]


def run(counts, *, stall, layouts=LAYOUTS):
    words = [
        [{"last": k % 2, "data": [k % 2] * layout.length} for k in range(count)]
        for layout, count in zip(layouts, counts, strict=True)
    ]
    feeds = {f"i{c}": own for c, own in enumerate(words)}
    got, cycles = run_streams(Multiplexer(layouts), feeds, {"o": sum(counts)}, stall=stall)
    for c, (own, layout) in enumerate(zip(words, layouts, strict=True)):
        one = sum(1 << lane * layout.elem_shape for lane in range(layout.length))
        assert [w for w in got["o"] if w["channel"] == c] == [
            {"channel": c, "last": w["last"], "data": w["data"][0] * one} for w in own
        ]
    return [w["channel"] for w in got["o"]], cycles


@pytest.mark.parametrize("stall", [0, 0.5, {"i0": 0.9}, {"o": 0.9}], ids=str)
def test_streams_keep_their_order(stall):
    run([20, 30, 10], stall=stall)


def test_busy_streams_take_turns_and_move_a_word_a_cycle():
    order, cycles = run([20, 20, 20], stall=0)
    assert order == [0, 1, 2] * 20
    assert cycles <= 62


@pytest.mark.parametrize("busy", range(3))
def test_a_stream_alone_has_every_turn(busy):
    _, cycles = run([30 * (c == busy) for c in range(3)], stall=0)
    assert cycles <= 32


def test_one_stream_alone():
    run([10], stall=0.3, layouts=[word(5, 3)])
