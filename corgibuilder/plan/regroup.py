"""From words of one number of values to words of another."""

from math import lcm

Hop = tuple[int, int, int]  #: values that form a unit, values of a word before, and after


def hops(*, pixel: int, lanes: int, unit: int, out_lanes: int) -> list[Hop]:
    """The gearboxes in a row that bring words to another number of values; none if that is equal.

    Parameters
    ----------
    pixel, lanes
        Values of a pixel and of a word that arrives: part of a pixel, or several whole ones.
    unit, out_lanes
        Values that are one pixel to whoever reads, and of a word for it: part of a unit, or one.
    """
    arriving = max(pixel, lanes)
    if arriving == unit:
        found = [(unit, lanes, out_lanes)]
    else:
        between = (lcm(arriving, unit), arriving, unit)
        found = [(arriving, lanes, arriving), between, (unit, unit, out_lanes)]
    return [(channels, before, after) for channels, before, after in found if before != after]
