"""The kinds of operations, each in a file of its own: what it computes, and what follows."""

from corgibuilder.ir.op import Op

from .add import Add
from .argmax import Argmax
from .clamp import Clamp
from .concat import Concat
from .conv import Conv
from .depth_to_space import DepthToSpace
from .input import Input
from .pad import Pad
from .pool import Pool, PoolKind
from .routing import Routing
from .select import Select
from .table import Table
from .threshold import Threshold
from .upsample import Upsample

__all__ = [
    "KINDS",
    "Add",
    "Argmax",
    "Clamp",
    "Concat",
    "Conv",
    "DepthToSpace",
    "Input",
    "Pad",
    "Pool",
    "PoolKind",
    "Routing",
    "Select",
    "Table",
    "Threshold",
    "Upsample",
]

#: all of them; whatever has to be there for each one is tested for these
KINDS: tuple[type[Op], ...] = (
    Input,
    Conv,
    Pool,
    Threshold,
    Clamp,
    Argmax,
    Add,
    Concat,
    Select,
    Upsample,
    DepthToSpace,
    Pad,
    Table,
)
