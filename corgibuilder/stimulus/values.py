"""What the golden model says of frames, at every stream of the hardware."""

from collections.abc import Sequence
from dataclasses import dataclass

from corgibuilder import golden
from corgibuilder.frontend import resized
from corgibuilder.golden import evaluate
from corgibuilder.ir import Network
from corgibuilder.passes import prepared, prepared_outputs
from corgibuilder.plan.layers import Layer, group_layers

from .maps import Frame, Maps


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Maps of each node that a stage reads or gives, and of each output of the network.

    ``streams`` has the channels that the hardware has; ``outputs`` is what the network file says,
    computed without leaving any out.
    """

    streams: dict[str, Maps]
    outputs: dict[str, Maps]

    def entering(self, stage: Layer) -> list[Frame]:
        """What enters a stage in the network."""
        return list(zip(*(self.streams[node] for node in stage.sources), strict=True))


def values_of(network: Network, frames: Sequence[Frame]) -> Values:
    """Values for frames, of one size or of several, with a map for each input in their order."""
    entries = [port.node for port in network.inputs]
    stages = group_layers(prepared(network))
    streams: dict[str, Maps] = {node: [] for s in stages for node in (*s.sources, s.result)}
    nodes = prepared_outputs(network)
    outputs: dict[str, Maps] = {kept: [] for kept in nodes}
    for frame in frames:
        whole = network
        if len(entries) == 1:  # others keep their sizes
            whole = resized(network, frame[0].shape[2], frame[0].shape[1])
        live = prepared(whole)
        entering = {node: x[None] for node, x in zip(entries, frame, strict=True)}
        found = golden.run(whole.graph, entering)
        for kept, maps in outputs.items():
            maps.append(found[nodes[kept]][0])
        if live is not whole:
            found = golden.run(live.graph, entering)
        for node, maps in streams.items():
            maps.append(found[node][0])
    return Values(streams, outputs)


def stage_values(stage: Layer, frames: Sequence[Frame]) -> Maps:
    """What a stage gives for frames that enter it."""
    results = []
    for frame in frames:
        values = [x[None] for x in frame]
        for op in (stage.op, stage.activation):
            values = values if op is None else [evaluate(op, *values)]
        (value,) = values
        results.append(value[0])
    return results
