"""``ScalingFixedPoint``: accumulators to activations as in the NeuroCorgi chip, in integers."""

from dataclasses import dataclass, replace

import numpy as np

from corgibuilder.ir import Ints, TensorType, Threshold

from .elementwise import Arithmetic
from .grid import Grid
from .threshold_extraction import MAX_LEVELS, too_many
from .value import Step, Value
from .visit import Visit

MODE = "Symmetric"  #: the one mode whose arithmetic is known
MAX_BITS = 16
MAX_FRACTION = 32
MAX_WHOLE = 2**53


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedPoint:
    """``y = (v * scaling + half) >> fraction`` with ``v = min(max(acc, 0), clipping)``.

    ``half`` is ``2**(fraction - 1)`` and ``y`` saturates to ``0..2**bits - 1``. ``scaling`` is not
    negative; like ``clipping`` it is int64 ``(channels,)``.
    """

    scaling: Ints
    clipping: Ints
    fraction: int
    bits: int

    def threshold(self, acc: TensorType) -> Threshold:
        """The same function as steps: ``y >= k`` where ``v * scaling >= (k << fraction) - half``.

        As ``half`` is below one step, ``y >= 1`` needs a positive ``v``: the steps include the
        ReLU. Those beyond ``clipping`` are out of reach.
        """
        half = 1 << self.fraction >> 1
        needs = (np.arange(1, 2**self.bits) << self.fraction) - half
        first = -(-needs // np.maximum(self.scaling, 1)[:, None])
        reached = (self.scaling > 0)[:, None] & (first <= self.clipping[:, None])
        beyond = acc.hi[:, None] + 1
        steps = np.where(reached, first.clip(acc.lo[:, None], beyond), beyond)
        return Threshold(steps=steps.astype(np.int64), base=0)


def scaling_fixed_point(visit: Visit) -> Value:
    """``ScalingFixedPoint`` (x, scaling, clipping), exactly: no float lies in between.

    See :class:`FixedPoint`. ``fraction`` is the attribute ``fractionnal_bits`` [sic].
    """
    mode = visit.attribute("mode", MODE)
    if mode != MODE:
        raise visit.unsupported(f"with mode {mode}", f"export it with mode {MODE}")
    fraction = _bits(visit, "fractionnal_bits", 0, MAX_FRACTION)
    bits = _bits(visit, "quant_bits", 1, MAX_BITS)
    value = _accumulators(visit)
    scaling, clipping = _whole(visit, value, 1), _whole(visit, value, 2)
    if (scaling < 0).any():
        raise visit.refuse("CB106", "its scaling is negative", "export the file again")
    form = FixedPoint(scaling=scaling, clipping=clipping, fraction=fraction, bits=bits)
    return requantised(visit, value, form, Grid(np.ones(value.map_shape.channels)))


def requantised(visit: Visit, value: Value, form: FixedPoint, grid: Grid) -> Value:
    """``form`` of the integers of ``value``'s node; the results lie on ``grid``."""
    if too_many((0, 2**form.bits - 1), value.map_shape.channels):
        raise visit.refuse(
            "CB303",
            f"it has {2**form.bits} levels in each of {value.map_shape.channels} channels",
            f"quantise to fewer bits than {MAX_LEVELS.bit_length() - 1}",
        )
    op = form.threshold(visit.builder.type(value.node))
    node = visit.builder.add(visit.name, op, value.node)
    error = np.zeros(value.map_shape.channels)
    return replace(value, node=node, grid=grid, chain=(), error=error, shared=True, exact_sum=None)


def _accumulators(visit: Visit) -> Value:
    """Input 0 as whole numbers; a ReLU before it is part of its own steps."""
    value = visit.value()
    if all(_is_relu(step) for step in value.chain):
        value = replace(value, chain=())
    value = visit.builder.integers(value, visit.name)
    if not value.grid.exact or (value.grid.scale != 1).any():
        raise visit.unsupported(
            "of values that are not whole numbers", "give the layer before it integer weights"
        )
    return value


def _is_relu(step: Step) -> bool:
    operation = step.operation
    relu = getattr(operation, "function", None) is Arithmetic.MAXIMUM
    return relu and not any(parameter.any() for parameter in operation.parameters)


def _bits(visit: Visit, name: str, least: int, most: int) -> int:
    if name not in visit.attributes:
        raise visit.refuse("CB107", f"attribute '{name}' is missing", "export the file again")
    bits: int = visit.attribute(name, 0)
    if not least <= bits <= most:
        raise visit.unsupported(f"with {name} {bits}", f"use {least} to {most}")
    return bits


def _whole(visit: Visit, value: Value, index: int) -> Ints:
    """Whole numbers, one for each channel."""
    array = visit.channelwise(value, visit.const(index).array).ravel().astype(np.float64)
    if (array != np.rint(array)).any() or (np.abs(array) >= MAX_WHOLE).any():
        raise visit.refuse(
            "CB106", f"its input {index} holds numbers that are not whole", "export the file again"
        )
    return np.broadcast_to(array.astype(np.int64), value.map_shape.channels)
