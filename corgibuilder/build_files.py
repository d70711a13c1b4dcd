"""The files of a build directory by their SHA-256, and what is not as it was written."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corgibuilder.user_files import is_file

MANIFEST = "manifest.json"
NAMED = 3  #: files that a sentence names

#: What a simulator or Yosys might take for a part of the design.
DESIGN = re.compile(r"rtl/.*|.*\.(v|vh|sv|svh|hex|mem)", re.DOTALL)
#: What simulation and the software model leave in a build directory when they are run there.
PRODUCTS = re.compile(
    r"sim/(model/.*|[^/]*\.log|results\.xml|verdict\.json|progress\.(json|new))"
    r"|model/\.model-[0-9a-f]{16}\.so|(sim|model)/__pycache__/[^/]*\.pyc",
    re.DOTALL,
)
RESULTS = re.compile(r"synth/.*", re.DOTALL)  #: what synthesis writes
REPORT = "report.json"  #: of synthesis, which lists its files as the manifest does


def file_digests(folder: Path, but: str = MANIFEST) -> dict[str, str]:
    """SHA-256 of every file in the folder, by relative path, without that called ``but``."""
    return {name: digest(folder / name) for name in sorted(_files(folder)) if name != but}


def text_digest(said: Any) -> str:
    """SHA-256 of what a JSON text says, however it is laid out."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def changes(folder: Path, files: Mapping[str, str]) -> list[str]:
    """One sentence for each of the ``files`` that differs, and each that joins the design."""
    others = [name for name in additional(folder, files) if DESIGN.fullmatch(name)]
    joined = [n for n in others if not (PRODUCTS.fullmatch(n) or RESULTS.fullmatch(n))]
    return changed(folder, files) + [f"{name} was added" for name in joined]


def changed(folder: Path, files: Mapping[str, str]) -> list[str]:
    """One sentence for each of the ``files`` that differs, is missing, or leads elsewhere."""
    root, faults = Path(os.path.realpath(folder)), []
    for name, expected in files.items():
        path = folder / name
        if not is_file(path):
            faults.append(f"{name} is missing")
        elif root not in Path(os.path.realpath(path)).parents:
            faults.append(f"{name} leads out of the directory")
        elif digest(path) != expected:
            faults.append(f"{name} was changed")
    return faults


def additional(folder: Path, files: Mapping[str, str], but: str = MANIFEST) -> list[str]:
    """All but the ``files`` and that one which lists them."""
    return sorted({*_files(folder)} - {*files, but})


def foreign_results(folder: Path) -> str:
    """Why a folder is not what synthesis wrote and nobody changed; nothing if it is."""
    try:
        files = json.loads((folder / REPORT).read_text(encoding="utf-8"))["files"]
        faults = changed(folder, files)
        others = additional(folder, files, REPORT)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FileNotFoundError):
        return f"it has no {REPORT} that lists its files"
    return named(faults + [f"{name} was added" for name in others])


def foreign_to_build(folder: Path, files: Mapping[str, str]) -> list[str]:
    """One sentence for each file that neither build nor simulation nor synthesis wrote."""
    results = {report.parent for report in folder.glob(f"synth/*/{REPORT}")}
    ours = {path.relative_to(folder) for path in results if not foreign_results(path)}
    return [
        f"{name} was added"
        for name in additional(folder, files)
        if not PRODUCTS.fullmatch(name) and ours.isdisjoint(Path(name).parents)
    ]


def named(faults: Sequence[str]) -> str:
    """The first of the faults, and how many more there are."""
    more = f", and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    return ", ".join(faults[:NAMED]) + more


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        found: str = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _files(folder: Path) -> Iterator[str]:
    """Paths of all but folders, links to nowhere among them; ``OSError`` for what is hidden."""

    def stop(fault: OSError) -> None:
        raise fault

    for parent, folders, names in os.walk(folder, onerror=stop):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in (*names, *links):
            yield Path(parent, name).relative_to(folder).as_posix()
