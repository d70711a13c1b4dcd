"""What the kinds of layers are asked, and what they answer."""

from dataclasses import dataclass

from corgibuilder.ir import Op, TensorType

from .literals import CppObject


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """Where an op stands in its network.

    ``inputs`` are the types of its inputs, ``made`` that of its own values. ``activation`` is the
    op that it absorbs, if there is one.
    """

    inputs: tuple[TensorType, ...]
    made: TensorType
    activation: Op | None = None

    @property
    def x(self) -> TensorType:
        """Type of the only input."""
        (x,) = self.inputs
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class CppLayer:
    """How C++ makes a map from others: ``kernel``, whose class is in ``templates/model/FILE.hpp``.

    It has ``output(sizes...)``, the size of the map from those of the others, and
    ``run(workers, act, map, others...)``. ``act`` makes values of what the kernel computes; it is
    None, and no argument of ``run``, where values are only moved.
    """

    file: str
    kernel: CppObject
    act: CppObject | None = None
