"""The components of a stage as data: each owns its timing and memories, and builds its hardware."""

from .array_pipeline import ArrayPipeline
from .component import ComponentConfig
from .engines import (
    AdderGraphConfig,
    ArgmaxConfig,
    MacArrayConfig,
    PixelPoolConfig,
    TilePoolConfig,
    WindowPoolConfig,
)
from .joins import AdderConfig, ConcatConfig, RouterConfig
from .memory import Memory, Purpose
from .raster import BorderConfig, RowRepeaterConfig
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
    "AdderConfig",
    "AdderGraphConfig",
    "ArgmaxConfig",
    "ArrayPipeline",
    "BorderConfig",
    "BufferConfig",
    "ColumnBufferConfig",
    "ComponentConfig",
    "ConcatConfig",
    "GearboxConfig",
    "LineBufferConfig",
    "MacArrayConfig",
    "Memory",
    "Part",
    "PixelPoolConfig",
    "Purpose",
    "QueueConfig",
    "RequantiserConfig",
    "RouterConfig",
    "RowBanksConfig",
    "RowRepeaterConfig",
    "Rule",
    "SerialiserConfig",
    "TapSerialConfig",
    "TilePoolConfig",
    "WindowPoolConfig",
    "part",
]
