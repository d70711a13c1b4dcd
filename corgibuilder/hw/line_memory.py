"""The memory of a line buffer: banks of planes, behind one write and one read per cycle."""

from amaranth.hdl import Array, Cat, Const, Module, Mux, Shape, ShapeLike, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.banks import banks
from corgibuilder.plan.folding import words_per_pixel

from .single_port import SinglePort
from .streams import word


class LineMemory(wiring.Component):
    """Holds ``capacity`` pixels; see :mod:`corgibuilder.plan.banks` for where their words lie.

    A read is answered one cycle later; the answer holds until the next one. With ``single_port`` a
    write waits while a read uses its bank; with ``write_first`` as well, a read waits for a write.
    A word read in the cycle in which it is written is undefined.

    Parameters
    ----------
    shape, lanes
        Shape and number of values in a word.
    channels
        Values of a pixel.
    capacity
        Pixels.
    single_port
        Whether a bank does one access per cycle.
    write_first
        Who waits if there is one.

    Members
    -------
    write : :py:`In(stream.Signature(...))`
        Slot of a pixel, ``bank`` and ``base`` of the plane (see :class:`Planes`), and the word.
    read : :py:`In(stream.Signature(...))`
        Slot, bank and base as for a write.
    o : :py:`Out(ArrayLayout(shape, lanes))`
        The word last read; lanes beyond the channels are 0.
    """

    def __init__(
        self,
        shape: ShapeLike,
        lanes: int,
        *,
        channels: int,
        capacity: int,
        single_port: bool,
        write_first: bool,
    ):
        self.layout = word(shape, lanes)
        self.value_bits = Shape.cast(shape).width
        self.banks = banks(channels, lanes, alternate=single_port)
        self.capacity = capacity
        self.single_port = single_port
        self.write_first = write_first
        at = slot_address(channels, lanes, capacity)
        super().__init__({
            "write": In(stream.Signature(data.StructLayout({**at, "word": self.layout}))),
            "read": In(stream.Signature(data.StructLayout(at))),
            "o": Out(self.layout),
        })

    def elaborate(self, platform):
        m = Module()
        written, read = self.write.payload, self.read.payload
        same_bank = self.single_port & (read.bank == written.bank)
        first, second = self.read, self.write
        if self.write_first:
            first, second = second, first
        m.d.comb += [first.ready.eq(1), second.ready.eq(~(first.valid & same_bank))]
        take, look = Signal(), Signal()
        write_address, read_address = Signal.like(written.base), Signal.like(read.base)
        answering = Signal.like(read.bank, reset_less=True)
        m.d.comb += [
            take.eq(self.write.valid & self.write.ready),
            look.eq(self.read.valid & self.read.ready),
            write_address.eq(written.base + written.slot),
            read_address.eq(read.base + read.slot),
        ]
        with m.If(look):
            m.d.sync += answering.eq(read.bank)
        answers = []
        for b, bank in enumerate(self.banks):
            width, depth = bank.lanes * self.value_bits, max(bank.planes * self.capacity, 2)
            writes, reads = Signal(name=f"writes_{b}"), Signal(name=f"reads_{b}")
            m.d.comb += [
                writes.eq(take & (written.bank == b)),
                reads.eq(look & (read.bank == b)),
            ]
            if self.single_port:
                m.submodules[f"bank_{b}"] = memory = SinglePort(width, depth)
                m.d.comb += [
                    memory.en.eq(writes | reads),
                    memory.write.eq(writes),
                    memory.addr.eq(Mux(writes, write_address, read_address)),
                    memory.write_data.eq(Cat(written.word)),
                ]
                answer = memory.read_data
            else:
                m.submodules[f"bank_{b}"] = memory = Memory(shape=width, depth=depth, init=[])
                write_port, read_port = memory.write_port(), memory.read_port()
                m.d.comb += [
                    write_port.en.eq(writes),
                    write_port.addr.eq(write_address),
                    write_port.data.eq(Cat(written.word)),
                    read_port.en.eq(reads),
                    read_port.addr.eq(read_address),
                ]
                answer = read_port.data
            answers.append(Cat(answer, Const(0, self.layout.size - width)))
        m.d.comb += Cat(self.o).eq(Array(answers)[answering])
        return m


