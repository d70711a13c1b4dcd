"""The numbers of the cases: some that stay, some that are new in every run, many for a long one.

The new ones follow from the environment variable ``CORGIBUILDER_NET_SEED``: give it the number that
a run has printed to repeat that run. All processes of one run share it.
"""

import os
import secrets
from enum import Enum

VARIABLE = "CORGIBUILDER_NET_SEED"
FIXED = range(40)  #: of chains of layers
GRAPHS = range(100, 140)  #: of networks with branches that meet
INPUTS = range(200, 212)  #: of networks with several inputs
SLOW = range(10_000, 12_000)
QUEUES = range(160, 168)  #: of networks with branches, planned as if they took long to simulate
SLOW_QUEUES = range(12_000, 12_200)
FOUND = (10_901, 10_902, 10_948, 11_429)  #: of these, that have shown something
FRESH = 20


def draw_first() -> None:
    """Choose the first of the new numbers, unless it is given."""
    os.environ.setdefault(VARIABLE, str(secrets.randbelow(10**9) + 10**6))


def fresh() -> range:
    first = int(os.environ[VARIABLE])
    return range(first, first + FRESH)


class Kind(Enum):
    """What the network of a number is like."""

    CHAIN = "layers one after the other"
    GRAPH = "branches that meet"
    INPUTS = "several inputs whose branches meet"


def kind_of(seed: int) -> Kind:
    """The kind for a number that does not stay."""
    return (Kind.CHAIN, Kind.GRAPH, Kind.GRAPH, Kind.INPUTS)[seed % 4]
