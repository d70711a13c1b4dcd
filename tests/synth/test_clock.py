"""The clock of a plan is kept by its registers, after placing and routing, and is predicted."""

from fractions import Fraction

import pytest

from corgibuilder import api
from corgibuilder.examples import DIGITS_NETWORK

CYCLES = 18_432  #: of a frame, whatever the clock
#: Megahertz, seeds of nextpnr, and whether the clock is reached: line buffers do not reach 125.
CLOCKS = [(30, (1,), True), (59, (1, 2, 3), True), (125, (1,), False)]


def built(folder, mhz):
    fps = Fraction(mhz * 10**6, CYCLES)
    plan = api.plan(api.read(DIGITS_NETWORK), fps=fps, clock_hz=mhz * 10**6)
    api.build(DIGITS_NETWORK, plan, folder)
    return plan


@pytest.mark.slow
@pytest.mark.parametrize(("mhz", "seeds", "kept"), CLOCKS)
def test_a_placed_network_keeps_its_clock(tmp_path, mhz, seeds, kept):
    """Predictions are too fast by 5 % at most, and too slow by 25 %."""
    plan = built(tmp_path / "build", mhz)
    assert (plan.slowest.fmax_mhz >= mhz) == kept
    for seed in seeds:
        report = api.synth(tmp_path / "build", "ecp5", device="ecp5-85f", seed=seed)
        reached = report.placement.fmax_hz / 1e6
        assert (reached >= mhz) == kept, (seed, reached)
        assert reached / 1.25 <= plan.slowest.fmax_mhz <= reached * 1.05, (seed, reached)


@pytest.mark.slow
def test_a_faster_clock_has_more_registers_and_the_same_values(tmp_path):
    texts = []
    for mhz in (30, 125):
        folder = tmp_path / str(mhz)
        built(folder, mhz)
        assert api.simulate(folder, frames=4).passed
        texts.append("".join(path.read_text() for path in folder.glob("rtl/layer_*.v")))
    for register in ("held_weight_0", "sum_0_0_0"):  # behind the memory, and behind the products
        assert [register in text for text in texts] == [False, True]
