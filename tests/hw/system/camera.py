"""A camera that makes mistakes, and what has to come of its frames."""

import random
from collections import Counter
from dataclasses import dataclass

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import Out

from corgibuilder.hw.gate import FrameGate
from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import word
from corgibuilder.hw.system.video import VideoInput
from corgibuilder.plan.system.register_map import FRAMING_FAULTS

RGB = word(8, 3)
BLACK = [0, 0, 0]


class Chain(wiring.Component):
    """A video input before the gate of a pipeline, wired as in a chip."""

    def __init__(self, depth):
        self.video = VideoInput(RGB, depth=depth)
        super().__init__({
            "o": Out(stream.Signature(RGB)),
            "size": Out(stream.Signature(SIZE)),
            "gate_size": Out(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.video = video = self.video
        m.submodules.gate = gate = FrameGate(RGB, words=1)
        wiring.connect(m, video.o, gate.i)
        wiring.connect(m, gate.o, wiring.flipped(self.o))
        wiring.connect(m, video.size, wiring.flipped(self.size))
        wiring.connect(m, gate.size, wiring.flipped(self.gate_size))
        m.d.comb += [gate.width.eq(video.frame_width), gate.height.eq(video.frame_height)]
        return m


@dataclass
class Shot:
    """Lines of pixels as the camera sends them, and the size that the registers hold.

    The camera sends nothing for ``pause`` cycles before, and is ``slow`` by a factor.
    """

    width: int
    height: int
    lines: list
    pause: int = 0
    slow: int = 1

    def repaired(self):
        """Pixels of the frame of the right size that this becomes."""
        lines = [(line + [BLACK] * self.width)[: self.width] for line in self.lines[: self.height]]
        lines += [[BLACK] * self.width] * (self.height - len(lines))
        return [pixel for line in lines for pixel in line]

    def faults(self):
        lengths = [len(line) for line in self.lines[: self.height]]
        return Counter(
            short_line=sum(n < self.width for n in lengths),
            long_line=sum(n > self.width for n in lengths),
            short_frame=int(len(self.lines) < self.height),
            long_frame=int(len(self.lines) > self.height),
        )


def shot(number, width, height, lengths=None, **pace):
    """A frame with lines of the given lengths; every pixel tells its frame, line and column."""
    lengths = [width] * height if lengths is None else lengths
    lines = [[[number + 1, r + 1, c + 1] for c in range(n)] for r, n in enumerate(lengths)]
    return Shot(width, height, lines, **pace)


def camera(video, shots, *, chance, blanking, after, before=0, seed=0):
    """Testbench that sends ``before`` pixels of a frame already begun and then all shots.

    ``chance`` that a cycle within a frame has a pixel, ``blanking`` cycles after each frame,
    ``after`` more at the end.
    """
    rng = random.Random(seed)

    async def send(ctx, pixel, *, frame_start=0, line_start=0, slow=1):
        while rng.random() * slow >= chance:
            await idle(ctx)
        ctx.set(video.valid, 1)
        ctx.set(video.frame_start, frame_start)
        ctx.set(video.line_start, line_start)
        ctx.set(video.pixel, pixel)
        await ctx.tick("pixel")
        ctx.set(video.valid, 0)

    async def idle(ctx, cycles=1):
        for _ in range(cycles):
            ctx.set(video.frame_start, rng.randrange(2))
            ctx.set(video.line_start, rng.randrange(2))
            ctx.set(video.pixel, [99, 99, 99])
            await ctx.tick("pixel")

    async def run(ctx):
        for k in range(before):
            await send(ctx, [77, 77, 77], line_start=k % 3 == 0)
        for one in shots:
            await idle(ctx, one.pause)
            for r, line in enumerate(one.lines):
                for c, pixel in enumerate(line):
                    await send(
                        ctx, pixel, frame_start=r == c == 0, line_start=c == 0, slow=one.slow
                    )
            await idle(ctx, blanking)
        await idle(ctx, after)

    return run


def registers(video, sizes):
    """Testbench that holds each frame's size only until it is sampled, and counts frames."""
    done = []

    async def run(ctx):
        upcoming = iter([*sizes, (99, 99)])
        width, height = next(upcoming)
        while True:
            ctx.set(video.width, width)
            ctx.set(video.height, height)
            _, _, sampled, last = await ctx.tick().sample(video.size.valid, video.frame_done)
            if sampled:
                width, height = 7, 9
            if last:
                done.append(last)
                width, height = next(upcoming)

    return run, done


def flag_counts(video):
    """Testbench that counts the cycles of every flag."""
    counts = Counter()

    async def run(ctx):
        while True:
            flags = [getattr(video, name) for name in FRAMING_FAULTS]
            _, _, *values = await ctx.tick().sample(*flags)
            counts.update(dict(zip(FRAMING_FAULTS, values, strict=True)))

    return run, counts
