"""Operators that join tensors computed at run time: ``Add``, ``Sub`` and ``Concat``."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Add, Concat, Ints
from corgibuilder.limits import MAX_CONCAT

from .elementwise import Arithmetic, WithConstant
from .exact_sum import Addend, ExactSum
from .grid import Doubles, Grid, powers_of_two, stacked
from .linear import MAX_SUM, UNIT
from .linear_form import LinearForm, linear_form
from .value import Step, Value
from .visit import Visit

MAX_DENOMINATOR = 2**14  #: of the ratio of two scales: then it is within 2**-28, below float32
_MINUS_ONE = np.array(-1, np.float32)


def add(visit: Visit) -> Value:
    """``Add`` and ``Sub`` of two tensors: whole multiples of their integers on a common scale."""
    values = tuple(_line(visit, index) for index in range(2))
    if values[0].dims != values[1].dims or values[0].map_shape != values[1].map_shape:
        raise visit.unsupported(
            f"of tensors of shapes {values[0].dims} and {values[1].dims}",
            "let both have the same shape",
        )
    forms = tuple(_form(visit, value) for value in values)
    slopes = np.abs([form.slope for form in forms])
    smaller, larger = slopes.min(axis=0), slopes.max(axis=0)
    if ((smaller > 0) & (larger > smaller * MAX_SUM)).any():
        raise _too_wide(visit)
    return _sum(visit, values, _scaling(forms), forms)


def _too_wide(visit: Visit) -> CompileError:
    return visit.refuse("CB308", "its sums exceed 53 bits", "quantise to fewer bits")


def _line(visit: Visit, index: int) -> Value:
    """An input whose float chain is a straight line that rises, or falls, in all channels."""
    value = visit.value(index)
    if value.layout is not None or linear_form(value, visit.builder.type(value.node)) is None:
        value = visit.builder.integers(value, visit.name)
    if visit.kind == "Sub" and index == 1:
        value = value.then(Step(WithConstant(Arithmetic.MULTIPLY, _MINUS_ONE), visit.name))
    slope = _form(visit, value).slope
    return value if (slope <= 0).all() else visit.builder.rising(value, slope < 0)


def _form(visit: Visit, value: Value) -> LinearForm:
    form = linear_form(value, visit.builder.type(value.node))
    assert form is not None
    if not all(np.isfinite(part).all() for part in (form.slope, form.offset, form.error)):
        raise visit.refuse(
            "CB310", "the floats of its inputs exceed float32", "check the scales before this node"
        )
    return form


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """``sum(slope[k] * q_k) = scale * sum(factors[k] * q_k)``, but for ``error``.

    ``factors`` is int64 ``(2, channels)``, ``scale`` and ``error`` float64 ``(channels,)``.
    ``choices`` are coarser factors, the same for all channels, smallest first.
    """

    factors: Ints
    scale: Doubles
    error: Doubles
    choices: tuple[tuple[int, int], ...]


def _scaling(forms: tuple[LinearForm, ...]) -> Scaling:
    slopes = np.array([form.slope for form in forms])
    magnitudes, place = np.unique(np.abs(slopes), axis=1, return_inverse=True)
    ratios = [_ratios(first, second) for first, second in magnitudes.T]
    factors = np.array([ratios[i][-1] for i in place.ravel()], np.int64).T
    with np.errstate(all="ignore"):
        first, second = np.abs(slopes) / factors
    scale = np.where(factors[0], first, np.where(factors[1], second, 1.0))
    missing = np.abs(np.abs(slopes) - factors * scale) * [form.reach for form in forms]
    return Scaling(
        factors=factors * np.where(slopes < 0, -1, 1),
        scale=scale,
        error=missing.sum(axis=0),
        choices=tuple(ratios[0][:-1]) if len(ratios) == 1 else (),
    )


def _ratios(first: float, second: float) -> list[tuple[int, int]]:
    """Whole factors in the ratio of two scales, from coarse ones to those as fine as float32."""
    if not first or not second:
        return [(int(first > 0), int(second > 0))]
    exact = Fraction(second) / Fraction(first)
    larger = max(exact, 1 / exact)
    found = []
    denominator = 1
    while denominator <= MAX_DENOMINATOR:
        ratio = larger.limit_denominator(denominator)
        found.append((ratio.numerator, ratio.denominator))
        if abs(ratio - larger) <= larger * Fraction(UNIT) / 2:
            break
        denominator *= 2
    pairs = dict.fromkeys(found)
    return [(q, p) if exact >= 1 else (p, q) for p, q in pairs]


def _sum(
    visit: Visit, values: tuple[Value, ...], scaling: Scaling, forms: tuple[LinearForm, ...]
) -> Value:
    builder = visit.builder
    largest = (np.abs(scaling.factors) * [form.reach for form in forms]).sum(axis=0)
    if (largest >= MAX_SUM).any():
        raise _too_wide(visit)
    addends = tuple(Addend(builder.type(v.node), v.grid, v.chain) for v in values)
    nodes, factors = zip(
        *(_scaled(visit, v, f) for v, f in zip(values, scaling.factors, strict=True)), strict=True
    )
    node = builder.add(visit.name, Add(factors=factors), *nodes)
    offset = sum(form.offset for form in forms)
    error = _error(scaling, forms, largest)
    value = replace(
        values[0],
        node=node,
        grid=Grid(scaling.scale),
        error=error,
        chain=(),
        shared=False,
        exact_sum=None,
    )
    if np.any(offset):
        shift = np.asarray(offset, np.float32)[:, None, None]
        value = value.then(Step(WithConstant(Arithmetic.ADD, shift), visit.name))
    if error.any() and not any(v.error.any() for v in values):
        assert len(addends) == 2
        total = ExactSum(node, addends, scaling.factors, scaling.choices, len(value.chain))
        value = replace(value, exact_sum=total)
    return value


def _error(scaling: Scaling, forms: tuple[LinearForm, ...], largest: Doubles) -> Doubles:
    """How far the float sum may lie from ``scale * y + offset``; 0 where both are the same.

    The operands have their errors; the sum, the grid of ``y`` and the offset round once each.
    """
    error = scaling.error + sum(form.error for form in forms)
    whole = powers_of_two(scaling.scale) & (largest < 2**24)
    for form in forms:
        whole &= form.offset == 0
    rounding = 4 * UNIT * sum(form.bound for form in forms)
    result: Doubles = np.where(whole & (error == 0), 0.0, 1.01 * (error + rounding))
    return result


def _scaled(visit: Visit, value: Value, factors: Ints) -> tuple[str, int]:
    """The node to add, and its factor; a layer in front where channels have different ones."""
    if factors[0] and (factors == factors[0]).all():
        return value.node, int(factors[0])
    return visit.builder.multiplied(value, factors, f"{value.node}_scaled"), 1


def concat(visit: Visit) -> Value:
    """``Concat`` along the channels: each channel keeps its own scale."""
    if not all(isinstance(tensor, Value) for tensor in visit.inputs):
        raise visit.unsupported("with a constant", "join tensors that depend on the input only")
    values = [visit.value(index) for index in range(len(visit.inputs))]
    rank = len(values[0].dims) + 1
    if visit.attribute("axis", 1) % rank != 1:
        raise visit.unsupported(
            f"along axis {visit.attribute('axis', 1)}", "join channels, which are axis 1"
        )
    _check_concat(visit, values)
    parts = [visit.builder.integers(value, visit.name) for value in values]
    nodes = [part.node for part in parts]
    while len(nodes) > MAX_CONCAT:
        first = visit.builder.fresh(f"{visit.name}_part")
        nodes[:MAX_CONCAT] = [visit.builder.add(first, Concat(), *nodes[:MAX_CONCAT])]
    node = visit.builder.add(visit.name, Concat(), *nodes)
    map_shape = visit.builder.type(node).shape
    errors = [np.broadcast_to(part.error, part.map_shape.channels) for part in parts]
    return Value(
        node,
        map_shape,
        (sum(part.dims[0] for part in parts), *parts[0].dims[1:]),
        stacked([part.grid for part in parts]),
        np.concatenate(errors),
    )


def _check_concat(visit: Visit, values: list[Value]) -> None:
    """Refuse what is not joined channel by channel: that of vectors is the one of their maps."""
    shapes = ", ".join(str(value.dims) for value in values)
    if len({value.dims[1:] for value in values}) > 1:
        raise visit.unsupported(
            f"of tensors of shapes {shapes}", "join maps with the same rows and columns"
        )
    by_channel = all(value.dims[0] == value.map_shape.channels for value in values)
    vectors = all(len(value.dims) == 1 for value in values)
    maps = {(value.map_shape.height, value.map_shape.width) for value in values}
    if not by_channel and not (vectors and len(maps) == 1):
        map_shapes = ", ".join(str(tuple(value.map_shape)) for value in values)
        raise visit.unsupported(
            f"of tensors of shapes {shapes}, which are maps of shapes {map_shapes} in another"
            " shape,",
            "join maps with the same rows and columns, and change the shape after that",
        )
