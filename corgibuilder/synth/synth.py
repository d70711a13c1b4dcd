"""Synthesises a build directory with Yosys, stage by stage."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from corgibuilder.build_directory import BuildDirectory, Unit, read_build_directory
from corgibuilder.build_files import REPORT, file_digests, foreign_results
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.folders import complete_folder, cut_off
from corgibuilder.processes import Children
from corgibuilder.progress import Progress, silent
from corgibuilder.templates import render

from .report import StageCost, SynthReport, read_cost
from .targets import SynthTarget
from .yosys import Yosys, find_yosys


def synth(
    build_dir: Path,
    target: SynthTarget = SynthTarget.GENERIC,
    *,
    liberty: Path | None = None,
    netlist: bool = False,
    changed: bool = False,
    progress: Progress = silent,
) -> SynthReport:
    """Synthesise every stage by itself, as many at once as there are processors.

    For the generic target the build's memories stay whole, and gates are mapped to the cells of the
    file ``liberty`` where one is given.

    Results appear in ``build_dir/synth/<target>``, all at once, when they are complete. With
    ``netlist`` also the whole network as simple gates, in ``netlist.v`` there, which
    :func:`corgibuilder.verify.simulate` takes in place of the build directory's own Verilog.

    Raises :class:`CompileError` for a build that was changed, unless ``changed`` says that this is
    meant.
    """
    build = read_build_directory(build_dir, changed=changed)
    yosys = find_yosys()
    final = build_dir / "synth" / target.value
    if liberty:
        _check(liberty, target)
        _check_place(final.absolute())
    with (
        complete_folder(final, foreign=foreign_results) as out,
        _workers() as pool,
        Children() as children,
    ):
        run = partial(_run, yosys, children, build, out)
        stages = build.manifest.stages
        # a copy, so that no path of the user's stands in a script
        cells = shutil.copyfile(liberty, out / "cells.lib") if liberty else None
        begun = [
            pool.submit(_cost, run, build, stage, target, cells, out)
            for stage in _largest_first(build)
        ]
        costs: dict[str, StageCost] = {}
        for done in as_completed(begun):
            cost = done.result()
            costs[cost.module] = cost
            progress(f"synthesised {cost.layer}", len(costs) / (len(stages) + netlist))
        if netlist:
            progress("writing the netlist", len(costs) / (len(stages) + 1))
            run(build.manifest.network, "netlist")
            if not (out / "netlist.v").read_text().endswith("endmodule\n"):
                raise cut_off()
        report = SynthReport(
            target=target,
            tool=yosys.name,
            stages=tuple(costs[stage.module] for stage in stages),
            netlist=final / "netlist.v" if netlist else None,
        )
        _write_summary(report, out)
        if cells:
            cells.unlink()
    progress("synthesised", 1.0)
    return report


def _check(liberty: Path, target: SynthTarget) -> None:
    if target is not SynthTarget.GENERIC:
        raise CompileError(
            "CB703",
            f"the cells of {target.value} are not those of a Liberty file",
            at=Origin(str(liberty)),
            help="leave out the Liberty file, or take the target generic",
        )
    if not liberty.is_file():
        raise CompileError(
            "CB704",
            "the Liberty file does not exist",
            at=Origin(str(liberty)),
            help="give a file of standard cells, .lib",
        )


def _check_place(folder: Path) -> None:
    """Refuse a path that abc, which maps the cells, does not work in."""
    unfit = [c for c in str(folder) if c in "\"'<>" or not c.isprintable()]
    if unfit:
        raise CompileError(
            "CB629",
            f"abc, which maps the cells, does not work in a folder with {unfit[0]!r} in its path",
            at=Origin(str(folder)),
            help="move the build directory",
        )


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """A thread for each processor; after a fault what is not begun is left."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _largest_first(build: BuildDirectory) -> list[Unit]:
    """Stages by the size of their Verilog, which tells how long they take."""
    return sorted(build.manifest.stages, key=lambda stage: -build.paths(stage)[0].stat().st_size)


def _cost(
    run: Callable[..., None],
    build: BuildDirectory,
    stage: Unit,
    target: SynthTarget,
    liberty: Path | None,
    out: Path,
) -> StageCost:
    start = time.monotonic()
    macros = build.memories(stage) if target is SynthTarget.GENERIC else []
    run(stage, f"synth_{target.value}", macros=macros, liberty=liberty)
    return read_cost(out, stage.layer, stage.module, target, time.monotonic() - start)


def _run(
    yosys: Yosys,
    children: Children,
    build: BuildDirectory,
    out: Path,
    unit: Unit,
    flow: str,
    *,
    macros: Sequence[Path] = (),
    liberty: Path | None = None,
) -> None:
    """Run one flow on one unit, in ``rtl/`` where the memory images are.

    Of the files in ``macros`` only the ports are read. All paths are relative, as the WebAssembly
    Yosys sees no others.
    """
    rtl = build.path / "rtl"
    sources = [path for path in build.paths(unit) if path not in macros]
    text = render(
        f"{flow}.ys.j2",
        top=unit.module,
        sources=[os.path.relpath(path, rtl) for path in sources],
        macros=[os.path.relpath(path, rtl) for path in macros],
        liberty=liberty and os.path.relpath(liberty, rtl),
        out=os.path.relpath(out, rtl),
    )
    script = out / f"{unit.module}.{flow}.ys"
    script.write_text(text)
    log = out / f"{unit.module}.{flow}.log"
    yosys.run(os.path.relpath(script, rtl), children, cwd=rtl, log=log)


def _write_summary(report: SynthReport, out: Path) -> None:
    stages = [asdict(stage) for stage in (*report.stages, report.total)]
    summary = {
        "target": report.target.value,
        "tool": report.tool,
        "stages": stages,
        "files": file_digests(out),
    }
    (out / REPORT).write_text(json.dumps(summary, indent=2))
