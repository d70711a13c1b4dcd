"""The integer network while it grows, and how a float chain becomes a node of it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir import (
    Add,
    Clamp,
    Conv,
    Graph,
    Input,
    Ints,
    Node,
    Op,
    Pool,
    PoolKind,
    Port,
    QInt,
    TensorType,
    Window,
)

from .elementwise import Arithmetic, Array, WithConstant
from .grid import powers_of_two
from .inputs import float_input
from .intervals import approximated
from .limits import check_map
from .table import integers_first, tabulated
from .threshold_extraction import ExtractedSteps, directions, extract_steps, too_many
from .value import Step, Value, evaluate


class Builder:
    """Nodes by name, their types, and the notes for the reader of the network."""

    def __init__(self, file: str, names: set[str]) -> None:
        self.file = file
        self.notes: list[str] = []
        self.fixed: dict[str, None] = {}  #: nodes that tie the network to one image size
        self.inputs: list[Port] = []
        self._nodes: dict[str, Node] = {}
        self._types: dict[str, TensorType] = {}
        self._names = names
        self._made: dict[tuple[str, tuple[int, ...], int, bool], tuple[Value, Value]] = {}

    def graph(self) -> Graph:
        return Graph(self._nodes.values())

    def at(self, node: str) -> Origin:
        return Origin(self.file, node)

    def op(self, name: str) -> Op:
        return self._nodes[name].op

    def type(self, name: str) -> TensorType:
        return self._types[name]

    def input_type(self, name: str) -> TensorType:
        """Type of the tensor that ``name`` reads."""
        return self._types[self._nodes[name].inputs[0]]

    def add(self, name: str, op: Op, *inputs: str) -> str:
        """Add a node; a name that is taken gets a number. Returns the name given."""
        given = name
        number = 2
        while given in self._nodes:
            given = f"{name}_{number}"
            number += 1
        self._put(Node(given, op, inputs, self.at(name)))
        return given

    def fresh(self, name: str) -> str:
        """A name that no node of the file has."""
        number = 2
        given = name
        while given in self._names:
            given = f"{name}_{number}"
            number += 1
        self._names.add(given)
        return given

    def _put(self, node: Node) -> None:
        made = node.op.infer(*(self._types[i] for i in node.inputs))
        check_map(made.shape, node.origin)
        self._nodes[node.name] = node
        self._types[node.name] = made

    def change(self, name: str, op: Op) -> None:
        """Exchange the op of a node that no other node reads yet."""
        self._put(replace(self._nodes[name], op=op))

    def rising(self, value: Value, falling: NDArray[np.bool_]) -> Value:
        """The same value with the integers of ``falling`` channels negated, so that they rise."""
        if not falling.any():
            return value
        sign = np.where(falling, -1, 1)
        node = self.multiplied(value, sign, f"{value.node}_negated")
        undo = WithConstant(Arithmetic.MULTIPLY, sign[:, None, None].astype(np.float32))
        grid = value.grid.negated(falling)
        total = value.exact_sum and value.exact_sum.turned(falling)
        chain = (Step(undo, node), *value.chain)
        return replace(value, node=node, grid=grid, chain=chain, exact_sum=total)

    def multiplied(self, value: Value, factors: Ints, name: str) -> str:
        """The node that holds the integers of ``value``, each channel times its factor.

        That is a changed convolution where only ``value`` reads it, or else a new one, ``name``.
        """
        op = self.op(value.node)
        if isinstance(op, Conv) and not value.shared:
            weights = op.weights * factors[:, None, None, None]
            self.change(value.node, replace(op, weights=weights, bias=op.bias * factors))
            return value.node
        scaling = Conv(
            weights=factors[:, None, None, None],
            bias=np.zeros_like(factors),
            window=Window(kernel=(1, 1)),
            groups=len(factors),
        )
        return self.add(self.fresh(name), scaling, value.node)

    def integers(self, value: Value, reader: str, *, uniform: bool = False) -> Value:
        """``value`` with an empty chain: a node of the network holds exactly these numbers.

        ``uniform`` asks a quantiser for one scale for all channels. Raises ``CompileError`` (CB3xx)
        naming the node where the chain does not end on integers times a scale.
        """
        key = (value.node, tuple(map(id, value.chain)), id(value.grid), uniform)
        if key not in self._made:
            made = self._integers(value, reader, uniform=uniform)
            # the value is kept with it, so that the ids in the key stay its own
            self._made[key] = (made, value)
        made, _ = self._made[key]
        return replace(made, dims=value.dims)

    def _integers(self, value: Value, reader: str, *, uniform: bool) -> Value:
        first = integers_first(value.chain, value.map_shape.channels)
        if first:
            start = self.integers(replace(value, chain=value.chain[:first]), reader)
            value = replace(start, chain=value.chain[first:])
        if value.layout is not None:
            value = self._enter(value, reader)
        if value.quantised and self._changes_nothing(value):
            return replace(value, chain=(), shared=True)
        if value.quantised:
            return self._threshold(value, uniform=uniform)
        if value.chain:
            value = self._scaled(value)
        if value.chain:
            value = self._clamp(value, reader)
        return value

    def _scaled(self, value: Value) -> Value:
        """``value`` with the factors that its chain begins with in its grid.

        Powers of two move only the exponent of a float. Integers that fall are negated.
        """
        channels = value.map_shape.channels
        factors, count = np.ones(channels), 0
        for step in value.chain:
            factor = power_of_two(step)
            if factor is None:
                break
            factors, count = factors * np.broadcast_to(np.ravel(factor), channels), count + 1
        if not count or not powers_of_two(np.abs(factors)).all():
            return value
        falling, node = factors < 0, value.node
        if falling.any():
            node = self.multiplied(value, np.where(falling, -1, 1), f"{node}_negated")
        return replace(
            value,
            node=node,
            grid=value.grid.negated(falling).times(np.abs(factors)),
            error=value.error * np.abs(factors),
            chain=value.chain[count:],
            shared=True,
            exact_sum=None,
        )

    def _enter(self, value: Value, reader: str) -> Value:
        """A float input of the file, quantised while frames are converted."""
        at = self.at(value.node)
        if not value.quantised:
            raise CompileError(
                "CB305",
                f"the input is float and reaches '{reader}' without a quantiser",
                at=at,
                help="insert a Quant node after the input, or say which integers enter:"
                " --input-type uint8 --input-scale 0.0078125",
            )
        if any(port.node == value.node for port in self.inputs):
            raise CompileError(
                "CB306",
                "the input is quantised in more than one way",
                at=at,
                help="let all readers of the input share one Quant node",
            )
        unknown = approximated(value.chain)
        if unknown:
            self.notes.append(
                f"the input passes '{unknown.node}', which the file's own executor approximates:"
                " its integers may be rounded either way"
            )
        convert, levels, grid = float_input(value, at)
        error = np.zeros(value.map_shape.channels)
        self.add(value.node, Input(shape=value.map_shape, range=levels))
        self.inputs.append(Port(value.node, value.node, convert.shape, convert))
        return replace(value, grid=grid, error=error, chain=(), layout=None, shared=True)

    def _clamp(self, value: Value, reader: str) -> Value:
        """A chain of ReLUs and clips on the integers themselves."""
        lo, hi = self.type(value.node).range.lo, self.type(value.node).range.hi
        for step in value.chain:
            operation = step.operation
            if (
                not isinstance(operation, WithConstant)
                or operation.function not in _CLIPS
                or operation.other.ndim
            ):
                raise self._no_quantiser(step, reader)
            limit = float(operation.other) / value.grid.scale
            if not (limit == np.rint(limit[0])).all() or (limit[0] and not value.grid.exact):
                raise self._no_quantiser(step, reader)
            if operation.function is Arithmetic.MINIMUM:
                lo, hi = min(lo, int(limit[0])), min(hi, int(limit[0]))
            else:
                lo, hi = max(lo, int(limit[0])), max(hi, int(limit[0]))
        node = self.add(value.chain[-1].node, Clamp(range=QInt(lo, hi)), value.node)
        return replace(value, node=node, chain=(), shared=True, exact_sum=None)

    def _no_quantiser(self, step: Step, reader: str) -> CompileError:
        return CompileError(
            "CB301",
            f"its result is not an integer times a scale, and '{reader}' needs integers",
            at=self.at(step.node),
            help=f"insert a Quant node before '{reader}'",
        )

    def _changes_nothing(self, value: Value) -> bool:
        """Activations that keep their floats when they are quantised once more."""
        kind, op = self.type(value.node), self.op(value.node)
        count = kind.range.hi - kind.range.lo + 1
        summed = isinstance(op, Pool) and op.kind is PoolKind.SUM
        known = not value.error.any() and not approximated(value.chain)
        wide = summed or isinstance(op, Conv | Add | Input)
        if wide or not known or too_many((0, count - 1), value.map_shape.channels):
            return False
        every = np.clip(np.arange(kind.range.lo, kind.range.hi + 1)[:, None], kind.lo, kind.hi)
        floats = value.grid.real(every[:, :, None, None])
        return bool((evaluate(value.chain, floats) == floats).all())

    def _threshold(self, value: Value, *, uniform: bool) -> Value:
        monotone = directions(value.chain, value.map_shape.channels) is not None
        steps: ExtractedSteps = (extract_steps if monotone else tabulated)(
            self, value, uniform=uniform
        )
        last = [step.node for step in value.chain if step.quantises][-1]
        node = self.add(last, steps.op, steps.node)
        if steps.at_risk:
            unknown = approximated(value.chain)
            of = f"'{unknown.node}'" if unknown else f"the sums of '{value.node}'"
            self.notes.append(
                f"{steps.at_risk} of {steps.reachable} {'steps' if monotone else 'entries'} of"
                f" '{last}' lie within float32 rounding of {of}: there the file's own executor may"
                " round either way"
            )
        error = np.zeros(value.map_shape.channels)
        return replace(
            value,
            node=node,
            grid=steps.grid,
            chain=(),
            error=error,
            shared=True,
            exact_sum=None,
        )


def power_of_two(step: Step) -> Array | None:
    """The power of two, or the negative of one, that a step multiplies by; ``None`` if none."""
    operation = step.operation
    if not isinstance(operation, WithConstant) or not powers_of_two(np.abs(operation.other)).all():
        return None
    match operation.function:
        case Arithmetic.MULTIPLY:
            return operation.other.astype(np.float64)
        case Arithmetic.DIVIDE:
            return 1 / operation.other.astype(np.float64)
        case _:
            return None


_CLIPS = (Arithmetic.MINIMUM, Arithmetic.MAXIMUM)
