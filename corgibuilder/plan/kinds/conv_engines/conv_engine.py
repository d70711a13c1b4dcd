"""What the planner has to know of an engine that computes convolutions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from corgibuilder.plan.components import ComponentConfig
from corgibuilder.plan.delays import DelayModel, Path
from corgibuilder.plan.folding import WindowSource
from corgibuilder.plan.kinds.stage import Fault
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.resources import Resources

if TYPE_CHECKING:
    from corgibuilder.plan.kinds.conv import ConvStage


class ConvEngine(ABC):
    """Turns operands into accumulators; each method is about a stage that has it."""

    @abstractmethod
    def label(self, stage: "ConvStage") -> str:
        """Its name in tables."""

    @abstractmethod
    def config(self, stage: "ConvStage") -> ComponentConfig:
        """The component."""

    @abstractmethod
    def multipliers(self, stage: "ConvStage") -> int:
        """Number of its multipliers."""

    @abstractmethod
    def latency(self, stage: "ConvStage") -> int:
        """Cycles from the last operands of a sum to the sum."""

    # What is worth a look, and what can be built.

    @abstractmethod
    def candidates(
        self, kind: type["ConvStage"], layer: Layer, source: WindowSource, budget: int
    ) -> Iterator["ConvStage"]:
        """Foldings that may keep a budget of cycles per frame."""

    @abstractmethod
    def decided(self, stage: "ConvStage", fixed: Mapping[str, Any]) -> Mapping[str, Any]:
        """``fixed`` fields of the folding, with those that follow from the choice of the engine."""

    @abstractmethod
    def faults(self, stage: "ConvStage") -> Iterator[Fault]:
        """What in the folding contradicts it."""

    # Estimates for comparing many foldings: what depends on single weights is remembered.

    @abstractmethod
    def logic(self, stage: "ConvStage") -> Resources:
        """Logic and registers, without what is before and behind it."""

    @abstractmethod
    def registers(self, stage: "ConvStage") -> Iterator[dict[str, Any]]:
        """The possible registers, from the longest paths to the shortest."""

    @abstractmethod
    def paths(self, stage: "ConvStage", delays: DelayModel) -> Callable[..., Iterable[Path]]:
        """A function from its registers, as in :meth:`registers`, to its paths."""
