"""What the hardware can take: sizes of maps, how windows move over them, and which inputs."""

from collections.abc import Iterator

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Graph, Network, Node
from corgibuilder.limits import MAX_SIDE, SIZE_BITS

__all__ = ["MAX_SIDE", "SIZE_BITS", "check_joined", "check_sizes"]


def check_sizes(network: Network) -> None:
    """Raise :class:`CompileError` (CB414) naming the first layer with more than can be counted.

    Padding is smaller than its window. So all rows and columns in the padding, and the one where
    the next window would start, are signed numbers of ``SIZE_BITS + 2`` bits.
    """
    for node in network.graph:
        for what, number in _sizes(network.graph, node):
            if number > MAX_SIDE:
                raise CompileError(
                    "CB414",
                    f"there are {number:,} {what} here, and the hardware counts to {MAX_SIDE:,}",
                    at=node.origin,
                    help="give smaller images, or cut them into parts that each pass as a frame",
                )


def check_joined(network: Network) -> None:
    """Raise :class:`CompileError` (CB434) naming an input that never meets what another one gives.

    Such parts run side by side, each at a pace of its own: there is no frame of the whole.
    """
    graph, first = network.graph, network.inputs[0].node
    met, waiting = {first}, [first]
    while waiting:
        name = waiting.pop()
        near = {*graph[name].inputs, *graph.users(name)} - met
        met |= near
        waiting += near
    for port in network.inputs[1:]:
        if port.node not in met:
            raise CompileError(
                "CB434",
                f"it never meets input '{first}': no layer that an output needs depends on both",
                at=graph[port.node].origin,
                help="make two networks of this file, and build each by itself",
            )


def _sizes(graph: Graph, node: Node) -> Iterator[tuple[str, int]]:
    shape = graph.type(node.name).shape
    yield "columns", shape.width
    yield "rows", shape.height
    window = getattr(node.op, "window", None)
    if window is not None:
        sides = zip(("rows", "columns"), window.kernel, window.stride, strict=True)
        for name, kernel, stride in sides:
            yield f"{name} in a window", kernel
            yield f"{name} from one window to the next", stride
