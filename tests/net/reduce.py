"""Reduces a case that fails to a small one that fails in the same way."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.plan import Target

from .build import planned
from .case import Case, Edit, Layer, network_of
from .fit import fitted
from .layers import (
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    MaxPool,
    MultiThreshold,
    Operator,
    Relu,
)
from .moves import Moving, less

Fails = Callable[[Case], bool]
SECONDS = 120.0  #: that a reduction may take


def reduced(case: Case, fails: Fails, *, seconds: float = SECONDS) -> Case:
    """The smallest case found within ``seconds`` for which ``fails`` still holds."""
    until = time.monotonic() + seconds
    smaller: Case | None = case
    while smaller is not None:
        case = smaller
        smaller = _smaller(case, fails, until)
    return case


def _smaller(case: Case, fails: Fails, until: float) -> Case | None:
    """The first simpler case that fails as well; ``None`` if there is none, or no time."""
    for candidate in candidates(case):
        if time.monotonic() > until:
            return None
        try:
            candidate = fitted(candidate)
        except ValueError:
            continue
        if fails(candidate):
            return candidate
    return None


def candidates(case: Case) -> Iterator[Case]:
    """Simpler cases, those first that leave out most."""
    yield from _fewer_layers(case)
    yield from _fewer_frames(case)
    yield from _simpler_plans(case)
    yield from _smaller_maps(case)
    for layer in case.layers:
        for op in _simpler(layer.op):
            yield _with_op(case, layer, op)
    yield from _simpler_values(case)


def _with_op(case: Case, layer: Layer, op: Operator) -> Case:
    layers = (replace(k, op=op) if k is layer else k for k in case.layers)
    return replace(case, layers=tuple(layers))


def _fewer_layers(case: Case) -> Iterator[Case]:
    for layer in case.layers:
        if len(case.outputs) > 1 or layer.name not in case.outputs:
            yield replace(case, outputs=(layer.name,))
    for layer in case.layers[:-1]:
        try:
            yield _behind(case, layer.name)
        except (CompileError, StopIteration):
            continue
    for layer in case.layers:
        for kept in dict.fromkeys(layer.after):
            yield _without(case, layer, kept)
    for output in case.outputs if len(case.outputs) > 1 else ():
        yield replace(case, outputs=tuple(name for name in case.outputs if name != output))


def _without(case: Case, gone: Layer, kept: str) -> Case:
    """Who reads the layer reads one of those that it reads."""
    layers = [
        replace(layer, after=tuple(kept if name == gone.name else name for name in layer.after))
        for layer in case.layers
        if layer is not gone
    ]
    outputs = [kept if name == gone.name else name for name in case.outputs]
    named = tuple(dict.fromkeys(name for name in outputs if name not in case.entries))
    return replace(case, layers=tuple(layers), outputs=named)


def _behind(case: Case, first: str) -> Case:
    """What depends on a layer and on nothing else, with that layer as the input."""
    network = network_of(replace(case, outputs=(first,)))
    kind = network.graph.type(network.outputs[0].node)
    held = kind.range.plain
    values = f"{'INT' if held.signed else 'UINT'}{min(held.width, 16)}"
    kept: list[Layer] = []
    for layer in case.layers:
        names = {first: "input"} | {k.name: k.name for k in kept}
        if all(name in names for name in layer.after):
            kept.append(replace(layer, after=tuple(names[name] for name in layer.after)))
    if not kept:
        raise StopIteration
    read = {layer.name for layer in kept}
    outputs = tuple(name for name in case.outputs if name in read) or (kept[-1].name,)
    shape = (kind.shape.channels, kind.shape.height, kind.shape.width)
    case = replace(case, layers=tuple(kept), outputs=outputs, sizes=(), stalled=0)
    return replace(case, shape=shape, values=values)


def _fewer_frames(case: Case) -> Iterator[Case]:
    if case.stalled:
        yield replace(case, stalled=0)
    if case.sizes:
        yield replace(case, sizes=(), stalled=0)
        for part in (case.sizes[: len(case.sizes) // 2], case.sizes[len(case.sizes) // 2 :]):
            if part and len(part) < len(case.sizes):
                yield replace(case, sizes=part, stalled=min(case.stalled, len(part)))
        for k in range(len(case.sizes)):
            sizes = (*case.sizes[:k], *case.sizes[k + 1 :])
            yield replace(case, sizes=sizes, stalled=min(case.stalled, len(sizes)))
    for calm in sorted({0, 1, case.calm // 2, case.calm - 1}):
        if 0 <= calm < case.calm and calm + len(case.sizes):
            yield replace(case, calm=calm)


def _simpler_plans(case: Case) -> Iterator[Case]:
    if case.edit is not None:
        yield from _simpler_edits(case, case.edit)
        return
    plain = Target(fps=Fraction(1), clock_hz=case.target.budget)
    if case.target.headroom is not None:
        yield replace(case, target=replace(plain, clock_hz=_planned_cycles(case)))
    if case.target != plain:
        yield replace(case, target=plain)
        yield replace(case, target=replace(case.target, headroom=None))
    cycles = _planned_cycles(case)
    if cycles != case.target.budget:
        yield replace(case, target=replace(plain, clock_hz=cycles))


def _planned_cycles(case: Case) -> int:
    try:
        return planned(case, network_of(case))[1].cycles_per_frame
    except CompileError:
        return case.target.budget


def _simpler_edits(case: Case, edit: Edit) -> Iterator[Case]:
    target = Target(fps=Fraction(1), clock_hz=_planned_cycles(case))
    yield replace(case, edit=None, target=target)
    names = {layer.name for layer in case.layers}
    kept = {name: folding for name, folding in edit.foldings.items() if name in names}
    if kept.keys() != edit.foldings.keys():
        fifos = {place: words for place, words in edit.fifos.items() if place[0] in names}
        yield replace(case, edit=replace(edit, foldings=kept, fifos=fifos))
    for name, lanes in edit.input_lanes.items():
        for fewer in sorted({1, min(case.entries[name].shape[0], lanes)} - {lanes}):
            less = {**edit.input_lanes, name: fewer}
            yield replace(case, edit=replace(edit, input_lanes=less))
    for place, words in edit.fifos.items():
        if words:
            yield replace(case, edit=replace(edit, fifos={**edit.fifos, place: 0}))
    least = {
        "pixels": 1,
        "capacity": 0,
        "groups_per_word": 1,
        "adder_levels": 0,
        "weight_register": False,
        "single_port": False,
        "outputs": 1,
        "inputs": 1,
        "lanes": 1,
    }
    for name, folding in edit.foldings.items():
        for field, value in least.items():
            if getattr(folding, field) != value:
                simpler = {**edit.foldings, name: replace(folding, **{field: value})}
                yield replace(case, edit=replace(edit, foldings=simpler))


def _smaller_maps(case: Case) -> Iterator[Case]:
    for axis in range(3):
        for size in less(case.shape[axis]):
            shape = (*case.shape[:axis], size, *case.shape[axis + 1 :])
            yield replace(case, shape=shape)
    for k, size in enumerate(case.sizes):
        for axis in range(2):
            for fewer in less(size[axis]):
                small = (fewer, size[1]) if axis == 0 else (size[0], fewer)
                yield replace(case, sizes=(*case.sizes[:k], small, *case.sizes[k + 1 :]))


def _simpler(op: Operator) -> Iterator[Operator]:
    match op:
        case Conv():
            yield from _simpler_conv(op)
        case Dense():
            weights = np.asarray(op.weights)
            for outputs in less(weights.shape[1]):
                bias = None if op.bias is None else np.asarray(op.bias)[:outputs]
                yield replace(op, weights=weights[:, :outputs], bias=bias)
        case MaxPool() | AveragePool():
            yield from _simpler_window(op)
            for axis in range(2):
                for size in less(op.kernel[axis]):
                    kernel = (size, op.kernel[1]) if axis == 0 else (op.kernel[0], size)
                    yield replace(op, kernel=kernel)
        case MultiThreshold():
            steps = np.asarray(op.steps)
            for count in less(steps.shape[1]):
                yield replace(op, steps=steps[:, :count])
            if op.out_scale != 1 or op.out_bias:
                yield replace(op, out_scale=1.0, out_bias=0.0)
        case BatchNorm():
            yield Relu()
        case Moving():
            yield from op.simpler()


def _simpler_conv(op: Conv) -> Iterator[Operator]:
    weights = np.asarray(op.weights)
    if op.group == 1 or op.shape[:2] != (op.group, 1):
        for outputs in less(len(weights), op.group):
            yield _of_outputs(op, slice(0, outputs // op.group * op.group))
            if op.group == 1:
                yield _of_outputs(op, slice(len(weights) - outputs, None))
    yield from _simpler_window(op)
    for axis in range(2):
        for size in less(weights.shape[2 + axis]):
            yield replace(op, weights=weights.take(np.arange(size), axis=2 + axis))
    if op.dilations != (1, 1):
        yield replace(op, dilations=(1, 1))
    if op.bias is not None:
        yield replace(op, bias=None)
    if op.scale is not None:
        yield replace(op, scale=None)
    if (weights != 1).any():
        yield replace(op, weights=np.ones_like(weights))
    if np.abs(weights).max() > 1:
        yield replace(op, weights=weights.clip(-1, 1))


def _of_outputs(op: Conv, kept: slice) -> Conv:
    bias = None if op.bias is None else np.asarray(op.bias)[kept]
    scale = None if op.scale is None else np.asarray(op.scale)[kept]
    return replace(op, weights=np.asarray(op.weights)[kept], bias=bias, scale=scale)


def _simpler_window(op: Conv | MaxPool | AveragePool) -> Iterator[Operator]:
    if any(op.pads):
        yield replace(op, pads=(0, 0, 0, 0))
    for side in range(4):
        for pad in less(op.pads[side], 0):
            yield replace(op, pads=(*op.pads[:side], pad, *op.pads[side + 1 :]))
    for axis in range(2):
        for stride in less(op.stride[axis]):
            yield replace(
                op, stride=(stride, op.stride[1]) if axis == 0 else (op.stride[0], stride)
            )


def _simpler_values(case: Case) -> Iterator[Case]:
    if case.values == "BIPOLAR":
        yield replace(case, values="INT2")
        return
    kind, bits = case.values.rstrip("0123456789"), int(case.values.lstrip("UINT"))
    for fewer in less(bits, 1 if kind == "UINT" else 2):
        yield replace(case, values=f"{kind}{fewer}")
    if kind == "INT":
        yield replace(case, values=f"UINT{bits}")
