"""Words of several values, how these are held, and two small stream components of every stage."""

from amaranth.hdl import Cat, Const, Module, Mux, Shape, ShapeLike, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import QInt


def shape_of(q: QInt) -> Shape:
    """Amaranth shape with exactly the width and sign of the codes of ``q``."""
    return Shape(q.width, signed=q.signed)


def decoded(m: Module, code, q: QInt, *, name: str):
    """The value of ``q`` with that code: the code itself, or a named wire.

    One of two values takes an inverter at most; with a step that is a power of two, an adder at
    most.
    """
    if q.step == 1:
        return code
    value = Signal(shape_of(q.plain), name=name)
    m.d.comb += value.eq(Mux(code, q.hi, q.lo) if q.width == 1 else code * q.step + q.lo)
    return value


def recoded(m: Module, code, x: QInt, out: QInt, *, name: str):
    """The code in ``out``, which holds all values of ``x``, of the value with a code in ``x``."""
    if (x.step, x.offset) == (out.step, out.offset):
        return code
    if x.lo == x.hi:
        return Const(out.code(x.lo), shape_of(out))
    factor, offset = x.step // out.step, (x.offset - out.offset) // out.step
    given = Signal(shape_of(out), name=name)
    m.d.comb += given.eq(code * factor + offset)
    return given


def as_given(m: Module, source, sink, x: QInt, given: QInt, *, name: str) -> list:
    """Statements that give the codes of ``x`` in one word as those of ``given`` in another.

    ``given`` is ``x``, or holds all its values and has a step of 1.
    """
    assert given in (x, given.plain), (x, given)
    if given.step == x.step:
        return [Cat(sink).eq(Cat(source))]
    lanes = range(source.shape().length)
    return [sink[k].eq(decoded(m, source[k], x, name=f"{name}_{k}")) for k in lanes]


def word(shape: ShapeLike, lanes: int) -> data.ArrayLayout:
    """Layout of ``lanes`` values, lane 0 in the low bits."""
    return data.ArrayLayout(shape, lanes)


def input_ports(count: int) -> list[str]:
    """Names of the stream members of what has so many inputs."""
    return [f"i{port}" for port in range(count)] if count > 1 else ["i"]


def counter(m: Module, limit, advance, *, name: str):
    """Register that counts 0..``limit - 1`` on ``advance``, and the flag that it is at its last.

    ``limit`` is a number, or an unsigned value that is 1 or more, whose bits the register has.
    """
    known = isinstance(limit, int)
    value = Signal(range(max(limit, 2)) if known else unsigned(len(limit)), name=name)
    last = Signal(name=f"{name}_last")
    m.d.comb += last.eq(value == limit - 1)
    if not known or limit > 1:
        with m.If(advance):
            m.d.sync += value.eq(value + 1)
            with m.If(last):
                m.d.sync += value.eq(0)
    return value, last


class Buffer(wiring.Component):
    """Passes words on unchanged; cuts every combinational path between its two sides.

    Latency 1 cycle, one word per cycle, two words of storage.

    Parameters
    ----------
    shape
        Shape of the payload.

    Members
    -------
    i : :py:`In(stream.Signature(shape))`
    o : :py:`Out(stream.Signature(shape))`
    """

    def __init__(self, shape: ShapeLike):
        self.shape = shape
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        bits = Shape.cast(self.shape).width
        front = Signal(bits, reset_less=True)
        spare = Signal(bits, reset_less=True)
        spare_valid = Signal()
        incoming = Signal(bits)

        m.d.comb += [
            incoming.eq(self.i.payload),
            self.i.ready.eq(~spare_valid),
            Cat(self.o.payload).eq(front),
        ]
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [
                front.eq(incoming),
                self.o.valid.eq(self.i.valid),
            ]
            with m.If(spare_valid):
                m.d.sync += [front.eq(spare), self.o.valid.eq(1), spare_valid.eq(0)]
        with m.Elif(self.i.valid & self.i.ready):
            m.d.sync += [spare.eq(incoming), spare_valid.eq(1)]
        return m


class Fork(wiring.Component):
    """Gives every word to each of ``branches`` readers, each at its own pace.

    Latency 0; a word is finished when the slowest branch has taken it.

    Members
    -------
    i : :py:`In(stream.Signature(shape))`
    o0, o1, ... : :py:`Out(stream.Signature(shape))`
    """

    def __init__(self, shape: ShapeLike, branches: int):
        self.branches = branches
        super().__init__({
            "i": In(stream.Signature(shape)),
            **{f"o{b}": Out(stream.Signature(shape)) for b in range(branches)},
        })

    def elaborate(self, platform):
        m = Module()
        served = [Signal(name=f"served_{b}") for b in range(self.branches)]
        through = []
        for b, done in enumerate(served):
            branch = getattr(self, f"o{b}")
            m.d.comb += [
                Cat(branch.payload).eq(Cat(self.i.payload)),
                branch.valid.eq(self.i.valid & ~done),
            ]
            through.append(done | branch.ready)
        m.d.comb += self.i.ready.eq(Cat(through).all())
        with m.If(self.i.valid):
            for b, done in enumerate(served):
                m.d.sync += done.eq(~self.i.ready & through[b])
        return m


def through(fifo, i, o) -> list:
    """Statements that send the words of ``i`` through a FIFO of Amaranth's to ``o``."""
    return [
        fifo.w_data.eq(Cat(i.payload)),
        fifo.w_en.eq(i.valid),
        i.ready.eq(fifo.w_rdy),
        Cat(o.payload).eq(fifo.r_data),
        o.valid.eq(fifo.r_rdy),
        fifo.r_en.eq(o.ready),
    ]
