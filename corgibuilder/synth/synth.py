"""Synthesises a build directory with Yosys, stage by stage, and has the whole of it placed."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

from corgibuilder.build_directory import BuildDirectory, Unit, read_build_directory
from corgibuilder.build_files import REPORT, file_digests, foreign_results
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.folders import complete_folder, cut_off
from corgibuilder.processes import Children
from corgibuilder.progress import Progress, silent
from corgibuilder.technology import Flow, Technology
from corgibuilder.user_files import UnreadableError, check_file

from .modules import ModuleTask, module_costs, workers
from .nextpnr import find_nextpnr
from .place import PlacementTask, place, planned_clock
from .report import StageCost, SynthReport, Tool, yosys_version
from .scripts import Scripts
from .yosys import find_yosys


def synth(
    build_dir: Path,
    technology: Technology,
    *,
    device: str | None = None,
    seed: int = 1,
    liberty: Path | None = None,
    netlist: bool = False,
    changed: bool = False,
    progress: Progress = silent,
) -> SynthReport:
    """Synthesise every stage by itself, as many at once as there are processors.

    In the generic flow the build's memories stay whole, and gates are mapped to the cells of the
    file ``liberty`` where one is given. With ``device``, one of the technology, also the whole
    network is synthesised, placed and routed; ``seed`` is that of the random numbers of nextpnr.

    Results appear in ``build_dir/synth/<technology>``, all at once, when they are complete. With
    ``netlist`` also the whole network as simple gates, in ``netlist.v`` there, which
    :func:`corgibuilder.verify.simulate` takes in place of the build directory's own Verilog.

    Raises :class:`CompileError` for a build that was changed, unless ``changed`` says that this is
    meant, and for a network that does not fit into the device.
    """
    build = read_build_directory(build_dir, changed=changed)
    yosys = find_yosys()
    task = _placement_task(build, technology, device, seed) if device else None
    final = build_dir / "synth" / technology.name
    if liberty:
        check_liberty(liberty, technology)
        _check_place(final.absolute())
    with (
        complete_folder(final, foreign=foreign_results) as out,
        workers() as pool,
        Children() as children,
    ):
        scripts = Scripts(yosys=yosys, children=children, rtl=build.path / "rtl")
        stages = build.manifest.stages
        steps = len(stages) + netlist + 2 * bool(task)
        # a copy, so that no path of the user's stands in a script
        cells = shutil.copyfile(liberty, out / "cells.lib") if liberty else None
        costs: dict[str, StageCost] = {}
        tasks = [_task(build, stage, technology) for stage in stages]
        for cost in module_costs(
            tasks, technology, pool=pool, scripts=scripts, out=out, liberty=cells
        ):
            costs[cost.module] = cost
            progress(f"synthesised {cost.layer}", len(costs) / steps)
        if netlist:
            progress("writing the netlist", len(costs) / steps)
            network = build.manifest.network
            scripts.run("netlist", network.module, build.paths(network), out)
            if not (out / "netlist.v").read_text().endswith("endmodule\n"):
                raise cut_off()
        report = SynthReport(
            technology=technology.name,
            flow=technology.flow,
            tools=tuple(
                Tool(name=yosys.name, version=yosys_version(out, stage.module))
                for stage in stages[:1]
            ),
            stages=tuple(costs[stage.module] for stage in stages),
            netlist=final / "netlist.v" if netlist else None,
            placement=None,
        )
        if task:
            report = _placed(
                report,
                task,
                scripts,
                build,
                out,
                lambda what, done: progress(what, (steps - 2 + 2 * done) / steps),
            )
        _write_summary(report, out)
        if cells:
            cells.unlink()
    progress("synthesised", 1.0)
    return report


def _placement_task(
    build: BuildDirectory, technology: Technology, device: str, seed: int
) -> PlacementTask:
    """All that a placement needs, found before any work."""
    chosen = technology.device(device)
    return PlacementTask(
        technology=technology,
        device=chosen,
        nextpnr=find_nextpnr(chosen.tool),
        clock_hz=planned_clock(build),
        seed=seed,
    )


def check_liberty(liberty: Path, technology: Technology) -> None:
    """Refuse a file of standard cells that is not there, or not for this technology."""
    if technology.flow is not Flow.GENERIC:
        raise CompileError(
            "CB703",
            f"the cells of {technology.name} are not those of a Liberty file",
            at=Origin(str(liberty)),
            help="leave out the Liberty file, or take --technology generic",
        )
    try:
        check_file(liberty)
    except UnreadableError as fault:
        raise CompileError(
            "CB704",
            str(fault),
            at=Origin(str(liberty)),
            help="give a file of standard cells, .lib",
        ) from None


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


def _task(build: BuildDirectory, stage: Unit, technology: Technology) -> ModuleTask:
    macros = build.memories(stage) if technology.flow is Flow.GENERIC else ()
    return ModuleTask(
        layer=stage.layer, module=stage.module, sources=build.paths(stage), macros=macros
    )


def _placed(
    report: SynthReport,
    task: PlacementTask,
    scripts: Scripts,
    build: BuildDirectory,
    out: Path,
    progress: Progress,
) -> SynthReport:
    folder = out / "placement"
    folder.mkdir()
    tool = task.nextpnr.version(scripts.children, folder)
    placement = place(task, scripts, build, report.total, folder, progress)
    return replace(report, tools=(*report.tools, tool), placement=placement)


def _write_summary(report: SynthReport, out: Path) -> None:
    summary = asdict(report) | {
        "flow": report.flow.value,
        "netlist": None if report.netlist is None else report.netlist.name,
        "stages": [asdict(stage) for stage in (*report.stages, report.total)],
        "files": file_digests(out),
    }
    (out / REPORT).write_text(json.dumps(summary, indent=2))
