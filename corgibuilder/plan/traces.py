"""When the words of a stream come, and what a stage makes of that: an estimate.

It serves to size buffers and to compare many pipelines quickly; what a plan says of cycles comes
from :mod:`~.simulation`. Buffers are taken to be endless, and their sizes read off.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .times import Times


@dataclass(frozen=True, slots=True)
class Trace:
    """Pixels of one stream: when each one's last word comes, and how long before the first."""

    times: Times
    spread: int


@dataclass(frozen=True, slots=True)
class StageTrace:
    """One stage's part in a run of the model.

    ``out`` is its output, ``first_word`` the cycle of the very first output word.
    """

    out: Trace
    first_word: int
    kept: Callable[[], int] | None = None
    waiting: Callable[[], int] | None = None

    @property
    def held(self) -> int:
        """Most pixels in the stage's line buffer, 0 where nothing is counted."""
        return self.kept() if self.kept else 0

    @property
    def queued(self) -> int:
        """Most pixels in front of the stage, 0 where nothing is counted."""
        return self.waiting() if self.waiting else 0
