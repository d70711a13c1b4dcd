"""The cocotb test of a system: only its pins are touched, as by the chips around it.

Runs in a directory with ``manifest.json`` of the build, ``scenario.json``, which is a list of what
to do, a ``.npy`` file for each frame and for all that is expected of each channel. Writes
``verdict.json``.

=============================================== ==================================================
a step                                          what is done
=============================================== ==================================================
``{"write": register, "words": [...]}``         a burst over SPI
``{"read": register, "words": [...]}``          the same, compared with what is expected
``{"play": file, "lines": [...]}``              pixels ``(height, width, channels)``, so many of
                                                each line; done when the first line has begun
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

PERIODS = {"sync": 10_000, "pixel": 13_702, "link": 7_346}  # ps
SCK_PERIOD = 41_300  # ps: as fast as the core allows, and no multiple of its clock
PATIENCE = 20_000  # cycles of the link without a word after which nothing more is expected


@cocotb.test()
async def chip_does_as_it_should(dut: Any) -> None:
    bench = json.loads(Path("bench.json").read_text())
    system = json.loads(Path("manifest.json").read_text())["system"]
    link = Link(dut, system, random.Random(bench["seed"]))
    await start(dut, system)
    cocotb.start_soon(link.receive())
    reads = await play(dut, system, link, random.Random(bench["seed"] + 1))
    await Timer(1000 * PERIODS["link"], "ps")
    channels = [judge(channel, link.words[channel["tag"]]) for channel in system["channels"]]
    verdict = {"reads": reads, "breaches": link.breaches, "channels": channels}
    Path("verdict.json").write_text(json.dumps(verdict))


async def start(dut: Any, system: dict[str, Any]) -> None:
    """Clocks, and the pins at rest through the reset."""
    for pin in system["pins"]:
        if pin["direction"] == "in" and not pin["name"].endswith("clk"):
            getattr(dut, pin["name"]).value = int(pin["name"] == "spi_cs_n")
    for name, (clock, reset) in system["domains"].items():
        getattr(dut, reset).value = 1
        Clock(getattr(dut, clock), PERIODS[name], unit="ps").start()
    await Timer(20.3 * PERIODS["sync"], "ps")
    for _, reset in system["domains"].values():
        getattr(dut, reset).value = 0
    await Timer(20 * PERIODS["sync"], "ps")


async def play(dut: Any, system: dict[str, Any], link: "Link", rng: random.Random) -> list[Any]:
    """Go through the scenario; returns what was read and what should have been."""
    addresses = {register["name"]: register["address"] for register in system["registers"]}
    camera, reads = None, []
    for step in json.loads(Path("scenario.json").read_text()):
        if "write" in step:
            await spi(dut, addresses[step["write"]] << 1, step["words"])
        elif "read" in step:
            got = await spi(dut, addresses[step["read"]] << 1 | 1, [0] * len(step["words"]))
            reads.append({"register": step["read"], "got": got, "expected": step["words"]})
        elif "play" in step:
            if camera:
                await camera
            pixels = pack(np.load(step["play"]), system)
            camera = cocotb.start_soon(film(dut, pixels, step["lines"], rng))
            await RisingEdge(dut.video_frame_start)
            await Timer(30 * PERIODS["pixel"], "ps")
        else:
            await link.wait_for(step["settle"])
    return reads


async def spi(dut: Any, command: int, words: list[int]) -> list[int]:
    """A frame on the SPI bus; returns the words that came back."""

    async def send(value: int, bits: int) -> int:
        got = 0
        for k in reversed(range(bits)):
            dut.spi_mosi.value = value >> k & 1
            await Timer(SCK_PERIOD // 2, "ps")
            got = got << 1 | int(dut.spi_miso.value)
            dut.spi_sck.value = 1
            await Timer(SCK_PERIOD // 2, "ps")
            dut.spi_sck.value = 0
        return got

    dut.spi_cs_n.value = 0
    await Timer(SCK_PERIOD, "ps")
    await send(command, 8)
    got = [await send(word, 32) for word in words]
    await Timer(SCK_PERIOD, "ps")
    dut.spi_cs_n.value = 1
    await Timer(SCK_PERIOD, "ps")
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


async def film(dut: Any, pixels: list[list[int]], lines: list[int], rng: random.Random) -> None:
    """Give a frame as a camera does, which waits for nobody."""
    edge = FallingEdge(dut.pixel_clk)
    await edge
    for y, length in enumerate(lines):
        for x in range(length):
            dut.video_valid.value = 1
            dut.video_frame_start.value = int(x == y == 0)
            dut.video_line_start.value = int(x == 0)
            dut.video_pixel.value = pixels[y][x]
            await edge
            dut.video_valid.value = 0
            dut.video_frame_start.value = 0
            for _ in range(rng.randrange(4, 9)):
                await edge
        for _ in range(rng.randrange(40)):
            await edge


class Link:
    """The receiver of the link: ready at random, for a while often, for a while seldom."""

    def __init__(self, dut: Any, system: dict[str, Any], rng: random.Random) -> None:
        self.dut = dut
        self.rng = rng
        self.words: dict[int, list[tuple[int, int]]] = {c["tag"]: [] for c in system["channels"]}
        self.breaches = 0
        self.count = 0
        self.idle = 0

    async def receive(self) -> None:
        """Keep the words of every channel, each with its mark, and look at the stream rule."""
        dut, offered, mood = self.dut, None, 0.5
        while True:
            await FallingEdge(dut.link_clk)
            ready = self.rng.random() < mood
            dut.link_ready.value = int(ready)
            await Timer(PERIODS["link"] // 2 - 100, "ps")  # just before the rising edge
            word = None
            if int(dut.link_valid.value):
                word = int(dut.link_channel.value), int(dut.link_last.value)
                word = *word, int(dut.link_data.value)
            self.breaches += offered is not None and word != offered
            offered = None if ready else word
            self.idle += 1
            if word and ready:
                channel, last, data = word
                self.words.setdefault(channel, []).append((last, data))
                self.count += 1
                self.idle = 0
            if self.rng.random() < 0.01:
                mood = self.rng.choice([0.05, 0.5, 0.9, 1.0])

    async def wait_for(self, words: int) -> None:
        """Until so many words have come, or none comes any more."""
        while self.count < words and self.idle < PATIENCE:
            await Timer(100 * PERIODS["link"], "ps")


def judge(channel: dict[str, Any], words: list[tuple[int, int]]) -> dict[str, Any]:
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
