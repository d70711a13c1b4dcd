"""Index of the largest channel."""

from corgibuilder.ir import Argmax
from corgibuilder.model.layer import CppLayer, Site
from corgibuilder.model.literals import CppObject


def argmax(op: Argmax, site: Site) -> CppLayer:
    return CppLayer(file="argmax", kernel=CppObject("Argmax"))
