"""What a simulation plays, chosen so that what is wrong shows, and how much of it would show."""

from .choose import (
    Chosen,
    calm_frames,
    choose,
    frame_count,
    most_frames,
    random_frames,
    smaller_frames,
)
from .maps import by_input
from .values import Values, values_of

__all__ = [
    "Chosen",
    "Values",
    "by_input",
    "calm_frames",
    "choose",
    "frame_count",
    "most_frames",
    "random_frames",
    "smaller_frames",
    "values_of",
]
