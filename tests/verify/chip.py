"""Scenarios for ``sim/system_bench.py``: what is done to a chip, and what should come of it."""

import json
import shutil
import time
from pathlib import Path

import numpy as np

from corgibuilder import golden
from corgibuilder.build_directory import read_build_directory
from corgibuilder.frontend import resized
from corgibuilder.golden.classify import classify
from corgibuilder.passes import prepared
from corgibuilder.plan import Plan
from corgibuilder.plan.layers import group_layers
from corgibuilder.plan.pipeline import assemble
from corgibuilder.verify.process import compile_model, run_model
from corgibuilder.verify.simulate import timeout_cycles
from corgibuilder.verify.simulators import Simulator, environment

from .. import QUICK_TO_COMPILE

# Periods of the clocks in ps: the link faster than the network, or camera and link much slower.
FAST_LINK = {"sync": 10_000, "pixel": 13_702, "link": 7_346}
SLOW_LINK = {"sync": 10_000, "pixel": 131_702, "link": 61_346}


class Scenario:
    """Steps of a scenario, and the frames that the network should see in it.

    The camera takes ``slack`` times as long for a frame as the network needs for one of that size.
    """

    def __init__(self, network, build: Path, weights, bias, *, slack=3):
        self.network = network
        self.build = read_build_directory(build)
        self.plan = Plan.from_json(self.build.plan.read_text())
        self.slack = slack
        self.system = self.build.manifest.system
        self.weights = weights
        self.bias = bias
        self.steps: list = []
        self.played: list = []
        self.expected: dict = {channel.tag: [] for channel in self.system.channels}

    def write(self, register, *words):
        self.steps.append({"write": register, "words": [int(word) for word in words]})

    def read(self, register, *words):
        self.steps.append({"read": register, "words": [int(word) for word in words]})

    def flags(self, register, *names):
        """A register's value in which the flags of these names are set."""
        (found,) = (r for r in self.system.registers if r.name == register)
        bits = {field.name: field.lowest_bit for field in found.fields}
        return sum(1 << bits[name] for name in names)

    def write_classifier(self):
        """Weights and biases in one burst, as the manifest places them."""
        classifier = self.system.classifier
        rows = np.zeros((classifier.classes, 4 * classifier.row_words), np.uint8)
        rows[:, : classifier.channels] = self.weights.astype(np.int8).view(np.uint8)
        words = [*rows.reshape(-1).view("<u4").tolist(), *(self.bias & 0xFFFFFFFF).tolist()]
        assert len(words) == classifier.memory_words
        self.write("classifier_address", 0, *words)

    def play(self, frame, lines=None, *, enabled=None):
        """Drive ``frame``, ``(channels, height, width)``, only ``lines[y]`` pixels of each line.

        What is missing should be zeros in the network. ``enabled`` are the channels' numbers.
        Returns the map of every channel by name.
        """
        lines = [frame.shape[2]] * frame.shape[1] if lines is None else lines
        network = resized(self.network, frame.shape[2], frame.shape[1])
        cycles = self._frame_cycles(network)
        name = f"frame_{len(self.played)}.npy"
        self.played.append(frame.transpose(1, 2, 0))
        self.steps.append({"play": name, "lines": lines, "cycles": int(self.slack * cycles)})
        seen = np.zeros_like(frame)
        for y, length in enumerate(lines):
            seen[:, y, :length] = frame[:, y, :length]
        values = golden.run(network.graph, seen[None])
        maps = {channel.name: self._map(channel.stream, values) for channel in self.system.channels}
        for channel in self.system.channels:
            if enabled is None or channel.tag in enabled:
                words = link_words(maps[channel.name], channel.stream)
                self.expected[channel.tag].append(words)
        return maps

    def _frame_cycles(self, network):
        """Cycles from one frame to the next of the planned hardware, at the size of ``network``."""
        network = prepared(network)
        foldings = {stage.name: stage.folding for stage in self.plan.stages}
        layers, lanes = group_layers(network), self.plan.input_lanes
        return assemble(network, layers, foldings, lanes).frame_cycles

    def settle(self):
        """Wait for all that should have come over the link by now."""
        due = sum(len(words) for tag in self.expected.values() for words in tag)
        self.steps.append({"settle": due})

    def _map(self, stream, values):
        if stream.node in values:
            return values[stream.node][0].astype(np.int64)
        last = values[self.system.classifier.node]
        return classify(last, self.weights, self.bias).reshape(-1, 1, 1)

    def run(self, directory: Path, *, periods=FAST_LINK, seed=1):
        """The verdict of the bench in ``directory``, which :func:`compile_bench` has made.

        ``periods`` are those of the clocks, in ps.
        """
        for k, frame in enumerate(self.played):
            np.save(directory / f"frame_{k}.npy", frame)
        for tag, words in self.expected.items():
            np.save(directory / f"channel_{tag}.npy", np.concatenate(words))
        scenario = {
            "seed": seed,
            "periods": periods,
            "timeout_cycles": timeout_cycles(self.build.manifest.network, stalls=False),
            "steps": self.steps,
        }
        (directory / "scenario.json").write_text(json.dumps(scenario))
        (directory / "verdict.json").unlink(missing_ok=True)
        start = time.monotonic()
        run_model(directory, environment(Simulator.VERILATOR))
        verdict = json.loads((directory / "verdict.json").read_text())
        return verdict | {"seconds": time.monotonic() - start}


def compile_bench(build: Path, directory: Path, *, long_runs=False):
    """The simulator's model of the chip, in which scenarios can run; returns seconds.

    It takes longer to compile where it has to be fast for ``long_runs``.
    """
    read = read_build_directory(build)
    for image in read.memory_images():
        (directory / image.name).symlink_to(image.absolute())
    shutil.copyfile(build / "manifest.json", directory / "manifest.json")
    (directory / "pins.vlt").write_text(visible(read.manifest.system))
    bench = {
        "test": "system_bench",
        "top": read.manifest.system.module,
        "parameters": {},
        "build_args": [],
        "simulator": "verilator",
        "sources": ["pins.vlt", *(str(p.absolute()) for p in read.paths(read.manifest.system))],
    }
    (directory / "bench.json").write_text(json.dumps(bench))
    variables = environment(Simulator.VERILATOR)
    return compile_model(directory, variables if long_runs else variables | QUICK_TO_COMPILE)


def visible(system):
    """What tells Verilator that the pins are touched from outside, and nothing else is."""
    access = {"in": "public_flat_rw", "out": "public_flat_rd"}
    pins = [f'{access[p.direction]} -module "{system.module}" -var "{p.name}"' for p in system.pins]
    return "\n".join(["`verilator_config", *pins, ""])


def link_words(maps, stream):
    """Rows of the mark and the lanes of each word of a frame; -1 for a lane without a value."""
    codes = (maps - stream.offset) // stream.step
    pixels = codes.transpose(1, 2, 0).reshape(-1, stream.channels) & (1 << stream.bits) - 1
    lanes = np.full((len(pixels), stream.words_per_unit * stream.lanes), -1, np.int64)
    lanes[:, : stream.channels] = pixels
    lanes = lanes.reshape(-1, stream.lanes)
    marks = np.zeros((len(lanes), 1), np.int64)
    marks[-1] = 1
    return np.concatenate([marks, lanes], axis=1)


def faults(verdict):
    """Everything that is not as it should be."""
    found = [read for read in verdict["reads"] if read["got"] != read["expected"]]
    found += [c for c in verdict["channels"] if c["wrong"] or c["words"] != c["expected"]]
    return found + ["a word on the link changed"] * (verdict["violations"] > 0)
