"""Synthesises samples and says how large they are."""

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from corgibuilder import package_data
from corgibuilder.build_directory import MEMORIES
from corgibuilder.emit.fresh import in_fresh_processes
from corgibuilder.emit.verilog import Emitted, emit
from corgibuilder.folders import scratch_folder
from corgibuilder.hw.alone import Alone
from corgibuilder.hw.components import component_of
from corgibuilder.processes import Children
from corgibuilder.progress import Progress
from corgibuilder.synth import StageCost
from corgibuilder.synth.modules import ModuleTask, module_costs, workers
from corgibuilder.synth.scripts import Scripts
from corgibuilder.synth.yosys import find_yosys
from corgibuilder.technology import Technology

from .cache import Cache
from .samples import Sample
from .unit import AreaUnit

EMITTING = 0.1  #: part of the time that goes into Verilog, about


def measured_areas(
    samples: Sequence[Sample],
    technology: Technology,
    unit: AreaUnit,
    *,
    liberty: Path | None,
    cache: Cache,
    progress: Progress,
) -> list[float]:
    """Area of each sample after synthesis, without its memories, in ``unit``.

    As many are synthesised at once as there are processors; those in the ``cache`` are not.
    """
    names = [f"sample_{number}" for number in range(len(samples))]
    kinds = dict(zip(names, (sample.kind for sample in samples), strict=True))
    modules = _emitted(dict(zip(names, samples, strict=True)), progress)
    unnamed = {name: each.text.replace(name, "sample") for name, each in modules.items()}
    keys = {name: cache.key(technology, liberty, text) for name, text in unnamed.items()}
    areas = {name: area for name in names if (area := cache.read(keys[name])) is not None}
    missing = {name: modules[name] for name in names if name not in areas}
    with closing(_synthesised(missing, technology, liberty)) as costs:
        for cost in costs:
            areas[cost.module] = unit.of(cost)
            cache.write(keys[cost.module], areas[cost.module])
            done = EMITTING + (1 - EMITTING) * len(areas) / len(samples)
            progress(f"synthesised {cost.module}: {kinds[cost.module]}", done)
    return [areas[name] for name in names]


def _emitted(samples: dict[str, Sample], progress: Progress) -> dict[str, Emitted]:
    """Verilog of each sample."""
    modules: dict[str, Emitted] = {}
    tasks: list[Callable[[], Emitted]] = [partial(_emit, *each) for each in samples.items()]
    with closing(in_fresh_processes(tasks)) as results:
        for emitted in results:
            modules[emitted.module] = emitted
            progress("emitting components", EMITTING * len(modules) / len(samples))
    return modules


def _emit(name: str, sample: Sample) -> Emitted:
    def component():  # type: ignore[no-untyped-def]
        inner = component_of(sample.config)
        return inner if sample.resizable else Alone(inner, sample.shape)

    return emit(name, component)


def _synthesised(
    modules: dict[str, Emitted], technology: Technology, liberty: Path | None
) -> Generator[StageCost]:
    """Cells of the modules. Memories stay whole, and products are logic."""
    with scratch_folder() as folder, workers() as pool, Children() as children:
        rtl, out = folder / "rtl", folder / "out"
        rtl.mkdir()
        out.mkdir()
        macros = [
            Path(shutil.copy(package_data.templates() / f"{memory}.v", rtl)) for memory in MEMORIES
        ]
        tasks = []
        for name, emitted in modules.items():
            file = rtl / f"{name}.v"
            file.write_text(emitted.text)
            for image, content in emitted.images.items():
                (rtl / image).write_text(content)
            tasks.append(
                ModuleTask(layer=name, module=name, sources=[file, *macros], macros=macros)
            )
        yield from module_costs(
            tasks,
            technology,
            pool=pool,
            scripts=Scripts(yosys=find_yosys(), children=children, rtl=rtl),
            out=out,
            liberty=Path(shutil.copyfile(liberty, folder / "cells.lib")) if liberty else None,
            hard_multipliers=False,
        )
