"""The kinds of layers: what the planner knows of each one, said once.

``corgibuilder/README.md`` says what else belongs to a kind.
"""

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Add, Argmax, Concat, Conv, DepthToSpace, Pad, Pool, Select, Upsample
from corgibuilder.plan.folding import Folding
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pixels import MAX_PIXELS

from .activation import ActivationStage
from .add import AddStage
from .argmax import ArgmaxStage
from .concat import ConcatStage
from .conv import ConvStage
from .depth_to_space import DepthToSpaceStage
from .pad import PadStage
from .pool import PoolStage
from .select import SelectStage
from .stage import FoldedStage, SizeRule
from .upsample import UpsampleStage

__all__ = [
    "KINDS",
    "FoldedStage",
    "SizeRule",
    "folded",
    "kind_of",
    "output_pixels",
    "widened_layer",
    "widths",
]

#: by operation; ``NoneType`` where the activation is by itself
KINDS: dict[type, type[FoldedStage]] = {
    Conv: ConvStage,
    Pool: PoolStage,
    Argmax: ArgmaxStage,
    Add: AddStage,
    Concat: ConcatStage,
    Select: SelectStage,
    Upsample: UpsampleStage,
    DepthToSpace: DepthToSpaceStage,
    Pad: PadStage,
    type(None): ActivationStage,
}


def kind_of(layer: Layer) -> type[FoldedStage]:
    """What the planner knows of such a layer; :class:`CompileError` (CB417) if nothing."""
    kind = KINDS.get(type(layer.op))
    if kind is None:
        raise CompileError(
            "CB417",
            f"no hardware is there yet for a layer of kind {type(layer.op).__name__}",
            at=layer.node.origin,
            help="cut the network before this layer",
        )
    return kind


def folded(layer: Layer, folding: Folding) -> FoldedStage:
    """A layer with its folding."""
    return kind_of(layer)(layer, folding)


def widths(layer: Layer) -> tuple[int, ...]:
    """The numbers of pixels that may enter side by side, the smallest first, which is 1."""
    more = range(2, MAX_PIXELS + 1)
    return (1, *(n for n in more if kind_of(layer).output_pixels(layer, n)))


def output_pixels(layer: Layer, pixels: int) -> int:
    """Pixels that leave side by side if ``pixels``, one of the layer's :func:`widths`, enter so."""
    return 1 if pixels == 1 else kind_of(layer).output_pixels(layer, pixels)


def widened_layer(layer: Layer, pixels: int) -> Layer:
    """``layer`` with ``pixels``, one of its :func:`widths`, entering side by side."""
    return layer if pixels == 1 else kind_of(layer).widen(layer, pixels)
