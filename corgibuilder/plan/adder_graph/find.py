"""From a constant matrix to an adder graph."""

from collections.abc import Sequence

from corgibuilder.ir import Ints, QInt

from .digits import least_levels, rows_of_digits
from .graph import AdderGraph
from .growing import GrowingGraph
from .output import Output, digit_of
from .rest import add_up
from .subexpressions import share


def adder_graph(weights: Ints, inputs: Sequence[QInt], *, levels: int | None = None) -> AdderGraph:
    """The sums ``weights @ x``, from sums of two values each.

    Multiple constant multiplication for a matrix: canonical signed digits, of which two-term
    subexpressions are shared greedily (R. Hartley, Subexpression sharing in filters using canonic
    signed digit multipliers, IEEE TCAS-II 43(10), 1996) as long as no output takes more ``levels``
    of adders. The same arguments always give the same graph.

    Parameters
    ----------
    weights
        int64 ``(outputs, inputs)``, below ``2**60`` in size.
    inputs
        Range of each ``x``, with a step of 1. No sum leaves 63 bits.
    levels
        At least :func:`~.digits.least_levels`, which is the default.
    """
    least = least_levels(weights)
    levels = least if levels is None else levels
    assert levels >= least, (levels, least)
    graph = GrowingGraph(inputs)
    outputs = []
    for row in rows_of_digits(weights):
        signs = {digit_of(column, shift): sign for column, shift, sign in row}
        positive = sum(sign > 0 for sign in signs.values())
        outputs.append(Output(signs, positive, (1 << levels) - len(signs)))
    share(graph, outputs)
    terms = tuple(add_up(graph, output) for output in outputs)
    return AdderGraph(inputs=tuple(inputs), sums=tuple(graph.sums), outputs=terms)
