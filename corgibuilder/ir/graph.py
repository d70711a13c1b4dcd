"""The integer network: named nodes in topological order, each with the type of its output."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import networkx as nx

from corgibuilder.diagnostics import Origin

from .input_type import InputType
from .op import Op
from .types import Ints, Shape, TensorType


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One layer. ``name`` is unique and is the name that the layer has in the user's file."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    origin: Origin


class Graph:
    """Immutable DAG of named nodes, iterated in topological order.

    ``networkx`` answers questions about the graph; it never stores it.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        unordered: dict[str, Node] = {}
        for node in nodes:
            assert node.name not in unordered, f"two nodes are called {node.name!r}"
            unordered[node.name] = node
        edges = nx.DiGraph()
        edges.add_nodes_from(unordered)
        edges.add_edges_from((i, n.name) for n in unordered.values() for i in n.inputs)
        self._nodes = {name: unordered[name] for name in nx.topological_sort(edges)}
        self._users = {name: tuple(edges.successors(name)) for name in self._nodes}
        self._types: dict[str, TensorType] = {}
        for node in self:
            self._types[node.name] = node.op.infer(*(self._types[i] for i in node.inputs))

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def type(self, name: str) -> TensorType:
        """Shape and value ranges of the output of ``name``."""
        return self._types[name]

    def users(self, name: str) -> tuple[str, ...]:
        """Names of the nodes that read ``name``."""
        return self._users[name]

    def replaced(self, changed: Mapping[str, Node]) -> "Graph":
        """Graph with the nodes of the given names exchanged."""
        return Graph(changed.get(node.name, node) for node in self)


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """An input or output of the user's file.

    ``convert`` maps between the file's own values and the integers of ``node``: for an input, from
    an array ``(frames, *shape)`` to int64 ``(frames, channels, height, width)``; for an output the
    other way round. It is elementwise, in the float arithmetic of the file. It raises
    ``ValueError`` with a sentence for values or shapes that the file cannot take.
    """

    name: str
    node: str
    shape: tuple[int, ...]
    convert: Callable[[Ints], Ints]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """An integer graph, the ports that join it to the user's file, and notes about exactness."""

    name: str
    graph: Graph
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    notes: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()  #: nodes that tie the network to the image size it was read with
    input_type: InputType | None = None  #: what enters, where that was said when it was read

    def with_graph(self, graph: Graph) -> "Network":
        return replace(self, graph=graph)

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        return tuple(self.graph.type(port.node).shape for port in self.inputs)

    @property
    def input_shape(self) -> Shape:
        """Shape of the input; of several that with the most pixels, the first of such."""
        return max(self.input_shapes, key=lambda shape: shape.pixels)


def input_nodes(graph: Graph) -> tuple[Node, ...]:
    """The nodes through which frames enter."""
    return tuple(node for node in graph if not node.inputs)


def input_node(graph: Graph) -> Node:
    """The node through which frames enter, of a graph with one."""
    (node,) = input_nodes(graph)
    return node
