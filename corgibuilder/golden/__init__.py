"""What every op of the integer network means, in numpy."""

from .evaluate import evaluate
from .run import run

__all__ = ["evaluate", "run"]
