"""A random case for every number: see :func:`generate`."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Graph, Network
from corgibuilder.plan import Target
from corgibuilder.plan.kinds import FoldedStage
from corgibuilder.plan.kinds.conv import ConvStage
from corgibuilder.plan.pipeline import Pipeline

from . import random_layers
from .branches import branched, entering
from .build import CRASHES, planned
from .case import Case, graph_of_size, network_of
from .edits import random_edit
from .growing import Growing, grown
from .layers import ArgMax
from .random_moves import moved
from .seeds import Kind

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 19, 23, 29, 31, 32)
CHANNELS = (1, 1, 2, 3, 3, 4, 5, 6, 7, 8, 11, 13)
MOST_LAYERS = 6  #: that have a window or weights
MOST_PARTS = 2  #: of a graph: layers as above, or branches that meet
MOST_VALUES = 4096  #: of the input
MOST_CYCLES = 2500  #: of a frame, so that a case takes seconds
MOST_TOTAL = 12_000  #: of the calm frames, if fewer are enough to measure the interval
MEASURED = 3  #: frames that the interval takes once the pipeline is full
MOST_MULTIPLIERS = 400  #: and bits of windows in registers: what takes long to emit
MOST_WINDOW_BITS = 6000
CLOCK = 50_000_000
BEYOND = 0.08  #: share of frame rates that may be beyond the possible


def generate(seed: int, kind: Kind = Kind.CHAIN) -> Case:
    """The case of a number: a network, a target or an edited plan, and frames.

    Some are refused: what is asked for is beyond the
    possible, or nothing of a map is left.
    """
    rng = np.random.default_rng(seed)
    case = {Kind.CHAIN: _chain, Kind.GRAPH: _graph, Kind.INPUTS: _inputs}[kind](rng)
    case = replace(case, seed=int(rng.integers(1, 1 << 16)))
    try:
        network = network_of(case)
    except CompileError:
        return case
    try:
        return _frames(rng, _decisions(rng, case, network), network)
    except CRASHES:  # for the comparison to find
        return replace(case, target=_budget(MOST_CYCLES))


def _empty(rng: np.random.Generator) -> Growing:
    case = Case(
        shape=_shape(rng),
        values=_values(rng),
        layers=(),
        outputs=(),
        target=Target(fps=Fraction(1), clock_hz=1),
    )
    return Growing(case)


def _chain(rng: np.random.Generator) -> Case:
    """Layers one after the other, each drawn for what is known of the value that it reads."""
    growing = _empty(rng)
    for _ in range(int(rng.integers(1, MOST_LAYERS + 1))):
        growing = grown(rng, growing, _source(rng, growing, 0.85))
    if not growing.case.layers:
        growing = growing.with_layer("relu", random_layers.Relu(), "input")
    if rng.random() < 0.1:
        growing = growing.tried("argmax", ArgMax(), growing.last) or growing
    return _with_outputs(rng, growing.case)


def _graph(rng: np.random.Generator) -> Case:
    """Layers with branches between some of them."""
    growing = _empty(rng)
    while not has_joins(growing.case):
        growing = _empty(rng)
        for _ in range(int(rng.integers(1, MOST_PARTS + 1))):
            part = (branched, moved, grown)[int(rng.choice([0, 0, 1, 2]))]
            growing = part(rng, growing, _source(rng, growing, 0.9))
    return _with_outputs(rng, growing.case)


def _inputs(rng: np.random.Generator) -> Case:
    """Two or three inputs whose branches meet, and layers before and after."""
    growing = _empty(rng)
    while not has_joins(growing.case):
        growing = entering(rng, _empty(rng))
        for _ in range(int(rng.integers(0, MOST_PARTS + 1))):
            part = (branched, moved, grown)[int(rng.choice([0, 1, 2, 2]))]
            growing = part(rng, growing, _source(rng, growing, 0.8))
    case = _with_outputs(rng, growing.case)
    read = {name for layer in case.layers for name in layer.after}
    return replace(case, others={k: entry for k, entry in case.others.items() if k in read})


def has_joins(case: Case) -> bool:
    return any(len(layer.after) > 1 for layer in case.layers)


def _source(rng: np.random.Generator, growing: Growing, last: float) -> str:
    """What comes last, so often; or anything."""
    return growing.last if rng.random() < last else str(rng.choice(growing.names))


def _shape(rng: np.random.Generator) -> tuple[int, int, int]:
    channels = int(rng.choice(CHANNELS))
    height, width = (int(n) for n in rng.choice(SIZES, 2))
    match int(rng.integers(0, 10)):
        case 0:
            height = width = 1
        case 1:
            height = 1
        case 2:
            width = 1
        case 3 | 4 | 5 | 6:  # small ones, where edges are everywhere
            height, width = (int(n) for n in rng.integers(1, 12, 2))
    while channels * height * width > MOST_VALUES:
        channels = max(1, channels // 2)
        height, width = max(1, height * 3 // 4), max(1, width * 3 // 4)
    return channels, height, width


def _values(rng: np.random.Generator) -> str:
    if rng.random() < 0.08:
        return "BIPOLAR"
    bits = int(rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 8, rng.integers(9, 17)]))
    return f"UINT{bits}" if bits == 1 or rng.random() < 0.6 else f"INT{bits}"


def _with_outputs(rng: np.random.Generator, case: Case) -> Case:
    """Everything that no one reads is an output, and some of the rest are taps."""
    read = {name for layer in case.layers for name in layer.after}
    names = [layer.name for layer in case.layers]
    outputs = [name for name in names if name not in read]
    for name in names:
        if name in read and rng.random() < 0.15:
            tapped = replace(case, outputs=(name, *outputs))
            if _readable(tapped):
                outputs.insert(0, name)
    return replace(case, outputs=tuple(outputs))


def _readable(case: Case) -> bool:
    try:
        network_of(case)
    except CompileError:
        return False
    return True


def _decisions(rng: np.random.Generator, case: Case, network: Network) -> Case:
    """With a target or an edited plan that is neither too slow nor too large to simulate."""
    if rng.random() < 0.25:
        try:
            edit = random_edit(rng, network, MOST_CYCLES)
        except CompileError:  # the network computes nothing
            edit = None
        return replace(case, edit=edit, target=_budget(MOST_CYCLES))
    cycles = int(np.exp(rng.uniform(0, np.log(4 * MOST_CYCLES))))
    slow = rng.random() < 0.1
    target = Target(fps=Fraction(1), clock_hz=CLOCK) if slow else _budget(cycles)
    if rng.random() < 0.1:
        target = replace(target, headroom=int(rng.choice([1, 1, 1, 2, 3, 4])))
    case = replace(case, target=target)
    if rng.random() > BEYOND:
        case = _possible(case, network)
    if case.target.headroom is None and rng.random() < 0.15:
        case = replace(case, target=_with_latency(rng, case, network))
    return _affordable(case, network)


def _possible(case: Case, network: Network) -> Case:
    """With a frame rate that is within the possible."""
    for _ in range(16):
        try:
            planned(case, network)
        except CompileError as refused:
            if refused.code == "CB405":  # it computes nothing, at any rate
                break
            cycles = 2 * case.target.budget_for(network.input_shape)
            case = replace(case, target=_budget(cycles))
        else:
            return case
    return case


def _budget(cycles: int) -> Target:
    return Target(fps=Fraction(1), clock_hz=cycles)


def _with_latency(rng: np.random.Generator, case: Case, network: Network) -> Target:
    """A part of the latency that the plan has without being asked."""
    try:
        _, plan = planned(case, network)
    except CompileError:
        return case.target
    wanted = int(plan.latency_first * rng.uniform(0.4, 1.1)) + 1
    return replace(case.target, latency=Fraction(wanted, case.target.clock_hz))


def _affordable(case: Case, network: Network) -> Case:
    """With another frame rate where the plan would take too long to emit or to simulate."""
    for _ in range(12):
        try:
            pipeline, plan = planned(case, network)
        except CompileError:
            return case
        slow, large = plan.cycles_per_frame > MOST_CYCLES, _large(pipeline)
        if slow == large:  # neither, or both, which no frame rate mends
            return case
        budget = case.target.budget_for(network.input_shape)
        cycles = min(MOST_CYCLES, budget // 2) if slow else budget * 3
        case = replace(case, target=_budget(max(1, cycles)))
    return case


def _large(pipeline: Pipeline) -> bool:
    window_bits = sum(_window_bits(stage.folded) for stage in pipeline.stages)
    return pipeline.multipliers > MOST_MULTIPLIERS or window_bits > MOST_WINDOW_BITS


def _window_bits(stage: FoldedStage) -> int:
    if not isinstance(stage, ConvStage) or not stage.has_whole_windows:
        return 0
    return stage.taps * stage.layer.x.shape.channels * stage.layer.x.range.width


def _frames(rng: np.random.Generator, case: Case, network: Network) -> Case:
    """Calm frames until the pace is steady, then some of other sizes, the last of them stalled."""
    try:
        pipeline, plan = planned(case, network)
    except CompileError:
        return case
    filled = -(-plan.latency_frame // plan.cycles_per_frame)
    least = MEASURED + max(filled, plan.warm_up_frames)
    steady = 4 + max(2 * filled, plan.warm_up_frames)
    calm = max(least, min(steady, MOST_TOTAL // plan.cycles_per_frame, 40))
    shape = network.input_shape
    size = (shape.height, shape.width)
    sizes = [size] * 3
    if pipeline.resizable:
        sizes = [_size(rng, network, size) for _ in range(6)]
    return replace(case, calm=calm, sizes=tuple(sizes), stalled=len(sizes) - len(sizes) // 3)


def _size(rng: np.random.Generator, network: Network, largest: tuple[int, int]) -> tuple[int, int]:
    """A size up to the largest of which every layer leaves something; that one now and then."""
    for _ in range(8):
        size = tuple(int(rng.integers(1, n + 1)) for n in largest)
        graph = graph_of_size(network, *size)
        if _fits(graph) and rng.random() < 0.9:
            return size[0], size[1]
    return largest


def _fits(graph: Graph) -> bool:
    """Whether something is left of every map, and the maps that meet are of one size."""
    shapes = {node.name: graph.type(node.name).shape for node in graph}
    meet = ({tuple(shapes[name])[1:] for name in node.inputs} for node in graph)
    return all(min(shape) > 0 for shape in shapes.values()) and all(len(s) < 2 for s in meet)
