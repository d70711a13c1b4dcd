"""What every compiled function works on, and how it is compiled."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from corgibuilder.plan.components import rules

#: Of all that is compiled together. Machine code is kept until it changes: numba by itself looks at
#: a function's own file only, and not at those of the functions that it calls.
SOURCES = hashlib.sha256(
    b"".join(
        path.read_bytes()
        for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(rules.__file__))
    )
).hexdigest()


#: Arrays all come from outside. Counting who refers to them, which numba does unless it is told not
#: to, takes half of the time of a simulation.
OPTIONS: dict[str, Any] = {"_nrt": False}


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` as machine code, which is kept for the next time where that is possible."""
    made: Any
    try:
        made = njit(cache=True, **OPTIONS)(function)
        made._cache._cache_file._source_stamp = SOURCES
    except (RuntimeError, AttributeError):  # no file can be written, or numba keeps it otherwise
        made = njit(**OPTIONS)(function)
    kept: Callable[..., Any] = made
    return kept


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` as a part of each compiled one that calls it."""
    made: Callable[..., Any] = njit(inline="always", **OPTIONS)(function)
    return made


def record(*, wide: str = "", fields: str = "", yes_or_no: str = "") -> np.dtype[np.void]:
    """A record of whole numbers, small enough for a processor's fast memory.

    ``wide`` ones have 64 bits: what counts on from frame to frame, or counts values of a whole map.
    ``fields`` have 32, ``yes_or_no`` ones 8.
    """
    kinds = ((wide, np.int64), (fields, np.int32), (yes_or_no, np.int8))
    numbers = [(name, kind) for names, kind in kinds for name in names.split()]
    return np.dtype(numbers, align=True)


PARAMETERS = record(
    wide="depth capacity channels words",
    fields="""
    lanes_in lanes_out groups short registers tail lean tail_early tail_late
    rows columns kernel_y kernel_x stride_y stride_x top left windows_y windows_x
    repeats words_per_group single_port write_first full alternate size_from guard_columns
    inputs words_0 words_1 words_2 words_3 words_4 words_5 words_6 words_7
    """,
)
STATE = record(
    wide="held way w_word r_word written base pair start_0 start_1 most",
    fields="""
    valid w_x w_y tap_x tap_y repeat x y wait tail_left tail_wait
    draining starts cycle slot_column lower extra begun blocked complete
    """,
)
CHAIN = record(fields="first end source gives_on join join_end reader next_reader")
#: What was seen of a component, or of a chain: whether a word came, whether its own was taken,
#: whether it accepts one if it comes, whether it offers one now, and whether that would be taken.
#: If nothing of that changes, it does the same ``until`` a cycle. It is not asked before cycle
#: ``wake``, which is the same, or earlier once something changes. A component that ``counts`` has
#: done so since cycle ``since``.
SEEN = record(wide="until wake since", yes_or_no="coming taken accepts offers ready counts")
