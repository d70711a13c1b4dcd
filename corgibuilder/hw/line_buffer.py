"""The circular line buffer: a map goes in in raster order, the words of its windows come out."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.components.window_sources import LineBufferConfig

from .circular_slots import CircularSlots
from .line_memory import LineMemory, Planes
from .raster import raster
from .shuffled_slots import ShuffledSlots
from .size import SIZE, sides
from .streams import as_given, shape_of, word
from .window_addresses import TAPS, WindowAddressGenerator


class LineBuffer(wiring.Component):
    """Stores a map as it comes and reads it window by window at its own pace.

    One word goes in and one word comes out per cycle. A pixel is overwritten as soon as no window
    needs it any more, and a window is read as soon as its last pixel is there, rows and frames
    without a gap between them. A word that lies in the padding is replaced by ``padding`` but takes
    its cycle like any other. Memory holds the codes of values with a step, and they are given as
    codes or as values, since padding need not have a code. Latency from the last pixel of a window
    to the window's first word: 2 cycles.

    The words come in the order of :class:`~.window_addresses.WindowAddressGenerator`, lie in the
    banks of :class:`~.line_memory.LineMemory`, at the slots of
    :class:`~.circular_slots.CircularSlots` or, where the windows move down two rows at a time,
    :class:`~.shuffled_slots.ShuffledSlots`.

    Parameters
    ----------
    config
        See :class:`~corgibuilder.plan.components.window_sources.LineBufferConfig`.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(x, lanes)))`
    o : :py:`Out(stream.Signature(ArrayLayout(given, lanes)))`
    write_size, read_size : :py:`In(stream.Signature(SIZE))`
        Size of the map being written and of the map being read; taken with the frame's last word.
    """

    def __init__(self, config: LineBufferConfig):
        self.config = config
        channels, lanes, capacity = config.shape.channels, config.lanes, config.capacity
        self.addresses = WindowAddressGenerator(
            config.window,
            largest=config.shape,
            repeats=config.repeats,
            by_column=config.by_column,
        )
        slots = ShuffledSlots if config.paired else CircularSlots
        self.slots = slots(config.read_window, capacity=capacity, largest=config.shape)
        self.memory = LineMemory(
            shape_of(config.x),
            lanes,
            channels=channels,
            capacity=capacity,
            single_port=config.single_port,
            write_first=config.by_column,
        )
        self.write_planes, self.read_planes = (
            Planes(
                channels=channels,
                lanes=lanes,
                capacity=capacity,
                alternate=config.single_port,
                groups=groups,
            )
            for groups in (1, config.groups)
        )
        super().__init__({
            "i": In(stream.Signature(word(shape_of(config.x), lanes))),
            "o": Out(stream.Signature(word(shape_of(config.given), lanes))),
            "write_size": In(stream.Signature(SIZE)),
            "read_size": In(stream.Signature(SIZE)),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.memory = self.memory
        m.submodules.slots = self.slots
        m.submodules.addresses = self.addresses
        m.submodules.write_planes = write = self.write_planes
        m.submodules.read_planes = read = self.read_planes
        self._write(m, self.memory.write, self.slots, write)
        self._read(m, self.memory, self.slots, self.addresses, read)
        m.d.comb += self.slots.write_beyond.eq(write.plane > read.plane)
        if self.config.groups > 1:
            m.d.comb += self.slots.write_behind.eq(write.plane < read.group_plane)
        return m

    def _write(self, m, write, slots, planes):
        size = self.write_size
        (width, height), take = sides(size.payload, self.config.shape), Signal()
        at = raster(m, width, height, slots.write_next, name="write")
        m.d.comb += [
            slots.write_size.valid.eq(size.valid),
            slots.write_size.size.eq(size.payload),
            slots.write_x.eq(at.x),
            slots.write_y.eq(at.y),
            slots.write_last_x.eq(at.last_x),
            slots.write_last_y.eq(at.last_y),
            slots.write_next.eq(take & planes.group_last),
            write.valid.eq(self.i.valid & slots.write_ready),
            write.payload.slot.eq(slots.write_slot),
            write.payload.bank.eq(planes.bank),
            write.payload.base.eq(planes.base),
            write.payload.word.eq(self.i.payload),
            self.i.ready.eq(write.ready & slots.write_ready),
            take.eq(self.i.valid & self.i.ready),
            planes.advance.eq(take),
            planes.leave.eq(1),
            size.ready.eq(slots.write_next & at.last),
        ]

    def _read(self, m, memory, slots, addresses, planes):
        free = Signal(name="read_free")
        followed = ("tap_step", "row_done", "taps_done", "window_done", "frame_done", "last_x")
        m.d.comb += [
            getattr(slots, name).eq(getattr(addresses, name))
            for name in (*followed, "tap_y", *TAPS)
        ]
        m.d.comb += [
            addresses.size.eq(self.read_size.payload),
            slots.read_size.eq(self.read_size.payload),
            memory.read.valid.eq(free & self.read_size.valid & slots.read_ready),
            addresses.step.eq(memory.read.valid & memory.read.ready),
            addresses.group_last.eq(planes.group_last),
            addresses.last_group.eq(planes.last_group),
            planes.advance.eq(addresses.step),
            planes.leave.eq(addresses.group_done),
            self.read_size.ready.eq(slots.frame_taken),
            memory.read.payload.slot.eq(slots.read_slot),
            memory.read.payload.bank.eq(planes.bank),
            memory.read.payload.base.eq(planes.base),
        ]
        # The memory answers one cycle after the step.
        masked = Signal(reset_less=True)
        m.d.comb += free.eq(~self.o.valid | self.o.ready)
        m.d.comb += as_given(
            m, memory.o, self.o.payload, self.config.x, self.config.given, name="read"
        )
        with m.If(masked):
            m.d.comb += [lane.eq(self.config.padding) for lane in self.o.payload]
        with m.If(free):
            m.d.sync += [self.o.valid.eq(addresses.step), masked.eq(addresses.outside)]
