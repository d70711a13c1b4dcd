"""Index of the largest channel."""

from corgibuilder.ir import Argmax

from ..layer import CppLayer, Site
from ..literals import CppObject


def argmax(op: Argmax, site: Site) -> CppLayer:
    return CppLayer(file="argmax", kernel=CppObject("Argmax"))
