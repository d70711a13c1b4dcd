"""The registers of a system."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.plan.system.register_map import Access, Register, Size

from .spi import REGISTER_BUS


class Registers(wiring.Component):
    """Holds the registers of a system and checks what is written to them.

    Parameters
    ----------
    registers
        Those of :func:`~corgibuilder.plan.system.register_map.register_map`.
    smallest, largest
        Width and height that are legal.

    Members
    -------
    bus : :py:`In(REGISTER_BUS)`
    width, height : :py:`Out(16)`
    enable : :py:`Out(channels)`
    frame_done : :py:`In(1)`
        Counts a frame.
    status : :py:`In(2)`
        As in the register.
    faults : :py:`In(faults)`
        High for a cycle for each fault; as in the register ``errors``, all but the last.
    classifier_address, classifier_data, classifier_write :
        :py:`Out(address)`, :py:`Out(32)`, :py:`Out(1)`
        A write to the classifier's memory in each cycle in which the last is high.
    """

    def __init__(self, registers: Sequence[Register], *, smallest: Size, largest: Size):
        self.registers = {register.name: register for register in registers}
        self.smallest = smallest
        self.largest = largest
        super().__init__({
            "bus": In(REGISTER_BUS),
            "width": Out(16, init=largest[0]),
            "height": Out(16, init=largest[1]),
            "enable": Out(self.registers["enable"].bits, init=self.registers["enable"].reset),
            "frame_done": In(1),
            "status": In(self.registers["status"].bits),
            "faults": In(self.registers["errors"].bits - 1),
            "classifier_address": Out(self.registers["classifier_address"].bits),
            "classifier_data": Out(32),
            "classifier_write": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        writes = {name: Signal(name=f"write_{name}") for name in self.registers}
        for name, register in self.registers.items():
            m.d.comb += writes[name].eq(bus.write & (bus.address == register.address))

        # What is written.
        width, height = Signal(16), Signal(16)
        legal, illegal_size = Signal(), Signal()
        m.d.comb += [
            Cat(width, height).eq(bus.write_data),
            legal.eq(
                (width >= self.smallest[0])
                & (width <= self.largest[0])
                & (height >= self.smallest[1])
                & (height <= self.largest[1])
            ),
            illegal_size.eq(writes["size"] & ~legal),
            self.classifier_data.eq(bus.write_data),
            self.classifier_write.eq(writes["classifier_data"]),
        ]
        with m.If(writes["size"] & legal):
            m.d.sync += [self.width.eq(width), self.height.eq(height)]
        with m.If(writes["enable"]):
            m.d.sync += self.enable.eq(bus.write_data)
        with m.If(writes["classifier_address"]):
            m.d.sync += self.classifier_address.eq(bus.write_data)
        with m.If(writes["classifier_data"]):
            m.d.sync += self.classifier_address.eq(self.classifier_address + 1)

        # What is counted and kept.
        frames, errors = Signal(32), Signal(self.registers["errors"].bits)
        cleared = Mux(writes["errors"], bus.write_data, 0)
        m.d.sync += [
            frames.eq(frames + self.frame_done),
            errors.eq((errors & ~cleared) | Cat(self.faults, illegal_size)),
        ]

        # What is read.
        values = {
            "size": Cat(self.width, self.height),
            "enable": self.enable,
            "frames": frames,
            "status": self.status,
            "errors": errors,
            "classifier_address": self.classifier_address,
        }
        with m.Switch(bus.address):
            for name, register in self.registers.items():
                with m.Case(register.address):
                    m.d.comb += bus.stay.eq(register.stays)
                    if register.access is Access.CONSTANT:
                        m.d.sync += bus.read_data.eq(Const(register.reset, 32))
                    else:
                        m.d.sync += bus.read_data.eq(values.get(name, Const(0, 32)))
            with m.Default():
                m.d.sync += bus.read_data.eq(0)
        return m
