"""A component by itself, outside any stage."""

from amaranth.hdl import Module
from amaranth.lib import wiring

from corgibuilder.ir import Shape

from .size import fix_sizes, size_ports


class Alone(wiring.Component):
    """A component whose maps all have one ``shape``, with the streams of words as its ports."""

    def __init__(self, inner: wiring.Component, shape: Shape):
        self.inner = inner
        self.shape = shape
        members = inner.signature.members
        super().__init__({name: members[name] for name in members if not name.endswith("size")})

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = self.inner
        for name in self.signature.members:
            outer, inner = getattr(self, name), getattr(self.inner, name)
            ends = (inner, wiring.flipped(outer)) if name == "o" else (wiring.flipped(outer), inner)
            wiring.connect(m, *ends)
        fix_sizes(m, size_ports(self.inner), self.shape)
        return m
