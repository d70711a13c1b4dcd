"""The size of every frame for a component that samples it with the first word."""

import numpy as np
from amaranth.hdl import Array, Module, Signal
from amaranth.lib import wiring


class Camera(wiring.Component):
    """Sets ``width`` and ``height`` of a component for each frame as its words are taken."""

    def __init__(self, dut, sizes, *, words):
        self.dut = dut
        self.sizes = sizes
        self.ends = np.cumsum([w * h * words for w, h in sizes]).tolist()
        members = {name: m for name, m in dut.signature.members.items() if m.is_signature}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        for name in self.signature.members:
            wiring.connect(m, getattr(dut, name), wiring.flipped(getattr(self, name)))
        taken, frame = Signal(16), Signal(8)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += taken.eq(taken + 1)
        m.d.comb += [
            frame.eq(sum((taken >= end for end in self.ends[:-1]), 0)),
            dut.width.eq(Array([w for w, _ in self.sizes])[frame]),
            dut.height.eq(Array([h for _, h in self.sizes])[frame]),
        ]
        return m
