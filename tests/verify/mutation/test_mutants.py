"""``simulate`` with its defaults catches wrong designs; those that it does not catch are none."""

import re
from pathlib import Path

import numpy as np
import pytest

from corgibuilder import api
from corgibuilder.build_directory import read_build_directory
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Conv
from corgibuilder.plan import pipeline_of
from corgibuilder.plan.kinds.conv_weights import weight_steps
from corgibuilder.plan.kinds.windowed import LINE_BUFFERS, WindowedStage
from corgibuilder.plan.requantisers import ThresholdForm
from corgibuilder.stimulus.coverage import Shown
from corgibuilder.stimulus.kinds import sums_of

from ...simulators import FAST, HAS_ICARUS
from .equivalence import equivalent, module_at
from .mutants import Mutant, mutants
from .networks import NETWORKS, build


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda case: case.__name__)
def network(request, tmp_path_factory):
    """A right build directory and its pipeline."""
    folder = tmp_path_factory.mktemp("mutation")
    directory, plan = build(request.param, folder)
    report = api.simulate(directory, simulator=FAST)
    assert report.faults == ()
    assert report.coverage.share > 0.99
    return directory, pipeline_of(api.read(folder / "model.onnx"), plan)


def caught(directory, mutant) -> bool:
    """Whether a simulation of the directory with the mutant in place fails."""
    right = mutant.file.read_text()
    mutant.file.write_text(mutant.text)
    try:
        return not api.simulate(directory, simulator=FAST, changed=True).passed
    except CompileError as refused:
        return refused.code in ("CB504", "CB505")  # it is no Verilog, or kills the simulator
    finally:
        mutant.file.write_text(right)


