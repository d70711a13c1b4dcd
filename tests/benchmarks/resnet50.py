"""A network with the layers of ResNet-50, and how long it takes to plan it.

Layers are those of He et al., "Deep residual learning for image recognition" (2016), table 1, with
random weights of 4 bits and the strides in the 3x3 windows. By itself: how long queues are, next to
the shortest ones, which takes many minutes to find.
"""

import math
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from corgibuilder import api
from corgibuilder.ir import Network
from corgibuilder.plan import Plan, fifos

from ..frontend.models import Model
from .figure import Figure

SIDE = 224
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))  #: inner channels and blocks
EXPANSION = 4
CLOCK_HZ = 200_000_000
LONGER = 1.01  #: queues may be, times the bits of the shortest ones


@dataclass(frozen=True)
class Rate:
    """Frames a second, the seconds that planning may take, and whether queues are compared."""

    fps: int
    within: tuple[str, float] | None = None
    compared: bool = False


#: FINN's ResNet-50 reaches 2,000 frames/s on an Alveo U250 (discuss.pynq.io/t/1003). At lower rates
#: words are narrower, so a frame has more of them to simulate.
RATES = (Rate(2_700, ("<=", 20), compared=True), Rate(300), Rate(30))


def resnet50(folder: Path) -> Path:
    """The file, in ``folder``."""
    rng = np.random.default_rng(50)
    model = Model((3, SIDE, SIDE), "UINT8")

    def conv(outputs, inputs, kernel, after, *, stride=1):
        half = kernel // 2
        weights = rng.integers(-7, 8, (outputs, inputs, kernel, kernel))
        model.conv(
            weights,
            after=after,
            pads=[half] * 4,
            strides=[stride] * 2,
            name=f"conv{len(model.nodes)}",
        )
        return model.last

    def quant(bits, *, signed):
        scale = 2.0 ** rng.integers(-1, 2)
        return model.quant(scale, bits=bits, signed=signed)

    def activation():
        model.node("Relu")
        return quant(4, signed=0)

    conv(64, 3, 7, "input", stride=2)
    activation()
    model.node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], name="pool")
    channels = 64
    for number, (inner, blocks) in enumerate(STAGES):
        for block in range(blocks):
            stride = 2 if number and not block else 1
            source = model.last
            conv(inner, channels, 1, source)
            activation()
            conv(inner, inner, 3, model.last, stride=stride)
            activation()
            conv(EXPANSION * inner, inner, 1, model.last)
            main = quant(5, signed=1)
            side = source
            if not block:
                conv(EXPANSION * inner, channels, 1, source, stride=stride)
                side = quant(5, signed=1)
            model.node("Add", side, after=main)
            activation()
            channels = EXPANSION * inner
    model.node("GlobalAveragePool")
    quant(8, signed=1)
    model.node("Flatten", axis=1)
    model.node("MatMul", model.const(rng.integers(-7, 8, (channels, 1000))), name="classes")
    return model.save(folder)


def planning(folder: Path) -> Iterator[Figure]:
    """Seconds to plan it, and the queues at its 16 joins."""
    network = api.read(resnet50(folder))
    for rate in RATES:
        begin = time.perf_counter()
        plan = _plan(network, rate)
        seconds = time.perf_counter() - begin
        made = f"ResNet-50 at {SIDE}x{SIDE}, {len(plan.stages)} stages, {rate.fps} frames/s"
        yield Figure(name=f"plan of {made}", value=seconds, unit="s", required=rate.within)
        yield _queues(f"queues of {made}", network, rate, plan)


def _plan(network: Network, rate: Rate) -> Plan:
    return api.plan(network, fps=rate.fps, clock_hz=CLOCK_HZ)


def _queues(name: str, network: Network, rate: Rate, plan: Plan) -> Figure:
    """Bits of the queues, next to those of queues none of which can have a word less."""
    if not rate.compared:
        return Figure(name=name, value=plan.queue_bits, unit="bits")
    with mock.patch.object(fifos, "MOST_WORK", math.inf):
        least = _plan(network, rate).queue_bits
    limit = "<=", LONGER * least
    return Figure(name=name, value=plan.queue_bits, unit="bits", required=limit, bound=least)


def main() -> None:
    """The queues where they are compared."""
    with tempfile.TemporaryDirectory() as folder:
        network = api.read(resnet50(Path(folder)))
        for rate in RATES:
            if rate.compared:
                plan = _plan(network, rate)
                figure = _queues(f"queues at {rate.fps} frames/s", network, rate, plan)
                sys.stdout.write(f"{figure.summary()}\n")


if __name__ == "__main__":
    main()
