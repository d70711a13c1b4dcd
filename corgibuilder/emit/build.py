"""Writes the build directory."""

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from corgibuilder import package_data
from corgibuilder.build_directory import MEMORIES, BuildDirectory, Manifest, read_build_directory
from corgibuilder.build_files import MANIFEST, file_digests, foreign_to_build, named
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.folders import complete_folder
from corgibuilder.hw.network import NetworkComponent
from corgibuilder.hw.stage import Stage, stage_signature
from corgibuilder.ir import Network
from corgibuilder.names import Identifiers
from corgibuilder.plan import Plan, check_target, describe, pipeline_of
from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.planned_stage import PlannedStage
from corgibuilder.plan.system import SystemPlan, plan_system
from corgibuilder.progress import Progress
from corgibuilder.report import plan_page
from corgibuilder.system import System
from corgibuilder.user_files import is_file

from .fresh import in_fresh_processes
from .manifest import describe_build
from .system import CROSSING, describe_system, system_document, system_tasks
from .verilog import Emitted, Placed, emit


def build(
    network: Network,
    plan: Plan,
    source: Path,
    out: Path,
    progress: Progress,
    *,
    system: System | None = None,
    finish: Callable[[BuildDirectory], None],
) -> Manifest:
    """Write Verilog, memory images, plan, report, network file and manifest to the folder ``out``.

    The folder appears when it is complete; the same network and plan give the same bytes.

    Parameters
    ----------
    network
        The network of the file ``source``, at the size that the plan is for.
    plan
        Its foldings decide; its figures are computed anew.
    system
        What to put around the network.
    finish
        Called with the directory, complete but for this, to add to it before it appears.

    Raises :class:`~corgibuilder.diagnostics.CompileError` if the plan does not fit the network, if
    its stages do not keep its target, if the system does not suit it, or if ``out`` is something
    else than an earlier build.
    """
    _check_outside(out)
    pipeline = pipeline_of(network, plan)
    plan = describe(pipeline, plan.target)
    check_target(pipeline, plan)
    around = plan_system(pipeline, plan.target, system) if system else None
    top = _top_module(network.name)
    with complete_folder(out, foreign=_foreign) as folder:
        _write_verilog(folder / "rtl", pipeline, top, around, progress)
        (folder / "plan.json").write_text(plan.to_json(), encoding="utf-8")
        (folder / "report.html").write_text(plan_page(plan), encoding="utf-8")
        (folder / "source").mkdir()
        kept = f"source/{source.name}"
        shutil.copyfile(source, folder / kept)
        manifest = describe_build(pipeline, plan, folder, top=top, source=kept)
        if around:
            unit = describe_system(around, manifest.network)
            manifest = replace(manifest, system=unit)
            (folder / "system.md").write_text(system_document(unit, manifest), encoding="utf-8")
        finish(BuildDirectory(path=folder, manifest=manifest))
        manifest = replace(manifest, files=file_digests(folder))
        (folder / MANIFEST).write_text(manifest.to_json())
    return manifest


def _check_outside(out: Path) -> None:
    """Refuse a folder in an earlier build, which would be a changed one then."""
    for folder in out.absolute().parents:
        if is_file(folder / MANIFEST) and not _foreign(folder):
            raise CompileError(
                "CB429",
                f"this folder would lie in another build: {folder}",
                at=Origin(str(out)),
                help="choose a folder beside it",
            )


def _foreign(folder: Path) -> str:
    """Why a folder is not an earlier build that nobody changed; nothing if it is."""
    if not is_file(folder / MANIFEST):
        return f"it has no {MANIFEST}"
    try:
        earlier = read_build_directory(folder)
    except CompileError as fault:
        return fault.problem
    return named(foreign_to_build(folder, earlier.manifest.files))


def _write_verilog(
    rtl: Path, pipeline: Pipeline, top: str, around: SystemPlan | None, progress: Progress
) -> None:
    rtl.mkdir()
    tasks = _tasks(pipeline, top, around)
    with closing(in_fresh_processes(tasks)) as results:
        for done, emitted in enumerate(results, start=1):
            progress(f"emitted {emitted.module}", done / len(tasks))
            (rtl / f"{emitted.module}.v").write_text(emitted.text)
            for name, image in emitted.images.items():
                (rtl / name).write_text(image)
    for wrapper in (*MEMORIES, CROSSING) if around else MEMORIES:
        shutil.copyfile(package_data.templates() / f"{wrapper}.v", rtl / f"{wrapper}.v")


def _top_module(network: str) -> str:
    """Verilog identifier after a network's name, and no other module's."""
    return Identifiers(*MEMORIES, CROSSING).new("corgi_", network)


def _tasks(pipeline: Pipeline, top: str, around: SystemPlan | None) -> list[Callable[[], Emitted]]:
    """What emits every stage, the largest first, what joins them, and what is around.

    Each runs in a fresh process, as the Yosys library numbers what it names from the start of the
    process: the same stage has to get the same names whatever was emitted before.
    """
    largest = sorted(pipeline.stages, key=lambda stage: -stage.folded.multipliers)
    stages: list[Callable[[], Emitted]] = [
        partial(_emit_stage, stage, pipeline.sizes_held(stage)) for stage in largest
    ]
    system = system_tasks(around, top) if around else []
    return [*stages, partial(_emit_network, pipeline, top), *system]


def _emit_stage(stage: PlannedStage, sizes_held: int) -> Emitted:
    return emit(stage.layer.module, lambda: Stage(stage, sizes_held=sizes_held))


def _emit_network(pipeline: Pipeline, top: str) -> Emitted:
    return emit(top, lambda: NetworkComponent(pipeline, _placed))


def _placed(stage: PlannedStage, sizes_held: int) -> Placed:
    return Placed(stage.layer.module, stage_signature(stage, resizable=sizes_held > 0))
