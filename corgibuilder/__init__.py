"""Turn a quantised neural network into hardware that keeps a frame rate, and prove it exact.

>>> network = corgibuilder.read("mobilenet.onnx")
>>> plan = corgibuilder.plan(network, fps=30, clock_hz=59_000_000)
>>> corgibuilder.build("mobilenet.onnx", plan, "build")
>>> corgibuilder.simulate("build").passed
True

``plan`` and ``synth`` here are functions; the packages of the same names are imported as in
``from corgibuilder.plan import Plan``.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["CompileError", "build", "plan", "read", "run", "simulate", "synth"]

if TYPE_CHECKING:
    from .api import build, plan, read, run, simulate, synth
    from .diagnostics import CompileError
else:

    def __getattr__(name):
        """One of ``__all__``, loaded with its first use: the program handles signals before."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import api

        return getattr(api, name)


class _Package(ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        """Keep a function where the import of a package of the same name would replace it."""
        if name not in __all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
