"""What hardware can be made of, read from TOML files."""

from .technology import Macro, Technology, read_technology, shipped

__all__ = ["Macro", "Technology", "read_technology", "shipped"]
