"""A memory that reads or writes one word per cycle."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class SinglePort(wiring.Component):
    """Reads or writes the word at ``addr``; what was read comes one cycle later and then holds.

    Parameters
    ----------
    width, depth
        Bits of a word, and words.

    Members
    -------
    en, write : :py:`In(1)`
        Whether there is an access, and whether it is a write.
    addr : :py:`In(range(depth))`
    write_data : :py:`In(width)`
    read_data : :py:`Out(width)`
    """

    def __init__(self, width: int, depth: int):
        self.width = width
        self.depth = depth
        super().__init__({
            "en": In(1),
            "write": In(1),
            "addr": In(range(depth)),
            "write_data": In(width),
            "read_data": Out(width),
        })

    def elaborate(self, platform):
        if hasattr(platform, "single_port"):
            return platform.single_port(self)
        m = Module()
        m.submodules.memory = memory = Memory(shape=self.width, depth=self.depth, init=[])
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.en.eq(self.en & self.write),
            write.addr.eq(self.addr),
            write.data.eq(self.write_data),
            read.en.eq(self.en & ~self.write),
            read.addr.eq(self.addr),
            self.read_data.eq(read.data),
        ]
        return m
