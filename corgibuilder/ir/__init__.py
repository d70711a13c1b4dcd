"""The integer network: what every other part of corgibuilder talks about."""

from .graph import Graph, Network, Node, Port, input_node, macs
from .ops import Argmax, Clamp, Conv, Input, Op, Pads, Pool, PoolKind, Threshold, Window
from .types import Ints, QInt, Shape, TensorType

__all__ = [
    "Argmax",
    "Clamp",
    "Conv",
    "Graph",
    "Input",
    "Ints",
    "Network",
    "Node",
    "Op",
    "Pads",
    "Pool",
    "PoolKind",
    "Port",
    "QInt",
    "Shape",
    "TensorType",
    "Threshold",
    "Window",
    "input_node",
    "macs",
]
