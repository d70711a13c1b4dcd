"""The same network for images of another size."""

from dataclasses import is_dataclass, replace
from typing import Any

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import Graph, Input, Network, Node, Port, Shape, input_nodes


def resized(network: Network, width: int, height: int) -> Network:
    """``network`` for images of ``width`` times ``height``.

    Raises ``CompileError`` (CB401, CB402, CB408) where a layer ties it to the size that it was read
    with, naming that layer, where the size leaves nothing of the map of a layer, or where branches
    meet that have different sizes then. A network with several inputs is tied to their sizes.
    """
    entry, *others = input_nodes(network.graph)
    assert isinstance(entry.op, Input)
    old = entry.op.shape
    if {(shape.height, shape.width) for shape in network.input_shapes} == {(height, width)}:
        return network
    if others:
        raise CompileError(
            "CB401",
            f"it is one of {len(network.inputs)} inputs, and of a network with several all keep"
            " their sizes in the file",
            at=entry.origin,
            help="export the network for that size, or make one input of them",
        )
    tied = network.fixed[0] if network.fixed else entry.name if old.pixels == 1 else ""
    if tied:
        at = (
            network.graph[tied].origin if tied in network.graph else Origin(entry.origin.file, tied)
        )
        raise CompileError(
            "CB401",
            f"it ties the network to images of {old.width}x{old.height}",
            at=at,
            help=f"build for {old.width}x{old.height}, or cut the network before this node",
        )
    if len(network.inputs[0].shape) == 2 and height != 1:
        raise CompileError(
            "CB401",
            f"its frames are sequences, which have one row, not {height}",
            at=entry.origin,
            help="give the length as the width, and 1 as the height",
        )
    op = replace(entry.op, shape=Shape(old.channels, height, width))
    graph = _checked(network.graph.replaced({entry.name: replace(entry, op=op)}), width, height)

    return replace(
        network,
        graph=graph,
        inputs=tuple(_port(port, network.graph, graph) for port in network.inputs),
        outputs=tuple(_port(port, network.graph, graph) for port in network.outputs),
    )


def _checked(graph: Graph, width: int, height: int) -> Graph:
    for node in graph:
        shape = graph.type(node.name).shape
        if min(shape.height, shape.width) < 1:
            raise CompileError(
                "CB402",
                f"nothing of an image of {width}x{height} is left here",
                at=node.origin,
                help="use a larger image",
            )
        _check_join(graph, node, width, height)
    return graph


def _check_join(graph: Graph, node: Node, width: int, height: int) -> None:
    """Raise ``CompileError`` (CB408) where branches have come to maps of different sizes."""
    sizes = {(s.width, s.height) for s in (graph.type(name).shape for name in node.inputs)}
    if len(sizes) > 1:
        found = " and ".join(f"{w}x{h}" for w, h in sorted(sizes))
        raise CompileError(
            "CB408",
            f"at an image of {width}x{height} it joins maps of {found}",
            at=node.origin,
            help="use a size that all strides before it divide",
        )


def _port(port: Port, before: Graph, after: Graph) -> Port:
    """``port`` for the new size. Raises ``CompileError`` (CB401) if its shape is not the node's."""
    old, new = before.type(port.node).shape, after.type(port.node).shape
    if port.shape == tuple(old):
        shape = tuple(new)
    elif port.shape == tuple(old)[1:]:
        shape = tuple(new)[1:]
    elif port.shape == (old.channels, old.width) and old.height == new.height == 1:
        shape = (new.channels, new.width)
    else:
        raise CompileError(
            "CB401",
            f"'{port.name}' is a view of shape {port.shape} of a map of {old}",
            at=after[port.node].origin,
            help=f"build for {old.width}x{old.height}, or end the network before the view",
        )
    convert = port.convert
    assert is_dataclass(convert) and not isinstance(convert, type)
    changes: dict[str, Any] = {"shape": shape}
    if hasattr(convert, "map_shape"):
        changes["map_shape"] = new
    if getattr(convert, "layout", ()):
        raise CompileError(
            "CB401",
            "its input is rearranged in a way that holds for one size",
            at=after[port.node].origin,
            help="let images enter as channels, rows, columns",
        )
    return replace(port, shape=shape, convert=replace(convert, **changes))
