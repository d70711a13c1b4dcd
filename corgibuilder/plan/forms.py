"""The requantiser of a layer: every form that is equal to what it does, and the cheapest."""

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import TensorType

from .folding import RequantiserKind
from .kinds import kind_of
from .layers import Layer
from .requantisers import Form, cheapest_form, code_forms, kind_of_form


def forms_of(layer: Layer) -> tuple[Form, ...]:
    """How a stage can bring its sums to codes of activations; none where they already are."""
    activation, bias = layer.activation, layer.bias
    if activation is None and not kind_of(layer).requantises_sums:
        return ()
    return tuple(code_forms(activation, _sums(layer), bias, layer.out.range))


def _sums(layer: Layer) -> TensorType:
    """Type of the sums, bias included."""
    acc, bias = layer.acc, layer.bias
    return TensorType(acc.shape, acc.lo + bias, acc.hi + bias, acc.step)


def form_of(
    layer: Layer,
    *,
    lanes: int,
    kind: RequantiserKind | None = None,
    found: tuple[Form, ...] | None = None,
) -> Form | None:
    """The cheapest form, of a ``kind`` if one is asked for; ``None`` where there is none.

    ``found`` are :func:`forms_of` the layer. Raises :class:`CompileError` (CB433) if none of them
    is of that kind.
    """
    every = forms_of(layer) if found is None else found
    if not every and kind in (None, RequantiserKind.NONE):
        return None
    possible = [form for form in every if kind is None or kind_of_form(form) is kind]
    if not possible:
        assert kind is not None
        names = ", ".join(dict.fromkeys(kind_of_form(form).value for form in every)) or "none"
        raise CompileError(
            "CB433",
            f"the requantiser is {kind.value!r}, and there is no such one that is equal to what"
            " this layer does",
            at=layer.node.origin,
            help=f"take one of: {names}",
        )
    return cheapest_form(possible, _sums(layer), layer.bias, lanes)
