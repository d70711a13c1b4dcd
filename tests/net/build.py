"""The Verilog of a case in a folder, as :mod:`corgibuilder.emit` writes it.

All in this process, and without what the net has no use for: the software model, the report and a
pool of processes for each network.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from corgibuilder import package_data
from corgibuilder.build_directory import MEMORIES, Unit
from corgibuilder.emit.build import _emit_network, _emit_stage
from corgibuilder.emit.manifest import describe_build
from corgibuilder.ir import Network
from corgibuilder.plan import Plan, describe, make_plan, pipeline_of
from corgibuilder.plan.pipeline import Pipeline

from .case import Case
from .edits import edited_plan

TOP = "corgi_net"
#: What only a fault of the project raises: a user's mistake is a :class:`CompileError`.
CRASHES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SubprocessError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Built:
    """A folder with Verilog, and what was decided."""

    folder: Path
    unit: Unit
    pipeline: Pipeline
    plan: Plan


def planned(case: Case, network: Network) -> tuple[Pipeline, Plan]:
    """Pipeline and plan as a build makes them. Raises :class:`CompileError`."""
    if case.edit is not None:
        plan = edited_plan(network, case.edit, case.target)
    else:
        plan = make_plan(network, case.target)
    plan = Plan.from_json(plan.to_json())
    pipeline = pipeline_of(network, plan)
    return pipeline, describe(pipeline, plan.target)


def write_verilog(pipeline: Pipeline, plan: Plan, folder: Path) -> Built:
    """Emit every module of ``pipeline`` to ``folder``."""
    rtl, source = folder / "rtl", folder / "source"
    rtl.mkdir()
    source.mkdir()
    with _silence():
        emitted = [_emit_stage(stage, pipeline.sizes_held(stage)) for stage in pipeline.stages]
        emitted.append(_emit_network(pipeline, TOP))
    for module in emitted:
        (rtl / f"{module.module}.v").write_text(module.text)
        for name, image in module.images.items():
            (rtl / name).write_text(image)
    for wrapper in MEMORIES:
        shutil.copyfile(package_data.templates() / f"{wrapper}.v", rtl / f"{wrapper}.v")
    (source / "model.onnx").touch()
    manifest = describe_build(pipeline, plan, folder, top=TOP, source="source/model.onnx")
    return Built(folder, manifest.network, pipeline, plan)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what the Yosys library prints off standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
