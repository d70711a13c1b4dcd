"""One node of the file as its handler sees it: inputs, attributes, and a way to refuse it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corgibuilder.diagnostics import CompileError

from .builder import Builder
from .elementwise import Array
from .value import Const, Tensor, Value, per_channel


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """A node of the file.

    Parameters
    ----------
    name
        Unique name: the file's own where it is unique.
    kind
        Operator type.
    inputs
        Tensors it reads; None for an optional input that is absent.
    attributes
        By name; strings are ``str``, tensors arrays.
    frames
        Size of the batch dimension while shapes are computed.
    wanted
        Which of its outputs are read.
    """

    name: str
    kind: str
    inputs: tuple[Tensor | None, ...]
    attributes: dict[str, Any]
    builder: Builder
    frames: int
    wanted: tuple[bool, ...]

    def refuse(self, code: str, problem: str, help: str) -> CompileError:
        return CompileError(code, problem, at=self.builder.at(self.name), help=help)

    def unsupported(self, what: str, help: str) -> CompileError:
        return self.refuse("CB202", f"{self.kind} {what} is not supported", help)

    def has(self, index: int) -> bool:
        return index < len(self.inputs) and self.inputs[index] is not None

    def value(self, index: int = 0, *, integer_type: bool = False) -> Value:
        """A tensor computed at run time: floats, unless it may also be of an integer type."""
        if not self.has(index):
            raise self.refuse("CB107", f"input {index} is missing", "export the file again")
        tensor = self.inputs[index]
        if not isinstance(tensor, Value):
            raise self.unsupported(
                f"on the constant input {index}", "simplify the file with onnxsim first"
            )
        if tensor.integer_type and not integer_type:
            raise self.unsupported("of an integer type", "cast its input to float32")
        return tensor

    def const(self, index: int) -> Const:
        """A tensor known while reading."""
        if not self.has(index):
            raise self.refuse("CB107", f"input {index} is missing", "export the file again")
        tensor = self.inputs[index]
        if not isinstance(tensor, Const):
            raise self.unsupported(
                f"whose input {index} is computed at run time", "make that input a constant"
            )
        return tensor

    def scalar(self, index: int) -> Array:
        """A constant with one element, as an array without dimensions."""
        array = self.const(index).array
        if array.size != 1:
            raise self.unsupported(
                f"whose input {index} has {array.size} elements", "give it one element"
            )
        return array.reshape(())

    def fitted(self, value: Value, array: Array) -> Array:
        """A constant that is joined elementwise with ``value``, per channel."""
        found = per_channel(value, array)
        if found is None:
            raise self.unsupported(
                f"with a constant of shape {array.shape} on a tensor of shape {value.dims}",
                "use one number for the whole tensor or one for each channel",
            )
        return found

    def channelwise(self, value: Value, array: Array) -> Array:
        """A vector along the first dimension of the frame, per channel."""
        if array.shape == (1,):
            return array.reshape(())
        if array.shape != value.dims[:1]:
            raise self.refuse(
                "CB107",
                f"{array.shape} parameters for {value.dims[0] if value.dims else 1} channels",
                "export the file again",
            )
        return self.fitted(value, array.reshape(-1, *(1 for _ in value.dims[1:])))

    def attribute(self, name: str, default: Any) -> Any:
        """An attribute of the type of ``default``, or ``default`` if it is absent."""
        value = self.attributes.get(name, default)
        if not isinstance(value, type(default)):
            raise self.refuse(
                "CB107", f"attribute '{name}' has the wrong type", "export the file again"
            )
        return value

    def ints(self, name: str, default: Sequence[int]) -> tuple[int, ...]:
        """An attribute that is a list of integers."""
        value = self.attributes.get(name, tuple(default))
        if not isinstance(value, (list, tuple)) or not all(isinstance(i, int) for i in value):
            raise self.refuse("CB107", f"attribute '{name}' is not a list", "export the file again")
        return tuple(value)

    def axes(self, index: int) -> tuple[int, ...] | None:
        """``axes`` as an attribute or, from opset 13 on, as an input; None if absent."""
        if self.has(index):
            return tuple(int(a) for a in np.atleast_1d(self.const(index).array))
        return self.ints("axes", ()) if "axes" in self.attributes else None
