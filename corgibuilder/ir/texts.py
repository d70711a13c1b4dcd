"""Numbers of ops as text."""

from .types import Ints


def pair_text(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"


def numbers_text(values: Ints) -> str:
    """Shape and range of an array."""
    shape = "x".join(map(str, values.shape))
    return f"{shape} {values.min()}..{values.max()}" if values.size else shape
