"""The video input with a camera that does everything wrong, and with a slow pipeline."""

import random
from collections import Counter
from itertools import cycle

import pytest

from ...streams import run_streams
from .camera import BLACK, Chain, camera, flag_counts, registers, shot
from .clocks import PAIRS

FAULTS = {
    "none": [5, 5, 5],
    "short_line": [5, 3, 5],
    "short_first": [1, 5, 5],
    "short_last": [5, 5, 2],
    "all_short": [4, 1, 3],
    "long_line": [5, 9, 5],
    "long_first": [6, 5, 5],
    "long_last": [5, 5, 8],
    "long_and_short": [7, 2, 6],
    "short_frame": [5, 5],
    "one_line": [5],
    "one_pixel": [1],
    "cut_off": [5, 2],
    "long_frame": [5, 5, 5, 5],
    "long_frame_of_short_lines": [5, 5, 5, 2, 1, 9],
    "long_last_and_long_frame": [5, 5, 7, 5],
    "short_last_and_long_frame": [5, 5, 4, 5],
    "dense_pixels": [15],
    "all": [7, 2, 5, 5, 3],
}


def run(shots, pair="shifted", *, depth=64, chance=0.25, blanking=40, before=0, stall=0.3, seed=0):
    """Words and sizes that come of ``shots``, the flags and the number of frames finished."""
    pixel, sync = PAIRS[pair]
    ratio = max(1, sync[0] / pixel[0])
    dut = Chain(depth)
    source = camera(
        dut.video,
        shots,
        chance=chance / ratio,
        blanking=int(blanking * ratio),
        after=int(300 * ratio),
        before=before,
        seed=seed,
    )
    sizes, done = registers(dut.video, [(s.width, s.height) for s in shots])
    flags, counts = flag_counts(dut.video)
    got, _ = run_streams(
        dut,
        {},
        dict.fromkeys(("o", "size", "gate_size")),
        stall=stall,
        seed=seed,
        clocks={"pixel": pixel, "sync": sync},
        benches=[source],
        watchers=[sizes, flags],
    )
    return got, +counts, len(done)


def check(shots, pair="shifted", **options):
    got, counts, done = run(shots, pair, **options)
    assert got["o"] == [pixel for s in shots for pixel in s.repaired()]
    assert counts == +sum((s.faults() for s in shots), Counter())
    assert done == len(shots)
    sizes = [{"width": s.width, "height": s.height} for s in shots]
    assert got["size"] == sizes
    assert got["gate_size"] == sizes


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("stall", [0, 0.5])
def test_good_frames_pass_unchanged(pair, stall):
    sizes = [(5, 3), (1, 1), (1, 1), (1, 4), (6, 1), (3, 5), (2, 2), (5, 3)]
    check([shot(k, *size) for k, size in enumerate(sizes)], pair, stall=stall)


@pytest.mark.parametrize("pair", PAIRS)
def test_good_frames_without_a_pause_between_them(pair):
    sizes = [(5, 3), (1, 1), (1, 3), (4, 1), (1, 1), (3, 3)]
    shots = [shot(k, *size) for k, size in enumerate(sizes)]
    check([*shots, shot(6, 5, 3)], pair, blanking=0, chance=0.2)


@pytest.mark.parametrize("fault,pair", [*zip(FAULTS, cycle(PAIRS))])
def test_a_faulty_frame_is_repaired_and_the_next_one_is_right(fault, pair):
    shots = [shot(0, 5, 3), shot(1, 5, 3, FAULTS[fault]), shot(2, 5, 3), shot(3, 4, 2)]
    check(shots, pair, before=7)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (2, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_faulty_frames_of_any_size_in_a_row(size, seed):
    rng = random.Random(seed)
    width, height = size
    shots = []
    for k in range(8):
        lengths = [rng.choice([1, width, width, width + 2]) for _ in range(rng.randint(1, 6))]
        shots.append(shot(k, width, height, lengths))
    pair = rng.choice(list(PAIRS))
    check([*shots, shot(8, width, height), shot(9, 3, 2)], pair, before=seed, seed=seed)


def frames_of(words, size):
    """Complete frames among ``words``, all of the same size."""
    assert len(words) % size == 0
    return [words[k : k + size] for k in range(0, len(words), size)]


def cut_at(frame, sent):
    """``frame`` is ``sent`` up to some pixel, whose number is returned, and zeros from there on."""
    good = next((k for k, pixel in enumerate(frame) if pixel == BLACK), len(frame))
    assert frame[:good] == sent[:good]
    assert frame[good:] == [BLACK] * (len(frame) - good)
    return good


@pytest.mark.parametrize("pair", PAIRS)
def test_an_overflow_costs_the_rest_of_the_frame(pair):
    shots = [shot(k, 6, 5) for k in range(3)]
    options = {"depth": 4, "stall": {"o": 0.8}, "blanking": 400}
    got, counts, done = run(shots, pair, chance=1, **options)
    frames = frames_of(got["o"], 30)
    assert len(frames) == done == 3
    for frame, one in zip(frames, shots, strict=True):
        assert 4 <= cut_at(frame, one.repaired()) < 30
    assert counts == {"overflow": 3}


def test_a_frame_that_comes_while_zeros_are_made_is_dropped_and_the_one_after_it_is_right():
    cut_off = shot(0, 10, 8, [10, 10])
    shots = [cut_off, shot(1, 10, 8), shot(2, 10, 8)]
    got, counts, done = run(shots, depth=16, chance=0.2, blanking=0, stall={"o": 0.7})
    assert done == 2
    frames = frames_of(got["o"], 80)
    assert frames == [cut_off.repaired(), shots[2].repaired()]
    assert counts == {"short_frame": 1, "overflow": 1}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("seed", range(2))
def test_after_any_overflows_frames_are_right_again(pair, seed):
    rng = random.Random(seed)
    shots = [shot(k, 5, 4, rng.choices([5, 3, 7], [6, 1, 1], k=4)) for k in range(12)]
    shots.append(shot(12, 5, 4, pause=600, slow=8))
    options = {"chance": rng.choice([0.5, 0.7, 1]), "blanking": rng.choice([0, 7, 30])}
    got, counts, done = run(shots, pair, depth=8, stall={"o": 0.85}, seed=seed, **options)
    assert counts["overflow"]
    frames = frames_of(got["o"], 20)
    assert done == len(frames)
    assert frames[-1] == shots[-1].repaired()
    numbers = [frame[0][0] for frame in frames]
    assert numbers == sorted(set(numbers))
    for number, frame in zip(numbers, frames, strict=True):
        sent = shots[number - 1].repaired()
        assert all(a in (b, BLACK) for a, b in zip(frame, sent, strict=True))
