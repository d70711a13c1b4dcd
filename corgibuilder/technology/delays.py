"""How long signals take in a technology."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from corgibuilder.diagnostics import Origin

from .fields import check_keys, delay, whole

MAX_BLOCK_DEPTH = 1 << 20  #: of the smallest memory that is no logic


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Delays of what paths between registers are made of, in ns, each with the wire behind it.

    Parameters
    ----------
    register
        From the clock to the output of a register, and what the next one is set up in.
    level
        A gate or look-up table.
    adder, carry
        An adder or comparator: of no bits, and what each bit of it adds.
    multiplier
        The least time of a product, as a hard multiplier takes it.
    memory
        From the clock to the word that is read from a block of memory.
    block_depth
        Words from which a memory is such a block; smaller ones are logic and registers.
    """

    register: float
    level: float
    adder: float
    carry: float
    multiplier: float
    memory: float
    block_depth: int


TIMES = [field.name for field in fields(Delays) if field.name != "block_depth"]


def read_delays(at: Origin, table: Mapping[str, Any]) -> Delays:
    check_keys(at, table, {"block_depth", *TIMES})
    return Delays(
        block_depth=whole(at, table, "block_depth", 0, MAX_BLOCK_DEPTH),
        **{name: delay(at, table, name) for name in TIMES},
    )
