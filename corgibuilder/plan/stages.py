"""Which layers share a stage of the pipeline: an engine, and the step function behind it."""

from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import (
    Argmax,
    Clamp,
    Conv,
    Graph,
    Input,
    Ints,
    Network,
    Node,
    Pool,
    PoolKind,
    QInt,
    TensorType,
    Threshold,
    macs,
)
from corgibuilder.ir.infer import infer
from corgibuilder.names import Identifiers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """One stage of the pipeline, before anything is decided about its hardware.

    ``name`` is the layer's name in the user's file, ``module`` a Verilog identifier made from it.
    ``source`` and ``result`` are the graph nodes whose values enter and leave. ``x`` and ``out``
    are the types of those values, ``acc`` that of the engine's sums without their bias.
    ``entering`` pixels of the network's map are one pixel of ``x``, ``leaving`` one of ``out``; see
    :mod:`~corgibuilder.plan.widen`.
    """

    name: str
    module: str
    source: str
    result: str
    engine: Conv | Pool | Argmax | None
    finish: Threshold | Clamp | None
    x: TensorType
    acc: TensorType
    out: TensorType
    macs: int
    node: Node
    entering: int = 1
    leaving: int = 1

    @property
    def sources(self) -> tuple[str, ...]:
        """Graph nodes whose values enter, in the order of the engine's inputs."""
        return (self.source,)

    @property
    def inputs(self) -> tuple[TensorType, ...]:
        """Types of the values that enter."""
        return (self.x,)

    @property
    def operand(self) -> QInt:
        """Range of the values that the engine's feed gives, in codes of that range.

        Zeros of padding have no code among values with a step: where they are added, the feed
        decodes values as it reads them. Memories and queues still hold codes of ``x``.
        """
        held = self.x.range
        match self.engine:
            case Conv(window=window) | Pool(kind=PoolKind.SUM, window=window):
                return held.with_zero if held.step > 1 and window.pads else held
        return held

    @property
    def across(self) -> int:
        """Pixels that a pool reduces to one before its engine does."""
        return self.entering // self.leaving if isinstance(self.engine, Pool) else 1

    @property
    def pixel_channels(self) -> int:
        """Channels of one pixel of the network's map that enters."""
        return self.x.shape.channels // self.entering

    @property
    def bias(self) -> Ints:
        """int64 ``(channels,)`` to add to the engine's sums."""
        if isinstance(self.engine, Conv):
            return self.engine.bias
        return np.zeros(self.acc.shape.channels, np.int64)


def group_stages(network: Network) -> tuple[Stage, ...]:
    """Stages of the network in topological order.

    A step function or clamp joins the engine whose only reader it is, unless the engine's own value
    is an output of the network.
    """
    graph = network.graph
    outputs = {port.node for port in network.outputs}
    stages: list[Stage] = []
    taken: set[str] = set()
    modules = Identifiers()
    for node in graph:
        if isinstance(node.op, Input) or node.name in taken:
            continue
        source = node.inputs[0]
        engine: Conv | Pool | Argmax | None = None
        finish: Threshold | Clamp | None = None
        result = node.name
        if isinstance(node.op, Threshold | Clamp):
            finish = node.op
        elif isinstance(node.op, Conv | Pool | Argmax):
            engine = node.op
        else:
            raise CompileError(
                "CB417",
                f"no hardware is there yet for a layer of kind {type(node.op).__name__}",
                at=node.origin,
                help="cut the network before this layer",
            )
        if isinstance(engine, Conv | Pool):
            follower = _only_reader(graph, node.name, outputs)
            if follower is not None and isinstance(follower.op, Threshold | Clamp):
                finish, result = follower.op, follower.name
                taken.add(follower.name)
        x = graph.type(source)
        acc = x
        if isinstance(engine, Conv):
            acc = infer(replace(engine, bias=np.zeros_like(engine.bias)), x)
        elif engine is not None:
            acc = graph.type(node.name)
        stages.append(
            Stage(
                name=node.name,
                module=modules.new("layer_", node.name),
                source=source,
                result=result,
                engine=engine,
                finish=finish,
                x=x,
                acc=acc,
                out=graph.type(result),
                macs=macs(graph, node),
                node=node,
            )
        )
    if not stages:
        raise CompileError(
            "CB405",
            "the network has no layers that compute anything",
            at=next(iter(graph)).origin,
            help="give a network with at least one convolution, pooling or quantised layer",
        )
    return tuple(stages)


def _only_reader(graph: Graph, name: str, outputs: set[str]) -> Node | None:
    users = graph.users(name)
    return graph[users[0]] if len(users) == 1 and name not in outputs else None
