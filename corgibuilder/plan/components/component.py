"""What the configuration of every component says of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.resources import Resources

from .memory import Memory
from .rules import Part


class ComponentConfig(ABC):
    """Configuration of a component with a stream in and a stream out: its constructor argument.

    ``name`` is that of the submodule in its stage, ``sizes`` the number of its inputs for the size
    of the map.
    """

    __slots__ = ()
    name: str
    sizes: ClassVar[int] = 0

    @abstractmethod
    def parts(self, size_from: int) -> Iterator[Part]:
        """Its behaviour in time, for the cycle simulation.

        The size of the map is there from cycle ``size_from`` on; 0 where it is fixed.
        """

    @abstractmethod
    def resources(self, resizable: bool) -> Resources:
        """Its logic and registers, as synthesis makes them on average.

        ``resizable`` says whether the size of the map comes with each frame.
        """

    def paths(self, delays: DelayModel, arrival: float) -> Iterator[Path]:
        """Its longest paths from register to register; none of those that are always short.

        Words are at its input ``arrival`` ns after the clock.
        """
        yield from ()

    def departure(self, delays: DelayModel, arrival: float) -> float:
        """When words are at its output, in ns after the clock: soon, where registers give them."""
        return delays.register

    def memories(self) -> Iterator[Memory]:
        """Its memories."""
        yield from ()
