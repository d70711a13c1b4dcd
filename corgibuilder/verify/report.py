"""What a simulation found."""

import enum
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corgibuilder.build_directory import Unit

from .coverage import Coverage
from .simulators import Simulator
from .timing import Timing, read_timing


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


class Place(enum.Enum):
    """Where a stream was recorded."""

    OUTPUT = "output"  #: of the unit that is simulated
    SIZES = "sizes"  #: beside an output of a stage: the sizes of its maps
    INNER = "inner"  #: of a stage inside it
    ALONE = "alone"  #: of a stage that was played into by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class PortReport:
    """One stream: values compared and unequal, words that came, violation of the stream rule."""

    place: Place
    port: str
    layer: str
    compared: int
    mismatches: int
    first_mismatch: Mismatch | None
    words: int
    words_expected: int
    violation_cycle: int | None

    @property
    def title(self) -> str:
        """What to call it in a sentence."""
        titles = {
            Place.OUTPUT: f"port {self.port}",
            Place.SIZES: f"port {self.port} of stage {self.layer}",
            Place.INNER: f"stage {self.layer}",
            Place.ALONE: f"stage {self.layer} by itself",
        }
        return titles[self.place]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """Result of one simulation.

    ``finished`` is false where no word moved for so long that the design must be stuck.
    ``simulation_seconds`` is the run as seen from outside. ``ports`` has the streams between the
    stages first, in the order in which values pass them, and the stages by themselves last.
    ``coverage`` is that of all that was played, where whoever chose the frames knows it.
    """

    layer: str
    simulator: Simulator
    stalls: bool
    seed: int
    frames: int
    calm_frames: int
    finished: bool
    ports: tuple[PortReport, ...]
    input_words: int
    input_words_expected: int
    timing: Timing
    compile_seconds: float
    simulation_seconds: float
    simulated_cycles: int
    coverage: Coverage | None = None

    @property
    def outputs_compared(self) -> int:
        return sum(port.compared for port in self._at(Place.OUTPUT))

    @property
    def mismatches(self) -> int:
        """Outputs that differ."""
        return sum(port.mismatches for port in self._at(Place.OUTPUT))

    @property
    def inner_compared(self) -> int:
        """Values compared that are no outputs: those between stages, and of stages alone."""
        return sum(port.compared for port in self._at(Place.INNER, Place.ALONE))

    @property
    def inner_mismatches(self) -> int:
        """Those of them that differ, and sizes that do."""
        return sum(port.mismatches for port in self.ports) - self.mismatches

    @property
    def first_mismatch(self) -> Mismatch | None:
        """That of the first stage that differs in the earliest frame in which any does."""
        for places in ((Place.INNER, Place.OUTPUT), (Place.ALONE, Place.SIZES)):
            found = [p.first_mismatch for p in self._at(*places) if p.first_mismatch]
            if found:
                return min(found, key=lambda mismatch: mismatch.frame)
        return None

    @property
    def cycles_per_frame(self) -> int | None:
        return self.timing.cycles_per_frame

    @property
    def latency_first(self) -> int | None:
        return self.timing.latency_first

    @property
    def latency_frame(self) -> int | None:
        return self.timing.latency_frame

    @property
    def planned_cycles_per_frame(self) -> int | None:
        return self.timing.planned_cycles_per_frame

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
            faults += _stream_faults(port)
        if self.mismatches:
            faults.append(f"{self.mismatches} outputs differ, the first at {self.first_mismatch}")
        elif self.inner_mismatches:
            faults.append(
                f"{self.inner_mismatches} values inside differ, the first at {self.first_mismatch}"
            )
        return (*faults, *self.timing.faults)

    @property
    def passed(self) -> bool:
        return not self.faults

    def summary(self) -> dict[str, Any]:
        """All fields and what follows from them, as plain data."""
        fields = asdict(self)
        fields |= fields.pop("timing")
        if self.coverage:
            fields["coverage"]["share"] = self.coverage.share
        return fields | {
            "outputs_compared": self.outputs_compared,
            "mismatches": self.mismatches,
            "inner_compared": self.inner_compared,
            "inner_mismatches": self.inner_mismatches,
            "first_mismatch": asdict(self.first_mismatch) if self.first_mismatch else None,
            "cycles_per_second": self.cycles_per_second,
            "passed": self.passed,
            "faults": self.faults,
        }

    def _at(self, *places: Place) -> Iterator[PortReport]:
        return (port for port in self.ports if port.place in places)


def _stream_faults(port: PortReport) -> Iterator[str]:
    if port.words != port.words_expected:
        yield f"{port.title} gave {port.words} words instead of {port.words_expected}"
    if port.violation_cycle is not None:
        yield (
            f"{port.title} changed or withdrew a word before it was taken,"
            f" in cycle {port.violation_cycle}"
        )


def read_report(
    directory: Path,
    unit: Unit,
    target: Mapping[str, float],
    *,
    compile_seconds: float,
    simulation_seconds: float,
) -> SimulationReport:
    """Report of the bench that ran in ``directory``; ``target`` is what the build was asked for."""
    bench = json.loads((directory / "bench.json").read_text())
    verdict = json.loads((directory / "verdict.json").read_text())
    about, *stages = verdict["instances"]
    played, *played_alone = bench["instances"]
    ports = [_port(port, Place.INNER, port["layer"]) for port in about["inner"]]
    ports += _outputs(played, about, Place.OUTPUT)
    for given, found in zip(played_alone, stages, strict=True):
        ports += _outputs(given, found, Place.ALONE)
    return SimulationReport(
        layer=unit.layer,
        simulator=Simulator(bench["simulator"]),
        stalls=played["stalls"],
        seed=bench["seed"],
        frames=played["frames"],
        calm_frames=played["calm_frames"],
        finished=verdict["finished"],
        ports=tuple(ports),
        input_words=sum(instance["input_words"] for instance in verdict["instances"]),
        input_words_expected=sum(
            port["words"] for instance in bench["instances"] for port in instance["inputs"]
        ),
        timing=read_timing(played, about, unit, int(target["cycles_per_frame"])),
        compile_seconds=compile_seconds,
        simulation_seconds=simulation_seconds,
        simulated_cycles=verdict["simulated_cycles"],
    )


def _outputs(
    instance: Mapping[str, Any], verdict: Mapping[str, Any], place: Place
) -> Iterator[PortReport]:
    """Reports of the outputs of an instance of ``bench.json``, and of their sizes."""
    for port, found in zip(instance["outputs"], verdict["outputs"], strict=True):
        alone = place is Place.ALONE or port["sizes"]
        layer = instance["layer"] if alone else found["layer"]
        yield _port(found, Place.SIZES if port["sizes"] else place, layer)


def _port(output: Mapping[str, Any], place: Place, layer: str) -> PortReport:
    first = output["first_mismatch"]
    named = {"layer": layer, "port": output["port"]}
    return PortReport(
        place=place,
        **named,
        compared=output["compared"],
        mismatches=output["mismatches"],
        first_mismatch=Mismatch(**named, **first) if first else None,
        words=output["words"],
        words_expected=output["words_expected"],
        violation_cycle=output["violations"][0] if output["violations"] else None,
    )
