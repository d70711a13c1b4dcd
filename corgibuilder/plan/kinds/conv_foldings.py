"""Which numbers of outputs and lanes of a convolution are possible, and which are worth a look."""

from collections.abc import Iterable

from corgibuilder.ir import Conv
from corgibuilder.plan.folding import WindowSource, ceil_div
from corgibuilder.plan.layers import Layer

from .stage import carries_pixels


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


def fewest_lanes(layer: Layer, outputs: int, input_folds: int) -> int | None:
    """Fewest lanes, dividing ``outputs``, that carry a group of sums away before the next one."""
    possible = (
        n for n in range(1, outputs + 1) if outputs % n == 0 and outputs // n <= input_folds
    )
    return next((n for n in possible if carries_pixels(layer, n)), None)
