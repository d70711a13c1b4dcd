"""Virtual channels: order, marks, back-pressure and what a disabled one does."""

import random

import pytest

from corgibuilder.hw.system.channels import Channels
from corgibuilder.ir import QInt
from corgibuilder.plan.system.tap import FRAMES, Reduction, Tap

from ...streams import run_streams
from .clocks import PAIRS

HALF, QUARTER = Reduction(-1, 2), Reduction(-1, 4)
TAPS = (
    Tap(range=QInt(0, 15), lanes=3, words=2),
    Tap(range=QInt(0, 7), lanes=1, words=1, columns=HALF, rows=HALF),
    Tap(range=QInt(0, 255), lanes=2, words=3, columns=QUARTER, rows=QUARTER),
)
SIZES = [(5, 3), (1, 1), (1, 4), (3, 2), (1, 1), (6, 5), (4, 1), (9, 2), (1, 1), (2, 2), (5, 3)]


def frames_of(tap, seed):
    """Random words of a tap for every frame, a list for each."""
    rng = random.Random(seed)
    lanes, bits = tap.lanes, tap.range.width
    frames = []
    for width, height in SIZES:
        columns = (width + tap.columns.offset) // tap.columns.stride + 1
        rows = (height + tap.rows.offset) // tap.rows.stride + 1
        count = columns * rows * tap.words
        frames.append([[rng.randrange(1 << bits) for _ in range(lanes)] for _ in range(count)])
    return frames


def link_words(channel, frames):
    """What comes of a channel's frames at the link."""
    bits = TAPS[channel].range.width
    return [
        {
            "channel": channel,
            "last": int(k == len(frame) - 1),
            "data": sum(v << lane * bits for lane, v in enumerate(values)),
        }
        for frame in frames
        for k, values in enumerate(frame)
    ]


def enables(dut, plans, frames):
    """Testbench that holds the right enable bits only while a frame's first word is awaited."""
    rng = random.Random(5)
    starts = [[sum(map(len, own[:k])) for k in range(len(own))] for own in frames]
    taken = [0] * len(frames)

    async def run(ctx):
        while True:
            for c, plan in enumerate(plans):
                bit = rng.randrange(2)
                if taken[c] in starts[c]:
                    bit = plan[starts[c].index(taken[c])]
                ctx.set(dut.enable[c], bit)
            ports = [getattr(dut, f"i{c}") for c in range(len(plans))]
            _, _, *moved = await ctx.tick().sample(*(p.valid & p.ready for p in ports))
            for c, one in enumerate(moved):
                taken[c] += one

    return run, taken


def run(plans, pair="shifted", *, depths=(2, 5, 4), stall=0.3, due=True, benches=(), seed=0):
    """Words at the link by channel, those due, the number taken from each tap, and its frames."""
    dut = Channels(TAPS, depths=depths, link_depth=4)
    frames = [frames_of(tap, seed + c) for c, tap in enumerate(TAPS)]
    want = [
        link_words(c, [f for f, on in zip(frames[c], plan, strict=True) if on])
        for c, plan in enumerate(plans)
    ]
    watcher, taken = enables(dut, plans, frames)
    feeds = {f"i{c}": [w for f in own for w in f] for c, own in enumerate(frames)}
    feeds["size"] = [{"width": w, "height": h} for w, h in SIZES]
    sync, link = PAIRS[pair]
    got, _ = run_streams(
        dut,
        feeds,
        {"o": sum(map(len, want)) if due else None},
        stall=stall,
        clocks={"sync": sync, "link": link},
        domains={"o": "link"},
        watchers=[watcher],
        benches=benches,
        settle=100,
    )
    per_channel = [[w for w in got["o"] if w["channel"] == c] for c in range(len(TAPS))]
    return per_channel, want, taken, frames


ALL = [[1] * len(SIZES)] * len(TAPS)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("stall", [0, 0.5])
def test_every_word_arrives_in_order_with_its_mark(pair, stall):
    got, want, *_ = run(ALL, pair, stall=stall)
    assert got == want


@pytest.mark.parametrize("slow", ["i0", "i1", "i2", "size", "o"])
def test_one_slow_side_loses_nothing(slow):
    got, want, *_ = run(ALL, stall={slow: 0.9}, depths=(2, 2, 2))
    assert got == want


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("seed", range(2))
def test_enable_counts_for_whole_frames(pair, seed):
    rng = random.Random(seed)
    plans = [[rng.randrange(2) for _ in SIZES] for _ in TAPS]
    got, want, taken, frames = run(plans, pair, stall={"o": 0.5, "i1": 0.5, "size": 0.2}, seed=9)
    assert got == want
    assert taken == [sum(map(len, own)) for own in frames]


@pytest.mark.parametrize("on", [(), (0,), (1,), (0, 2)])
def test_disabled_channels_never_wait_for_a_link_that_stands_still(on):
    async def wait(ctx):
        await ctx.tick().repeat(400)

    plans = [[int(c in on)] * len(SIZES) for c in range(len(TAPS))]
    depths = (2, 2, 2)
    got, _, taken, frames = run(plans, stall={"o": 1}, due=False, benches=[wait], depths=depths)
    assert got == [[], [], []]
    for c in set(range(len(TAPS))) - set(on):
        assert taken[c] >= sum(map(len, frames[c][: FRAMES if on else None]))
    for c in on:
        assert taken[c] < sum(map(len, frames[c]))


def test_a_channel_switched_off_drops_frames_behind_its_full_queue():
    async def wait(ctx):
        await ctx.tick().repeat(400)

    plans = [[0] * len(SIZES), [1, 1] + [0] * (len(SIZES) - 2), [0] * len(SIZES)]
    held = 2 + 1 + 4  # in the queue, the multiplexer and the crossing: just the first two frames
    depths = (2, 2, 2)
    got, want, taken, frames = run(plans, stall={"o": 1}, due=False, benches=[wait], depths=depths)
    assert got == [[], [], []]
    assert len(want[1]) == held
    assert taken[1] == sum(map(len, frames[1]))
