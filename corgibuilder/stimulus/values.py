"""What the golden model says of frames, at every stream of the hardware."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corgibuilder import golden
from corgibuilder.frontend import resized
from corgibuilder.golden import evaluate
from corgibuilder.ir import Network
from corgibuilder.passes import prepared, prepared_outputs
from corgibuilder.plan.layers import Layer, group_layers

Frames = list[NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Frames of each node that a stage reads or gives, and of each output of the network.

    ``streams`` has the channels that the hardware has; ``outputs`` is what the network file says,
    computed without leaving any out, by the node that gives them in hardware.
    """

    streams: dict[str, Frames]
    outputs: dict[str, Frames]


def values_of(network: Network, frames: Sequence[NDArray[np.int64]]) -> Values:
    """Values for frames ``(channels, height, width)``, of one size or of several."""
    stages = group_layers(prepared(network))
    streams: dict[str, Frames] = {node: [] for s in stages for node in (s.sources[0], s.result)}
    nodes = prepared_outputs(network)
    outputs: dict[str, Frames] = {kept: [] for kept in nodes}
    for frame in frames:
        whole = resized(network, frame.shape[2], frame.shape[1])
        live = prepared(whole)
        found = golden.run(whole.graph, frame[None])
        for kept, maps in outputs.items():
            maps.append(found[nodes[kept]][0])
        if live is not whole:
            found = golden.run(live.graph, frame[None])
        for node, maps in streams.items():
            maps.append(found[node][0])
    return Values(streams, outputs)


def stage_values(stage: Layer, frames: Frames) -> Frames:
    """What a stage gives for frames that enter it."""
    results = []
    for frame in frames:
        value = frame[None]
        for op in (stage.op, stage.activation):
            value = value if op is None else evaluate(op, value)
        results.append(value[0])
    return results
