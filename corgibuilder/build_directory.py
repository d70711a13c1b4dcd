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
MEMORIES = ("corgi_rom", "corgi_ram")

FORMAT = 1  #: of the manifest; raised when a reader of the old one would go wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream port and the map that travels through it.

    A word is ``lanes`` values of ``bits`` bits, lane 0 lowest; each pixel takes ``ceil(channels /
    lanes)`` words. ``node`` is the node of the integer network whose value this is.
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
    def words_per_pixel(self) -> int:
        return -(-self.channels // self.lanes)


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

    def paths(self, unit: Unit) -> list[Path]:
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
    }
    return Manifest(**{**fields, **changed})


def _unit(fields: Mapping[str, Any]) -> Unit:
    changed = {
        "sources": tuple(fields["sources"]),
        "input": Stream(**fields["input"]),
        "outputs": tuple(Stream(**output) for output in fields["outputs"]),
    }
    return Unit(**{**fields, **changed})
