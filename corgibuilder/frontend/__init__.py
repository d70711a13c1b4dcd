"""Network files to integer networks."""

from .reader import find_problems, read
from .resize import resized

__all__ = ["find_problems", "read", "resized"]
