"""Plays frames into emitted Verilog and reads what came out, in the simulator that is fastest."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corgibuilder import package_data
from corgibuilder.build_directory import Unit
from corgibuilder.ir import Ints
from corgibuilder.verify import Simulator, Timing
from corgibuilder.verify.bench import Run, Settings, write_bench
from corgibuilder.verify.simulate import HELPERS
from corgibuilder.verify.simulators import environment
from corgibuilder.verify.timing import read_timing

sys.path.insert(0, str(package_data.sim()))
from verdict import compare as compare_words
from words import read_recording

HERE = Path(__file__).parent
EVENTS = 3e9  #: cycles times characters of Verilog from which compiling a model is worth it
TRY = 2  #: seconds for Icarus, which wide words can slow down fiftyfold; a model takes about 4
LONGEST = 900  #: seconds that a simulation may take
# One file for a model, as every file reads the same long headers.
VERILATOR = (
    "verilator", "--cc", "--exe", "--top-module", "testbench", "--Mdir", "model", "-O3",
    "-Wno-fatal", "-Wno-lint", "-Wno-style", "--noassert", "--x-assign", "fast",
    "--x-initial", "fast", "--output-split", "0",
)  # fmt: skip
MAKE = (
    "make", "-C", "model", "-f", "Vtestbench.mk", "OPT_FAST=-O0", "OPT_SLOW=-O0",
    "OPT_GLOBAL=-O0", "CFG_CXXFLAGS_PCH_I=-include",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a simulation showed. ``faults`` has a kind and a sentence for each wrong port.

    ``timing`` is that of the calm frames of the built size, ``ends`` the cycles of their last words
    at each output, by node.
    """

    faults: tuple[tuple[str, str], ...]
    timing: Timing
    ends: dict[str, list[int]]
    cycles: int
    compared: int


@dataclass(frozen=True, kw_only=True)
class Play:
    """Frames with a map for each input, their golden values by node, and when stalls begin."""

    frames: list[tuple[Ints, ...]]
    golden: dict[str, list[Ints]]
    calm: int  #: frames of the built size at the start
    stalled: int  #: frames at the end
    seed: int
    target_cycles: int  #: that the frame rate leaves a frame


def simulate(unit: Unit, folder: Path, play: Play) -> Measured:
    """Run the network of ``folder``."""
    settings = Settings(
        simulator=Simulator.ICARUS,
        seed=play.seed,
        timeout_cycles=2000 + 2 * max(unit.cycles_per_frame, unit.latency_frame),
        rehearsal_cycles=0,
        sources=(),
    )
    run = Run(
        unit=unit,
        frames=list(zip(*play.frames, strict=True)),
        golden=play.golden,
        size_ports=True,
        calm_frames=len(play.frames) - play.stalled,
    )
    with tempfile.TemporaryDirectory(prefix="corgibuilder-") as name:
        bench = Path(name)
        for image in (folder / "rtl").glob("*.hex"):
            (bench / image.name).symlink_to(image.absolute())
        write_bench(bench, [run], settings)
        (instance,) = json.loads((bench / "bench.json").read_text())["instances"]
        sources = [bench / "testbench.v", *(package_data.sim() / helper for helper in HELPERS)]
        sources += [(folder / source).absolute() for source in unit.sources]
        verilog = sum(path.stat().st_size for path in sources)
        expected = len(play.frames) * unit.cycles_per_frame + unit.latency_frame
        few = shutil.which("iverilog") and expected * verilog < EVENTS
        words = sum(port["words"] for port in instance["inputs"] + instance["outputs"])
        texts = [str(path) for path in sources]
        cycles = _icarus(bench, settings, texts, words) if few else None
        if cycles is None:
            cycles = _verilator(bench, settings, texts, words)
        return _measured(bench, instance, unit, play, cycles)


def _icarus(bench: Path, settings: Settings, sources: list[str], words: int) -> int | None:
    """Cycles of the run; ``None`` if it takes too long."""
    parameters = {
        "SEED": settings.seed,
        "WORDS": words,
        "TIMEOUT": settings.timeout_cycles,
    }
    given = [f"-Pdrive.{name}={value}" for name, value in parameters.items()]
    command = ["iverilog", "-g2005", "-s", "drive", "-o", "drive.vvp", *given]
    _command([*command, str(HERE / "drive.v"), *sources], bench)
    try:
        return _cycles(_command(["vvp", "drive.vvp"], bench, seconds=TRY))
    except subprocess.TimeoutExpired:
        return None


def _verilator(bench: Path, settings: Settings, sources: list[str], words: int) -> int:
    seed = f"-GSEED={settings.seed}"
    _command([*VERILATOR, seed, str(HERE / "drive.cpp"), *sources], bench)
    _command(MAKE, bench)
    arguments = [str(words), str(settings.timeout_cycles)]
    return _cycles(_command(["model/Vtestbench", *arguments], bench))


def _command(command, folder: Path, *, seconds: int = LONGEST) -> str:
    program = environment(Simulator.VERILATOR) if command[0] in ("verilator", "make") else None
    finished = subprocess.run(
        list(command),
        cwd=folder,
        env=program,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert not finished.returncode, f"{command[0]}: {finished.stdout[-3000:]}"
    return finished.stdout


def _cycles(text: str) -> int:
    return int(text.split("cycles ")[-1].split()[0])


def _measured(
    bench: Path, instance: dict[str, Any], unit: Unit, play: Play, cycles: int
) -> Measured:
    logs = [(bench / f"{port['name']}.log").read_text() for port in instance["inputs"]]
    starts = [[int(cycle) for cycle in log.split()] for log in logs]
    verdicts = []
    for port in instance["outputs"]:
        recording = read_recording(bench / f"{port['name']}.log", port["lanes"] * port["bits"])
        verdicts.append(compare_words(port, recording, np.load(bench / f"{port['name']}.npy")))
    verdict = {
        "outputs": verdicts,
        "frame_starts": [min(cycles) for cycles in zip(*starts, strict=False)],
    }
    built_size = instance | {"calm_frames": play.calm}
    return Measured(
        faults=tuple(fault for port in verdicts for fault in _faults(port)),
        timing=read_timing(built_size, verdict, unit, play.target_cycles),
        ends={
            port["layer"]: [end for _, end in found["frame_cycles"][: play.calm]]
            for port, found in zip(instance["outputs"], verdicts, strict=True)
            if not port["sizes"]
        },
        cycles=cycles,
        compared=sum(port["compared"] for port in verdicts),
    )


def _faults(verdict: dict[str, Any]) -> list[tuple[str, str]]:
    faults, at = [], f"output {verdict['layer']!r}"
    if verdict["words"] != verdict["words_expected"]:
        more = verdict["words"] > verdict["words_expected"]
        kind = "too many words" if more else "too few words"
        text = f"{at}: {verdict['words']} words instead of {verdict['words_expected']}"
        faults.append((kind, text))
    if verdict["violations"]:
        faults.append(("stream rule", f"{at}: a word changed in cycle {verdict['violations'][0]}"))
    if verdict["first_mismatch"]:
        first = verdict["first_mismatch"]
        faults.append(("values", f"{at}: {verdict['mismatches']} values differ, first {first}"))
    return faults
