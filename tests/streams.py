"""Drive a stream component with random stalls and check the stream rules for free."""

import random
import warnings
from collections.abc import Mapping, Sequence

from amaranth.lib import data
from amaranth.sim import Simulator


def plain(value):
    """A payload as plain integers, lists of them for arrays, dictionaries for structures."""
    if isinstance(value, int):
        return value
    if isinstance(value.shape(), data.StructLayout):
        return {name: plain(value[name]) for name, _ in value.shape()}
    return [plain(v) for v in value]


ONE_CLOCK = {"sync": (1e-9, 0.5e-9)}


def run_streams(
    dut,
    feeds: Mapping[str, Sequence],
    due: Mapping[str, int | None],
    *,
    stall: float | Mapping[str, float] = 0.3,
    seed: int = 0,
    timeout: int = 2000,
    settle: int = 20,
    clocks: Mapping[str, tuple[float, float]] = ONE_CLOCK,
    domains: Mapping[str, str] = {},
    benches: Sequence = (),
    watchers: Sequence = (),
) -> tuple[dict[str, list], int]:
    """Words that leave each output of ``dut`` and the cycles until the last of them.

    ``feeds`` gives the words of every input stream by member name, ``due`` the number of words
    expected of every output, ``None`` for any number. ``stall`` is the chance that a stream
    pauses, for all or by member name. ``clocks`` gives period and phase of every clock domain,
    ``domains`` the streams that are not in ``sync``. ``benches`` are further testbenches that have
    to come to their end, ``watchers`` run as long as anything else does.

    Fails if an offered word is changed or withdrawn, if nothing leaves for ``timeout`` cycles
    although words are due, or if more words come than are due.
    """
    received: dict[str, list] = {name: [] for name in due}
    finished = {}

    def pause(name):
        chance = stall if isinstance(stall, float | int) else stall.get(name, 0)
        rng = random.Random(f"{seed}{name}")
        return lambda: rng.random() < chance

    def producer(name, words):
        pauses, port, domain = pause(name), getattr(dut, name), domains.get(name, "sync")

        async def run(ctx):
            for value in words:
                while pauses():
                    await ctx.tick(domain)
                ctx.set(port.payload, value)
                ctx.set(port.valid, 1)
                taken = False
                while not taken:
                    _, _, taken = await ctx.tick(domain).sample(port.ready)
                ctx.set(port.valid, 0)

        return run

    def consumer(name, count):
        pauses, port, domain = pause(name), getattr(dut, name), domains.get(name, "sync")

        async def run(ctx):
            idle, cycle, offered, spare = 0, 0, None, settle
            while spare:
                ctx.set(port.ready, not pauses())
                _, _, payload, valid, ready = await ctx.tick(domain).sample(
                    port.payload, port.valid, port.ready
                )
                payload = plain(payload)
                cycle += 1
                assert offered is None or (valid and payload == offered), "word changed"
                offered = payload if valid and not ready else None
                if valid and ready:
                    received[name].append(payload)
                    finished[name] = cycle
                idle = 0 if valid and ready else idle + 1
                if count is None:
                    continue
                if len(received[name]) >= count:
                    spare -= 1
                else:
                    assert idle < timeout, f"{name} stuck: {len(received[name])} of {count} words"

        return run

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sim = Simulator(dut)
    for domain, (period, phase) in clocks.items():
        sim.add_clock(period, phase=phase, domain=domain)
    for name, words in feeds.items():
        sim.add_testbench(producer(name, words), background=True)
    for name, count in due.items():
        sim.add_testbench(consumer(name, count), background=count is None)
    for bench in benches:
        sim.add_testbench(bench)
    for watcher in watchers:
        sim.add_testbench(watcher, background=True)
    sim.run()
    for name, count in due.items():
        assert count is None or len(received[name]) == count, (
            f"{name}: {len(received[name])} words, {count} due"
        )
    return received, max(finished.values(), default=0)


def run_stream(dut, words: Sequence, count: int | None = None, **options) -> list:
    """:func:`run_streams` for a component with one input ``i`` and one output ``o``."""
    due = len(words) if count is None else count
    return run_streams(dut, {"i": words}, {"o": due}, **options)[0]["o"]
