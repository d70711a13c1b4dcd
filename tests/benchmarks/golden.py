"""The golden model against the executors that run the same file."""

import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import onnx
import onnxruntime

from corgibuilder import api

from ..published import VWW
from .figure import Figure


def seconds(run: Callable[[], object], times: int) -> float:
    """The fastest of so many runs."""
    taken = []
    for _ in range(times):
        start = time.monotonic()
        run()
        taken.append(time.monotonic() - start)
    return min(taken)


def golden_model() -> Iterator[Figure]:
    """Seconds for one frame, and how many times as long the others take in the same run."""
    network, frame = VWW.network(), VWW.samples()["input"][:1]
    ours = seconds(lambda: api.run(network, frame), times=5)
    yield Figure(name="golden model, a frame", value=ours, unit="s")
    qonnx = seconds(lambda: _qonnx(frame), times=1)
    yield Figure(name="qonnx, the same frame", value=qonnx, unit="s")
    yield Figure(name="qonnx over golden model", value=qonnx / ours, unit="times")
    runtime = _onnxruntime()
    if runtime is not None:
        theirs = seconds(lambda: runtime(frame), times=5)
        yield Figure(name="onnxruntime, the same frame", value=theirs, unit="s")
        yield Figure(name="onnxruntime over golden model", value=theirs / ours, unit="times")


def _qonnx(frame: np.ndarray) -> object:
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ModelWrapper(str(VWW.path))
        return execute_onnx(model, {model.graph.input[0].name: frame.astype(np.float32)})


def _onnxruntime() -> Callable[[np.ndarray], object] | None:
    """The file in onnxruntime, or ``None`` where it has operators that it does not know."""
    model = onnx.load(VWW.path)
    known = {"", "ai.onnx"}
    if any(node.domain not in known for node in model.graph.node):
        return None
    session = onnxruntime.InferenceSession(str(VWW.path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda frame: session.run(None, {name: frame})
