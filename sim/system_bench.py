"""The cocotb test of a system: only its pins are touched, as by the chips around it.

Runs in a directory with ``manifest.json`` of the build, ``scenario.json``, a ``.npy`` file for each
frame and for all that is expected of each channel. Writes ``verdict.json``.

A scenario has a ``seed``, the ``periods`` of the clocks in ps, ``timeout_cycles`` of ``sync``
without a word on the link after which nothing more is expected, and ``steps``:

=============================================== ==================================================
a step                                          what is done
=============================================== ==================================================
``{"write": register, "words": [...]}``         a burst over SPI
``{"read": register, "words": [...]}``          the same, compared with what is expected
``{"play": file, "lines": [...], "cycles": n}`` pixels ``(height, width, channels)``, so many of
                                                each line, at a pace of ``n`` cycles of ``sync``
                                                for a whole frame; done when it has begun
``{"settle": words}``                           wait until so many words came over the link
=============================================== ==================================================
"""

import json
import random
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

SCK_CYCLES = 4.13  # as fast as the core allows, and no multiple of its clock


@cocotb.test()
async def chip_does_as_it_should(dut: Any) -> None:
    scenario = json.loads(Path("scenario.json").read_text())
    system = json.loads(Path("manifest.json").read_text())["system"]
    link = Link(dut, system, scenario)
    await start(dut, system, scenario["periods"])
    cocotb.start_soon(link.receive())
    reads = await play(dut, system, link, scenario)
    await Timer(1000 * link.period, "ps")
    verdict = {
        "reads": reads,
        "violations": link.violations,
        "channels": [
            compare(channel, link.words[channel["tag"]]) for channel in system["channels"]
        ],
        "simulated_cycles": int(cocotb.simtime.get_sim_time("ps")) // scenario["periods"]["sync"],
    }
    Path("verdict.json").write_text(json.dumps(verdict))


async def start(dut: Any, system: dict[str, Any], periods: dict[str, int]) -> None:
    """Clocks, and the pins at rest through the reset."""
    for pin in system["pins"]:
        if pin["direction"] == "in" and not pin["name"].endswith("clk"):
            getattr(dut, pin["name"]).value = int(pin["name"] == "spi_cs_n")
    for name, (clock, reset) in system["domains"].items():
        getattr(dut, reset).value = 1
        Clock(getattr(dut, clock), periods[name], unit="ps", impl="gpi").start()
    slowest = max(periods.values())
    await Timer(round(20.3 * slowest), "ps")
    for _, reset in system["domains"].values():
        getattr(dut, reset).value = 0
    await Timer(20 * slowest, "ps")


async def play(
    dut: Any, system: dict[str, Any], link: "Link", scenario: dict[str, Any]
) -> list[Any]:
    """Go through the scenario; returns what was read and what should have been."""
    camera, sck_period = Camera(dut, scenario), round(SCK_CYCLES * scenario["periods"]["sync"])
    addresses = {register["name"]: register["address"] for register in system["registers"]}
    driving, reads = None, []
    for step in scenario["steps"]:
        if "write" in step:
            await spi(dut, sck_period, addresses[step["write"]] << 1, step["words"])
        elif "read" in step:
            got = await spi(
                dut, sck_period, addresses[step["read"]] << 1 | 1, [0] * len(step["words"])
            )
            reads.append({"register": step["read"], "got": got, "expected": step["words"]})
        elif "play" in step:
            if driving:
                await driving
            pixels = pack(np.load(step["play"]), system)
            driving = cocotb.start_soon(camera.drive(pixels, step["lines"], step["cycles"]))
            await RisingEdge(dut.video_frame_start)
            await Timer(30 * scenario["periods"]["pixel"], "ps")
        else:
            await link.wait_for(step["settle"])
    return reads


