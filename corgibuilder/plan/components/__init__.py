"""The components of a stage as data: each owns its timing and memories, and builds its hardware."""

from .component import ComponentConfig
from .engines import (
    ArgmaxConfig,
    MacArrayConfig,
    PixelPoolConfig,
    TilePoolConfig,
    WindowPoolConfig,
)
from .memory import Memory, Purpose
from .requantiser import RequantiserConfig
from .rules import Part, Rule, part
from .streams import BufferConfig, GearboxConfig, QueueConfig, SerialiserConfig
from .window_sources import (
    ColumnBufferConfig,
    LineBufferConfig,
    RowBanksConfig,
    TapSerialConfig,
)

__all__ = [
    "ArgmaxConfig",
    "BufferConfig",
    "ColumnBufferConfig",
    "ComponentConfig",
    "GearboxConfig",
    "LineBufferConfig",
    "MacArrayConfig",
    "Memory",
    "Part",
    "PixelPoolConfig",
    "Purpose",
    "QueueConfig",
    "RequantiserConfig",
    "RowBanksConfig",
    "Rule",
    "SerialiserConfig",
    "TapSerialConfig",
    "TilePoolConfig",
    "WindowPoolConfig",
    "part",
]
