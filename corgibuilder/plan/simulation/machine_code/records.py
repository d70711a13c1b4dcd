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


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` as machine code, which is kept for the next time where that is possible."""
    made: Any
    try:
        made = njit(cache=True)(function)
        made._cache._cache_file._source_stamp = SOURCES
    except (RuntimeError, AttributeError):  # no file can be written, or numba keeps it otherwise
        made = njit(function)
    kept: Callable[..., Any] = made
    return kept


def record(fields: str) -> np.dtype[np.void]:
    """A record of whole numbers."""
    return np.dtype([(name, np.int64) for name in fields.split()])


PARAMETERS = record("""
    depth lanes_in lanes_out channels words groups short registers tail lean tail_early tail_late
    rows columns kernel_y kernel_x stride_y stride_x top left windows_y windows_x
    capacity repeats words_per_group single_port write_first full alternate size_from margin
    inputs words_0 words_1 words_2 words_3 words_4 words_5 words_6 words_7
""")
STATE = record("""
    valid held way w_word r_word w_x w_y tap_x tap_y repeat x y wait tail_left tail_wait
    written base draining starts start_0 start_1 cycle place_column lower pair extra begun
    first most blocked
""")
