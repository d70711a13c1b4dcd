"""What a build directory says about itself: the part of ``manifest.json`` that a bench needs."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corgibuilder.diagnostics import CompileError, Origin


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
class BuildDirectory:
    """A build directory, read back from its manifest."""

    path: Path
    name: str
    source: Path
    image: tuple[int, int] | None
    network: Unit
    stages: tuple[Unit, ...]

    def unit(self, layer: str | None) -> Unit:
        """Stage of that name, or the whole network for ``None``."""
        if layer is None:
            return self.network
        for stage in self.stages:
            if stage.layer == layer:
                return stage
        names = [stage.layer for stage in self.stages]
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
    manifest = json.loads(file.read_text())
    image = manifest["image"]
    return BuildDirectory(
        path=path,
        name=manifest["name"],
        source=path / manifest["source"]["file"],
        image=(image[0], image[1]) if image else None,
        network=_unit(manifest["network"]),
        stages=tuple(_unit(stage) for stage in manifest["stages"]),
    )


def _unit(fields: Mapping[str, Any]) -> Unit:
    return Unit(
        layer=fields["layer"],
        module=fields["module"],
        sources=tuple(fields["sources"]),
        resizable=fields["resizable"],
        input=_stream(fields["input"]),
        outputs=tuple(_stream(output) for output in fields["outputs"]),
        cycles_per_frame=fields["cycles_per_frame"],
        latency_first=fields["latency_cycles"]["first"],
        latency_frame=fields["latency_cycles"]["frame"],
    )


def _stream(fields: Mapping[str, Any]) -> Stream:
    return Stream(**{name: fields[name] for name in Stream.__slots__})
