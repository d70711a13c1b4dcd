"""In which cycle of a pipeline each sum is computed, so that few bits wait in registers."""

from functools import partial

from .graph import AdderGraph


def cycles_of(graph: AdderGraph, levels: int, cycles: int) -> tuple[int, ...]:
    """For each value the cycle, from 0 on, in which it is there first; inputs come in cycle 0.

    At most ``levels`` sums behind one another are in one cycle, of which there are ``cycles``. A
    value waits in registers from its cycle to the last one in which it is needed, which is the last
    cycle for outputs. Where not all levels are needed, the first cycle may have fewer. From last to
    first, a sum moves to a later cycle where that saves registers: where its terms wait anyway.
    """
    return _best(graph, levels, cycles).placed


def waiting_bits(graph: AdderGraph, levels: int, cycles: int) -> int:
    """Bits of the registers that :func:`cycles_of` leaves, without those of the outputs."""
    return _best(graph, levels, cycles).bits


def _best(graph: AdderGraph, levels: int, cycles: int) -> "_Pipeline":
    highest = max((found.level for found in graph.sums), default=1)
    levels = min(levels, highest)
    tried = (
        _Pipeline(graph, levels, cycles, later) for later in range(levels * cycles - highest + 1)
    )
    return min(tried, key=lambda pipeline: pipeline.bits)


class _Pipeline:
    """Every sum at a level, which may be a higher one than its own."""

    def __init__(self, graph: AdderGraph, levels: int, cycles: int, later: int) -> None:
        self.graph, self.levels, self.cycles = graph, levels, cycles
        self.inputs = len(graph.inputs)
        self.widths = [graph.range_of(v).width for v in range(self.inputs + len(graph.sums))]
        self.at = [0] * self.inputs + [found.level + later for found in graph.sums]
        self.readers: list[set[int]] = [set() for _ in self.at]
        for value, found in enumerate(graph.sums, self.inputs):
            self.readers[found.a.value].add(value)
            self.readers[found.b.value].add(value)
        self.leaves = {term.value for term in graph.outputs if term is not None}
        self._move_sums()

    @property
    def placed(self) -> tuple[int, ...]:
        """The cycle of every value."""
        return tuple(self._cycle(value) for value in range(len(self.at)))

    @property
    def bits(self) -> int:
        """Bits of all registers but those of the outputs."""
        return sum(
            width * max(self._needed(value) - self._cycle(value), 0)
            for value, width in enumerate(self.widths)
        )

    def _move_sums(self) -> None:
        for value in reversed(range(self.inputs, len(self.at))):
            latest = min((self.at[k] - 1 for k in self.readers[value]), default=self.last_level)
            possible = range(self._cycle(value), self._cycle_at(latest) + 1)
            best = min(possible, key=partial(self._bits, value))
            self.at[value] = min(latest, (best + 1) * self.levels)

    @property
    def last_level(self) -> int:
        return self.levels * self.cycles

    def _cycle_at(self, level: int) -> int:
        return max(level - 1, 0) // self.levels

    def _cycle(self, value: int) -> int:
        return self._cycle_at(self.at[value])

    def _bits(self, value: int, cycle: int) -> int:
        """Bits of registers that depend on it if a sum is computed in that cycle."""
        found = self.graph.sums[value - self.inputs]
        terms = {found.a.value, found.b.value}
        waits = sum(self.widths[k] * max(cycle, self._needed(k, value)) for k in terms)
        return waits - self.widths[value] * cycle

    def _needed(self, value: int, besides: int | None = None) -> int:
        """The last cycle in which a sum, ``besides`` one, or an output needs a value."""
        if value in self.leaves:
            return self.cycles - 1
        readers = self.readers[value] - {besides}
        return max((self._cycle(k) for k in readers), default=0)
