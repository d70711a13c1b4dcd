"""Wrong designs made from a right one: one place of the emitted files changed in each."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.build_directory import MEMORIES

CONDITION = re.compile(r"^(\s*(?:end else )?if \()(?!\\\$started )(.+)(\) begin)$")
CHOICE = re.compile(r"^(\s*assign .+? = )(\S+) \? (.+) : (.+);$")
CONSTANT = re.compile(r"(\d+)'h([0-9a-f]+)")
STATEMENT = re.compile(r"^\s*(assign .+ = |\S+ ?(?:\[[\d:]+\] )?<?= ).+;$")
ARITHMETIC = re.compile(r" (?:\+|-|<|<=|>|>=|==|!=|\*) ")
INSTANCE = re.compile(r"^  (\\\S+ |\w+)(?: #\(.*?\))? (\\\S+ |\w+) \(\n(.*?)\n  \);$", re.M | re.S)
CONNECTION = re.compile(r"^    \.(\\\S+ |\w+)\((.*)\)(,?)$")
PORT = re.compile(r"^  (input|output) (?:signed )?(?:\[(\d+):0\] )?(\\\S+ |\w+);$", re.M)
MODULE = re.compile(r"^module (\\\S+ |\w+)\(.*?^endmodule$", re.M | re.S)


@dataclass(frozen=True)
class Mutant:
    """``file`` with ``text`` in place of its own."""

    file: Path
    kind: str
    line: int
    was: str
    now: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.file.name}:{self.line}: {self.was.strip()} -> {self.now.strip()}"
        )


def mutants(rtl: Path, count: int, seed: int) -> list[Mutant]:
    """``count`` different mutants of the files in ``rtl``, of every kind and every image."""
    rng = random.Random(seed)
    files = sorted(path for path in rtl.glob("*.v") if path.stem not in MEMORIES)
    images = sorted(rtl.glob("*.hex"))
    made: dict[str, Mutant] = {}  # by what the file then says: kinds overlap
    for image in images[:count]:
        mutant = flipped_bit(image, rng)
        made[mutant.text] = mutant
    kinds = [inverted, off_by_one, wrong_constant, swapped_ports]
    while len(made) < count:
        kind = kinds[len(made) % len(kinds)]
        # A file counts by its lines, so that small ones are not mutated over and over.
        file = rng.choices(files, [path.stat().st_size for path in files])[0]
        if mutant := kind(file, rng):
            made[mutant.text] = mutant
    return list(made.values())


def flipped_bit(image: Path, rng: random.Random) -> Mutant:
    """One bit of a memory image, of those that its words have."""
    lines = image.read_text().splitlines()
    line = rng.randrange(len(lines))
    width = _image_width(image)
    value = int(lines[line], 16) ^ 1 << rng.randrange(width)
    return _changed(image, "flipped bit", lines, line, f"{value:0{len(lines[line])}x}")


def _image_width(image: Path) -> int:
    text = "".join(path.read_text() for path in sorted(image.parent.glob("layer_*.v")))
    return int(re.search(rf'IMAGE\("{image.name}"\),\s*\.WIDTH\(32\'d(\d+)\)', text).group(1))


def inverted(file: Path, rng: random.Random) -> Mutant | None:
    """A condition of an ``if`` or a choice."""

    def change(line: str) -> Iterator[str]:
        if found := CONDITION.match(line):
            yield f"{found[1]}!({found[2]}){found[3]}"
        if found := CHOICE.match(line):
            yield f"{found[1]}{found[2]} ? {found[4]} : {found[3]};"

    return _one(file, "condition inverted", rng, change)


def off_by_one(file: Path, rng: random.Random) -> Mutant | None:
    """A constant that is added, taken off or compared with."""
    return _one(file, "off by one", rng, lambda line: _constants(line, rng, off=True))


def wrong_constant(file: Path, rng: random.Random) -> Mutant | None:
    """Any constant that is assigned, chosen or calculated with."""
    return _one(file, "wrong constant", rng, lambda line: _constants(line, rng, off=False))


def _constants(line: str, rng: random.Random, *, off: bool) -> Iterator[str]:
    if not STATEMENT.match(line) or (off and not ARITHMETIC.search(line)):
        return
    for found in CONSTANT.finditer(line):
        width, value = int(found[1]), int(found[2], 16)
        wrong = value + rng.choice([1, -1]) if off else value ^ 1 << rng.randrange(width)
        wrong %= 1 << width
        if wrong != value:
            yield f"{line[: found.start()]}{width}'h{wrong:x}{line[found.end() :]}"


def swapped_ports(file: Path, rng: random.Random) -> Mutant | None:
    """Two connections of an instance, of the same width and direction."""
    text = file.read_text()
    ports = _ports(file.parent)
    swaps = []
    for instance in INSTANCE.finditer(text):
        start = text[: instance.start(3)].count("\n")
        rows = instance[3].splitlines()
        given = [CONNECTION.match(row) for row in rows]
        shape = [ports.get((instance[1], g[1])) for g in given]
        swaps += [
            (start + b, start + a, given[b], given[a])
            for a in range(len(rows))
            for b in range(a)
            if shape[a] and shape[a] == shape[b] and given[a][2] != given[b][2]
        ]
    if not swaps:
        return None
    first, second, b, a = rng.choice(swaps)
    lines = text.splitlines()
    lines[first] = f"    .{b[1]}({a[2]}){b[3]}"
    return _changed(file, "swapped ports", lines, second, f"    .{a[1]}({b[2]}){a[3]}")


def _ports(rtl: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Direction and width of each port, by module and name; widths of memories are parameters."""
    found = {}
    for path in rtl.glob("*.v"):
        for module in MODULE.finditer(path.read_text()):
            for port in PORT.finditer(module[0]):
                found[module[1], port[3]] = port[1], port[2]
    return found


def _one(
    file: Path, kind: str, rng: random.Random, change: Callable[[str], Iterator[str]]
) -> Mutant | None:
    lines = file.read_text().splitlines()
    found = [(number, new) for number, line in enumerate(lines) for new in change(line)]
    if not found:
        return None
    number, new = rng.choice(found)
    return _changed(file, kind, lines, number, new)


def _changed(file: Path, kind: str, lines: list[str], number: int, new: str) -> Mutant:
    was = lines[number]
    text = "\n".join([*lines[:number], new, *lines[number + 1 :], ""])
    return Mutant(file=file, kind=kind, line=number + 1, was=was, now=new, text=text)
