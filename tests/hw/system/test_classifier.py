import numpy as np
import pytest

from corgibuilder.golden.classify import average, classify
from corgibuilder.hw.system.classifier import Classifier
from corgibuilder.ir import QInt
from corgibuilder.plan.folding import words_per_pixel
from corgibuilder.plan.system.classifier import ClassifierPlan
from corgibuilder.plan.system.tap import Reduction, Tap

from ...streams import run_streams

HALF = Reduction(-1, 2)


def memory_image(weights, bias, plan):
    """Words of the memory, from its docstring."""
    rows = np.full((len(weights), 4 * plan.row_words), 0x55, np.uint8)
    rows[:, : weights.shape[1]] = weights.astype(np.int8).view(np.uint8)
    return [*rows.reshape(-1).view("<u4").tolist(), *(bias & 0xFFFFFFFF).tolist()]


def words_of(frame, lanes):
    """Words of a map in the order they travel; unused lanes are not zero."""
    channels = len(frame)
    pixels = frame.transpose(1, 2, 0).reshape(-1, channels)
    padded = np.full((len(pixels), words_per_pixel(channels, lanes) * lanes), 1)
    padded[:, :channels] = pixels
    return padded.reshape(-1, lanes).tolist()


def compute(x, lanes, frames, weights, bias, *, multipliers, stall=0.3, seed=0, due=None):
    """Logits of ``frames``, each an array (channels, height, width), and cycles until the last."""
    channels = len(frames[0])
    plan = ClassifierPlan(
        x=x,
        channels=channels,
        max_positions=max(frame[0].size for frame in frames),
        classes=len(weights),
        multipliers=multipliers,
    )
    words = words_per_pixel(channels, lanes)
    tap = Tap(range=x, lanes=lanes, words=words, columns=HALF, rows=HALF)
    dut = Classifier(plan, tap)
    written = []

    async def write(ctx):
        for address, value in enumerate(memory_image(weights, bias, plan)):
            ctx.set(dut.address, address)
            ctx.set(dut.data, value)
            ctx.set(dut.write, 1)
            await ctx.tick()
        ctx.set(dut.write, 0)
        written.append(address + 1)

    sizes = [{"width": 2 * f.shape[2], "height": 2 * f.shape[1] - 1} for f in frames]
    codes = [(f - x.offset) // x.step for f in frames]
    received, cycles = run_streams(
        dut,
        {"i": [w for f in codes for w in words_of(f, lanes)], "size": sizes},
        {"o": len(frames) * len(weights)},
        stall=stall,
        seed=seed,
        timeout=20_000,
        benches=[write],
    )
    assert written == [plan.words]
    return np.array(received["o"]).reshape(len(frames), -1), cycles, plan


def expected(frames, weights, bias):
    return np.concatenate([classify(f[None], weights, bias) for f in frames])


U4, S5 = QInt(0, 15), QInt(-16, 15)


@pytest.mark.parametrize(
    ("x", "channels", "lanes", "multipliers"),
    [
        (U4, 1, 1, 1),
        (U4, 5, 5, 1),
        (U4, 6, 2, 1),
        (U4, 7, 3, 2),
        (U4, 9, 1, 4),
        (S5, 9, 4, 8),
        (S5, 21, 2, 16),
        (QInt(3, 4), 4, 1, 2),
        (QInt(-1, 1, step=2), 5, 2, 2),
    ],
)
@pytest.mark.parametrize("stall", [0, 0.4])
def test_logits_equal_the_golden_model(x, channels, lanes, multipliers, stall):
    rng = np.random.default_rng(channels + lanes)
    sizes = [(3, 2), (1, 1), (4, 5), (2, 3), (1, 6)]
    values = np.arange(x.lo, x.hi + 1, x.step)
    frames = [rng.choice(values, (channels, *size)) for size in sizes]
    frames[1][...] = x.hi
    frames[3][...] = x.lo
    weights = rng.integers(-128, 128, (3, channels))
    weights[0], weights[1, 0] = -128, 127
    bias = rng.integers(-1000, 1000, 3)
    got, _, _ = compute(x, lanes, frames, weights, bias, multipliers=multipliers, stall=stall)
    np.testing.assert_array_equal(got, expected(frames, weights, bias))


def test_sums_stay_within_32_bits():
    bias = np.array([2**31 - 1, -(2**31), 2**31 - 1 - 127 * 240, 5])
    weights = np.array([[127], [-128], [127], [-128]])
    frames = [np.full((1, 1, 2), 15), np.zeros((1, 1, 1), int)]
    got, _, _ = compute(U4, 1, frames, weights, bias, multipliers=1)
    assert got.tolist() == [
        [2**31 - 1, -(2**31), 2**31 - 1, 5 - 128 * 240],
        bias.tolist(),
    ]


@pytest.mark.parametrize("x", [U4, S5])
def test_averages_round_half_up(x):
    """A weight of 1 shows the average itself: all sums of two, three and seven positions."""
    frames = [
        np.array([x.lo] * (count - 1) + [value]).reshape(1, 1, count)
        for count in (2, 3, 7)
        for value in range(x.lo, x.hi + 1)
    ]
    got, _, _ = compute(x, 1, frames, np.ones((1, 1), int), np.zeros(1, int), multipliers=1)
    exact = [np.floor(16 * f.mean(dtype=np.longdouble) + 0.5) for f in frames]
    assert got[:, 0].tolist() == exact == [average(f[None])[0, 0] for f in frames]


def test_frames_follow_without_a_gap_while_the_last_one_is_classified():
    """As fast as planned: the words of a frame, or its classification, whichever takes longer."""
    channels, classes, positions = 8, 6, (5, 4)
    rng = np.random.default_rng(0)
    weights = rng.integers(-128, 128, (classes, channels))
    bias = np.zeros(classes, int)
    cycles = {}
    for count in (3, 8):
        frames = [rng.integers(0, 16, (channels, *positions)) for _ in range(count)]
        got, cycles[count], plan = compute(
            U4, 1, frames, weights, bias, multipliers=1, stall=0, seed=count
        )
        np.testing.assert_array_equal(got, expected(frames, weights, bias))
    assert plan.frame_cycles <= 20 * channels  # otherwise this shows nothing
    assert cycles[8] - cycles[3] == 5 * 20 * channels


def test_a_slow_classifier_holds_its_input_up_and_is_as_fast_as_planned():
    channels, classes = 8, 40
    rng = np.random.default_rng(0)
    weights, bias = rng.integers(-128, 128, (classes, channels)), np.zeros(classes, int)
    cycles = {}
    for count in (3, 8):
        frames = [rng.integers(0, 16, (channels, 1, 2)) for _ in range(count)]
        got, cycles[count], plan = compute(U4, 4, frames, weights, bias, multipliers=2, stall=0)
        np.testing.assert_array_equal(got, expected(frames, weights, bias))
    assert plan.frame_cycles - 20 < (cycles[8] - cycles[3]) / 5 <= plan.frame_cycles
