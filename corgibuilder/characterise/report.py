"""What a characterisation found."""

from dataclasses import dataclass

from corgibuilder.technology import Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class KindError:
    """How far the predicted areas of a kind of component are from the measured ones.

    ``mean`` is that of all errors, taken as positive; ``worst`` is the largest one.
    """

    kind: str
    samples: int
    mean: float
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Characterisation:
    """New costs of a technology, those that it had, and the errors of both by kind.

    ``old`` is ``None``, and ``old_errors`` is empty, where it had none in the same unit.
    """

    technology: str
    old: Costs | None
    new: Costs
    old_errors: tuple[KindError, ...]
    new_errors: tuple[KindError, ...]
