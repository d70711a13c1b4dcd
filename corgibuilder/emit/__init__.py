"""From a plan to a build directory."""

from .build import build
from .manifest import Manifest

__all__ = ["Manifest", "build"]
