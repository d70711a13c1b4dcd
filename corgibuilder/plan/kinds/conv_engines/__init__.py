"""The engines of convolutions. What is known of one is said in its own file."""

from corgibuilder.plan.folding import Engine

from .adder_graph import PlannedAdderGraph
from .conv_engine import ConvEngine
from .mac_array import PlannedMacArray

#: By the decision of the plan, in the order in which they are tried.
CONV_ENGINES: dict[Engine, ConvEngine] = {
    Engine.MAC_ARRAY: PlannedMacArray(),
    Engine.ADDER_GRAPH: PlannedAdderGraph(),
}

__all__ = ["CONV_ENGINES", "ConvEngine"]
