"""From values held side by side to those that one step of an engine takes."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Const, Module, Shape, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .streams import counter, word


class OperandSelector(wiring.Component):
    """Gives each window in steps: step ``s`` carries the values at ``lane_map[s]`` of the window.

    The steps fall into ``groups``; those of one are gone through ``repeats`` times, then those of
    the next. One word per cycle; latency 1 cycle, 0 where a window is a single step. The window is
    copied, so that the next one can form meanwhile.

    Parameters
    ----------
    shape
        Shape of one value.
    size
        Values of a window.
    lane_map
        For every step the index in the window of each lane's value, or ``None`` where there is
        none: the lane is 0, and its operand must not count.
    repeats
        How often the steps of a group are gone through.
    groups
        Equal groups of steps.

    Members
    -------
    i : :py:`In(stream.Signature(ArrayLayout(shape, size)))`
    o : :py:`Out(stream.Signature(ArrayLayout(shape, lanes)))`
    """

    def __init__(
        self,
        shape: ShapeLike,
        *,
        size: int,
        lane_map: Sequence[Sequence[int | None]],
        repeats: int = 1,
        groups: int = 1,
    ):
        assert len(lane_map) % groups == 0
        self.shape = shape
        self.lane_map = lane_map
        self.repeats = repeats
        self.groups = groups if repeats > 1 else 1
        super().__init__({
            "i": In(stream.Signature(word(shape, size))),
            "o": Out(stream.Signature(word(shape, len(lane_map[0])))),
        })

    def elaborate(self, platform):
        m = Module()
        give = Signal()
        m.d.comb += give.eq(self.o.valid & self.o.ready)
        step, last = self._step(m, give)
        if len(self.lane_map) * self.repeats == 1:
            window = self.i.payload
            m.d.comb += [self.o.valid.eq(self.i.valid), self.i.ready.eq(self.o.ready)]
        else:
            window = Signal.like(self.i.payload, name="window", reset_less=True)
            held = Signal()
            m.d.comb += [
                self.o.valid.eq(held),
                self.i.ready.eq(~held | (give & last)),
            ]
            with m.If(self.i.ready):
                m.d.sync += [Cat(window).eq(Cat(self.i.payload)), held.eq(self.i.valid)]
        for lane in range(len(self.lane_map[0])):
            chosen = [self._value(window, step[lane]) for step in self.lane_map]
            m.d.comb += self.o.payload[lane].eq(Array(chosen)[step])
        return m

    def _step(self, m, give):
        """Number of the step, and whether it is the last one of a window."""
        steps = len(self.lane_map) // self.groups
        step, step_last = counter(m, steps, give, name="step")
        _, repeat_last = counter(m, self.repeats, give & step_last, name="repeat")
        last = step_last & repeat_last
        if self.groups == 1:
            return step, last
        group, group_last = counter(m, self.groups, give & last, name="group")
        number = Signal(range(len(self.lane_map)), name="number")
        m.d.comb += number.eq(group * steps + step)
        return number, last & group_last

    def _value(self, window, index):
        return Const(0, Shape.cast(self.shape)) if index is None else window[index]
