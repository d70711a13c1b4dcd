import pytest

from corgibuilder.hw.streams import word
from corgibuilder.hw.system.crossing import Crossing

from ...streams import run_streams
from .clocks import PAIRS


def cross(pair, count, *, depth=4, stall=0):
    source, sink = PAIRS[pair]
    words = [[k % 256, k // 256] for k in range(count)]
    got, cycles = run_streams(
        Crossing(word(8, 2), depth=depth, source="near", sink="far"),
        {"i": words},
        {"o": count},
        stall=stall,
        clocks={"near": source, "far": sink},
        domains={"i": "near", "o": "far"},
    )
    assert got["o"] == words
    return cycles


@pytest.mark.parametrize("stall", [0, 0.3, {"i": 0.8}, {"o": 0.8}], ids=str)
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("depth", [4, 16])
def test_no_word_is_lost_or_repeated(pair, depth, stall):
    cross(pair, 100, depth=depth, stall=stall)


def test_a_word_a_cycle():
    assert cross("shifted", 300, depth=8) <= 310
