"""Writes the model of a network: a C++ source and a Python file that compiles and loads it."""

import json
from dataclasses import dataclass
from pathlib import Path

from corgibuilder import resources
from corgibuilder.ir import Graph, Network, QInt, input_node
from corgibuilder.names import cpp
from corgibuilder.templates import render

from .kinds import describe
from .layer import CppLayer, Site
from .stages import ModelStage, slots, stages
from .types import dtype_name, map_type

SOURCE = "model.cpp"
PYTHON = "features.py"
_BASE = ("base", "workers", "activation", "windows", "unfold")  #: before the kernels of the layers
_RUNTIME = Path(__file__).with_name("runtime.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """A map as the template sees it: the value ``name``, from the layer ``maker`` on.

    The input has no ``layer``.
    """

    index: int
    name: str
    maker: str
    sources: tuple[int, ...]
    type: str
    channels: int
    range: QInt
    slot: int
    layer: CppLayer | None


def write_model(network: Network, folder: Path) -> None:
    """Write ``model.cpp`` and ``features.py`` into ``folder``; neither needs corgibuilder."""
    maps = _maps(network)
    named = {made.name: made for made in maps}
    ports = [(port.name, named[port.node]) for port in network.outputs]
    tied = network.fixed or network.input_shape.pixels == 1
    used = {made.layer.file for made in maps if made.layer}
    source = render(
        "model.cpp.j2",
        name=network.name,
        kernels="\n".join(_kernel(name) for name in (*_BASE, *sorted(used))),
        program=_kernel("program"),
        input=maps[0],
        fixed_width=network.input_shape.width if tied else 0,
        fixed_height=network.input_shape.height if tied else 0,
        description=_description(maps[0], ports),
        help=_help(network, maps[0], ports),
        maps=maps,
        outputs=[made for _, made in ports],
        slots=max(made.slot for made in maps) + 1,
    )
    folder.joinpath(SOURCE).write_text(source, encoding="utf-8")
    python = render("features.py.j2", runtime=_RUNTIME.read_text("utf-8"))
    folder.joinpath(PYTHON).write_text(python, encoding="utf-8")


def _kernel(name: str) -> str:
    return (resources.templates() / "model" / f"{name}.hpp").read_text("utf-8")


def _maps(network: Network) -> list[_Map]:
    graph, entry = network.graph, input_node(network.graph)
    found = stages(network)
    buffers = slots(found, {port.node for port in network.outputs})
    return [
        _Map(
            index=index,
            name=stage.name,
            maker=stage.node.name,
            sources=stage.sources,
            type=map_type(graph.type(stage.name)),
            channels=graph.type(stage.name).shape.channels,
            range=graph.type(stage.name).range,
            slot=slot,
            layer=None if stage.node is entry else _layer(graph, stage),
        )
        for index, (stage, slot) in enumerate(zip(found, buffers, strict=True))
    ]


def _layer(graph: Graph, stage: ModelStage) -> CppLayer:
    site = Site(
        inputs=tuple(graph.type(name) for name in stage.node.inputs),
        made=graph.type(stage.node.name),
        activation=stage.act.op if stage.act else None,
    )
    return describe(stage.node.op, site)


def _description(entry: _Map, ports: list[tuple[str, _Map]]) -> str:
    return json.dumps({
        "input": {
            "channels": entry.channels,
            "dtype": dtype_name(entry.type),
            "lowest": entry.range.lo,
            "highest": entry.range.hi,
        },
        "outputs": [
            {"name": name, "channels": made.channels, "dtype": dtype_name(made.type)}
            for name, made in ports
        ],
    })


def _help(network: Network, entry: _Map, ports: list[tuple[str, _Map]]) -> str:
    text = render(
        "model_help.txt.j2",
        name=network.name,
        channels=entry.channels,
        dtype=dtype_name(entry.type),
        lowest=entry.range.lo,
        highest=entry.range.hi,
        outputs=[(name, made.channels, dtype_name(made.type)) for name, made in ports],
    )
    return "\n    ".join(cpp(line) for line in text.splitlines(keepends=True))
