"""The published networks that are built whole, where they lie beside the project."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.ir import Network
from corgibuilder.plan import Plan

FOLDER = Path(__file__).parents[1].parent / "shared" / "networks"

NEUROCORGI = FOLDER / "derived_mnv1_100_w4a4_neurocorgi" / "mnv1_w4a4_multithreshold.onnx"


@dataclass(frozen=True)
class Published:
    """A network, the target it is built for, and how many of its frames are worth simulating."""

    name: str
    fps: int
    clock_hz: int
    frames: int

    @property
    def path(self) -> Path:
        return next((FOLDER / self.name).glob("*.onnx"))

    @property
    def budget(self) -> int:
        return self.clock_hz // self.fps

    def network(self) -> Network:
        return api.read(self.path)

    def plan(self) -> Plan:
        return api.plan(self.network(), fps=self.fps, clock_hz=self.clock_hz)

    def samples(self) -> dict[str, np.ndarray]:
        """``input`` and ``output`` as the network's own executor gave them."""
        with np.load(FOLDER / self.name / "io.npz") as stored:
            return {name: stored[name] for name in ("input", "output")}

    def or_skip(self) -> "Published":
        if not (FOLDER / self.name).is_dir():
            pytest.skip(f"the published networks are not here: {FOLDER / self.name}")
        return self


def _within(cycles: int, name: str, frames: int) -> Published:
    return Published(name, fps=1000, clock_hz=1000 * cycles, frames=frames)


VWW = Published("nn2fpga_mnv1_vww_w8a8", fps=30, clock_hz=20_000_000, frames=2)
CNN28 = _within(784, "bench_cnn28", 16)
DWSEP32 = _within(1024, "bench_dwsep32", 16)
ALL = (
    _within(64, "bench_jet_mlp", 64),
    CNN28,
    DWSEP32,
    _within(784, "qonnx_tfc_1w1a", 12),
    _within(784, "qonnx_tfc_2w2a", 12),
    _within(784, "finn_tfc_1w1a_multithreshold", 5),
    _within(100_000, "bnnpynq_cnv_w1a1_cifar10", 2),
    VWW,
)
