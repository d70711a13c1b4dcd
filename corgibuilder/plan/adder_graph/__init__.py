"""Constant matrices as graphs of two-input adders, with as few full adders as are found."""

from .digits import MAX_DIGIT_PAIRS, digit_pairs, least_levels
from .find import adder_graph
from .graph import AdderGraph, Sum, Term
from .registers import cycles_of, waiting_bits

__all__ = [
    "MAX_DIGIT_PAIRS",
    "AdderGraph",
    "Sum",
    "Term",
    "adder_graph",
    "cycles_of",
    "digit_pairs",
    "least_levels",
    "waiting_bits",
]