def slot_address(channels: int, lanes: int, capacity: int) -> dict[str, ShapeLike]:
    """Fields that say where a word lies: slot of its pixel, bank and base of its plane."""
    return {
        "slot": range(capacity),
        "bank": range(3),
        "base": range(max(words_per_pixel(channels, lanes) * capacity, 2)),
    }


class Planes(wiring.Component):
    """Counts the words of a pixel, and says in which bank each one's plane lies and where.

    The words fall into groups, each of which may be gone through several times.

    Parameters
    ----------
    channels, lanes
        Values of a pixel and of a word.
    capacity
        Pixels that the memory holds.
    alternate
        Whether even and odd planes lie in different banks.
    groups
        Equal groups of words.

    Members
    -------
    advance : :py:`In(1)`
        On to the next word: from a group's last one to its first, or, with ``leave``, to the next
        group.
    leave : :py:`In(1)`
    plane, group_plane : :py:`Out`
        Number of the word, and of the first word of its group.
    group_last, last_group : :py:`Out(1)`
        At the last word of a group; in the last group of a pixel.
    bank, base : :py:`Out`
        Number of the bank, and the plane's first address in it.
    """

    def __init__(
        self, *, channels: int, lanes: int, capacity: int, alternate: bool, groups: int = 1
    ):
        self.banks = banks(channels, lanes, alternate=alternate)
        self.capacity = capacity
        self.full, self.rest = divmod(channels, lanes)
        self.ways = 1 + (alternate and self.full > 1)
        self.groups = groups
        self.words = words_per_pixel(channels, lanes)
        assert self.words % groups == 0
        plane = Out(range(max(self.words, 2)))
        fields = slot_address(channels, lanes, capacity)
        super().__init__({
            "advance": In(1),
            "leave": In(1),
            "plane": plane,
            "group_plane": plane,
            "group_last": Out(1),
            "last_group": Out(1),
            "bank": Out(fields["bank"]),
            "base": Out(fields["base"]),
        })

    def elaborate(self, platform):
        m = Module()
        if self.words == 1:  # in the one plane of the one bank
            m.d.comb += [self.group_last.eq(1), self.last_group.eq(1)]
            return m
        plane, base = self.plane, Signal.like(self.base, name="base_now")
        group_plane, group_base = self.group_plane, Signal.like(base, name="group_base")
        next_plane, next_base = (
            Signal.like(plane, name="next_plane"),
            Signal.like(base, name="next"),
        )
        alone = plane == self.full if self.rest else 0  # in a bank of its own
        each = self.words // self.groups
        m.d.comb += [
            self.group_last.eq(plane == group_plane + (each - 1)),
            self.last_group.eq(group_plane == self.words - each),
            self.bank.eq(Mux(alone, len(self.banks) - 1, plane[0] if self.ways == 2 else 0)),
            self.base.eq(Mux(alone, 0, base)),
        ]
        with m.If(~(self.group_last & self.last_group)):
            beyond = plane[0] if self.ways == 2 else 1  # in the next plane of the bank
            m.d.comb += next_plane.eq(plane + 1)
            m.d.comb += next_base.eq(base + Mux(beyond, self.capacity, 0))
        with m.If(self.advance):
            m.d.sync += [plane.eq(next_plane), base.eq(next_base)]
            with m.If(self.group_last & ~self.leave):
                m.d.sync += [plane.eq(group_plane), base.eq(group_base)]
        if each == 1:
            m.d.comb += [group_plane.eq(plane), group_base.eq(base)]
        elif self.groups > 1:
            with m.If(self.advance & self.group_last & self.leave):
                m.d.sync += [group_plane.eq(next_plane), group_base.eq(next_base)]
        return m
