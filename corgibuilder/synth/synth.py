"""Synthesises a build directory with Yosys, stage by stage."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from corgibuilder import resources
from corgibuilder.build_directory import BuildDirectory, Unit, read_build_directory
from corgibuilder.folders import complete_folder

from .report import StageCost, SynthReport, read_cost
from .targets import Target
from .yosys import Yosys, find_yosys

Progress = Callable[[str, float], None]
"""Told what is being done, and which fraction of it is done."""


def synth(
    build_dir: Path,
    target: Target = Target.GENERIC,
    *,
    netlist: bool = False,
    progress: Progress = lambda what, fraction: None,
) -> SynthReport:
    """Synthesise every stage by itself.

    Results appear in ``build_dir/synth/<target>``, all at once, when they are complete. With
    ``netlist`` also the whole network as simple gates, in ``netlist.v`` there, which
    :func:`corgibuilder.verify.simulate` takes in place of the build directory's own Verilog.
    """
    build = read_build_directory(build_dir)
    yosys = find_yosys()
    final = build_dir / "synth" / target.value
    with complete_folder(final, mark="report.json") as out:
        costs = []
        for number, stage in enumerate(build.manifest.stages):
            progress(f"synthesising {stage.layer}", number / (len(build.manifest.stages) + netlist))
            costs.append(_cost(yosys, build, stage, target, out))
        if netlist:
            progress(
                "writing the netlist", len(build.manifest.stages) / (len(build.manifest.stages) + 1)
            )
            _run(yosys, build, build.manifest.network, "netlist", out)
        report = SynthReport(
            target=target,
            tool=yosys.name,
            stages=tuple(costs),
            netlist=final / "netlist.v" if netlist else None,
        )
        _write_summary(report, out)
    progress("synthesised", 1.0)
    return report


def _cost(yosys: Yosys, build: BuildDirectory, stage: Unit, target: Target, out: Path) -> StageCost:
    start = time.monotonic()
    _run(yosys, build, stage, f"synth_{target.value}", out)
    return read_cost(out, stage.layer, stage.module, target, time.monotonic() - start)


def _run(yosys: Yosys, build: BuildDirectory, unit: Unit, flow: str, out: Path) -> None:
    """Run one flow on one unit, in ``rtl/`` where the memory images are.

    All paths are relative, as the WebAssembly Yosys sees no others.
    """
    rtl = build.path / "rtl"
    environment = Environment(
        loader=FileSystemLoader(resources.flows()),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    text = environment.get_template(f"{flow}.ys.j2").render(
        top=unit.module,
        sources=[os.path.relpath(path, rtl) for path in build.paths(unit)],
        out=os.path.relpath(out, rtl),
    )
    script = out / f"{unit.module}.{flow}.ys"
    script.write_text(text)
    yosys.run(os.path.relpath(script, rtl), cwd=rtl, log=out / f"{unit.module}.{flow}.log")


def _write_summary(report: SynthReport, out: Path) -> None:
    stages = [asdict(stage) for stage in (*report.stages, report.total)]
    summary = {"target": report.target.value, "tool": report.tool, "stages": stages}
    (out / "report.json").write_text(json.dumps(summary, indent=2))
