"""Areas found before, so that a run that was ended early goes on where it was."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from corgibuilder import package_data
from corgibuilder.diagnostics import CompileError
from corgibuilder.folders import write_complete
from corgibuilder.synth.yosys import find_yosys
from corgibuilder.technology import Technology


def user_cache() -> Path:
    """Where the user's programs keep what they can find again, by the XDG base directories."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "corgibuilder" / "characterise"


@dataclass(frozen=True, slots=True)
class Cache:
    """A file in ``folder`` for each area; ``None`` to keep none.

    It is a help only: what cannot be read or written is synthesised again.
    """

    folder: Path | None

    def key(self, technology: Technology, liberty: Path | None, verilog: str) -> str:
        """What an area depends on: the module, how it is synthesised, and by which Yosys."""
        costless = replace(technology, name="", costs=None, delays=None)
        scripts = sorted(package_data.flows().glob("*.ys.j2"))
        parts = [repr(costless), _yosys(), *(file.read_text() for file in scripts), verilog]
        cells = liberty.read_bytes() if liberty else b""
        return hashlib.sha256("\0".join(parts).encode() + cells).hexdigest()

    def read(self, key: str) -> float | None:
        """The area of that key, if it is known."""
        if self.folder is not None:
            with suppress(OSError, ValueError, TypeError):
                return float(json.loads((self.folder / key).read_text()))
        return None

    def write(self, key: str, area: float) -> None:
        """Keep an area."""
        if self.folder is not None:
            with suppress(CompileError):
                write_complete(self.folder / key, json.dumps(area))


def _yosys() -> str:
    name = find_yosys().name
    with suppress(metadata.PackageNotFoundError):
        return f"{name} {metadata.version(name)}"
    return name
