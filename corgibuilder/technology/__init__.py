"""What hardware can be made of, read from TOML files."""

from .cells import CellNames, Flow, count
from .costs import Costs
from .delays import Delays
from .devices import Device, Placer
from .macros import Macro
from .rewrite import with_costs
from .technology import (
    GENERIC,
    Technology,
    lasting_name,
    read_technology,
    shipped,
    technology_file,
)

__all__ = [
    "GENERIC",
    "CellNames",
    "Costs",
    "Delays",
    "Device",
    "Flow",
    "Macro",
    "Placer",
    "Technology",
    "count",
    "lasting_name",
    "read_technology",
    "shipped",
    "technology_file",
    "with_costs",
]
