"""The requantiser of a layer: every form that is equal to what it does, and the cheapest."""

from collections.abc import Iterable

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import TensorType

from .area import AreaModel, generic_areas
from .folding import RequantiserKind
from .kinds import kind_of
from .layers import Layer
from .requantisers import Form, cheapest_form, forms, kind_of_form


class Forms:
    """The cheapest forms for the layers of one network, by the areas of a technology.

    Of the forms of one kind that is the one for the generic technology: what a plan says, the kind,
    is enough to find it again. What was found is remembered by the names of layers: widened ones
    are made anew for every budget.
    """

    def __init__(self, areas: AreaModel) -> None:
        self.areas = areas
        self._every: dict[tuple[str, int], tuple[Form, ...]] = {}
        self._cheapest: dict[tuple[str, int, int, RequantiserKind | None], Form | None] = {}

    def cheapest(
        self, layer: Layer, *, lanes: int, kind: RequantiserKind | None = None
    ) -> Form | None:
        """The cheapest form, of a ``kind`` if one is asked for; ``None`` where there is none.

        Raises :class:`CompileError` (CB433) if none of them is of that kind.
        """
        name = layer.name, layer.input_pixels
        if name not in self._every:
            self._every[name] = forms_of(layer)
        if (*name, lanes, kind) not in self._cheapest:
            every = self._every[name]
            self._cheapest[*name, lanes, kind] = _cheapest(layer, every, lanes, kind, self.areas)
        return self._cheapest[*name, lanes, kind]


def form_of(layer: Layer, *, lanes: int, kind: RequantiserKind | None = None) -> Form | None:
    """The form of a ``kind``; else the cheapest one in the generic technology."""
    return _cheapest(layer, forms_of(layer), lanes, kind, generic_areas())


def _cheapest(
    layer: Layer,
    every: tuple[Form, ...],
    lanes: int,
    kind: RequantiserKind | None,
    areas: AreaModel,
) -> Form | None:
    """As :meth:`Forms.cheapest`, of ``every`` form that there is."""
    if kind is not None and kind not in kinds_of(every):
        raise CompileError(
            "CB433",
            f"the requantiser is {kind.value!r}, and there is no such one that is equal to what"
            " this layer does",
            at=layer.node.origin,
            help=f"take one of: {', '.join(each.value for each in kinds_of(every))}",
        )
    if not every:
        return None

    def least(some: Iterable[Form], by: AreaModel) -> Form:
        return cheapest_form(some, _sums(layer), layer.bias, lanes, by)

    of_kinds = (
        least((form for form in every if kind_of_form(form) is each), generic_areas())
        for each in ([kind] if kind is not None else kinds_of(every))
    )
    return least(of_kinds, areas)


def kinds_of(every: tuple[Form, ...]) -> tuple[RequantiserKind, ...]:
    """The kinds of all forms that a layer has; none is a kind, too."""
    return tuple(dict.fromkeys(map(kind_of_form, every))) or (RequantiserKind.NONE,)


def forms_of(layer: Layer) -> tuple[Form, ...]:
    """How a stage can bring its sums to codes of activations; none where they already are."""
    activation, bias = layer.activation, layer.bias
    if activation is None and not kind_of(layer).requantises_sums:
        return ()
    return tuple(forms(activation, _sums(layer), bias, layer.out.range))


def _sums(layer: Layer) -> TensorType:
    """Type of the sums, bias included."""
    acc, bias = layer.acc, layer.bias
    return TensorType(acc.shape, acc.lo + bias, acc.hi + bias, acc.step)
