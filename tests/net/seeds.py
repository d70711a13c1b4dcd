"""The numbers of the cases: some that stay, some that are new in every run, many for a long one.

The new ones follow from the environment variable ``CORGIBUILDER_NET_SEED``: give it the number that
a run has printed to repeat that run. All processes of one run share it.
"""

import os
import secrets

VARIABLE = "CORGIBUILDER_NET_SEED"
FIXED = range(60)  #: of chains of layers
GRAPHS = range(100, 120)  #: of networks with branches that meet
SLOW = range(10_000, 11_500)
FRESH = 20


def draw_first() -> None:
    """Choose the first of the new numbers, unless it is given."""
    os.environ.setdefault(VARIABLE, str(secrets.randbelow(10**9) + 10**6))


def fresh() -> range:
    first = int(os.environ[VARIABLE])
    return range(first, first + FRESH)


def is_graph(seed: int) -> bool:
    """Whether the network of a number that does not stay is one with branches that meet."""
    return seed % 2 == 1
