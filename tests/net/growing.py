"""A case that grows layer by layer, each drawn for what is known of the values that it reads."""

from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Network, TensorType

from . import random_layers
from .case import Case, Entry, Layer, network_of
from .layers import Operator


@dataclass(frozen=True)
class Growing:
    """A case that is read after each layer, so that the next one suits its ranges."""

    case: Case

    @property
    def last(self) -> str:
        """Name of the layer that came last, or of the first input."""
        return self.case.layers[-1].name if self.case.layers else "input"

    @property
    def names(self) -> list[str]:
        return [*self.case.entries, *(layer.name for layer in self.case.layers)]

    def with_layer(self, kind: str, op: Operator, *after: str) -> "Growing":
        name = f"{kind}{len(self.case.layers)}"
        layers = (*self.case.layers, Layer(name, op, after))
        return Growing(replace(self.case, layers=layers, outputs=(name,)))

    def with_input(self, name: str, shape: tuple[int, int, int], values: str) -> "Growing":
        """With one input more, which no layer reads yet."""
        others = {**self.case.others, name: Entry(shape=shape, values=values)}
        return Growing(replace(self.case, others=others))

    def tried(self, kind: str, op: Operator, *after: str) -> "Growing | None":
        """With a layer more, unless it is refused."""
        grown = self.with_layer(kind, op, *after)
        return grown if grown.type() is not None else None

    def type(self, name: str | None = None) -> TensorType | None:
        """Shape and ranges of the value of a layer, the last one unless it has a name."""
        name = name or self.last
        if name in self.case.entries:
            entry = self.case.entries[name]
            return random_layers.input_type(entry.shape, entry.values)
        network = self._network(name)
        return network.graph.type(network.outputs[0].node) if network is not None else None

    def reach(self, name: str) -> float:
        """Distance of the largest number of a layer that can be read from the smallest one."""
        kind = self.type(name)
        assert kind is not None
        if name in self.case.entries:
            return float(kind.range.hi - kind.range.lo)
        network = self._network(name)
        assert network is not None
        ends = np.stack([np.broadcast_to(e[:, None, None], kind.shape) for e in (kind.lo, kind.hi)])
        return float(np.ptp(network.outputs[0].convert(ends)))

    def _network(self, name: str) -> Network | None:
        try:
            return network_of(replace(self.case, outputs=(name,)))
        except CompileError:
            return None


def grown(rng: np.random.Generator, growing: Growing, source: str) -> Growing:
    """One more engine with what follows it; the same again where nothing that is tried fits."""
    kind = growing.type(source)
    if kind is None:
        return growing
    for _ in range(4):
        name, op = random_layers.engine(rng, kind)
        more = growing.tried(name, op, source)
        if more is not None:
            return _activated(rng, more, op)
    return growing


def _activated(rng: np.random.Generator, growing: Growing, engine: Operator) -> Growing:
    kind = growing.type()
    assert kind is not None
    wide = max(abs(kind.range.lo), kind.range.hi) > 1 << 15
    averaged = type(engine).__name__.endswith(("Average", "AveragePool"))
    if not wide and not averaged and rng.random() < 0.15:
        return growing
    more = growing
    for name, op in random_layers.activation(rng, kind):
        more = more.with_layer(name, op, more.last)
    return more if more.type() is not None else growing