async def spi(dut: Any, period: int, command: int, words: list[int]) -> list[int]:
    """A frame on the SPI bus; returns the words that came back."""

    async def send(value: int, bits: int) -> int:
        got = 0
        for k in reversed(range(bits)):
            dut.spi_mosi.value = value >> k & 1
            await Timer(period // 2, "ps")
            got = got << 1 | int(dut.spi_miso.value)
            dut.spi_sck.value = 1
            await Timer(period // 2, "ps")
            dut.spi_sck.value = 0
        return got

    dut.spi_cs_n.value = 0
    await Timer(period, "ps")
    await send(command, 8)
    got = [await send(word, 32) for word in words]
    await Timer(period, "ps")
    dut.spi_cs_n.value = 1
    await Timer(period, "ps")
    return got


def pack(pixels: np.ndarray, system: dict[str, Any]) -> list[list[int]]:
    """Pixels of every line as the words of the pin, channel 0 in the low bits."""
    width = next(pin["bits"] for pin in system["pins"] if pin["name"] == "video_pixel")
    bits = width // pixels.shape[2]
    mask = (1 << bits) - 1
    return [
        [sum((int(v) & mask) << bits * c for c, v in enumerate(pixel)) for pixel in line]
        for line in pixels
    ]


class Camera:
    """Gives pixels at its own pace and waits for nobody."""

    def __init__(self, dut: Any, scenario: dict[str, Any]) -> None:
        self.dut = dut
        self.rng = random.Random(scenario["seed"] + 1)
        self.periods = scenario["periods"]

    async def drive(self, pixels: list[list[int]], lines: list[int], cycles: int) -> None:
        """Give so many pixels of each line; a whole frame takes about ``cycles`` of ``sync``."""
        dut = self.dut
        clocks = cycles * self.periods["sync"] / sum(map(len, pixels)) / self.periods["pixel"]
        await FallingEdge(dut.pixel_clk)
        for y, length in enumerate(lines):
            for x in range(length):
                dut.video_valid.value = 1
                dut.video_frame_start.value = int(x == y == 0)
                dut.video_line_start.value = int(x == 0)
                dut.video_pixel.value = pixels[y][x]
                await self.wait(1)
                dut.video_valid.value = 0
                dut.video_frame_start.value = 0
                await self.wait(int(self.rng.uniform(0, 2 * clocks - 1)))
            await self.wait(self.rng.randrange(40))

    async def wait(self, clocks: int) -> None:
        """Let so many cycles pass."""
        if clocks:
            await Timer(clocks * self.periods["pixel"], "ps")


class Link:
    """The receiver of the link: ready at random, for a while often, for a while seldom."""

    def __init__(self, dut: Any, system: dict[str, Any], scenario: dict[str, Any]) -> None:
        periods = scenario["periods"]
        self.dut = dut
        self.rng = random.Random(scenario["seed"])
        self.period = periods["link"]
        self.timeout = scenario["timeout_cycles"] * periods["sync"] // periods["link"]
        self.words: dict[int, list[tuple[int, int]]] = {c["tag"]: [] for c in system["channels"]}
        self.violations = 0
        self.count = 0
        self.idle = 0

    async def receive(self) -> None:
        """Keep the words of every channel, each with its mark, and look at the stream rule."""
        dut, offered, ready_rate = self.dut, None, 0.5
        while True:
            await FallingEdge(dut.link_clk)
            ready = self.rng.random() < ready_rate
            dut.link_ready.value = int(ready)
            await Timer(self.period // 2 - 100, "ps")  # just before the rising edge
            word = None
            if int(dut.link_valid.value):
                word = int(dut.link_channel.value), int(dut.link_last.value)
                word = *word, int(dut.link_data.value)
            self.violations += offered is not None and word != offered
            offered = None if ready else word
            self.idle += 1
            if word and ready:
                channel, last, data = word
                self.words.setdefault(channel, []).append((last, data))
                self.count += 1
                self.idle = 0
            if self.rng.random() < 0.01:
                ready_rate = self.rng.choice([0.05, 0.5, 0.9, 1.0])

    async def wait_for(self, words: int) -> None:
        """Until so many words have come, or none comes any more."""
        while self.count < words and self.idle < self.timeout:
            await Timer(100 * self.period, "ps")


def compare(channel: dict[str, Any], words: list[tuple[int, int]]) -> dict[str, Any]:
    """Compare the words of a channel with ``channel_TAG.npy``: rows of the mark and the lanes."""
    stream, expected = channel["stream"], np.load(f"channel_{channel['tag']}.npy")
    mask = (1 << stream["bits"]) - 1
    shifts = [stream["bits"] * k for k in range(stream["lanes"])]
    rows = [[last, *(data >> shift & mask for shift in shifts)] for last, data in words]
    got = np.array(rows, np.int64).reshape(-1, expected.shape[1])
    compared = min(len(got), len(expected))
    used = expected[:compared] >= 0  # a lane that carries nothing is -1
    wrong = np.flatnonzero(((got[:compared] != expected[:compared]) & used).any(axis=1))
    return {
        "name": channel["name"],
        "words": len(got),
        "expected": len(expected),
        "compared": int(used[:, 1:].sum()),
        "wrong": len(wrong),
        "first_wrong": int(wrong[0]) if len(wrong) else None,
    }
