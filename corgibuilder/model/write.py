"""Writes the model of a network: a C++ source and a Python file that compiles and loads it."""

import json
from dataclasses import dataclass
from pathlib import Path

from corgibuilder import package_data
from corgibuilder.ir import Graph, Network, QInt, Shape
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

    An input has no ``layer``.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An input as the template sees it: its ``name`` in the file, its map and its size if fixed."""

    name: str
    map: _Map
    fixed: Shape | None


def write_model(network: Network, folder: Path) -> None:
    """Write ``model.cpp`` and ``features.py`` into ``folder``; neither needs corgibuilder."""
    maps = _maps(network)
    named = {made.name: made for made in maps}
    ports = [(port.name, named[port.node]) for port in network.outputs]
    entries = _entries(network, maps)
    used = {made.layer.file for made in maps if made.layer}
    source = render(
        "model.cpp.j2",
        name=network.name,
        kernels="\n".join(_kernel(name) for name in (*_BASE, *sorted(used))),
        program=_kernel("program"),
        entries=entries,
        description=_description(entries, ports),
        help=_help(network, entries, ports),
        maps=maps,
        outputs=[made for _, made in ports],
        slots=max(made.slot for made in maps) + 1,
    )
    folder.joinpath(SOURCE).write_text(source, encoding="utf-8")
    python = render("features.py.j2", runtime=_RUNTIME.read_text("utf-8"))
    folder.joinpath(PYTHON).write_text(python, encoding="utf-8")


def _kernel(name: str) -> str:
    return (package_data.templates() / "model" / f"{name}.hpp").read_text("utf-8")


def _maps(network: Network) -> list[_Map]:
    graph = network.graph
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
            layer=_layer(graph, stage) if stage.sources else None,
        )
        for index, (stage, slot) in enumerate(zip(found, buffers, strict=True))
    ]


def _entries(network: Network, maps: list[_Map]) -> list[_Entry]:
    shapes = network.input_shapes
    tied = network.fixed or len(shapes) > 1 or shapes[0].pixels == 1
    return [
        _Entry(name=port.name, map=entering, fixed=shape if tied else None)
        for port, entering, shape in zip(network.inputs, maps, shapes, strict=False)
    ]


def _layer(graph: Graph, stage: ModelStage) -> CppLayer:
    site = Site(
        inputs=tuple(graph.type(name) for name in stage.node.inputs),
        made=graph.type(stage.node.name),
        activation=stage.act.op if stage.act else None,
    )
    return describe(stage.node.op, site)


def _description(entries: list[_Entry], ports: list[tuple[str, _Map]]) -> str:
    return json.dumps({
        "inputs": [
            {
                "name": entry.name,
                "channels": entry.map.channels,
                "dtype": dtype_name(entry.map.type),
                "lowest": entry.map.range.lo,
                "highest": entry.map.range.hi,
            }
            for entry in entries
        ],
        "outputs": [
            {"name": name, "channels": made.channels, "dtype": dtype_name(made.type)}
            for name, made in ports
        ],
    })


def _help(network: Network, entries: list[_Entry], ports: list[tuple[str, _Map]]) -> str:
    text = render(
        "model_help.txt.j2",
        name=network.name,
        inputs=[(entry, dtype_name(entry.map.type)) for entry in entries],
        outputs=[(name, made.channels, dtype_name(made.type)) for name, made in ports],
    )
    return "\n    ".join(cpp(line) for line in text.splitlines(keepends=True))
