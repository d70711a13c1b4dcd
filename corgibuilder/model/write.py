"""Writes the model of a network: a C++ source and a Python file that compiles and loads it."""

import json
from dataclasses import dataclass
from pathlib import Path

from corgibuilder import resources
from corgibuilder.ir import Clamp, Conv, Graph, Network, Pool, PoolKind, QInt, Threshold, Window
from corgibuilder.names import cpp
from corgibuilder.templates import render

from .engines import CppActivation, CppConvolution, activation, convolution
from .stages import ModelStage, slots, stages
from .types import MAP_TYPES, SUM_TYPES, dtype_name, smallest

SOURCE = "model.cpp"
PYTHON = "features.py"
_KERNELS = ("base", "workers", "activation", "simple", "depthwise", "dense", "bytes")
_RUNTIME = Path(__file__).with_name("runtime.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """A map as the template sees it."""

    index: int
    layer: str
    source: int
    window: tuple[int, ...]
    type: str
    channels: int
    lowest: int
    highest: int
    slot: int
    conv: CppConvolution | None
    act: CppActivation | None
    sum_type: str
    function: str


def write_model(network: Network, folder: Path) -> None:
    """Write ``model.cpp`` and ``features.py`` into ``folder``; neither needs corgibuilder."""
    found = stages(network)
    outputs = {port.node for port in network.outputs}
    buffers = slots(found, outputs)
    maps = [_map(network.graph, i, stage, buffers[i], found) for i, stage in enumerate(found)]
    place = {stage.name: i for i, stage in enumerate(found)}
    tied = network.fixed or network.input_shape.pixels == 1
    held = network.graph.type(found[0].name).range
    ports = [(port.name, maps[place[port.node]]) for port in network.outputs]
    source = render(
        "model.cpp.j2",
        name=network.name,
        kernels="\n".join(_kernel(name) for name in _KERNELS),
        program=_kernel("program"),
        input=maps[0],
        lowest=held.lo,
        highest=held.hi,
        fixed_width=network.input_shape.width if tied else 0,
        fixed_height=network.input_shape.height if tied else 0,
        description=_description(maps[0], held, ports),
        help=_help(network, maps[0], held, ports),
        maps=maps,
        outputs=[made for _, made in ports],
        slots=max(buffers) + 1,
    )
    folder.joinpath(SOURCE).write_text(source, encoding="utf-8")
    python = render("features.py.j2", runtime=_RUNTIME.read_text("utf-8"))
    folder.joinpath(PYTHON).write_text(python, encoding="utf-8")


def _kernel(name: str) -> str:
    return (resources.templates() / "model" / f"{name}.hpp").read_text("utf-8")


def _map(graph: Graph, index: int, stage: ModelStage, slot: int, found: list[ModelStage]) -> _Map:
    op, made = stage.node.op, graph.type(stage.name)
    conv, act, function = None, None, ""
    x = graph.type(stage.node.inputs[0]) if stage.node.inputs else made
    sum_type = smallest(QInt(x.range.lo - 1, x.range.hi + 1), SUM_TYPES)
    if isinstance(op, Conv):
        conv = convolution(op, x)
        sum_type = conv.sum_type
        act = activation(stage.act, graph.type(stage.node.name), sum_type)
    elif isinstance(op, Pool):
        function = f"pool_{op.kind.value}"
    elif isinstance(op, Threshold | Clamp):
        act = activation(stage.node, x, sum_type)
    else:
        function = "argmax"
    return _Map(
        index=index,
        layer=stage.name,
        source=stage.source,
        window=_window(op.window if isinstance(op, Conv | Pool) else Window(kernel=(1, 1))),
        type=map_type(graph, found, index),
        channels=made.shape.channels,
        lowest=made.range.lo,
        highest=made.range.hi,
        slot=slot,
        conv=conv,
        act=act,
        sum_type=sum_type,
        function=function,
    )


def map_type(graph: Graph, found: list[ModelStage], index: int) -> str:
    """C++ type of the values of a map. The largest of a window has the type of its input."""
    stage = found[index]
    if isinstance(stage.node.op, Pool) and stage.node.op.kind is PoolKind.MAX:
        return map_type(graph, found, stage.source)
    return smallest(graph.type(stage.name).range, MAP_TYPES)


def _window(window: Window) -> tuple[int, ...]:
    pads = window.pads
    return (*window.kernel, *window.stride, pads.top, pads.left, pads.bottom, pads.right)


def _description(entry: _Map, held: QInt, ports: list[tuple[str, _Map]]) -> str:
    return json.dumps({
        "input": {
            "channels": entry.channels,
            "dtype": dtype_name(entry.type),
            "lowest": held.lo,
            "highest": held.hi,
        },
        "outputs": [
            {"name": name, "channels": made.channels, "dtype": dtype_name(made.type)}
            for name, made in ports
        ],
    })


def _help(network: Network, entry: _Map, held: QInt, ports: list[tuple[str, _Map]]) -> str:
    text = render(
        "model_help.txt.j2",
        name=network.name,
        channels=entry.channels,
        dtype=dtype_name(entry.type),
        lowest=held.lo,
        highest=held.hi,
        outputs=[(name, made.channels, dtype_name(made.type)) for name, made in ports],
    )
    return "\n    ".join(cpp(line) for line in text.splitlines(keepends=True))
