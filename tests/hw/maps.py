"""Maps as words and windows as numpy sees them."""

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In

from corgibuilder.hw.size import SIZE
from corgibuilder.hw.streams import Buffer, Fork


def to_words(frames, lanes):
    """Frames ``(channels, height, width)`` as the words of one stream.

    More lanes than channels are several pixels.
    """
    words = []
    for frame in frames:
        units = np.moveaxis(np.asarray(frame), 0, -1).reshape(-1, max(frame.shape[0], lanes))
        short = -units.shape[1] % lanes
        units = np.pad(units, ((0, 0), (0, short)))
        words += units.reshape(-1, lanes).tolist()
    return words


def from_words(words, shapes, lanes):
    """Frames of the given shapes from the words of one stream."""
    frames, at = [], 0
    for c, h, w in shapes:
        unit = max(c, lanes)
        per_unit = -(-unit // lanes)
        count = h * w * c // unit
        block = np.array(words[at : at + count * per_unit], dtype=np.int64)
        at += count * per_unit
        values = block.reshape(count, per_unit * lanes)[:, :unit]
        frames.append(np.moveaxis(values.reshape(h, w, c), -1, 0))
    return frames


def windows(frame, window, padding=0):
    """Array ``(rows, columns, kh, kw, channels)`` of every window of a frame."""
    p = window.pads
    padded = np.pad(frame, ((0, 0), (p.top, p.bottom), (p.left, p.right)), constant_values=padding)
    views = np.lib.stride_tricks.sliding_window_view(padded, window.kernel, axis=(1, 2))
    strided = views[:, :: window.stride[0], :: window.stride[1]]
    return strided.transpose(1, 2, 3, 4, 0)


def size_words(frames):
    return [{"width": f.shape[2], "height": f.shape[1]} for f in frames]


class WithSizes(wiring.Component):
    """Wraps a component with several size inputs so that one stream feeds them all."""

    def __init__(self, dut, names):
        self.dut = dut
        self.names = names
        super().__init__({
            "i": dut.signature.members["i"],
            "o": dut.signature.members["o"],
            "size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = self.dut
        m.submodules.fork = fork = Fork(SIZE, len(self.names))
        wiring.connect(m, wiring.flipped(self.size), fork.i)
        for b, name in enumerate(self.names):
            m.submodules[f"queue_{b}"] = queue = Buffer(SIZE)
            wiring.connect(m, getattr(fork, f"o{b}"), queue.i)
            wiring.connect(m, queue.o, getattr(self.dut, name))
        wiring.connect(m, wiring.flipped(self.i), self.dut.i)
        wiring.connect(m, self.dut.o, wiring.flipped(self.o))
        return m
