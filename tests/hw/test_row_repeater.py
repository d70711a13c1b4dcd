"""Repeated rows and channels as pixels, against the golden model, of any size under any stalls."""

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.hw.row_repeater import RowRepeater
from corgibuilder.ir import DepthToSpace, QInt, Shape, Upsample
from corgibuilder.plan.components import RowRepeaterConfig

from ..streams import run_streams
from .maps import WithSizes, size_words, to_words

BYTE = QInt(0, 255)
STALLS = [0, 0.4, {"i": 0.8}, {"o": 0.7}, {"size": 0.95}]
SIZES = [(1, 1), (1, 1), (4, 5), (4, 5), (2, 3), (1, 4), (4, 1), (4, 1), (3, 5), (1, 2), (2, 5)]


def given(op, config, stall, *, seed=0):
    """Words that leave, and those of the golden model."""
    rng = np.random.default_rng(seed)
    channels, lanes = config.shape.channels, config.lanes
    maps = [rng.integers(0, 256, (channels, *size)) for size in SIZES]
    words = to_words([evaluate(op, each[None])[0] for each in maps], lanes)
    feeds = {"i": to_words(maps, lanes), "size": size_words(maps)}
    dut = WithSizes(RowRepeater(config), ["write_size", "read_size"])
    found, _ = run_streams(dut, feeds, {"o": len(words)}, stall=stall, seed=seed)
    return found["o"], words


@pytest.mark.parametrize("stall", STALLS, ids=str)
@pytest.mark.parametrize("factors", [(1, 1), (2, 2), (1, 3), (3, 1), (4, 2)])
def test_upsampled(factors, stall):
    rows, columns = factors
    for channels, lanes in ((1, 1), (3, 3), (4, 2), (5, 2)):
        config = RowRepeaterConfig(
            x=BYTE, shape=Shape(channels, 4, 5), lanes=lanes, rows=rows, columns=columns
        )
        found, words = given(Upsample(factors=factors), config, stall, seed=channels)
        assert found == words


@pytest.mark.parametrize("stall", STALLS, ids=str)
@pytest.mark.parametrize(
    ("block", "channels", "lanes"), [(1, 3, 1), (2, 1, 1), (2, 4, 2), (3, 2, 2)]
)
def test_channels_as_pixels(block, channels, lanes, stall):
    """A word holds channels of one pixel of the output only."""
    config = RowRepeaterConfig(
        x=BYTE,
        shape=Shape(channels * block**2, 4, 5),
        lanes=lanes,
        rows=block,
        columns=1,
        split=True,
    )
    found, words = given(DepthToSpace(block=block), config, stall, seed=block)
    assert found == words


def test_a_row_is_read_while_it_is_written():
    """The first words of a frame leave before its first row is complete."""
    config = RowRepeaterConfig(x=BYTE, shape=Shape(2, 4, 5), lanes=1, rows=2, columns=2)
    dut = WithSizes(RowRepeater(config), ["write_size", "read_size"])
    feeds = {"i": [[1], [2], [3], [4]], "size": [{"width": 5, "height": 4}]}
    found, _ = run_streams(dut, feeds, {"o": 8}, stall=0)
    assert found["o"] == [[1], [2]] * 2 + [[3], [4]] * 2
