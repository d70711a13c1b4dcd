"""The cocotb test of every corgibuilder module: play frames in, compare everything that comes out.

Runs in a directory with ``bench.json``, ``<port>.hex`` for the inputs and ``<port>.npy`` (golden
values) for the outputs; writes ``progress.json`` now and then and ``verdict.json`` at the end.
"""

import json
import time
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import Timer
from verdict import judge
from words import read_recording

PERIOD = 2  # ns
CYCLES_PER_LOOK = 1000  # Python looks at the counters this often; the simulator runs alone between
SURPLUS_CYCLES = 1000  # watched after the last expected word


@cocotb.test()
async def outputs_equal_golden(dut: Any) -> None:
    bench = json.loads(Path("bench.json").read_text())
    finished = await play(dut, bench)
    verdict = read_verdict(bench)
    verdict["finished"] = finished
    verdict["input_words"] = {
        port["name"]: int(getattr(dut, f"{port['name']}_count").value) for port in bench["inputs"]
    }
    verdict["simulated_cycles"] = int(cocotb.simtime.get_sim_time("ns")) // PERIOD
    Path("verdict.json").write_text(json.dumps(verdict))
    assert finished, f"no word moved for {bench['patience_cycles']} cycles"
    for port in verdict["outputs"]:
        assert port["words"] == port["words_expected"], f"wrong number of words: {port}"
        assert not port["mismatches"], f"outputs differ from golden values: {port}"
        assert not port["breaches"], f"stream rule broken: {port}"


async def play(dut: Any, bench: dict[str, Any]) -> bool:
    """Run until all words have moved (true), or none has for too long (false)."""
    dut.flush.value = 0
    dut.rst.value = 1
    Clock(dut.clk, PERIOD, unit="ns", impl="gpi").start()
    await Timer(10.5 * PERIOD, "ns")
    dut.rst.value = 0
    total = sum(port["words"] for port in bench["inputs"] + bench["outputs"])
    moved = idle_cycles = 0
    reported = time.monotonic()
    while moved < total and idle_cycles < bench["patience_cycles"]:
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


def read_verdict(bench: dict[str, Any]) -> dict[str, Any]:
    """Judge every recorded port."""
    outputs = []
    for port in bench["outputs"]:
        recording = read_recording(Path(f"{port['name']}.log"), port["lanes"] * port["bits"])
        outputs.append(judge(port, recording, np.load(f"{port['name']}.npy")))
    starts = Path(f"{bench['inputs'][0]['name']}.log").read_text().split()
    return {"outputs": outputs, "frame_starts": [int(start) for start in starts]}
