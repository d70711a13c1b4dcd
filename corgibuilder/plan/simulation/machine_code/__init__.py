"""The compiled part of the simulation: components of the hardware, cycle by cycle, without data.

A component has one stream in and one out. Every cycle a rule is told whether a word is on offer to
the component, and whether a word that the component offers would be taken. It says whether the
component takes a word, and changes the state; ``s.valid`` is whether the component offers a word.
Every rule is that of a component of :mod:`corgibuilder.hw`, whose docstring says what it is for.

``p`` and ``s`` are records of :data:`PARAMETERS` and :data:`STATE`, of which each rule uses the
fields that its docstring names.
"""

from .components import apply
from .records import CHAIN, PARAMETERS, SEEN, STATE
from .run import run

__all__ = ["CHAIN", "PARAMETERS", "SEEN", "STATE", "apply", "run"]
