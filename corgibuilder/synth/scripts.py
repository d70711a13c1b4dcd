"""Runs the Yosys scripts of ``flows/`` on the Verilog of a build directory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.processes import Children
from corgibuilder.templates import render

from .yosys import Yosys


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """Runs scripts in ``rtl``, where the memory images are."""

    yosys: Yosys
    children: Children
    rtl: Path

    def run(
        self,
        script: str,
        top: str,
        sources: Sequence[Path],
        out: Path,
        *,
        macros: Sequence[Path] = (),
        liberty: Path | None = None,
        **settings: object,
    ) -> None:
        """Run ``flows/SCRIPT.ys.j2`` on the module ``top``; its files go into ``out``.

        Of the ``sources`` that are also ``macros`` only the ports are read. All paths in the script
        are relative, as the WebAssembly Yosys sees no others. ``settings`` are what it uses beyond.
        """
        text = render(
            f"{script}.ys.j2",
            top=top,
            sources=[self._relative(path) for path in sources if path not in macros],
            macros=[self._relative(path) for path in macros],
            liberty=liberty and self._relative(liberty),
            out=self._relative(out),
            **settings,
        )
        written, log = (out / f"{top}.{script}.{kind}" for kind in ("ys", "log"))
        written.write_text(text)
        self.yosys.run(self._relative(written), self.children, cwd=self.rtl, log=log)

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path, self.rtl)
