"""Maps with a border around them, against the golden model, of any size and under any stalls."""

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.hw.border import Border
from corgibuilder.ir import Pad, Pads, QInt, Shape
from corgibuilder.plan.components import BorderConfig

from ..streams import run_streams
from .maps import size_words, to_words

STALLS = [0, 0.4, {"i": 0.8}, {"o": 0.7}, {"size": 0.9}]
PADS = [
    Pads(top=1, left=1, bottom=1, right=1),
    Pads(left=2),
    Pads(bottom=1),
    Pads(top=3, right=1),
    Pads(right=2, bottom=2),
]
RANGES = {
    "unsigned": (QInt(0, 15), QInt(0, 15), 0),
    "wider": (QInt(0, 15), QInt(-20, 15), -20),
    "signed": (QInt(-8, 7), QInt(-8, 7), 3),
    "signs": (QInt(-1, 1, step=2), QInt(-1, 1, step=2), -1),
    "signs and zero": (QInt(-1, 1, step=2), QInt(-1, 1), 0),
    "steps": (QInt(-7, 8, step=5), QInt(-12, 8, step=5), -12),
}
SIZES = [(1, 1), (1, 1), (4, 5), (2, 3), (1, 4), (4, 1), (4, 5), (4, 5), (3, 5)]


@pytest.mark.parametrize("stall", STALLS, ids=str)
@pytest.mark.parametrize(("channels", "lanes"), [(1, 1), (3, 3), (4, 2), (5, 2)])
def test_frames_of_any_size(channels, lanes, stall):
    for pads in PADS:
        compare(pads, "wider", channels, lanes, stall)


@pytest.mark.parametrize("ranges", RANGES)
@pytest.mark.parametrize("pads", PADS, ids=str)
def test_values_of_every_kind(pads, ranges):
    compare(pads, ranges, 3, 2, 0.3)


def compare(pads, ranges, channels, lanes, stall):
    """Only the lanes that hold a channel: those beyond the last one bring anything."""
    x, out, value = RANGES[ranges]
    rng = np.random.default_rng(channels)
    codes = [rng.integers(0, (x.hi - x.lo) // x.step + 1, (channels, *size)) for size in SIZES]
    maps = [x.lo + x.step * each for each in codes]
    expected = [evaluate(Pad(pads=pads, value=value), each[None])[0] for each in maps]
    words = to_words([(each - out.offset) // out.step for each in expected], lanes)
    feeds = {
        "i": to_words([(each - x.offset) // x.step for each in maps], lanes),
        "size": size_words(maps),
    }
    config = BorderConfig(
        x=x, out=out, shape=Shape(channels, 4, 5), lanes=lanes, pads=pads, value=value
    )
    found, _ = run_streams(Border(config), feeds, {"o": len(words)}, stall=stall)
    last = [channels - lanes * ((channels - 1) // lanes), lanes]
    per_pixel = -(-channels // lanes)
    for k, (got, want) in enumerate(zip(found["o"], words, strict=True)):
        used = last[0] if k % per_pixel == per_pixel - 1 else last[1]
        assert got[:used] == want[:used]
