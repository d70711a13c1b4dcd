"""One measured figure and what is asked of it."""

import operator
from collections.abc import Callable
from dataclasses import dataclass

RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """``value`` of something in ``unit``; ``required`` is ``(relation, limit)`` or ``None``.

    ``chip`` is the same of the chip that was made, ``peer`` the best of another tool at the same
    rate, ``bound`` what nothing can go below.
    """

    name: str
    value: float
    unit: str
    required: tuple[str, float] | None = None
    chip: float | None = None
    peer: float | None = None
    bound: float | None = None

    @property
    def met(self) -> bool | None:
        if self.required is None:
            return None
        relation, limit = self.required
        return RELATIONS[relation](self.value, limit)

    def summary(self) -> dict[str, object]:
        required = " ".join(map(str, self.required)) if self.required else None
        compared = {"chip": self.chip, "peer": self.peer, "bound": self.bound}
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "required": required,
            "met": self.met,
        } | {name: round(value, 4) for name, value in compared.items() if value is not None}