def flipped_weight(pipeline, mutant) -> str:
    """Why a flipped bit of a weight memory cannot show; empty where it can, or it is another one.

    It lies in a lane that is filled up with zeros, whose operand is 0 in every step; or nothing
    that can enter the stage carries the sum across a step by it.
    """
    for stage in pipeline.stages:
        layer, conv = stage.layer, stage.layer.op
        if mutant.file.name != f"{layer.module}_0.hex" or not isinstance(conv, Conv):
            continue
        right = conv.weights.copy()
        conv.weights[...] = 1 + np.arange(right.size).reshape(right.shape)
        try:
            labels = weight_steps(stage.folded).reshape(stage.folded.weight_rows, -1)
        finally:
            conv.weights[...] = right
        text = (mutant.file.parent / f"{layer.module}.v").read_text()
        found = re.search(rf'{mutant.file.name}"\),\s*\.WIDTH\(32\'d(\d+)\)', text)
        bits = int(found.group(1)) // labels.shape[1]
        flipped = (int(mutant.was, 16) ^ int(mutant.now, 16)).bit_length() - 1
        label = labels[mutant.line - 1, flipped // bits]
        if not label:
            return "no weight is there"
        shown = Shown(layer, sums_of(layer), 1)
        change = np.zeros(right.size, np.int64)
        change[label - 1] = 1 if int(mutant.now, 16) >> flipped & 1 else -1
        change[label - 1] *= -1 if right.min() < 0 and flipped % bits == bits - 1 else 1
        change = change.reshape(shown.sums.weights.shape) << flipped % bits
        return "" if shown.possible(change, change != 0).any() else "no value of the map shows it"
    return ""


def flipped_step(pipeline, mutant) -> str:
    """Why a flipped bit of a threshold memory cannot show; empty where it can, or it is another.

    Only sums between two equal steps would be compared with it, and there are none.
    """
    images = re.compile(r"(layer_.+)_[1-9]\d*\.hex")
    module = found[1] if (found := images.fullmatch(mutant.file.name)) else ""
    for stage in pipeline.stages:
        layer, form = stage.layer, stage.form
        if layer.module != module or not isinstance(form, ThresholdForm):
            continue
        assert stage.folded.folding.lanes == 1  # so that a memory holds a level of every channel
        entries = len(mutant.file.read_text().splitlines())
        level = (entries // layer.out.shape.channels).bit_length() - 1
        channel, place = divmod(mutant.line - 1, 1 << level)
        held = form.held(layer.acc.range.plain)
        right = np.full((1 << form.levels) - 1, held.hi)
        right[: form.steps.shape[1]] = form.steps[channel]
        wrong, now = right.copy(), int(mutant.now, 16)
        now -= 1 << held.width if held.signed and now >> held.width - 1 else 0
        wrong[(1 << form.levels - level - 1) * (2 * place + 1) - 1] = now
        sums = range(layer.acc.lo[channel], layer.acc.hi[channel] + 1)
        same = all(searched(right, value) == searched(wrong, value) for value in sums)
        return "no sum lies where it shows" if same else ""
    return ""


def undrained(pipeline, mutant) -> str:
    """Why an inverted reset of a circular line buffer's ``draining`` cannot show; empty otherwise.

    Where padding covers what strides leave over, the last window of a frame needs the last pixel of
    the map, so that it is never drained. In the first cycle after reset nothing has been
    written that could be read.
    """
    lines = mutant.text.splitlines()[mutant.line - 1 :]
    found = re.match(r"\s*if \(!\(rst\)\) begin\s*(\S+)\s+= 1'h0;", "".join(lines[:2]))
    if not found or f"    draining <= {found[1]} ;" not in module_at(mutant).splitlines():
        return ""
    for stage in pipeline.stages:
        folded = stage.folded
        circular = isinstance(folded, WindowedStage) and folded.folding.source in LINE_BUFFERS
        if mutant.file.stem == stage.layer.module and circular:
            window = folded.window
            padded = window.pads.bottom, window.pads.right
            if all(pad >= stride - 1 for pad, stride in zip(padded, window.stride, strict=True)):
                return "no frame is drained"
    return ""


def searched(steps, value) -> int:
    """How many of 2^n - 1 steps a binary search finds to be reached, also where they are unsorted.

    ``np.searchsorted`` makes no promise for these.
    """
    reached = 0
    for half in (1 << n for n in reversed(range(len(steps).bit_length()))):
        reached += half * bool(value >= steps[reached + half - 1])
    return reached


def reason(directory, pipeline, mutant, folder: Path) -> str:
    """Why a mutant is no wrong design; empty where that is not known."""
    for why in (flipped_weight, flipped_step, undrained):
        if found := why(pipeline, mutant):
            return found
    manifest = read_build_directory(directory).manifest
    units = {stage.module: stage for stage in manifest.stages}
    unit = units.get(mutant.file.stem, manifest.network)
    return "proven equal" if equivalent(mutant, folder, unit.inputs[0].shape[1:]) else ""


def survivors(network, count, seed, tmp_path):
    """Those that were not caught, each with the reason; printed as well."""
    directory, pipeline = network
    found = {}
    for number, mutant in enumerate(mutants(directory / "rtl", count, seed)):
        if not caught(directory, mutant):
            folder = tmp_path / str(number)
            folder.mkdir()
            found[str(mutant)] = reason(directory, pipeline, mutant, folder)
            print(f"survived, {found[str(mutant)] or 'for no known reason'}: {mutant}")
    return found


def test_some_mutants_are_caught(network, tmp_path):
    found = survivors(network, 5 if HAS_ICARUS else 3, 5, tmp_path)
    assert all(found.values()), found


@pytest.mark.slow
def test_mutants_are_caught(network, tmp_path):
    found = survivors(network, 34, 1, tmp_path)
    print(f"{34 - len(found)} of 34 caught, {len(found)} survived")
    assert all(found.values()), found


def test_wrong_designs_are_not_proven_equal(tmp_path, network):
    directory, _ = network
    top = next(path for path in sorted((directory / "rtl").glob("layer_*.v")))
    right = top.read_text()
    (assigned,) = re.findall(r"^  assign o__valid = .*;$|^    o__valid <= .*;$", right, re.M)[:1]
    name = assigned.rstrip(";").split()[-1]
    line = 1 + right[: right.index(assigned)].count("\n")
    for number, text in enumerate([right, right.replace(assigned, assigned.replace(name, "rst"))]):
        mutant = Mutant(file=top, kind="", line=line, was="", now="", text=text)
        folder = tmp_path / str(number)
        folder.mkdir()
        assert equivalent(mutant, folder, (4, 5)) == (text == right)


def test_a_mutant_is_one_change(network):
    directory, _ = network
    made = mutants(directory / "rtl", 24, 3)
    assert len({mutant.text for mutant in made}) == 24
    images = {path.name for path in (directory / "rtl").glob("*.hex")}
    kinds = {"condition inverted", "off by one", "wrong constant", "swapped ports"}
    assert {mutant.kind for mutant in made} == kinds | ({"flipped bit"} if images else set())
    assert {m.file.name for m in made if m.kind == "flipped bit"} == images
    for mutant in made:
        right, wrong = mutant.file.read_text().splitlines(), mutant.text.splitlines()
        assert len(right) == len(wrong)
        differing = np.flatnonzero(np.array(right) != np.array(wrong))
        assert len(differing) == 1 + (mutant.kind == "swapped ports")
