"""Small ONNX files made on the spot, and what qonnx says they compute."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from corgibuilder import golden
from corgibuilder.frontend import read

QONNX = "qonnx.custom_op.general"
SHARED = Path(__file__).parents[3] / "shared" / "networks"


@dataclass
class Model:
    """A chain of nodes, built one call at a time; ``last`` is the tensor to go on from.

    It enters at ``input``. ``others`` has shape and annotation of further inputs by name; of
    several inputs the file has those that a node reads.
    """

    shape: tuple[int, ...]
    annotation: str = "INT4"
    kind: int = TensorProto.FLOAT
    opset: int = 13
    last: str = "input"
    nodes: list = field(default_factory=list)
    stored: list = field(default_factory=list)
    others: dict = field(default_factory=dict)

    def const(self, value, dtype=np.float32):
        name = f"c{len(self.stored)}"
        self.stored.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, kind, *constants, name=None, outputs=1, domain="", after=None, **attributes):
        """Append a node that reads ``after`` (the last tensor) and ``constants``."""
        index = len(self.nodes)
        given = [f"t{index}", *(f"t{index}_{i}" for i in range(1, outputs))]
        inputs = [after or self.last, *constants]
        name = f"{kind.lower()}{index}" if name is None else name
        self.nodes.append(
            helper.make_node(kind, inputs, given, name=name, domain=domain, **attributes)
        )
        self.last = given[-1]
        return given[0]

    def conv(self, weights, bias=None, **attributes):
        """Convolution by integer weights, or by a tensor that is given by name."""
        constants = [weights if isinstance(weights, str) else self.const(weights)]
        if bias is not None:
            constants.append(self.const(bias))
        return self.node("Conv", *constants, **attributes)

    def quant(self, scale, zero=0.0, bits=4, *, signed=1, narrow=0, mode="ROUND", **more):
        return self.node(
            "Quant",
            self.const(scale),
            self.const(zero),
            self.const(bits),
            domain=QONNX,
            signed=signed,
            narrow=narrow,
            rounding_mode=mode,
            **more,
        )

    @property
    def entries(self):
        """Shape and annotation of every input by name."""
        entries = {"input": (self.shape, self.annotation), **self.others}
        read = {name for node in self.nodes for name in node.input}
        return {k: entry for k, entry in entries.items() if k in read or not self.others}

    def proto(self, outputs=None):
        outputs = outputs or [self.last]
        graph = helper.make_graph(
            self.nodes,
            "graph",
            [
                helper.make_tensor_value_info(name, self.kind, (1, *shape))
                for name, (shape, _) in self.entries.items()
            ],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
            self.stored,
        )
        for name, (_, annotation) in self.entries.items():
            if annotation:
                entry = onnx.StringStringEntryProto(key="finn_datatype", value=annotation)
                graph.quantization_annotation.append(
                    onnx.TensorAnnotation(tensor_name=name, quant_parameter_tensor_names=[entry])
                )
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid(QONNX, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        for info in model.graph.output:
            if any(n.op_type in ("TopK", "ArgMax") and info.name in n.output for n in self.nodes):
                info.type.tensor_type.elem_type = TensorProto.INT64
        return model

    def save(self, folder, outputs=None):
        path = Path(folder) / "model.onnx"
        path.write_bytes(self.proto(outputs).SerializeToString())
        return path


def ours(network, frames):
    """Every output of the file by the golden model, in the file's own values.

    ``frames`` are those of the one input, or of each by name.
    """
    given = frames if isinstance(frames, dict) else {network.inputs[0].name: frames}
    values = golden.run(network.graph, {p.node: p.convert(given[p.name]) for p in network.inputs})
    return {port.name: port.convert(values[port.node]) for port in network.outputs}


def theirs(model, frames):
    """Every output by qonnx, node by node, and by onnxruntime without optimisation.

    ``frames`` as for :func:`ours`.
    """
    import onnxruntime
    from qonnx.custom_op.registry import getCustomOp

    results = []
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    runs = {}
    given = frames if isinstance(frames, dict) else {"input": frames}
    for number in range(len(next(iter(given.values())))):
        context = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        context |= {name: maps[number][None] for name, maps in given.items()}
        for i, node in enumerate(model.graph.node):
            if node.domain == QONNX:
                version = 2 if node.op_type == "Trunc" and len(node.input) == 6 else 1
                getCustomOp(node, onnx_opset_version=version).execute_node(context, model.graph)
                continue
            if i not in runs:
                runs[i] = onnxruntime.InferenceSession(
                    _alone(node, context, model).SerializeToString(),
                    options,
                    providers=["CPUExecutionProvider"],
                )
            feeds = {name: context[name] for name in node.input if name}
            context.update(zip(node.output, runs[i].run(None, feeds), strict=True))
        results.append({o.name: context[o.name] for o in model.graph.output})
    return {name: np.concatenate([r[name] for r in results]) for name in results[0]}


def _alone(node, context, model):
    infos = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(context[name].dtype), context[name].shape
        )
        for name in dict.fromkeys(node.input)
        if name
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in node.output]
    graph = helper.make_graph([node], "alone", infos, outputs)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=8)


def check(model, tmp_path, frames, outputs=None):
    """Assert that both agree on every output, bit for bit. Returns the network."""
    path = model.save(tmp_path, outputs)
    network = read(path)
    expected = theirs(model.proto(outputs), frames)
    for name, value in ours(network, frames).items():
        assert value.shape == expected[name].shape
        assert value.dtype == expected[name].dtype
        np.testing.assert_array_equal(value, expected[name])
    return network


def integers(seed, shape, low, high, frames=3):
    """Random whole numbers as float32, with both ends among them."""
    x = np.random.default_rng(seed).integers(low, high, (frames, *shape), endpoint=True)
    x[0].flat[:2] = low, high
    return x.astype(np.float32)
