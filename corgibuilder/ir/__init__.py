"""The integer network: what every other part of corgibuilder talks about."""

from . import kinds
from .graph import Graph, Network, Node, Port, input_node, input_nodes
from .grouping import absorbed_activations
from .input_type import InputType
from .kinds import *  # noqa: F403  a new kind is listed there, and nowhere else
from .op import Activation, Move, Op, of_kind
from .text import network_text, node_text
from .types import Ints, Mask, QInt, Shape, TensorType
from .verify import verify
from .window import Pads, Window

__all__ = [
    "Activation",
    "Graph",
    "InputType",
    "Ints",
    "Mask",
    "Move",
    "Network",
    "Node",
    "Op",
    "Pads",
    "Port",
    "QInt",
    "Shape",
    "TensorType",
    "Window",
    "absorbed_activations",
    "input_node",
    "input_nodes",
    "network_text",
    "node_text",
    "of_kind",
    "verify",
]
__all__ += kinds.__all__
