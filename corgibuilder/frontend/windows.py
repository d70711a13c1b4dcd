"""Kernel, strides and padding of ``Conv`` and the pools."""

from corgibuilder.ir import Pads, Window
from corgibuilder.limits import MAX_SIDE

from .value import Value
from .visit import Visit


def window(visit: Visit, value: Value, kernel: tuple[int, ...]) -> Window:
    """How the window moves over ``value``. Raises ``CompileError`` (CB107, CB202).

    A dilated kernel is as large as the pixels that it reaches over: those in between count.
    One-dimensional layers move a kernel of one row.
    """
    sides = 1 if value.is_sequence else 2
    strides = visit.ints("strides", (1,) * sides)
    pads = visit.ints("pads", (0, 0) * sides)
    apart = dilations(visit, kernel)
    if len(kernel) != sides or len(strides) != sides or len(pads) != 2 * sides:
        raise visit.unsupported(
            f"of a tensor of shape {value.dims} with kernel {kernel}, strides {strides} and pads"
            f" {pads}",
            "use one- or two-dimensional layers",
        )
    if min(*kernel, *strides) < 1 or min(pads) < 0 or visit.ints("kernel_shape", kernel) != kernel:
        raise visit.refuse(
            "CB107",
            f"kernel {kernel}, strides {strides} and pads {pads} make no sense",
            "export the file again",
        )
    kernel = tuple((k - 1) * d + 1 for k, d in zip(kernel, apart, strict=True))
    if max(*kernel, *strides, *pads) > MAX_SIDE:
        raise visit.unsupported(
            f"with kernel {kernel}, strides {strides} and pads {pads}",
            f"use up to {MAX_SIDE:,} of each",
        )
    if value.is_sequence:
        kernel, strides, pads = (1, *kernel), (1, *strides), (0, pads[0], 0, pads[1])
        tie_rows(visit)
    return _moves(visit, value, (kernel[0], kernel[1]), (strides[0], strides[1]), pads)


def dilations(visit: Visit, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """How many pixels lie between two taps, and one: for each side of the kernel."""
    apart = visit.ints("dilations", (1,) * len(kernel))
    if len(apart) != len(kernel) or min(apart, default=1) < 1:
        raise visit.refuse(
            "CB107", f"dilations {apart} of a kernel {kernel}", "export the file again"
        )
    return apart


def tie_rows(visit: Visit) -> None:
    """A layer on a sequence, in a network whose images are maps, ties them to their size."""
    if any(len(port.shape) > 2 for port in visit.builder.inputs):
        visit.builder.fixed[visit.name] = None


def _moves(
    visit: Visit,
    value: Value,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    pads: tuple[int, ...],
) -> Window:
    top, left, bottom, right = _automatic(visit, value, kernel, strides, pads)
    if max(top, bottom) >= kernel[0] or max(left, right) >= kernel[1]:
        raise visit.unsupported(
            f"with pads {(top, left, bottom, right)} as large as its kernel {kernel}",
            "pad by less than the kernel",
        )
    moves = Window(
        kernel=kernel, stride=strides, pads=Pads(top=top, left=left, bottom=bottom, right=right)
    )
    if min(moves.output_size(value.map_shape.height, value.map_shape.width)) < 1:
        raise visit.refuse(
            "CB107",
            f"a kernel of {kernel} does not fit a map of {value.map_shape}",
            "use a larger image",
        )
    return moves


def _automatic(
    visit: Visit,
    value: Value,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    pads: tuple[int, ...],
) -> tuple[int, ...]:
    """Pads (top, left, bottom, right) that ``auto_pad`` stands for at this size."""
    mode = visit.attribute("auto_pad", "NOTSET")
    if mode == "NOTSET":
        return pads
    if mode == "VALID":
        return (0, 0, 0, 0)
    if mode not in ("SAME_UPPER", "SAME_LOWER") or max(visit.ints("dilations", (1,))) > 1:
        raise visit.unsupported(f"with auto_pad {mode}", "use explicit pads")
    if strides != (1, 1):
        visit.builder.fixed[visit.name] = None
    begin, end = [], []
    sizes = (value.map_shape.height, value.map_shape.width)
    for size, taps, stride in zip(sizes, kernel, strides, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + taps - size)
        smaller, larger = total // 2, total - total // 2
        begin.append(smaller if mode == "SAME_UPPER" else larger)
        end.append(larger if mode == "SAME_UPPER" else smaller)
    return (*begin, *end)
