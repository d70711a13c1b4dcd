"""Kernel, strides and padding of ``Conv`` and the pools."""

from corgibuilder.ir import Pads, Window
from corgibuilder.limits import MAX_SIDE

from .value import Value
from .visit import Visit


def window(visit: Visit, value: Value, kernel: tuple[int, ...]) -> Window:
    """How the window moves over ``value``. Raises ``CompileError`` (CB107, CB202)."""
    strides = visit.ints("strides", (1, 1))
    dilations = visit.ints("dilations", (1, 1))
    pads = visit.ints("pads", (0, 0, 0, 0))
    if len(kernel) != 2 or len(strides) != 2 or len(dilations) != 2 or len(pads) != 4:
        raise visit.unsupported("that is not two-dimensional", "use two-dimensional layers")
    if min(*kernel, *strides) < 1 or min(pads) < 0 or visit.ints("kernel_shape", kernel) != kernel:
        raise visit.refuse(
            "CB107",
            f"kernel {kernel}, strides {strides} and pads {pads} make no sense",
            "export the file again",
        )
    if max(*kernel, *strides, *pads) > MAX_SIDE:
        raise visit.unsupported(
            f"with kernel {kernel}, strides {strides} and pads {pads}",
            f"use up to {MAX_SIDE:,} of each",
        )
    if any(d != 1 and k > 1 for d, k in zip(dilations, kernel, strict=True)):
        raise visit.unsupported(f"with dilation {dilations}", "use dilation 1")
    pads = _automatic(visit, value, (kernel[0], kernel[1]), (strides[0], strides[1]), pads)
    top, left, bottom, right = pads
    if max(top, bottom) >= kernel[0] or max(left, right) >= kernel[1]:
        raise visit.unsupported(
            f"with pads {pads} as large as its kernel {kernel}", "pad by less than the kernel"
        )
    moves = Window(
        kernel=(kernel[0], kernel[1]),
        stride=(strides[0], strides[1]),
        pads=Pads(top=top, left=left, bottom=bottom, right=right),
    )
    if min(moves.output_size(value.canvas.height, value.canvas.width)) < 1:
        raise visit.refuse(
            "CB107",
            f"a kernel of {kernel} does not fit a map of {value.canvas}",
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
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise visit.unsupported(f"with auto_pad {mode}", "use explicit pads")
    if strides != (1, 1):
        visit.builder.fixed[visit.name] = None
    begin, end = [], []
    sizes = (value.canvas.height, value.canvas.width)
    for size, taps, stride in zip(sizes, kernel, strides, strict=True):
        total = max(0, (-(-size // stride) - 1) * stride + taps - size)
        smaller, larger = total // 2, total - total // 2
        begin.append(smaller if mode == "SAME_UPPER" else larger)
        end.append(larger if mode == "SAME_UPPER" else smaller)
    return (*begin, *end)
