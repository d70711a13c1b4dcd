"""Finds the files that are not Python: in an installed package, else in the repository."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def templates() -> Path:
    """Jinja2 templates."""
    return _folder("templates")


def sim() -> Path:
    """Benches for cocotb and the Verilog that plays and records streams."""
    return _folder("sim")


def flows() -> Path:
    """Scripts for Yosys, what nextpnr reads, and technologies."""
    return _folder("flows")


def _folder(name: str) -> Path:
    packaged = PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else PACKAGE.parent / name
