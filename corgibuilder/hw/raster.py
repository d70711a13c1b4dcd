"""Where a pixel of a stream lies on its map."""

from dataclasses import dataclass

from amaranth.hdl import Module, Signal

from .streams import counter


@dataclass(frozen=True, slots=True)
class Raster:
    """Column and row of a pixel, and whether they are the last ones."""

    x: Signal
    y: Signal
    last_x: Signal
    last_y: Signal

    @property
    def first(self):
        """At the first pixel of a map."""
        return (self.x == 0) & (self.y == 0)

    @property
    def last(self):
        """At the last pixel of a map."""
        return self.last_x & self.last_y


def raster(m: Module, width, height, advance, *, name: str = "") -> Raster:
    """Registers that go from pixel to pixel on ``advance``, row by row, map after map.

    Parameters
    ----------
    width, height
        Size of the map, 1 or more, in as many bits as the largest map needs. Another map's may
        take their place after the last pixel.
    """
    prefix = f"{name}_" if name else ""
    x, last_x = counter(m, width, advance, name=f"{prefix}x")
    y, last_y = counter(m, height, advance & last_x, name=f"{prefix}y")
    return Raster(x, y, last_x, last_y)
