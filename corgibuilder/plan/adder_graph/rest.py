"""What is left of an output, added up as a tree."""

from .graph import Term
from .growing import GrowingGraph
from .output import Output, shift_of, value_of

Signed = tuple[int, int, int]  #: value, shift and sign


def add_up(graph: GrowingGraph, output: Output) -> Term | None:
    """The digits of an output as one term; ``None`` if there are none.

    A term of the lowest level, of these the one shifted the least, is added to the one that it
    takes the fewest full adders with, of those that do not make the tree too high.
    """
    terms: list[Signed] = [
        (value_of(digit), shift_of(digit), sign) for digit, sign in output.signs.items()
    ]
    while len(terms) > 1:
        terms.sort(key=lambda term: (graph.levels[term[0]], term[1], term[0]))
        first = terms.pop(0)
        possible = [n for n, o in enumerate(terms) if graph.growth(first[0], o[0]) <= output.slack]
        best = min(possible, key=lambda n: (_cost(graph, first, terms[n]), n))
        terms.append(_joined(graph, output, first, terms.pop(best)))
    if not terms:
        return None
    ((value, shift, sign),) = terms
    assert sign > 0, terms
    return Term(value, shift)


def _cost(graph: GrowingGraph, one: Signed, other: Signed) -> int:
    (low, i, s), (high, j, t) = sorted((one, other), key=lambda term: term[1])
    return graph.full_adders(low, high, j - i, s != t)


def _joined(graph: GrowingGraph, output: Output, one: Signed, other: Signed) -> Signed:
    """The sum of two terms; it has the sign of the lower one if another term is positive."""
    output.slack -= graph.growth(one[0], other[0])
    (a, i, s), (b, j, t) = sorted((one, other), key=lambda term: (term[1], -term[2]))
    low, high = Term(a, 0), Term(b, j - i)
    if s < 0 < t and output.positive == 1:
        return graph.add(high, low, difference=True), i, 1
    output.positive -= t > 0
    return graph.add(low, high, difference=s != t), i, s
