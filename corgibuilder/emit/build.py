"""Writes the build directory."""

import multiprocessing
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from corgibuilder import resources
from corgibuilder.build_directory import MEMORIES, Manifest
from corgibuilder.folders import complete_folder
from corgibuilder.hw.network import Network as NetworkComponent
from corgibuilder.hw.stage import Stage, stage_signature
from corgibuilder.hw.system.system_plan import SystemPlan, plan_system
from corgibuilder.ir import Network
from corgibuilder.plan import Plan, describe, pipeline_of
from corgibuilder.plan.pipeline import Link, Pipeline
from corgibuilder.report import plan_page
from corgibuilder.system import System

from .manifest import describe_build, file_digests
from .system import CROSSING, describe_system, system_document, system_tasks
from .verilog import Emitted, Placed, emit

Progress = Callable[[str, float], None]


def build(
    network: Network,
    plan: Plan,
    source: Path,
    out: Path,
    progress: Progress,
    *,
    system: System | None = None,
    finish: Callable[[Path], None],
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
        Called with the folder, complete but for this, to add to it before it appears.

    Raises :class:`~corgibuilder.diagnostics.CompileError` if the plan does not fit the network, if
    the system does not suit it, or if ``out`` is something else than an earlier build.
    """
    pipeline = pipeline_of(network, plan)
    plan = describe(pipeline, plan.target)
    around = plan_system(pipeline, plan.target, system) if system else None
    top = _top_module(network.name)
    with complete_folder(out, mark="manifest.json") as folder:
        rtl = folder / "rtl"
        rtl.mkdir()
        for emitted in _emit_all(pipeline, top, around, progress):
            (rtl / f"{emitted.module}.v").write_text(emitted.text)
            for name, image in emitted.images.items():
                (rtl / name).write_text(image)
        for shell in (*MEMORIES, CROSSING) if around else MEMORIES:
            shutil.copyfile(resources.templates() / f"{shell}.v", rtl / f"{shell}.v")
        (folder / "plan.json").write_text(plan.to_json(), encoding="utf-8")
        (folder / "report.html").write_text(plan_page(plan), encoding="utf-8")
        (folder / "source").mkdir()
        kept = f"source/{source.name}"
        shutil.copyfile(source, folder / kept)
        manifest = describe_build(pipeline, plan, folder, top=top, source=kept)
        if around:
            unit = describe_system(around, manifest.network)
            manifest = replace(manifest, system=unit)
            (folder / "system.md").write_text(system_document(unit, manifest))
        (folder / "manifest.json").write_text(manifest.to_json())
        finish(folder)
        manifest = replace(manifest, files=file_digests(folder))
        (folder / "manifest.json").write_text(manifest.to_json())
    return manifest


def _top_module(network: str) -> str:
    """Verilog identifier after a network's name, and no other module's."""
    name = re.sub(r"\W+", "_", network, flags=re.ASCII).strip("_").lower() or "net"
    shells = (*MEMORIES, CROSSING)
    return f"corgi_{name}" if f"corgi_{name}" not in shells else f"corgi_{name}_net"


def _emit_all(
    pipeline: Pipeline, top: str, around: SystemPlan | None, progress: Progress
) -> Iterator[Emitted]:
    """Every stage in a fresh process, the largest first, what joins them, and what is around.

    Fresh, as the Yosys library numbers what it names from the start of the process: the same stage
    has to get the same names whatever was emitted before.
    """
    links = sorted(pipeline.links, key=lambda link: -link.folded.multipliers)
    tasks: list[Callable[[], Emitted]] = [
        partial(_emit_stage, link, pipeline.resizable) for link in links
    ]
    tasks.append(partial(_emit_network, pipeline, top))
    tasks += system_tasks(around, top) if around else []
    context = multiprocessing.get_context("fork")
    with context.Pool(os.cpu_count(), initializer=_quiet, maxtasksperchild=1) as pool:
        emitted_any_order = pool.imap_unordered(_call, tasks, chunksize=1)
        for done, emitted in enumerate(emitted_any_order, start=1):
            progress(f"emitted {emitted.module}", done / len(tasks))
            yield emitted


def _call(task: Callable[[], Emitted]) -> Emitted:
    return task()


def _quiet() -> None:
    """Keep what the Yosys library prints off the terminal."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)


def _emit_stage(link: Link, resizable: bool) -> Emitted:
    return emit(
        link.stage.module,
        lambda: Stage(link.folded, link.form, lanes=link.lanes, resizable=resizable),
    )


def _emit_network(pipeline: Pipeline, top: str) -> Emitted:
    return emit(top, lambda: NetworkComponent(pipeline, _placed))


def _placed(link: Link, resizable: bool) -> Placed:
    signature = stage_signature(link.folded, lanes=link.lanes, resizable=resizable)
    return Placed(link.stage.module, signature)
