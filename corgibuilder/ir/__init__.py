"""The integer network: what every other part of corgibuilder talks about."""

from .graph import Graph, Network, Node, Port, input_node, macs
from .grouping import absorbed_activations
from .input_type import InputType
from .ops import (
    Add,
    Argmax,
    Clamp,
    Concat,
    Conv,
    DepthToSpace,
    Input,
    Op,
    Pad,
    Pads,
    Pool,
    PoolKind,
    Table,
    Threshold,
    Upsample,
    Window,
)
from .text import network_text, node_text
from .types import Ints, QInt, Shape, TensorType
from .verify import verify

__all__ = [
    "Add",
    "Argmax",
    "Clamp",
    "Concat",
    "Conv",
    "DepthToSpace",
    "Graph",
    "Input",
    "InputType",
    "Ints",
    "Network",
    "Node",
    "Op",
    "Pad",
    "Pads",
    "Pool",
    "PoolKind",
    "Port",
    "QInt",
    "Shape",
    "Table",
    "TensorType",
    "Threshold",
    "Upsample",
    "Window",
    "absorbed_activations",
    "input_node",
    "macs",
    "network_text",
    "node_text",
    "verify",
]
