"""Synthesises modules of Verilog, each by itself, as many at once as there are processors."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corgibuilder.technology import Technology

from .report import StageCost, read_cost
from .scripts import Scripts


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleTask:
    """A module, called ``layer`` in the results, and the files that it is made of, its own first.

    Those that are also ``macros`` stay whole.
    """

    layer: str
    module: str
    sources: Sequence[Path]
    macros: Sequence[Path]


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """A thread for each processor; after a fault what is not begun is left."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def module_costs(
    tasks: Sequence[ModuleTask],
    technology: Technology,
    *,
    pool: ThreadPoolExecutor,
    scripts: Scripts,
    out: Path,
    liberty: Path | None = None,
    hard_multipliers: bool = True,
) -> Iterator[StageCost]:
    """What each takes, in any order. The files of its script go into ``out``.

    Products are in DSPs where there are some and ``hard_multipliers`` says so.
    """

    def cost(task: ModuleTask) -> StageCost:
        start = time.monotonic()
        scripts.run(
            f"synth_{technology.flow.value}",
            task.module,
            task.sources,
            out,
            macros=task.macros,
            liberty=liberty,
            family=technology.family,
            hard_multipliers=hard_multipliers,
        )
        seconds = time.monotonic() - start
        return read_cost(out, task.layer, task.module, technology.cells, seconds)

    begun = [pool.submit(cost, task) for task in sorted(tasks, key=_size, reverse=True)]
    for done in as_completed(begun):
        yield done.result()


def _size(task: ModuleTask) -> int:
    """That of its Verilog, which tells how long it takes."""
    return task.sources[0].stat().st_size
