"""Two functions of the same integers, joined: ``Mul(x, Sigmoid(x))`` is one function of ``x``."""

from dataclasses import dataclass, replace

import numpy as np

from .elementwise import FUNCTIONS, Arithmetic, Array, WithConstant
from .value import Step, Tensor, Value, evaluate


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """``join(left(x), right(x))``."""

    join: Arithmetic
    left: tuple[Step, ...]
    right: tuple[Step, ...]

    @property
    def parameters(self) -> tuple[Array, ...]:
        steps = (*self.left, *self.right)
        return tuple(p for step in steps for p in step.operation.parameters)

    @property
    def direction(self) -> None:
        return None

    def __call__(self, x: Array) -> Array:
        return FUNCTIONS[self.join](evaluate(self.left, x), evaluate(self.right, x))


def of_one_value(inputs: tuple[Tensor | None, ...]) -> bool:
    """Whether two tensors are functions of the same integers, position by position."""
    if len(inputs) != 2:
        return False
    left, right = inputs
    if not isinstance(left, Value) or not isinstance(right, Value):
        return False
    same_place = (left.node, left.dims, left.layout) == (right.node, right.dims, right.layout)
    return same_place and (_same_grid(left, right) or (left.grid.exact and right.grid.exact))


def combined(left: Value, right: Value, join: Arithmetic, node: str) -> Value:
    """Two tensors that are :func:`of_one_value`, joined by ``node`` to one more function of it."""
    if join is Arithmetic.ADD and left.grid is right.grid and left.chain == right.chain:
        twice = WithConstant(Arithmetic.MULTIPLY, np.array(2, np.float32))
        return left.then(Step(twice, node))  # x + x, of which nothing is rounded
    others = right.chain
    if not _same_grid(left, right):
        ratio = (right.grid.scale / left.grid.scale).astype(np.float32)[:, None, None]
        others = (Step(WithConstant(Arithmetic.MULTIPLY, ratio), node), *others)
    shared = _shared(left.chain, others)
    operation = Combined(join, left.chain[shared:], others[shared:])
    error = np.maximum(left.error, right.error / right.grid.scale * left.grid.scale)
    chain = (*left.chain[:shared], Step(operation, node))
    return replace(left, chain=chain, error=error, shared=True)


def _same_grid(left: Value, right: Value) -> bool:
    same_table = left.grid.table is right.grid.table
    return same_table and np.array_equal(left.grid.scale, right.grid.scale)


def _shared(left: tuple[Step, ...], right: tuple[Step, ...]) -> int:
    """How many steps both begin with."""
    count = 0
    while count < min(len(left), len(right)) and left[count] is right[count]:
        count += 1
    return count
