"""Forms of activations whose results are values as they are, not codes of a range."""

from collections.abc import Iterator

from corgibuilder.ir import Activation, Ints, TensorType
from corgibuilder.plan.area import generic_areas
from corgibuilder.plan.requantisers import Form, cheapest_form, forms


def every_form(op: Activation | None, x: TensorType, bias: Ints) -> Iterator[Form]:
    return forms(op, x, bias, x.range.plain)


def cheapest(op: Activation | None, x: TensorType, bias: Ints) -> Form:
    return cheapest_form(every_form(op, x, bias), x, bias, 1, generic_areas())
