"""The C++ model on frames of 1280x720, against onnxruntime on floats. By itself: prints JSON."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from corgibuilder import api
from corgibuilder.model import Model, write_model
from corgibuilder.passes import prepared

from ..published import NEUROCORGI as FILE
from .figure import Figure

ROUNDS = 8  # the two take turns, so that whatever else the machine does meets both
FRAMES_PER_SECOND = 5  # wanted on two processors


def seconds(run: Callable[[], object]) -> float:
    start = time.monotonic()
    run()
    return time.monotonic() - start


def software_model() -> Iterator[Figure]:
    """Frames in a second, and how many times as many as onnxruntime in the same run."""
    frame = np.random.default_rng(1).integers(0, 256, (1, 3, 720, 1280), np.uint8)
    with tempfile.TemporaryDirectory() as name:
        write_model(prepared(api.read(FILE)), Path(name))  # as a build does
        yield Figure(name="C++ model, size", value=Path(name, "model.cpp").stat().st_size, unit="B")
        taken = seconds(lambda: Model(name, flags=("-mavx2",)))
        yield Figure(name="C++ model, compiling", value=taken, unit="s")
        models = {"AVX2": Model(name, flags=("-mavx2",)), "native": Model(name)}
        runtime = _onnxruntime()
        runs = {kind: lambda model=model: model(frame) for kind, model in models.items()}
        runs["onnxruntime"] = lambda: runtime(frame.astype(np.float32))
        fastest = {kind: seconds(run) for kind, run in runs.items()}
        for _ in range(ROUNDS):
            for kind, run in runs.items():
                fastest[kind] = min(fastest[kind], seconds(run))
    theirs = fastest.pop("onnxruntime")
    yield Figure(name="onnxruntime, 1280x720", value=1 / theirs, unit="frames/s")
    for kind, ours in fastest.items():
        yield Figure(
            name=f"C++ model, {kind}, 1280x720",
            value=1 / ours,
            unit="frames/s",
            required=(">=", FRAMES_PER_SECOND) if kind == "native" else None,
        )
        yield Figure(name=f"C++ model, {kind}, over onnxruntime", value=theirs / ours, unit="times")


def _onnxruntime() -> Callable[[np.ndarray], object]:
    """The same convolutions in floats, with a clip to the activations' range for each threshold."""
    model = onnx.load(FILE)
    graph = model.graph
    unused = set()
    limits = {"lowest": 0.0, "highest": 15.0}
    for name, value in limits.items():
        graph.initializer.append(numpy_helper.from_array(np.float32(value), name))
    for node in graph.node:
        if node.op_type == "MultiThreshold":
            unused.add(node.input[1])
            clip = helper.make_node("Clip", [node.input[0], *limits], node.output, name=node.name)
            node.CopyFrom(clip)
    kept = [constant for constant in graph.initializer if constant.name not in unused]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.value_info[:], model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", 13))
    for port in (*graph.input, *graph.output):
        for axis in (2, 3):
            port.type.tensor_type.shape.dim[axis].dim_param = f"{port.name}_{axis}"
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (entry,) = session.get_inputs()
    return lambda frame: session.run(None, {entry.name: frame})


if __name__ == "__main__":
    if not FILE.is_file():
        sys.exit(f"the published networks are not here: {FILE}")
    sys.stdout.write(json.dumps([f.summary() for f in software_model()], indent=2) + "\n")
