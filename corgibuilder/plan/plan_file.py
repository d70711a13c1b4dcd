"""The text of a plan: which fields it has, and what each of them may be, whoever wrote it.

What numbers may be beyond that depends on the network; see :mod:`.plan`.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.ir.input_type import PATTERN
from corgibuilder.limits import MAX_SIDE
from corgibuilder.strict_json import UnsuitableError, Within, Written, parse, read, shown

from .folding import Feed
from .widen import MAX_PIXELS

FORMAT = 2  #: of the text; raised when a reader of the old one would go wrong

OPTIONAL = ("headroom", "latency", "input_type")  #: fields of a target, where not asked for
FEEDS = [feed.value for feed in Feed]
FeedName = Annotated[str, Written("|".join(FEEDS), f"one of {', '.join(FEEDS)}")]
Quantity = Annotated[
    str,
    Written(
        r"[0-9]{1,40}(/0*[1-9][0-9]{0,39}|\.[0-9]{1,40})?", "a fraction or decimal number as a text"
    ),
]
Side = Annotated[int, Within(1, MAX_SIDE)]
Decision = Annotated[int, Within(0, 1 << 40)]
Figure = Annotated[int, Within(0, 1 << 62)]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTypeFields:
    """See :class:`~corgibuilder.ir.InputType`."""

    name: Annotated[str, Written(PATTERN, "a type of integers such as uint8")]
    scale: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFields:
    """See :class:`~.target.Target`."""

    fps: Quantity
    clock_hz: Annotated[int, Within(1, 10**12)]
    image: tuple[Side, Side] | None
    headroom: Annotated[int, Within(1, MAX_SIDE)] | None
    latency: Quantity | None
    input_type: InputTypeFields | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldingFields:
    """See :class:`~.folding.Folding`."""

    feed: FeedName
    inputs: Decision
    outputs: Decision
    lanes: Decision
    capacity: Decision
    fifo: Decision
    pixels: Annotated[int, Within(1, MAX_PIXELS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFields:
    """See :class:`~.plan.StagePlan`."""

    name: str
    layer: str
    folding: FoldingFields
    cycles_per_frame: Figure
    macs: Figure
    multipliers: Figure
    multipliers_bound: float
    accumulator_bits: Figure
    requantiser: str
    buffer_bits: Figure
    buffer_bound: Figure
    queue_bits: Figure
    weight_rom_bits: Figure
    requantiser_rom_bits: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFields:
    """See :class:`~.plan.Plan`."""

    format: int
    network: str
    target: TargetFields
    input_lanes: Decision
    stages: tuple[StageFields, ...]
    cycles_per_frame: Figure
    latency_first: Figure
    latency_frame: Figure
    notes: tuple[str, ...]


def plan_fields(text: str) -> PlanFields:
    """The fields in the text of a plan; :class:`CompileError` (CB411) if it is not one."""
    try:
        data = parse(text)
        if isinstance(data, dict) and data.get("format", FORMAT) != FORMAT:
            raise UnsuitableError(f"its format is {shown(data['format'])}, and not {FORMAT}")
        found = read(PlanFields, _with_defaults(data))
        for name, times in Counter(stage.name for stage in found.stages).items():
            if times > 1:
                raise UnsuitableError(f"stage {shown(name)} is there {times} times")
        return found
    except UnsuitableError as fault:
        raise CompileError(
            "CB411",
            f"this is not a plan: {fault}",
            at=Origin("plan"),
            help="write one with: corgibuilder plan NETWORK --fps 30 --clock 59MHz -o p.json",
        ) from None


def _with_defaults(data: Any) -> Any:
    """The same with the fields that a plan does not mention where nothing was asked for."""
    if not isinstance(data, dict):
        return data
    changed = dict(data)
    if isinstance(data.get("target"), dict):
        changed["target"] = dict.fromkeys(OPTIONAL) | data["target"]
    if isinstance(data.get("stages"), list):
        changed["stages"] = [_stage_with_defaults(stage) for stage in data["stages"]]
    return changed


def _stage_with_defaults(stage: Any) -> Any:
    if not isinstance(stage, dict) or not isinstance(stage.get("folding"), dict):
        return stage
    return stage | {"folding": {"pixels": 1} | stage["folding"]}
