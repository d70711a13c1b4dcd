"""The published networks that are built whole, where they lie beside the project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    read_as: Mapping[str, Any] = field(default_factory=dict)  #: arguments of :func:`api.read`

    @property
    def path(self) -> Path:
        return next((FOLDER / self.name).glob("*.onnx"))

    @property
    def budget(self) -> int:
        return self.clock_hz // self.fps

    def network(self) -> Network:
        return api.read(self.path, **self.read_as)

    def plan(self) -> Plan:
        image = self.read_as.get("image")
        return api.plan(self.network(), fps=self.fps, clock_hz=self.clock_hz, image=image)

    def samples(self) -> dict[str, np.ndarray]:
        """``input`` and ``output`` as the network's own executor gave them."""
        with np.load(FOLDER / self.name / "io.npz") as stored:
            return {name: stored[name] for name in ("input", "output")}

    def or_skip(self) -> "Published":
        if not (FOLDER / self.name).is_dir():
            pytest.skip(f"the published networks are not here: {FOLDER / self.name}")
        return self


def _within(cycles: int, name: str, frames: int, **read_as: Any) -> Published:
    return Published(name, fps=1000, clock_hz=1000 * cycles, frames=frames, read_as=read_as)


VWW = Published("nn2fpga_mnv1_vww_w8a8", fps=30, clock_hz=20_000_000, frames=4)
CNN28 = _within(784, "bench_cnn28", 16)
DWSEP32 = _within(1024, "bench_dwsep32", 16)
ALL = (
    _within(64, "bench_jet_mlp", 64),
    CNN28,
    DWSEP32,
    _within(784, "qonnx_tfc_1w1a", 12),
    _within(784, "qonnx_tfc_2w2a", 12),
    _within(784, "finn_tfc_1w1a_multithreshold", 5),
    _within(100_000, "bnnpynq_cnv_w1a1_cifar10", 4),
    VWW,
)
RESNET8 = _within(9_216, "nn2fpga_resnet8_w4a4", 6)
RESNETS = (
    RESNET8,
    _within(9_216, "nn2fpga_resnet8_w8a8", 6),
    _within(9_216, "nn2fpga_resnet20_w8a8", 6),
)
FLOATS = (  # their own samples are floats, of which those of a grid enter
    _within(15_360, "nn2fpga_resnet20_finnonnx", 6, input_type="int8", input_scale="1/32"),
    _within(
        40_000,
        "qonnx_espcn_w4a4_subpixel",
        4,
        image=(24, 16),
        input_type="uint8",
        input_scale="1/255",
    ),
)
