"""The cocotb test of every corgibuilder module: play frames in, compare everything that comes out.

Runs in a directory with ``bench.json``, ``<name>.hex`` for the inputs and ``<name>.npy`` (golden
values) for the outputs and the streams between the stages; writes ``progress.json`` now and then
and ``verdict.json`` at the end.
"""

import json
import time
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import Timer
from verdict import compare
from words import read_recording

PERIOD = 2  # ns
RESET_CYCLES = 10
CYCLES_PER_LOOK = 1000  # Python looks at the counters this often; the simulator runs alone between
SURPLUS_CYCLES = 1000  # watched after the last expected word


@cocotb.test()
async def outputs_equal_golden(dut: Any) -> None:
    bench = json.loads(Path("bench.json").read_text())
    finished = await play(dut, bench)
    verdict = {
        "finished": finished,
        "instances": [read_verdict(dut, instance) for instance in bench["instances"]],
        "simulated_cycles": int(cocotb.simtime.get_sim_time("ns")) // PERIOD,
    }
    Path("verdict.json").write_text(json.dumps(verdict))
    assert finished, f"no word moved for {bench['timeout_cycles']} cycles"
    for port in (p for i in verdict["instances"] for p in i["inner"] + i["outputs"]):
        assert port["words"] == port["words_expected"], f"wrong number of words: {port}"
        assert not port["mismatches"], f"values differ from golden values: {port}"
        assert not port["violations"], f"stream rule broken: {port}"


async def play(dut: Any, bench: dict[str, Any]) -> bool:
    """Run until all words have moved (true), or none has for too long (false)."""
    dut.flush.value = 0
    dut.recording.value = 0
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ns", impl="gpi").start()
    await Timer((RESET_CYCLES + 0.5) * PERIOD, "ns")
    # A first start, cut short by a reset, leaves in every register what that has to undo.
    dut.rst.value = 0
    await Timer(bench["rehearsal_cycles"] * PERIOD, "ns")
    dut.rst.value = 1
    await Timer(RESET_CYCLES * PERIOD, "ns")
    dut.recording.value = 1
    dut.rst.value = 0
    total = sum(
        port["words"]
        for instance in bench["instances"]
        for port in instance["inputs"] + instance["outputs"] + instance["inner"]
    )
    moved = idle_cycles = 0
    reported = time.monotonic()
    while moved < total and idle_cycles < bench["timeout_cycles"]:
        await Timer(CYCLES_PER_LOOK * PERIOD, "ns")
        before, moved = moved, int(dut.moved.value)
        idle_cycles = idle_cycles + CYCLES_PER_LOOK if moved == before else 0
        if time.monotonic() - reported > 0.5:
            reported = time.monotonic()
            # whoever watches never sees half a file
            Path("progress.new").write_text(json.dumps({"moved": moved, "total": total}))
            Path("progress.new").replace("progress.json")
    await Timer(SURPLUS_CYCLES * PERIOD, "ns")
    dut.flush.value = 1
    await Timer(2 * PERIOD, "ns")
    return moved == total


def read_verdict(dut: Any, instance: dict[str, Any]) -> dict[str, Any]:
    """Compare every recorded stream of an instance with its golden values."""
    names = [port["name"] for port in instance["inputs"]]
    starts = [frame_starts(port) for port in instance["inputs"] if not port["sizes"]]
    return {
        "outputs": [compare_port(port) for port in instance["outputs"]],
        "inner": [compare_port(port) for port in instance["inner"]],
        "frame_starts": [min(cycles) for cycles in zip(*starts, strict=False)],
        "input_words": sum(int(getattr(dut, f"{name}_count").value) for name in names),
    }


def frame_starts(port: dict[str, Any]) -> list[int]:
    """Cycles in which the first words of the frames entered."""
    return [int(cycle) for cycle in Path(f"{port['name']}.log").read_text().split()]


def compare_port(port: dict[str, Any]) -> dict[str, Any]:
    """Compare the log of a stream with its golden values."""
    recording = read_recording(Path(f"{port['name']}.log"), port["lanes"] * port["bits"])
    return compare(port, recording, np.load(f"{port['name']}.npy"))
