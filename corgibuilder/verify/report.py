"""What a simulation found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corgibuilder.build_directory import Unit

from .simulators import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """The first value that differs; ``got`` is ``None`` where the simulator had unknown bits."""

    layer: str
    port: str
    frame: int
    y: int
    x: int
    channel: int
    expected: int
    got: int | None

    def __str__(self) -> str:
        got = "unknown bits" if self.got is None else self.got
        return (
            f"{self.layer}, port {self.port}, frame {self.frame}, row {self.y}, column {self.x}, "
            f"channel {self.channel}: expected {self.expected}, got {got}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PortReport:
    """One output port: values compared and unequal, words that came, breach of the stream rule."""

    port: str
    layer: str
    compared: int
    mismatches: int
    words: int
    words_expected: int
    breach_cycle: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """Result of one simulation.

    ``finished`` is false where no word moved for so long that the design must be stuck. Cycles per
    frame are the distance of the last words of the last two frames of equal size, before stalls
    that begin later than with the first frame (``None`` if there are none such); latencies are
    those of frame 0 from its first input word to the first and to the last output word; all of the
    port that ends last. ``simulation_seconds`` is the run as seen from outside.
    """

    layer: str
    simulator: Simulator
    stalls: bool
    seed: int
    frames: int
    finished: bool
    outputs_compared: int
    mismatches: int
    first_mismatch: Mismatch | None
    ports: tuple[PortReport, ...]
    input_words: int
    input_words_expected: int
    cycles_per_frame: int | None
    latency_first: int | None
    latency_frame: int | None
    planned_cycles_per_frame: int
    planned_latency_first: int
    planned_latency_frame: int
    compile_seconds: float
    simulation_seconds: float
    simulated_cycles: int

    @property
    def cycles_per_second(self) -> float:
        return self.simulated_cycles / self.simulation_seconds

    @property
    def faults(self) -> tuple[str, ...]:
        """One sentence for everything that is wrong; empty where every output is right."""
        faults = []
        if not self.finished:
            faults.append(
                f"stuck: {self.input_words} of {self.input_words_expected} input words were taken"
            )
        for port in self.ports:
            if port.words != port.words_expected:
                faults.append(
                    f"port {port.port} gave {port.words} words instead of {port.words_expected}"
                )
            if port.breach_cycle is not None:
                faults.append(
                    f"port {port.port} changed or withdrew a word before it was taken,"
                    f" in cycle {port.breach_cycle}"
                )
        if self.first_mismatch:
            faults.append(f"{self.mismatches} outputs differ, the first at {self.first_mismatch}")
        return tuple(faults)

    @property
    def passed(self) -> bool:
        return not self.faults

    def summary(self) -> dict[str, Any]:
        """All fields and what follows from them, as plain data."""
        return asdict(self) | {
            "cycles_per_second": self.cycles_per_second,
            "passed": self.passed,
            "faults": self.faults,
        }


def read_report(
    directory: Path, unit: Unit, *, compile_seconds: float, simulation_seconds: float
) -> SimulationReport:
    """Report of the bench that ran in ``directory``."""
    bench = json.loads((directory / "bench.json").read_text())
    verdict = json.loads((directory / "verdict.json").read_text())
    outputs = verdict["outputs"]
    mismatches = [_mismatch(output) for output in outputs if output["first_mismatch"]]
    complete = [output for output in outputs[: len(unit.outputs)] if output["frame_cycles"]]
    slowest: list[list[int]] = max(
        (o["frame_cycles"] for o in complete), key=lambda spans: spans[0][1], default=[]
    )
    ends = [last for _, last in slowest]
    start = verdict["frame_starts"][0] if verdict["frame_starts"] else 0
    return SimulationReport(
        layer=unit.layer,
        simulator=Simulator(bench["simulator"]),
        stalls=bench["stalls"],
        seed=bench["seed"],
        frames=len(bench["outputs"][0]["shapes"]),
        finished=verdict["finished"],
        outputs_compared=sum(output["compared"] for output in outputs),
        mismatches=sum(output["mismatches"] for output in outputs),
        first_mismatch=min(mismatches, key=lambda m: m.frame) if mismatches else None,
        ports=tuple(_port(output) for output in outputs),
        input_words=sum(verdict["input_words"].values()),
        input_words_expected=sum(port["words"] for port in bench["inputs"]),
        cycles_per_frame=_interval(bench, verdict, ends),
        latency_first=slowest[0][0] - start if ends else None,
        latency_frame=ends[0] - start if ends else None,
        planned_cycles_per_frame=unit.cycles_per_frame,
        planned_latency_first=unit.latency_first,
        planned_latency_frame=unit.latency_frame,
        compile_seconds=compile_seconds,
        simulation_seconds=simulation_seconds,
        simulated_cycles=verdict["simulated_cycles"],
    )


def _interval(
    bench: Mapping[str, Any], verdict: Mapping[str, Any], ends: Sequence[int]
) -> int | None:
    """Distance of the ends of the last two frames that show the rate of the design."""
    starts, first = verdict["frame_starts"], bench["stalls_from"]
    calm = starts[first] if bench["stalls"] and 0 < first < len(starts) else float("inf")
    shapes = bench["outputs"][0]["shapes"]
    pairs = zip(pairwise(ends), pairwise(shapes), strict=False)
    distances = [b - a for (a, b), (one, other) in pairs if one == other and b < calm]
    return distances[-1] if distances else None


def _mismatch(output: Mapping[str, Any]) -> Mismatch:
    return Mismatch(layer=output["layer"], port=output["port"], **output["first_mismatch"])


def _port(output: Mapping[str, Any]) -> PortReport:
    return PortReport(
        port=output["port"],
        layer=output["layer"],
        compared=output["compared"],
        mismatches=output["mismatches"],
        words=output["words"],
        words_expected=output["words_expected"],
        breach_cycle=output["breaches"][0] if output["breaches"] else None,
    )
