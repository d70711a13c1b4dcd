"""Which simulators tests run on: Icarus Verilog need not be installed."""

import shutil

import pytest

from corgibuilder.verify import Simulator

HAS_ICARUS = shutil.which("iverilog") is not None
FAST = Simulator.ICARUS if HAS_ICARUS else Simulator.VERILATOR  #: to compile
needs_icarus = pytest.mark.skipif(not HAS_ICARUS, reason="iverilog is not installed")
each_simulator = pytest.mark.parametrize(
    "simulator",
    [pytest.param(Simulator.ICARUS, marks=needs_icarus), Simulator.VERILATOR],
    ids=lambda simulator: simulator.value,
)
