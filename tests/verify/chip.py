"""Scenarios for ``sim/system_bench.py``: what is done to a chip, and what should come of it."""

import json
import shutil
from pathlib import Path

import numpy as np

from corgibuilder import golden
from corgibuilder.build_directory import read_build_directory
from corgibuilder.frontend import resized
from corgibuilder.golden.classify import classify
from corgibuilder.verify.process import compile_model, run_model
from corgibuilder.verify.simulators import Simulator, environment


class Scenario:
    """Steps of a scenario, and the frames that the network should see in it."""

    def __init__(self, network, build: Path, weights, bias):
        self.network = network
        self.build = read_build_directory(build)
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
        """Film ``frame``, ``(channels, height, width)``, only ``lines[y]`` pixels of each line.

        What is missing should be zeros in the network. ``enabled`` are the channels' numbers.
        """
        lines = [frame.shape[2]] * frame.shape[1] if lines is None else lines
        name = f"frame_{len(self.played)}.npy"
        self.played.append(frame.transpose(1, 2, 0))
        self.steps.append({"play": name, "lines": lines})
        seen = np.zeros_like(frame)
        for y, length in enumerate(lines):
            seen[:, y, :length] = frame[:, y, :length]
        self._expect(seen, enabled)

    def settle(self):
        """Wait for all that should have come over the link by now."""
        due = sum(len(words) for tag in self.expected.values() for words in tag)
        self.steps.append({"settle": due})

    def _expect(self, frame, enabled):
        network = resized(self.network, frame.shape[2], frame.shape[1])
        values = golden.run(network.graph, frame[None])
        last = values[self.system.classifier.node]
        for channel in self.system.channels:
            if enabled is not None and channel.tag not in enabled:
                continue
            stream = channel.stream
            if stream.node in values:
                maps = values[stream.node][0].astype(np.int64)
            else:
                maps = classify(last, self.weights, self.bias).reshape(-1, 1, 1)
            self.expected[channel.tag].append(link_words(maps, stream))

    def run(self, directory: Path):
        """The verdict of the bench in ``directory``, which :func:`compile_bench` has made."""
        for k, frame in enumerate(self.played):
            np.save(directory / f"frame_{k}.npy", frame)
        for tag, words in self.expected.items():
            np.save(directory / f"channel_{tag}.npy", np.concatenate(words))
        (directory / "scenario.json").write_text(json.dumps(self.steps))
        (directory / "verdict.json").unlink(missing_ok=True)
        run_model(directory, variables())
        return json.loads((directory / "verdict.json").read_text())


def variables():
    """Those of the simulator; its model is quick to compile, as it does not run for long."""
    flags = "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"
    return environment(Simulator.VERILATOR) | {"MAKEFLAGS": flags}


def compile_bench(build: Path, directory: Path, *, seed=1):
    """The simulator's model of the chip, in which scenarios can run."""
    read = read_build_directory(build)
    for image in read.memory_images():
        (directory / image.name).symlink_to(image.absolute())
    shutil.copyfile(build / "manifest.json", directory / "manifest.json")
    bench = {
        "test": "system_bench",
        "top": read.manifest.system.module,
        "parameters": {},
        "build_args": ["--public-depth", "1"],
        "simulator": "verilator",
        "sources": [str(path.absolute()) for path in read.paths(read.manifest.system)],
        "seed": seed,
    }
    (directory / "bench.json").write_text(json.dumps(bench))
    compile_model(directory, variables())


def link_words(maps, stream):
    """Rows of the mark and the lanes of each word of a frame; -1 for a lane without a value."""
    pixels = maps.transpose(1, 2, 0).reshape(-1, stream.channels) & (1 << stream.bits) - 1
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
    return found + ["a word on the link changed"] * (verdict["breaches"] > 0)
