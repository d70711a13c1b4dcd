"""Which numbers of outputs and lanes of a convolution are possible, and which are worth a look."""

from collections.abc import Iterable

from corgibuilder.ir import Conv
from corgibuilder.plan.folding import WindowSource, ceil_div
from corgibuilder.plan.layers import Layer

from .stage import carries_pixels


def conv_of(layer: Layer) -> Conv:
    """The operation of a layer that is a convolution."""
    assert isinstance(layer.op, Conv)
    return layer.op


def outputs_per_group(conv: Conv) -> int:
    """Outputs of a group."""
    return len(conv.weights) // conv.groups


def allowed_outputs(conv: Conv, source: WindowSource) -> list[int]:
    """Numbers of outputs that can be worked on at once: some of a group, or whole groups.

    A group's parts are equal: its sums fill whole words. A single group may end with a smaller one.
    """
    each = outputs_per_group(conv)
    whole = range(each, len(conv.weights) + 1, each)
    if source is WindowSource.DIRECT:
        return list(whole)
    return [*(n for n in range(1, each) if conv.groups == 1 or each % n == 0), *whole]


def parts_of(total: int, sizes: Iterable[int]) -> list[int]:
    """The smallest of ``sizes`` for each number of parts that ``total`` then falls into."""
    smallest = {ceil_div(total, size): size for size in sorted(sizes, reverse=True)}
    return sorted(smallest.values())


def worthwhile_lanes(layer: Layer, outputs: int, cycles: int) -> list[int]:
    """Lanes, dividing ``outputs``, that carry a group of sums away in so many cycles.

    The fewest, which take the least requantisers, and as many as there are sums, which take no
    serialiser.
    """
    possible = [
        n
        for n in range(1, outputs + 1)
        if outputs % n == 0 and outputs // n <= cycles and carries_pixels(layer, n)
    ]
    return list(dict.fromkeys((*possible[:1], *possible[-1:])))
