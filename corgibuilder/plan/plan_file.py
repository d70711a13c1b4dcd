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

from .folding import Engine, RequantiserKind, WindowSource
from .pixels import MAX_PIXELS
from .target import CLOCK_RANGE

FORMAT = 6  #: of the text; raised when a reader of the old one would go wrong

OPTIONAL = (
    "headroom",
    "latency",
    "input_type",
    "technology",
)  #: fields of a target, where not asked for
SOURCES = [source.value for source in WindowSource]
ENGINES = [engine.value for engine in Engine]
EngineName = Annotated[str, Written("|".join(ENGINES), f"one of {', '.join(ENGINES)}")]
REQUANTISERS = [kind.value for kind in RequantiserKind]
RequantiserName = Annotated[
    str, Written("|".join(REQUANTISERS), f"one of {', '.join(REQUANTISERS)}")
]
SourceName = Annotated[str, Written("|".join(SOURCES), f"one of {', '.join(SOURCES)}")]
Quantity = Annotated[
    str,
    Written(
        r"[0-9]{1,40}(/0*[1-9][0-9]{0,39}|\.[0-9]{1,40})?", "a fraction or decimal number as a text"
    ),
]
TechnologyName = Annotated[
    str,
    Written(r"[^\0]{1,4096}", "the name of a technology, or of its file"),
]
Side = Annotated[int, Within(1, MAX_SIDE)]
Decision = Annotated[int, Within(0, 1 << 40)]
Width = Annotated[int, Within(1, 1 << 40)]  #: of what works side by side
Figure = Annotated[int, Within(0, 1 << 62)]
Value = Annotated[int, Within(-(1 << 62), 1 << 62)]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTypeFields:
    """See :class:`~corgibuilder.ir.InputType`."""

    name: Annotated[str, Written(PATTERN, "a type of integers such as uint8")]
    scale: Quantity
    input: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFields:
    """See :class:`~.target.Target`."""

    fps: Quantity
    clock_hz: Annotated[int, Within(*CLOCK_RANGE)]
    image: tuple[Side, Side] | None
    headroom: Annotated[int, Within(1, MAX_SIDE)] | None
    latency: Quantity | None
    input_type: InputTypeFields | None
    technology: TechnologyName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldingFields:
    """See :class:`~.folding.Folding`."""

    source: SourceName
    inputs: Width
    outputs: Width
    capacity: Decision
    single_port: bool
    groups_per_word: Width
    engine: EngineName
    adder_levels: Decision
    weight_register: bool
    requantiser: RequantiserName
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
    area: Figure
    fmax_mhz: float
    critical_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFields:
    """See :class:`~.edges.PlannedEdge`."""

    producer: str
    consumer: str
    port: Decision | None
    channels: Figure
    height: Figure
    width: Figure
    lowest: Value
    highest: Value
    step: Figure
    lanes: Width
    pixels: Width
    fifo: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFields:
    """See :class:`~.plan.Plan`."""

    format: int
    network: str
    target: TargetFields
    stages: tuple[StageFields, ...]
    edges: tuple[EdgeFields, ...]
    cycles_per_frame: Figure
    warm_up_frames: Figure
    latency_first: Value
    latency_frame: Figure
    notes: tuple[str, ...]

    @property
    def lanes(self) -> dict[str, int]:
        """Values in a word of what each producer gives."""
        return {edge.producer: edge.lanes for edge in self.edges}

    @property
    def input_lanes(self) -> dict[str, int]:
        """The same of the inputs, which are no stages."""
        stages = {stage.name for stage in self.stages}
        return {producer: n for producer, n in self.lanes.items() if producer not in stages}


def plan_fields(text: str) -> PlanFields:
    """The fields in the text of a plan; :class:`CompileError` (CB411) if it is not one."""
    try:
        data = parse(text)
        if isinstance(data, dict) and data.get("format", FORMAT) != FORMAT:
            raise UnsuitableError(f"its format is {shown(data['format'])}, and not {FORMAT}")
        found = read(PlanFields, _with_defaults(data))
        _check_consistent(found)
        return found
    except UnsuitableError as fault:
        raise CompileError(
            "CB411",
            f"this is not a plan: {fault}",
            at=Origin("plan"),
            help="write one with: corgibuilder plan NETWORK --fps 30 --clock 59MHz -o p.json",
        ) from None


def _check_consistent(found: PlanFields) -> None:
    """:class:`UnsuitableError` for fields of which each is right and which do not go together."""
    stages = {stage.name for stage in found.stages}
    for name, times in Counter(stage.name for stage in found.stages).items():
        if times > 1:
            raise UnsuitableError(f"stage {shown(name)} is there {times} times")
    lanes: dict[str, EdgeFields] = {}
    for edge in found.edges:
        other = lanes.setdefault(edge.producer, edge)
        if edge.lanes != other.lanes:
            raise UnsuitableError(
                f"what {shown(edge.producer)} gives has {other.lanes} lanes on the edge to"
                f" {shown(other.consumer)}, and {edge.lanes} on that to {shown(edge.consumer)}"
            )
    for name in stages - lanes.keys():
        raise UnsuitableError(f"no edge begins at stage {shown(name)}")
    if not lanes.keys() - stages:
        raise UnsuitableError("no edge begins at an input")


def _with_defaults(data: Any) -> Any:
    """The same with the fields that a plan does not mention where nothing was asked for."""
    if not isinstance(data, dict) or not isinstance(data.get("target"), dict):
        return data
    target = dict.fromkeys(OPTIONAL) | data["target"]
    if isinstance(target["input_type"], dict):
        target["input_type"] = {"input": None} | target["input_type"]
    return data | {"target": target}
