"""Every state that a component can reach, whatever its inputs do in each cycle."""

from dataclasses import dataclass

import numpy as np
from amaranth.lib import wiring

from .netlist import Bits, Netlist, netlist


class Refuted(AssertionError):
    """A state in which the component does wrong, and the inputs that lead to it."""


class TooManyStates(AssertionError):
    """There are more states than were to be looked at."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at: states, and the cycles until the last of them was found."""

    states: int
    depth: int


def prove(component: wiring.Component, *, most_states: int = 500_000) -> Proof:
    """Prove that ``component`` never does wrong and never stops.

    All inputs of the component are free in every cycle. Its output ``wrong`` must never be 1. Its
    output ``moved`` must be 1 again and again, from every state on, while all inputs stay 1.

    Raises :class:`Refuted` with the shortest sequence of inputs that leads to a fault, and
    :class:`TooManyStates`. All states that can be reached are looked at, breadth first: the proof
    holds for runs of any length.
    """
    graph = netlist(component)
    width = sum(len(literals) for literals in graph.inputs.values())
    choices = np.array([[n >> k & 1 for n in range(1 << width)] for k in range(width)], np.uint8)
    states = _States(graph, choices)
    frontier = np.zeros((1, len(graph.latches)), np.uint8)
    states.add(frontier, np.full(1, -1), np.zeros(1, np.int64))
    depth = 0
    while len(frontier):
        frontier = states.explore(frontier)
        depth += bool(len(frontier))
        if len(states.known) > most_states:
            raise TooManyStates(f"more than {most_states} states: take a smaller case")
    states.check_progress()
    return Proof(len(states.known), depth)


class _States:
    """States found so far, numbered in the order in which they were found."""

    def __init__(self, graph: Netlist, choices: Bits) -> None:
        self.graph = graph
        self.choices = choices
        self.known: dict[bytes, int] = {}
        self.parents: list[int] = []
        self.causes: list[int] = []  #: number of the choice of inputs that led here
        self.eager: dict[int, tuple[int, bool]] = {}  #: successor with all inputs 1, and `moved`

    def add(self, rows: Bits, parents, causes) -> Bits:
        """Those of ``rows`` that are new; ``(states, latches)``."""
        new = []
        for k, packed in enumerate(np.packbits(rows, axis=1)):
            if self.known.setdefault(packed.tobytes(), len(self.known)) == len(self.parents):
                self.parents.append(int(parents[k]))
                self.causes.append(int(causes[k]))
                new.append(k)
        return rows[new]

    def explore(self, frontier: Bits) -> Bits:
        """New states that follow those of ``frontier``; the last ones that were added."""
        first = len(self.known) - len(frontier)
        block = (1 << 20) // self.choices.shape[1]
        starts = range(0, len(frontier), block)
        return np.concatenate([self._explore(frontier[k : k + block], first + k) for k in starts])

    def _explore(self, rows: Bits, first: int) -> Bits:
        ways = self.choices.shape[1]
        cases = len(rows) * ways
        padded = -(-cases // 64) * 64
        states = np.zeros((rows.shape[1], padded), np.uint8)
        states[:, :cases] = np.repeat(rows.T, ways, axis=1)
        choices = np.zeros((len(self.choices), padded), np.uint8)
        choices[:, :cases] = np.tile(self.choices, len(rows))
        values = self.graph.evaluate(states, choices)
        wrong, moved = (self._bits(values, self.graph.outputs[n])[0] for n in ("wrong", "moved"))
        number = first + np.arange(cases) // ways
        if wrong[:cases].any():
            case = int(wrong[:cases].argmax())
            raise Refuted(self._trace(int(number[case]), case % ways, "does wrong"))
        following = self._bits(values, self.graph.next_state).T[:cases]
        added = self.add(following, number, np.arange(cases) % ways)
        for case in range(ways - 1, cases, ways):
            after = self.known[np.packbits(following[case]).tobytes()]
            self.eager[int(number[case])] = after, bool(moved[case])
        return added

    def _bits(self, values, literals) -> Bits:
        packed = self.graph.read(values, np.asarray(literals, np.int64))
        bits: Bits = np.unpackbits(packed.view(np.uint8), axis=1)
        return bits

    def check_progress(self) -> None:
        """From every state on, something moves sooner or later while all inputs are 1."""
        done = [False] * len(self.known)
        for start in range(len(self.known)):
            path = []
            state = start
            while not done[state]:
                done[state] = True
                path.append(state)
                state, moved = self.eager[state]
                if moved:
                    break
                if state in path:
                    last = self.choices.shape[1] - 1
                    raise Refuted(self._trace(state, last, "is stuck"))

    def _trace(self, state: int, choice: int, fault: str) -> str:
        """The inputs from the first state on."""
        taken = [choice]
        while self.parents[state] >= 0:
            taken.append(self.causes[state])
            state = self.parents[state]
        names = [f"{n}[{k}]" for n, bits in self.graph.inputs.items() for k in range(len(bits))]
        rows = ("".join(map(str, self.choices[:, c])) for c in reversed(taken))
        return f"{fault} in cycle {len(taken)}; {', '.join(names)} cycle by cycle: {' '.join(rows)}"
