"""One network of the net with all that is done to it: a file, a target, a plan, frames."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from corgibuilder.frontend import read
from corgibuilder.ir import Graph, Input, Ints, Network, Shape, input_node
from corgibuilder.plan import Target
from corgibuilder.plan.folding import Folding

from ..frontend.models import Model
from .layers import Operator


@dataclass(frozen=True)
class Layer:
    """A named operator on the values of the layers ``after``, among which inputs may be."""

    name: str
    op: Operator
    after: tuple[str, ...] = ("input",)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A further input: the shape of its frames, and values such as UINT4, INT3 or BIPOLAR."""

    shape: tuple[int, int, int]
    values: str


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a plan edited by its user decides.

    ``input_lanes`` by input, ``fifos`` by stage and number of its input.
    """

    input_lanes: Mapping[str, int]
    foldings: Mapping[str, Folding] = field(default_factory=dict)
    fifos: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network, its target, and the frames that are played into its hardware.

    The target's plan is built, or that of ``edit``. ``calm`` frames of the built size come first,
    as fast as they are taken; after them those of ``sizes`` (rows, columns), the last of
    ``stalled`` with stalls on both sides. ``seed`` is that of the values and stalls.

    The first input is called ``input``; ``others`` are there where a layer that is needed reads
    them, by name, and have one size.
    """

    shape: tuple[int, int, int]
    values: str  #: of the input: UINT4, INT3, BIPOLAR, ...
    layers: tuple[Layer, ...]
    outputs: tuple[str, ...]
    target: Target
    edit: Edit | None = None
    calm: int = 4
    sizes: tuple[tuple[int, int], ...] = ()
    stalled: int = 0
    seed: int = 1
    others: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def entries(self) -> dict[str, Entry]:
        """All inputs by name."""
        return {"input": Entry(shape=self.shape, values=self.values), **self.others}

    @property
    def needed(self) -> tuple[Layer, ...]:
        """The layers that an output depends on."""
        wanted, kept = set(self.outputs), []
        for layer in reversed(self.layers):
            if layer.name in wanted:
                wanted.update(layer.after)
                kept.append(layer)
        return tuple(reversed(kept))

    @property
    def frames(self) -> int:
        return self.calm + len(self.sizes)

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)


def model_of(case: Case) -> tuple[Model, dict[str, str]]:
    """The file of a case before it is written, and the tensor of each layer."""
    others = {name: (entry.shape, entry.values) for name, entry in case.others.items()}
    model = Model(case.shape, case.values, others=others)
    tensors = {name: name for name in case.entries}
    for layer in case.needed:
        read = (tensors[name] for name in layer.after)
        tensors[layer.name] = layer.op.add(model, layer.name, *read)
    return model, tensors


def network_of(case: Case) -> Network:
    """The network as the frontend reads it. Raises :class:`CompileError`."""
    model, tensors = model_of(case)
    with tempfile.TemporaryDirectory(prefix="corgibuilder-") as folder:
        return read(model.save(folder, [tensors[name] for name in case.outputs]))


def frames_of(case: Case, network: Network) -> list[tuple[Ints, ...]]:
    """Random frames, a map for each input, and from the second one on some of special values."""
    entries = case.entries
    each_input = []
    for number, port in enumerate(network.inputs):
        op = network.graph[port.node].op
        assert isinstance(op, Input)
        rng = np.random.default_rng([case.seed, number] if number else case.seed)
        bipolar = entries[port.name].values == "BIPOLAR"
        each_input.append(_maps(case, op, rng, bipolar=bipolar, fixed=bool(case.others)))
    return list(zip(*each_input, strict=True))


def _maps(
    case: Case, op: Input, rng: np.random.Generator, *, bipolar: bool, fixed: bool
) -> list[Ints]:
    """Maps for one input, some with the ends of the range only."""
    lo, hi = op.range.lo, op.range.hi
    built = (op.shape.height, op.shape.width)
    sizes = [built] * case.calm + [built if fixed else size for size in case.sizes]
    maps = []
    for number, size in enumerate(sizes):
        shape = (op.shape.channels, *size)
        ends = number % 4 == 1 or bipolar
        drawn = rng.choice([lo, hi], shape) if ends else rng.integers(lo, hi, shape, endpoint=True)
        if number % 4 == 3:
            drawn = np.full(shape, hi if number % 8 == 3 else lo)
        maps.append(drawn.astype(np.int64))
    return maps


def graph_of_size(network: Network, height: int, width: int) -> Graph:
    """The graph for maps of another size; that of a network with several inputs stays."""
    if len(network.inputs) > 1:
        return network.graph
    node = input_node(network.graph)
    assert isinstance(node.op, Input)
    shape = Shape(node.op.shape.channels, height, width)
    return network.graph.replaced({node.name: replace(node, op=replace(node.op, shape=shape))})
