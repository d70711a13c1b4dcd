"""``Resize`` and ``Upsample``, where each pixel is repeated a whole number of times."""

from collections.abc import Callable

import numpy as np

from corgibuilder.ir import Upsample
from corgibuilder.limits import MAX_SIDE

from .elementwise import Array
from .maps import map_read, placed
from .value import Value
from .visit import Visit

#: Where a pixel of the result lies among those of the map, as onnxruntime computes it in float32.
#: Modes that depend on the size of the map are missing.
_PLACES: dict[str, Callable[[Array, Array], Array]] = {
    "asymmetric": lambda pixel, factor: pixel / factor,
    "half_pixel": lambda pixel, factor: (pixel + np.float32(0.5)) / factor - np.float32(0.5),
    "tf_half_pixel_for_nn": lambda pixel, factor: (pixel + np.float32(0.5)) / factor,
}
_PLACES["pytorch_half_pixel"] = _PLACES["half_pixel"]
_PLACES["half_pixel_symmetric"] = _PLACES["half_pixel"]  # the same for whole factors

_NEAREST: dict[str, Callable[[Array], Array]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round_prefer_floor": lambda place: np.ceil(place - 0.5),
    "round_prefer_ceil": lambda place: np.floor(place + 0.5),
}


def upsample(visit: Visit) -> Value:
    """``Upsample``: pixel ``r`` of the result is pixel ``floor(r / scale)`` of the map."""
    scales = visit.const(1).array if visit.has(1) else visit.attributes.get("scales", ())
    return _repeated(visit, _whole(visit, np.asarray(scales)), "asymmetric", "floor")


def resize(visit: Visit) -> Value:
    """``Resize`` to a size, or by factors. The first version has two inputs, later ones four."""
    if len(visit.inputs) == 2:
        return upsample(visit)
    for name, least in (("antialias", 0), ("exclude_outside", 0)):
        if visit.attribute(name, 0) != least:
            raise visit.unsupported(f"with {name}", f"leave out {name}")
    return _repeated(
        visit,
        _factors(visit),
        visit.attribute("coordinate_transformation_mode", "half_pixel"),
        visit.attribute("nearest_mode", "round_prefer_floor"),
    )


def repeats(place: str, nearest: str, factor: int) -> bool:
    """Whether pixel ``r`` of the result is pixel ``r // factor``, in maps of any size."""
    if place not in _PLACES or nearest not in _NEAREST:
        return False
    pixels = np.arange(MAX_SIDE)
    places = _PLACES[place](pixels.astype(np.float32), np.array(factor, np.float32))
    found = _NEAREST[nearest](places.astype(np.float64))
    return bool((np.maximum(found, 0) == pixels // factor).all())


def _repeated(visit: Visit, factors: tuple[int, ...], place: str, nearest: str) -> Value:
    mode = visit.attribute("mode", "nearest")
    if mode != "nearest":
        raise visit.unsupported(f"with mode {mode}", "use mode nearest")
    for factor in factors:
        if not repeats(place, nearest, factor):
            raise visit.unsupported(
                f"by {factor} with coordinate_transformation_mode {place} and nearest_mode"
                f" {nearest}, which does not repeat each pixel {factor} times,",
                "use asymmetric with floor, or half_pixel with round_prefer_floor",
            )
    value = map_read(visit)
    rows, columns = (1, *factors)[-2:]
    return placed(visit, value, Upsample(factors=(rows, columns)))


def _factors(visit: Visit) -> tuple[int, ...]:
    """By how much each side grows, from the scales or from the sizes."""
    rank = len(visit.value().dims) + 1
    axes = visit.ints("axes", range(rank))
    old = (visit.frames, *visit.value().dims)
    given = np.ones(rank)
    if visit.has(2) and visit.const(2).array.size:
        part = visit.const(2).array
    else:
        part = visit.const(3).array
        visit.builder.fixed[visit.name] = None
        if visit.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise visit.unsupported("that keeps the aspect ratio", "give it scales")
        if len(part) == len(axes) and all(-rank <= a < rank for a in axes):
            part = part / np.array([old[a] for a in axes])
    if part.shape != (len(axes),) or not all(-rank <= a < rank for a in axes):
        raise visit.refuse(
            "CB107", f"{part.shape} scales or sizes for axes {axes}", "export the file again"
        )
    given[list(axes)] = part
    return _whole(visit, given)


def _whole(visit: Visit, scales: Array) -> tuple[int, ...]:
    """The factors of rows and columns. Raises ``CompileError`` for any that is not whole."""
    rank = len(visit.value().dims) + 1
    fits = scales.shape == (rank,) and scales.dtype.kind in "fiu" and (scales[:2] == 1).all()
    factors = scales[2:] if fits else np.zeros(1)
    if not ((factors >= 1) & (factors <= MAX_SIDE) & (factors % 1 == 0)).all():
        raise visit.unsupported(
            f"by {scales.tolist()}", "use whole factors for rows and columns, and 1 for the others"
        )
    return tuple(int(factor) for factor in factors)
