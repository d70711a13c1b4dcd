"""Long sequences that are held packed are the sequences that were given."""

import tracemalloc

import numpy as np
import pytest

from corgibuilder.plan import times
from corgibuilder.plan.times import Times, Turns


@pytest.fixture(params=["plain", "packed"])
def small_blocks(request, monkeypatch):
    """Blocks of a few times, which are packed or not."""
    monkeypatch.setattr(times, "BLOCK", 64)
    monkeypatch.setattr(times, "PLAIN", 0 if request.param == "packed" else 1 << 20)


def sequences():
    """Times that rise in bursts, by little, by much, and rarely by more than 32 bits."""
    rng = np.random.default_rng(0)
    for count in (1, 2, 63, 64, 65, 500):
        for highest in (1, 3, 300, 100_000, 1 << 40):
            yield np.cumsum(rng.integers(0, highest, count)) - 50
        rare = np.where(rng.random(count) < 0.01, 1 << 34, 2)
        yield np.cumsum(rare)


def cut(values, rng):
    """The same values in parts of any length."""
    at = np.sort(rng.integers(0, len(values) + 1, 4))
    return (part for part in np.split(values, at) if len(part))


@pytest.mark.usefixtures("small_blocks")
def test_what_is_held_is_what_was_given():
    rng = np.random.default_rng(1)
    for values in sequences():
        held = Times.of(cut(values, rng), len(values)).delayed(7)
        values = values + 7
        assert held.between(0, len(held)).tolist() == values.tolist()
        start, end = sorted(rng.integers(0, len(values), 2).tolist())
        assert held.between(start, end + 1).tolist() == values[start : end + 1].tolist()
        assert held.at(end) == values[end]
        assert np.concatenate([chunk for _, chunk in held.chunks()]).tolist() == values.tolist()
        for count in (1, 2, 5):
            if len(values) >= count:
                every = held.every(count)
                assert every.between(0, len(every)).tolist() == values[count - 1 :: count].tolist()
                again = held.repeated(count)
                whole = np.repeat(values, count).tolist()
                assert again.between(0, len(again)).tolist() == whole


@pytest.mark.usefixtures("small_blocks")
def test_how_many_are_reached():
    rng = np.random.default_rng(2)
    for values in sequences():
        held = Times.of(cut(values, rng), len(values))
        some = np.sort(rng.choice(values, 20) + rng.integers(-2, 3, 20))
        for when in (some, values[:1] - 1, values[-1:], values[-1:] + 1, values):
            want = np.searchsorted(values, when, side="right")
            assert held.reached(when).tolist() == want.tolist()


@pytest.mark.usefixtures("small_blocks")
def test_times_by_their_index():
    held = Times.where(lambda k: k * k // 3, 200)
    assert held.between(0, 200).tolist() == [k * k // 3 for k in range(200)]


def test_turns_go_on_from_call_to_call():
    turns = Turns()
    assert turns.starts(np.array([5, 6, 20]), 4).tolist() == [5, 9, 20]
    assert turns.starts(np.array([0, 40]), np.array([1, 2])).tolist() == [24, 40]
    assert turns.free == 42


def test_a_long_sequence_takes_little_more_than_a_byte_for_each_time():
    """Rows of 8,192 pixels, with a long wait between rows."""
    count, row = 1 << 24, 8192
    tracemalloc.start()
    held = Times.where(lambda k: k * 5 + k // row * 30_000, count)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 1.1 * count
    assert peak < size + 100 * times.BLOCK
    assert held.at(count - 1) == (count - 1) * 5 + (count - 1) // row * 30_000
