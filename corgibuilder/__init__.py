"""Turn a quantised neural network into hardware that keeps a frame rate, and prove it exact.

>>> network = corgibuilder.read("mobilenet.onnx")
>>> plan = corgibuilder.plan(network, fps=30, clock_hz=59_000_000)
>>> corgibuilder.build("mobilenet.onnx", plan, "build")
>>> corgibuilder.simulate("build").passed
True

``plan`` and ``synth`` here are functions; the packages of the same names are imported as in
``from corgibuilder.plan import Plan``.
"""

from .api import build, plan, read, run, simulate, synth
from .diagnostics import CompileError

__all__ = ["CompileError", "build", "plan", "read", "run", "simulate", "synth"]
