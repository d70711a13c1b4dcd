"""From a plan to a build directory."""

from .build import build

__all__ = ["build"]
