"""A component as an and-inverter graph that numpy evaluates for many states at once."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from amaranth.back import rtlil
from amaranth.lib import wiring
from numpy.typing import NDArray
from pyosys import libyosys

Bits = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Netlist:
    """Gates of a component with one clock; variable 0 is the constant 0.

    A literal is ``2 * variable + inverted``, as in the AIGER format (Biere, "The AIGER and-inverter
    graph (AIG) format", 2007). Variables are inputs, then latches, then gates in topological order.

    ``levels`` has for every level of the graph the variables of its gates and their two operands.
    ``inputs``, ``outputs`` map a port to its literals, lowest bit first.
    """

    variables: int
    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]
    latches: NDArray[np.int64]  #: variable of each latch
    next_state: NDArray[np.int64]  #: literal of each latch's next value
    levels: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]

    def evaluate(self, states: Bits, choices: Bits) -> NDArray[np.uint64]:
        """Values of all variables, 64 cases to a word.

        ``states`` is ``(latches, cases)`` and ``choices`` ``(input bits, cases)``, both of 0 and 1;
        cases are a multiple of 64.
        """
        words = states.shape[1] // 64
        values = np.zeros((self.variables, words), np.uint64)
        inputs = [literal // 2 for literals in self.inputs.values() for literal in literals]
        values[inputs] = np.packbits(choices, axis=1).view(np.uint64)
        values[self.latches] = np.packbits(states, axis=1).view(np.uint64)
        for gates, operands in self.levels:
            values[gates] = self.read(values, operands[0]) & self.read(values, operands[1])
        return values

    @staticmethod
    def read(values: NDArray[np.uint64], literals: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Values of literals."""
        inverted = np.where(literals & 1, ~np.uint64(0), np.uint64(0))
        return values[literals >> 1] ^ inverted[:, None]


def netlist(component: wiring.Component) -> Netlist:
    """Gates of ``component``; all registers start at 0, by inverting those that do not."""
    text = rtlil.convert(component, name="top", emit_src=False)
    with tempfile.TemporaryDirectory(prefix="corgibuilder-") as folder:
        read, aiger, names = (Path(folder, name) for name in ("top.il", "top.aig", "top.map"))
        read.write_text(text)
        design = libyosys.Design()
        for command in (
            f"read_rtlil {read}",
            "hierarchy -top top",
            "proc",
            "flatten",
            "memory_nordff",
            "memory_map",
            "opt -full",
            "dffunmap",
            "simplemap",
            "techmap",
            "opt",
            "dffunmap",
            "setundef -one",  # no pixel is all ones: whoever uses an undefined value is seen
            "aigmap",
            "opt_clean",
            f"write_aiger -zinit -map {names} {aiger}",
        ):
            libyosys.run_pass(f"tee -q {command}", design)
        return _read(aiger.read_bytes(), names.read_text())


def _read(data: bytes, names: str) -> Netlist:
    header, data = data.split(b"\n", 1)
    variables, inputs, latches, outputs, gates = (int(n) for n in header.split()[1:6])
    lines = data.split(b"\n", latches + outputs)
    data = lines.pop()
    next_state = np.array([int(line.split()[0]) for line in lines[:latches]], np.int64)
    output_literals = [int(line) for line in lines[latches:]]
    operands = np.zeros((2, variables + 1), np.int64)
    depth = np.zeros(variables + 1, np.int64)
    at = 0
    for gate in range(inputs + latches + 1, inputs + latches + gates + 1):
        first, at = _delta(data, at)
        second, at = _delta(data, at)
        left = 2 * gate - first
        operands[:, gate] = left, left - second
        depth[gate] = 1 + max(depth[operands[0, gate] >> 1], depth[operands[1, gate] >> 1])
    levels = []
    for level in range(1, int(depth.max()) + 1):
        found = np.flatnonzero(depth == level)
        levels.append((found, operands[:, found]))
    ports: dict[str, dict[str, list[int]]] = {"input": {}, "output": {}}
    for line in names.splitlines():
        kind, index, *rest = line.split()
        name = rest[-1] if rest else ""
        if kind in ports and name not in ("clk", "rst"):
            literal = 2 * (int(index) + 1) if kind == "input" else output_literals[int(index)]
            ports[kind].setdefault(name, []).append(literal)
    return Netlist(
        variables=variables + 1,
        inputs=ports["input"],
        outputs=ports["output"],
        latches=np.arange(inputs + 1, inputs + latches + 1),
        next_state=next_state,
        levels=tuple(levels),
    )


def _delta(data: bytes, at: int) -> tuple[int, int]:
    """Number of seven bits to a byte, lowest first, and where it ends."""
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1
