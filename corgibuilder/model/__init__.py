"""The network as software: a fast C++ model, exact to the bit, and Python around it."""

from .model import Model
from .write import write_model

__all__ = ["Model", "write_model"]
