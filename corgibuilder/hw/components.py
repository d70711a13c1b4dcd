"""The component of every configuration, as one table."""

from collections.abc import Callable
from typing import Any

from amaranth.lib import wiring

from corgibuilder.plan.components import (
    AdderConfig,
    AdderGraphConfig,
    ArgmaxConfig,
    BorderConfig,
    BufferConfig,
    ColumnBufferConfig,
    ComponentConfig,
    ConcatConfig,
    GearboxConfig,
    MacArrayConfig,
    PixelPoolConfig,
    QueueConfig,
    RequantiserConfig,
    RouterConfig,
    RowBanksConfig,
    RowRepeaterConfig,
    SerialiserConfig,
    TapSerialConfig,
    TilePoolConfig,
    WindowPoolConfig,
)

from .adder_graph import AdderGraphEngine
from .argmax import ArgmaxEngine
from .border import Border
from .gearbox import Gearbox
from .joins import Adder, Concatenator, Router
from .mac_array import MacArray
from .pool import PixelPool, TilePool, WindowPool
from .queue import Queue
from .requant import Requant
from .row_repeater import RowRepeater
from .serialiser import Serialiser
from .streams import Buffer, shape_of, word
from .window_sources import ColumnBufferSource, RowBanksSource, TapSerialSource


def _buffer(config: BufferConfig) -> Buffer:
    return Buffer(word(shape_of(config.x), config.lanes))


def _queue(config: QueueConfig) -> Queue:
    return Queue(word(shape_of(config.x), config.lanes), config.depth)


def _gearbox(config: GearboxConfig) -> Gearbox:
    return Gearbox(
        shape_of(config.x),
        channels=config.channels,
        in_lanes=config.in_lanes,
        out_lanes=config.out_lanes,
    )


def _serialiser(config: SerialiserConfig) -> Serialiser:
    return Serialiser(
        shape_of(config.x),
        channels=config.channels,
        in_lanes=config.in_lanes,
        out_lanes=config.out_lanes,
    )


COMPONENTS: dict[type[ComponentConfig], Callable[[Any], wiring.Component]] = {
    AdderConfig: Adder,
    AdderGraphConfig: AdderGraphEngine,
    ArgmaxConfig: ArgmaxEngine,
    BorderConfig: Border,
    BufferConfig: _buffer,
    ColumnBufferConfig: ColumnBufferSource,
    ConcatConfig: Concatenator,
    GearboxConfig: _gearbox,
    MacArrayConfig: MacArray,
    PixelPoolConfig: PixelPool,
    QueueConfig: _queue,
    RequantiserConfig: Requant,
    RouterConfig: Router,
    RowBanksConfig: RowBanksSource,
    RowRepeaterConfig: RowRepeater,
    SerialiserConfig: _serialiser,
    TapSerialConfig: TapSerialSource,
    TilePoolConfig: TilePool,
    WindowPoolConfig: WindowPool,
}


def component_of(config: ComponentConfig) -> wiring.Component:
    """The component of a configuration."""
    return COMPONENTS[type(config)](config)
