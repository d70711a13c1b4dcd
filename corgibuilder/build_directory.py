"""The build directory as data: what its ``manifest.json`` says, for those who write and read it.

Whoever simulates or synthesises a build sees this and the files, never the hardware's Python.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corgibuilder.diagnostics import CompileError, Origin

#: Verilog modules of which all memories are instances.
MEMORIES = ("corgi_rom", "corgi_ram", "corgi_single_port_ram")

FORMAT = 1  #: of the manifest; raised when a reader of the old one would go wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream port and the map that travels through it.

    A word is ``lanes`` values of ``bits`` bits, lane 0 lowest; each pixel takes ``ceil(channels /
    lanes)`` words, or where ``lanes`` is a multiple of ``channels``, a word carries so many whole
    pixels. ``node`` is the node of the integer network whose value this is.
    """

    port: str
    node: str
    lanes: int
    bits: int
    signed: bool
    channels: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    @property
    def word_bits(self) -> int:
        return self.lanes * self.bits

    @property
    def unit(self) -> int:
        """Values that start with a new word: a pixel, or all pixels of one word."""
        return max(self.channels, self.lanes)

    @property
    def words_per_unit(self) -> int:
        return -(-self.unit // self.lanes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A Verilog module that can be simulated or synthesised by itself: a stage, or the network."""

    layer: str
    module: str
    sources: tuple[str, ...]
    resizable: bool
    input: Stream
    outputs: tuple[Stream, ...]
    cycles_per_frame: int
    latency_first: int
    latency_frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The network file: its path in the build directory and its SHA-256."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A pin of a system; ``domain`` is the clock domain, ``None`` where there is none."""

    name: str
    direction: str  #: in or out
    bits: int
    domain: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Bits of a register, from ``lowest_bit`` up, and their value after a reset."""

    name: str
    lowest_bit: int
    bits: int
    reset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register of 32 bits; all words of a burst go to one that ``stays``."""

    name: str
    address: int
    access: str
    stays: bool
    fields: tuple[Field, ...]
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A stream on the link; its words carry ``tag`` as their channel."""

    tag: int
    name: str
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """The programmable last layer and its memory, in words of 32 bits.

    The weights of class ``o`` begin at word ``o * row_words``, its bias is word ``classes *
    row_words + o``. ``node`` is the node of the network that is classified.
    """

    node: str
    channels: int
    classes: int
    weight_bits: int
    fraction_bits: int
    row_words: int
    memory_words: int
    multipliers: int
    cycles_per_frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemUnit:
    """A Verilog module with the network and all that is around it.

    ``smallest`` and ``largest`` are width and height of a frame; ``domains`` are the clock domains
    with their clock and reset pins.
    """

    style: str
    module: str
    sources: tuple[str, ...]
    smallest: tuple[int, int]
    largest: tuple[int, int]
    domains: Mapping[str, tuple[str, str]]
    pins: tuple[Pin, ...]
    registers: tuple[Register, ...]
    channels: tuple[Channel, ...]
    link_words_per_frame: int
    classifier: Classifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that a user of the build directory needs to know.

    ``image`` is the size asked for, width and height, where the network leaves it open. ``target``
    is what was asked for. ``files`` has the SHA-256 of every other file.
    """

    format: int
    generator: str
    name: str
    source: Source
    image: tuple[int, int] | None
    target: Mapping[str, float]
    network: Unit
    stages: tuple[Unit, ...]
    files: Mapping[str, str]
    system: SystemUnit | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDirectory:
    """A build directory, read back from its manifest."""

    path: Path
    manifest: Manifest

    @property
    def source(self) -> Path:
        """The network file."""
        return self.path / self.manifest.source.file

    @property
    def plan(self) -> Path:
        """The plan that was built."""
        return self.path / "plan.json"

    def unit(self, layer: str | None) -> Unit:
        """Stage of that name, or the whole network for ``None``."""
        if layer is None:
            return self.manifest.network
        for stage in self.manifest.stages:
            if stage.layer == layer:
                return stage
        names = [stage.layer for stage in self.manifest.stages]
        near = difflib.get_close_matches(layer, names, n=3, cutoff=0) or names[:3]
        raise CompileError(
            "CB502",
            f"no stage is called {layer!r}",
            at=Origin(str(self.path / "manifest.json")),
            help=f"take one of the {len(names)} stages, such as {', '.join(near)}",
        )

    def paths(self, unit: Unit | SystemUnit) -> list[Path]:
        """Verilog files of the unit."""
        return [self.path / source for source in unit.sources]

    def memories(self, unit: Unit) -> list[Path]:
        """Those of its Verilog files whose instances are its memories."""
        return [path for path in self.paths(unit) if path.stem in MEMORIES]

    def memory_images(self) -> list[Path]:
        """Files that the Verilog reads with ``$readmemh``, by bare name."""
        return sorted((self.path / "rtl").glob("*.hex"))


def read_build_directory(path: Path) -> BuildDirectory:
    """Read ``path/manifest.json``; :class:`CompileError` where that is not a build directory."""
    file = path / "manifest.json"
    if not file.is_file():
        raise CompileError(
            "CB501",
            "this is not a build directory: it has no manifest.json",
            at=Origin(str(path)),
            help="create one with: corgibuilder build NETWORK --fps 30 --clock 59MHz -o build/",
        )
    return BuildDirectory(path=path, manifest=_manifest(json.loads(file.read_text())))


def _manifest(fields: Mapping[str, Any]) -> Manifest:
    changed = {
        "source": Source(**fields["source"]),
        "image": tuple(fields["image"]) if fields["image"] else None,
        "network": _unit(fields["network"]),
        "stages": tuple(_unit(stage) for stage in fields["stages"]),
        "system": _system(fields["system"]) if fields.get("system") else None,
    }
    return Manifest(**{**fields, **changed})


def _unit(fields: Mapping[str, Any]) -> Unit:
    changed = {
        "sources": tuple(fields["sources"]),
        "input": Stream(**fields["input"]),
        "outputs": tuple(Stream(**output) for output in fields["outputs"]),
    }
    return Unit(**{**fields, **changed})


def _system(fields: Mapping[str, Any]) -> SystemUnit:
    registers = (
        Register(**{**register, "fields": tuple(Field(**field) for field in register["fields"])})
        for register in fields["registers"]
    )
    channels = (
        Channel(**{**channel, "stream": Stream(**channel["stream"])})
        for channel in fields["channels"]
    )
    changed = {
        "sources": tuple(fields["sources"]),
        "smallest": tuple(fields["smallest"]),
        "largest": tuple(fields["largest"]),
        "domains": {name: tuple(pins) for name, pins in fields["domains"].items()},
        "pins": tuple(Pin(**pin) for pin in fields["pins"]),
        "registers": tuple(registers),
        "channels": tuple(channels),
        "classifier": Classifier(**fields["classifier"]),
    }
    return SystemUnit(**{**fields, **changed})
