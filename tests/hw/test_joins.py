"""Sums and concatenations of maps, against the golden model, with stalls at every port."""

import numpy as np
import pytest

from corgibuilder.golden import evaluate
from corgibuilder.hw.joins import Adder, Concatenator, Router
from corgibuilder.ir import Add, Concat, Input, QInt, Shape
from corgibuilder.plan.components import AdderConfig, ConcatConfig, RouterConfig

from ..streams import run_streams
from .maps import to_words

STALLS = [0, 0.4, {"i0": 0.8}, {"i1": 0.8, "o": 0.2}, {"o": 0.7}]
BIPOLAR, FIVES = QInt(-1, 1, step=2), QInt(-7, 8, step=5)
HEIGHT, WIDTH = 3, 4


def maps_of(x, channels, rng):
    """Codes of a random map, with both ends of the range, and its values."""
    codes = rng.integers(0, (x.hi - x.lo) // x.step + 1, (channels, HEIGHT, WIDTH))
    codes.flat[:2] = 0, codes.max()
    values = x.lo + x.step * codes
    return (values - x.offset) // x.step, values


def joined(component, op, ranges, channels, lanes, stall, seed=0):
    """Words that leave, and those of the golden model in codes of ``config.out``."""
    rng = np.random.default_rng(seed)
    maps = [maps_of(x, count, rng) for x, count in zip(ranges, channels, strict=True)]
    expected = evaluate(op, *(values[None] for _, values in maps))[0]
    out = component.config.out
    words = to_words([(expected - out.offset) // out.step], component.config.lanes)
    feeds = {f"i{k}": to_words([codes], lanes[k]) for k, (codes, _) in enumerate(maps)}
    found, _ = run_streams(component, feeds, {"o": len(words)}, stall=stall, seed=seed)
    return found["o"], words


FACTORS = {
    "sum": ((1, 1), (QInt(0, 15), QInt(-8, 7))),
    "difference": ((1, -1), (QInt(-8, 7), QInt(0, 15))),
    "shifts": ((-4, 2, 1), (QInt(0, 15), QInt(-8, 7), QInt(3, 5))),
    "multipliers": ((3, -5), (QInt(-8, 7), QInt(0, 255))),
    "four": ((1, -7, 2, 3), (QInt(0, 1), QInt(-1, 1), QInt(5, 5), QInt(-128, 127))),
    "signs": ((1, 1), (BIPOLAR, BIPOLAR)),
    "signs, scaled": ((3, -2, 1), (BIPOLAR, BIPOLAR, BIPOLAR)),
    "steps": ((2, 5), (FIVES, BIPOLAR)),
    "signs and values": ((-3, 4), (BIPOLAR, QInt(-8, 7))),
}


@pytest.mark.parametrize("stall", STALLS, ids=str)
@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("name", FACTORS)
def test_adder(name, lanes, stall):
    factors, ranges = FACTORS[name]
    op, channels = Add(factors=factors), (3,) * len(factors)
    types = [Input(shape=Shape(3, HEIGHT, WIDTH), range=x).infer() for x in ranges]
    out = op.infer(*types).range
    config = AdderConfig(factors=factors, inputs=ranges, out=out, lanes=lanes)
    found, words = joined(Adder(config), op, ranges, channels, [lanes] * 4, stall, seed=lanes)
    assert found == words


def test_adder_at_both_ends():
    """Every sum of the ends of all inputs."""
    for factors, ranges in FACTORS.values():
        types = [Input(shape=Shape(1, 1, 1), range=x).infer() for x in ranges]
        out = Add(factors=factors).infer(*types).range
        ends = np.array(np.meshgrid(*((x.lo, x.hi) for x in ranges))).reshape(len(ranges), -1)
        config = AdderConfig(factors=factors, inputs=ranges, out=out, lanes=1)
        feeds = {
            f"i{k}": [[int(v - x.offset) // x.step] for v in ends[k]] for k, x in enumerate(ranges)
        }
        sums = np.array(factors) @ ends
        found, _ = run_streams(Adder(config), feeds, {"o": ends.shape[1]}, stall=0.3)
        assert found["o"] == [[int(v - out.offset) // out.step] for v in sums]
        assert {out.lo, out.hi} <= set(sums.tolist())


CONCATS = {
    "in turns": ((4, 2, 6), 2),
    "value by value": ((1, 3), 1),
    "whole pixels in turns": ((3, 3), 3),
}
ROUTES = {
    "side by side": ((2, 1), range(3)),
    "some, in another order": ((2, 3), (4, 0, 3)),
    "some of them twice": ((1, 2, 1), (3, 2, 1, 2, 3, 3)),
    "of one input": ((4,), (1, 3)),
}
RANGES = {
    "alike": (QInt(0, 15),) * 3,
    "signed": (QInt(0, 15), QInt(-8, 7), QInt(-1, 0)),
    "signs": (BIPOLAR,) * 3,
    "steps": (FIVES, BIPOLAR, QInt(0, 3)),
}


@pytest.mark.parametrize("stall", STALLS, ids=str)
@pytest.mark.parametrize("ranges", RANGES)
@pytest.mark.parametrize("name", CONCATS)
def test_concatenator(name, ranges, stall):
    channels, lanes = CONCATS[name]
    inputs = RANGES[ranges][: len(channels)]
    types = [
        Input(shape=Shape(count, HEIGHT, WIDTH), range=x).infer()
        for count, x in zip(channels, inputs, strict=True)
    ]
    out = Concat().infer(*types).range
    config = ConcatConfig(inputs=inputs, out=out, channels=channels, lanes=lanes)
    each = [lanes] * len(channels)
    found, words = joined(Concatenator(config), Concat(), inputs, channels, each, stall)
    assert found == words


@pytest.mark.parametrize("stall", STALLS, ids=str)
@pytest.mark.parametrize("ranges", RANGES)
@pytest.mark.parametrize("name", ROUTES)
def test_router(name, ranges, stall):
    lanes, sources = ROUTES[name]
    inputs = RANGES[ranges][: len(lanes)]
    ports = [f"i{k}" for k in range(len(lanes))] if len(lanes) > 1 else ["i"]
    rng = np.random.default_rng(len(sources))
    maps = [maps_of(x, count, rng) for x, count in zip(inputs, lanes, strict=True)]
    values = np.concatenate([values for _, values in maps])[list(sources)]
    out = QInt.of(values)
    config = RouterConfig(inputs=inputs, out=out, lanes=lanes, sources=tuple(sources))
    feeds = {
        port: to_words([codes], count)
        for port, (codes, _), count in zip(ports, maps, lanes, strict=True)
    }
    words = to_words([(values - out.offset) // out.step], len(sources))
    stall = stall if isinstance(stall, (int, float)) or len(lanes) > 1 else 0.5
    found, _ = run_streams(Router(config), feeds, {"o": len(words)}, stall=stall)
    assert found["o"] == words
