"""Small random graphs of every op, with forks and joins."""

import numpy as np

from corgibuilder.ir import (
    Add,
    Argmax,
    Concat,
    Conv,
    Input,
    Pool,
    Shape,
    Table,
)

from .kinds import random_move
from .random_networks import random_layer, random_steps
from .toys import network

MAX_PIXELS = 400
MAX_ENTRIES = 3000


def random_table(rng, kind):
    """A table, of one row or of one for each channel, that may hold more than can occur."""
    rows = int(rng.choice([1, kind.shape.channels]))
    below, above = (int(n) for n in rng.integers(0, 3, 2))
    count = kind.range.hi - kind.range.lo + 1 + below + above
    reach = int(rng.choice([1, 7, 127, 1000]))
    values = rng.integers(-reach, reach + 1, (rows, count))
    if rng.random() < 0.3:
        values.sort(axis=1)
    return Table(values=values, lo=kind.range.lo - below)


def random_join(rng, graph, source):
    """Add or Concat of ``source`` and others of its size, itself if need be, and their names."""
    shape = graph.type(source).shape
    count = int(rng.integers(1, 4))
    if rng.random() < 0.5:
        alike = [node.name for node in graph if graph.type(node.name).shape == shape]
        factors = rng.choice([-40, -3, -1, 1, 1, 1, 2, 300], count + 1)
        op = Add(factors=tuple(int(factor) for factor in factors))
    else:
        shapes = {node.name: graph.type(node.name).shape for node in graph}
        alike = [name for name, other in shapes.items() if tuple(other)[1:] == tuple(shape)[1:]]
        op = Concat()
    names = [source, *(str(name) for name in rng.choice(alike, count))]
    return op, tuple(names[i] for i in rng.permutation(len(names)))


def random_graph(seed, entry, reach, count=12):
    """Layers that read any of those before, the last more often; what nobody reads is an output."""
    rng = np.random.default_rng(seed)
    size = (int(n) for n in rng.integers(1, 10, 3))
    layers = [("in", Input(shape=Shape(*size), range=entry), ())]
    for number in range(count):
        graph = network(layers, [layers[-1][0]]).graph
        names = [name for name, _, _ in layers]
        last = isinstance(layers[-1][1], Conv | Pool | Add) or rng.random() < 0.5
        source = names[-1] if last else names[int(rng.integers(len(names)))]
        layers.append((f"l{number}", *_random_op(rng, graph, source, reach)))
    layers.append(("top", Argmax(), (layers[-1][0],)))
    read = {name for _, _, sources in layers for name in sources}
    outputs = [name for name, _, _ in layers if name not in read or rng.random() < 0.1]
    return network(layers, outputs)


def _random_op(rng, graph, source, reach):
    kind = graph.type(source)
    if max(abs(kind.range.lo), kind.range.hi) > 2**24:
        return random_steps(rng, kind, 15, -7), (source,)
    pick = rng.choice(["layer", "layer", "steps", "table", "table", "move", "join", "join"])
    if pick == "join" and kind.shape.channels < 64:
        return random_join(rng, graph, source)
    if pick == "table" and kind.range.hi - kind.range.lo < MAX_ENTRIES:
        return random_table(rng, kind), (source,)
    if pick == "steps":
        return random_steps(rng, kind, int(rng.choice([3, 15, 100])), -1), (source,)
    move = random_move(rng, kind, MAX_PIXELS) if pick == "move" else None
    return move or random_layer(rng, kind, reach), (source,)
