"""Walk an ONNX graph from its inputs to its outputs and write down the integer network."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Graph, InputType, Network, Port

from .builder import Builder
from .combined import of_one_value
from .constants import fold, foldable
from .fake_quant import sums_before_sat
from .limits import MAX_CONSTANT_BYTES
from .names import node_names
from .onnx_file import array, load
from .operators import JOINS, handler
from .source import read_inputs
from .tail import output_port
from .value import Const, Tensor, Value, map_shape_of
from .visit import Visit


@dataclass(frozen=True, slots=True)
class Unknown:
    """Result of a node that could not be read."""


def read(path: str | Path, *, input_type: InputType | None = None) -> Network:
    """The integer network of an ONNX file (QONNX, FINN or N2D2 style).

    ``input_type`` says which integers enter, for a file that does not.
    Raises ``CompileError`` for the first thing in the file that is damaged or not supported.
    """
    network, problems = _walk(Path(path), input_type)
    if problems:
        raise problems[0]
    assert network is not None
    return network


def find_problems(path: str | Path, *, input_type: InputType | None = None) -> list[CompileError]:
    """Everything that keeps the file from being read, in the file's order; empty if nothing does.

    What lies behind an unsupported node is still checked as far as it does not depend on it.
    """
    try:
        return _walk(Path(path), input_type)[1]
    except CompileError as problem:
        return [problem]


def _walk(path: Path, input_type: InputType | None) -> tuple[Network | None, list[CompileError]]:
    model = load(path)
    walk = _Walk(path, model, input_type)
    with np.errstate(all="ignore"):
        for node, name in walk.order:
            walk.visit(node, name)
        outputs = walk.outputs()
    if walk.problems:
        return None, walk.problems
    builder = walk.builder
    graph = builder.graph()
    if unread := walk.unread_inputs(graph, outputs):
        return None, unread
    entries = {port.name: port for port in builder.inputs}
    network = Network(
        name=path.stem,
        graph=graph,
        inputs=tuple(entries[name] for name in walk.entries),
        outputs=outputs,
        notes=tuple(dict.fromkeys(builder.notes)),
        fixed=tuple(builder.fixed),
        input_type=input_type,
    )
    return network, []


class _Walk:
    """Tensors known so far, by name, and the problems met."""

    def __init__(self, path: Path, model: onnx.ModelProto, input_type: InputType | None) -> None:
        graph = model.graph
        at = Origin(path.name)
        self.problems: list[CompileError] = []
        self.graph = graph
        inputs = [i.name for i in graph.input]
        self.live = _live_nodes(graph)
        self.before_sat = sums_before_sat(graph)
        names = node_names([graph.node[i] for i in self.live], inputs)
        named = dict(zip(self.live, names, strict=True))
        self.builder = Builder(path.name, {*names, *inputs})
        self.tensors: dict[str, Tensor | Unknown] = {}
        self.constant_bytes = 0
        for tensor in graph.initializer:
            self.keep(Const(array(tensor, at)), tensor.name, at)
        self.readers = Counter(i for index in self.live for i in graph.node[index].input)
        self.readers.update(o.name for o in graph.output)
        self.frames, entering = read_inputs(self.builder, model, input_type)
        for name, value in entering.items():
            self.store(name, value)
        self.entries = tuple(entering)
        self.order = [(graph.node[i], named[i]) for i in _sorted(graph, self.live)]

    def store(self, name: str, tensor: Tensor | Unknown) -> None:
        if isinstance(tensor, Value) and self.readers[name] > 1:
            tensor = replace(tensor, shared=True)
        self.tensors[name] = tensor

    def keep(self, constant: Const, name: str, at: Origin) -> None:
        """Store a constant. Raises ``CompileError`` (CB113) where they get too large together."""
        self.constant_bytes += constant.array.nbytes
        if self.constant_bytes > MAX_CONSTANT_BYTES:
            raise CompileError(
                "CB113",
                f"all constants up to '{name}' have more than {MAX_CONSTANT_BYTES:,} bytes",
                at=at,
                help="use a smaller network: all its weights have to fit onto a chip",
            )
        self.tensors[name] = constant

    def visit(self, node: onnx.NodeProto, name: str) -> None:
        """Read one node and store its result under each of its outputs, or one under each."""
        found: dict[str, Tensor | Unknown] = {}
        try:
            result = self.result(node, name)
            each = result if isinstance(result, tuple) else (result,) * len(node.output)
            for output, tensor in zip(node.output, each, strict=False):
                if not output:
                    continue
                found[output] = self.shared(tensor or Unknown(), output, name)
                if isinstance(tensor, Const):
                    self.keep(tensor, output, self.builder.at(name))
        except CompileError as problem:
            self.problems.append(problem)
            found = {output: Unknown() for output in node.output if output}
        for output, tensor in found.items():
            self.store(output, tensor)

    def shared(self, tensor: Tensor | Unknown, output: str, name: str) -> Tensor | Unknown:
        """Activations that several nodes read are integers of one node from there on."""
        several = self.readers[output] > 1
        if not several or not isinstance(tensor, Value) or not tensor.quantised:
            return tensor
        if tensor.layout is not None and map_shape_of(tensor.dims) is None:
            return tensor  # views of it are still to come
        return self.builder.integers(replace(tensor, shared=True), name)

    def result(
        self, node: onnx.NodeProto, name: str
    ) -> Tensor | Unknown | tuple[Tensor | None, ...]:
        at = self.builder.at(name)
        before_sat = not self.before_sat.isdisjoint(node.output)
        read_by = handler(node.op_type, node.domain, before_sat=before_sat)
        inputs = [self.input(i, at) for i in node.input]
        constant = all(t is None or isinstance(t, Const) for t in inputs)
        unknown = any(isinstance(t, Unknown) for t in inputs)
        if read_by is None and not constant and not (unknown and foldable(node.op_type)):
            raise _unsupported(node, at)
        if unknown:
            return Unknown()
        visit = Visit(
            name=name,
            kind=node.op_type,
            inputs=tuple(t for t in inputs if not isinstance(t, Unknown)),
            attributes=_attributes(node, at),
            builder=self.builder,
            frames=self.frames,
            wanted=tuple(self.readers[o] > 0 for o in node.output),
        )
        if constant and node.op_type not in ("Quant", "IntQuant", "BipolarQuant", "Trunc"):
            return fold(visit)
        if read_by is None:
            raise _unsupported(node, at)
        if sum(isinstance(t, Value) for t in inputs) > 1 and not of_one_value(visit.inputs):
            if node.op_type not in JOINS:
                raise CompileError(
                    "CB203",
                    f"{node.op_type} joins two tensors that are computed at run time",
                    at=at,
                    help="let branches meet in an Add, a Sub or a Concat",
                )
            read_by = JOINS[node.op_type]
        return read_by(visit)

    def input(self, name: str, at: Origin) -> Tensor | Unknown | None:
        if not name:
            return None
        if name not in self.tensors:
            raise CompileError(
                "CB107",
                f"it reads tensor '{name}', which nothing computes",
                at=at,
                help="export the file again",
            )
        return self.tensors[name]

    def outputs(self) -> tuple[Port, ...]:
        ports = []
        for info in self.graph.output:
            try:
                tensor = self.input(info.name, self.builder.at(info.name))
                if isinstance(tensor, Value):
                    index = info.type.tensor_type.elem_type == onnx.TensorProto.INT64
                    ports.append(output_port(self.builder, info.name, tensor, index=index))
                elif not isinstance(tensor, Unknown):
                    raise CompileError(
                        "CB107",
                        "this output does not depend on any input",
                        at=self.builder.at(info.name),
                        help="remove it from the outputs",
                    )
            except CompileError as problem:
                self.problems.append(problem)
        if not self.graph.output:
            self.problems.append(
                CompileError(
                    "CB313",
                    "the network has no outputs",
                    at=Origin(self.builder.file),
                    help="export the file again",
                )
            )
        return tuple(ports)

    def unread_inputs(self, graph: Graph, outputs: Sequence[Port]) -> list[CompileError]:
        """A problem for every input that no output depends on."""
        needed = {port.node for port in outputs}
        for node in reversed(list(graph)):
            if node.name in needed:
                needed.update(node.inputs)
        return [
            CompileError(
                "CB108",
                "no output depends on this input",
                at=self.builder.at(name),
                help="remove it from the inputs of the file",
            )
            for name in self.entries
            if name not in needed
        ]


def _unsupported(node: onnx.NodeProto, at: Origin) -> CompileError:
    domain = f" of domain {node.domain}" if node.domain else ""
    return CompileError(
        "CB201",
        f"operator {node.op_type}{domain} is not supported",
        at=at,
        help="replace it by supported layers, or cut the network before it",
    )


def _attributes(node: onnx.NodeProto, at: Origin) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        try:
            value = helper.get_attribute_value(attribute)
        except ValueError:
            raise CompileError(
                "CB107",
                f"attribute '{attribute.name}' is damaged",
                at=at,
                help="export the file again",
            ) from None
        if isinstance(value, onnx.TensorProto):
            value = array(value, at)
        elif isinstance(value, bytes):
            value = value.decode(errors="replace")
        found[attribute.name] = value
    return found


def _live_nodes(graph: onnx.GraphProto) -> list[int]:
    """Indices of the nodes that some output of the file depends on."""
    maker = {output: i for i, node in enumerate(graph.node) for output in node.output if output}
    live: set[int] = set()
    waiting = [o.name for o in graph.output]
    while waiting:
        index = maker.get(waiting.pop())
        if index is not None and index not in live:
            live.add(index)
            waiting.extend(graph.node[index].input)
    return sorted(live)


def _sorted(graph: onnx.GraphProto, live: list[int]) -> list[int]:
    """The ``live`` nodes, each after those that it reads; those in a circle last."""
    maker = {output: i for i in live for output in graph.node[i].output if output}
    needs = {i: {maker[t] for t in graph.node[i].input if t in maker} for i in live}
    feeds: dict[int, list[int]] = {i: [] for i in live}
    for i, sources in needs.items():
        for source in sources:
            feeds[source].append(i)
    ready = deque(i for i in live if not needs[i])
    order = []
    while ready:
        done = ready.popleft()
        order.append(done)
        for i in feeds[done]:
            needs[i].discard(done)
            if not needs[i]:
                ready.append(i)
    placed = set(order)
    return order + [i for i in live if i not in placed]
