"""The class of windows in C++."""

from corgibuilder.ir import Window

from .literals import CppObject


def cpp_window(window: Window) -> CppObject:
    """``window`` as an argument of a kernel."""
    pads = window.pads
    sides = (pads.top, pads.left, pads.bottom, pads.right)
    return CppObject("Window", (*window.kernel, *window.stride, *sides))
