"""Three comparisons of one case: golden with executor, RTL with golden, plan with RTL."""

import tempfile
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from corgibuilder import golden
from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import Ints, Network
from corgibuilder.passes import prepared_outputs
from corgibuilder.plan import Plan
from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.plan import requantiser
from corgibuilder.plan.planned_stage import PlannedStage
from corgibuilder.plan.simulation import frame_ends, machine

from ..frontend.models import theirs
from .build import CRASHES, planned, write_verilog
from .case import Case, frames_of, graph_of_size, model_of, network_of
from .simulate import Play, simulate

SLACK_CYCLES = 2  #: by which a plan may be pessimistic, or by 1 %
EXECUTED = 2  #: frames at most that the executor, which is slow, computes too


@dataclass(frozen=True)
class Finding:
    """Something that is wrong: the same ``kind`` is the same way to fail."""

    kind: str
    text: str


@dataclass(frozen=True)
class StageSummary:
    """What a stage of the pipeline is made of."""

    layer: str
    source: str
    engine: str
    requantiser: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a case.

    ``refused`` is the code of a refusal. ``wrong`` are faults of the project whatever the plan
    says; ``optimistic`` and ``pessimistic`` are plans that the RTL does not keep to.
    """

    refused: str | None = None
    wrong: tuple[Finding, ...] = ()
    optimistic: tuple[Finding, ...] = ()
    pessimistic: tuple[Finding, ...] = ()
    executor: str = "not run"  #: or equal, or noted: the file's own result depends on rounding
    stages: tuple[StageSummary, ...] = ()
    compared: int = 0
    cycles: int = 0
    figures: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.wrong + self.optimistic + self.pessimistic


def compare(case: Case) -> Outcome:
    """Read, plan, build and simulate a case, and compare all there is."""
    done = Outcome()
    try:
        network = network_of(case)
        done = _executed(case, network)
        if not done.wrong:
            pipeline, plan = planned(case, network)
            done = _simulated(case, network, pipeline, plan, done)
    except CompileError as refusal:
        return Outcome(refused=refusal.code, executor=done.executor)
    except CRASHES as crash:
        return Outcome(wrong=(_crash(crash),), executor=done.executor)
    return done


def _crash(crash: Exception) -> Finding:
    """Kind by the deepest place in the project, so that another crash is another kind."""
    frames = [f for f in traceback.extract_tb(crash.__traceback__) if "corgibuilder/" in f.filename]
    place = f"{Path(frames[-1].filename).name}, {frames[-1].name}" if frames else "the net"
    text = "".join(traceback.format_exception(crash)[-4:])
    return Finding(f"{type(crash).__name__} in {place}", text)


def _executed(case: Case, network: Network) -> Outcome:
    """Golden against qonnx and onnxruntime, in the file's own values."""
    model, tensors = model_of(case)
    names = [tensors[name] for name in case.outputs]
    frames = frames_of(case, network)[: min(case.calm, EXECUTED)]
    if not frames:
        return Outcome()
    maps = zip(network.inputs, zip(*frames, strict=True), strict=True)
    given = {port.name: np.stack(each).astype(np.float32) for port, each in maps}
    expected = theirs(model.proto(names), given)
    values = golden.run(network.graph, {p.node: p.convert(given[p.name]) for p in network.inputs})
    if network.notes:
        return Outcome(executor="noted")
    for port in network.outputs:
        got = port.convert(values[port.node])
        if not np.array_equal(got.reshape(expected[port.name].shape), expected[port.name]):
            count = int((got.reshape(expected[port.name].shape) != expected[port.name]).sum())
            text = f"{count} values of {port.node!r} differ from the file's own executor"
            return Outcome(wrong=(Finding("executor", text),))
    return Outcome(executor="equal")


def play_of(case: Case, network: Network) -> Play:
    """Frames of a case and the golden values of every output."""
    frames = frames_of(case, network)
    nodes = prepared_outputs(network)
    values: dict[str, list[Ints]] = {kept: [] for kept in nodes}
    for frame in frames:
        graph = graph_of_size(network, *frame[0].shape[1:])
        maps = zip(network.inputs, frame, strict=True)
        run = golden.run(graph, {port.node: x[None] for port, x in maps})
        for kept, maps in values.items():
            maps.append(run[nodes[kept]][0].astype(np.int64))
    return Play(
        frames=frames,
        golden=values,
        calm=case.calm,
        stalled=case.stalled,
        seed=case.seed,
        target_cycles=case.target.budget_for(network.input_shape),
    )


def _simulated(
    case: Case, network: Network, pipeline: Pipeline, plan: Plan, done: Outcome
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="corgibuilder-") as folder:
        built = write_verilog(pipeline, plan, Path(folder))
        measured = simulate(built.unit, built.folder, play_of(case, network))
    timing = measured.timing
    figures = {
        "interval": (plan.cycles_per_frame, timing.cycles_per_frame if timing.steady else None),
        "first latency": (plan.latency_first, timing.latency_first),
        "frame latency": (plan.latency_frame, timing.latency_frame),
    }
    late: tuple[Finding, ...] = ()
    early: tuple[Finding, ...] = ()
    if not measured.faults:
        late, early = _plan_findings(case, figures, pipeline)
        if not late and not early:
            late = _frame_findings(case, pipeline, plan, measured.ends)
    return Outcome(
        wrong=tuple(Finding(f"RTL: {kind}", text) for kind, text in measured.faults),
        optimistic=late,
        pessimistic=early,
        executor=done.executor,
        stages=tuple(map(_summary, pipeline.stages)),
        compared=measured.compared,
        cycles=measured.cycles,
        figures=figures,
    )


def _plan_findings(case: Case, figures: dict, pipeline: Pipeline):
    """Where the plan says less than what was measured, and where it says more than it may.

    Frames may follow faster than planned as long as buffers before a slow stage are filling.
    """
    late, early = [], []
    cause = _slowest(case, pipeline)
    for name, (said, seen) in figures.items():
        if seen is None or (name == "frame latency" and late):
            continue
        text = f"{name}: planned {said}, measured {seen}; slowest is {cause}"
        kind = f"{name.split()[-1]}, {cause}"
        if seen > said:
            late.append(Finding(f"optimistic {kind}", text))
        elif name != "interval" and said - seen > max(SLACK_CYCLES, said / 100):
            early.append(Finding(f"pessimistic {kind}", text))
    return tuple(late), tuple(early)


def _frame_findings(
    case: Case, pipeline: Pipeline, plan: Plan, ends: dict[str, list[int]]
) -> tuple[Finding, ...]:
    """Outputs at which frames follow each other otherwise than in the simulation of the plan.

    All calm frames count but those that meet one of another size on their way.
    """
    count = case.calm - 1 - plan.latency_frame // plan.cycles_per_frame
    if count < 2:
        return ()
    simulated = frame_ends(machine(pipeline), case.calm)
    findings = []
    for node, seen in ends.items():
        said, found = (np.diff(each[:count]).tolist() for each in (simulated[node], seen))
        if said != found:
            text = f"frames at {node}: simulated {said} cycles apart, measured {found}"
            findings.append(Finding(f"frames apart, {_slowest(case, pipeline)}", text))
    return tuple(findings)


def _slowest(case: Case, pipeline: Pipeline) -> str:
    """Window source and kind of the stage that has the most cycles, and whose decision that was."""
    slowest = max(
        (stage.folded for stage in pipeline.stages), key=lambda folded: folded.frame_cycles
    )
    kind = slowest.label(slowest.layer).split(" ")[0]
    edited = ", edited plan" if case.edit is not None else ""
    return f"{slowest.folding.source.value} {kind}{edited}"


def _summary(stage: PlannedStage) -> StageSummary:
    folded = stage.folded
    label = folded.label(stage.layer)
    parts = label.rsplit(" ", 1)
    kind = parts[0] if parts[-1][:1].isdigit() else label
    wide = " of several pixels" if stage.layer.input_pixels > 1 else ""
    source = f"{folded.folding.source.value}{wide}"
    return StageSummary(kind, source, folded.engine_label, _form(stage))


def _form(stage: PlannedStage) -> str:
    """Kind of requantiser, without its sizes."""
    text = requantiser(stage)
    words = [w.strip(",") for w in text.split() if not w.strip(",+")[:1].isdigit()]
    several = " of several" if "+" in text else ""
    return " and ".join(dict.fromkeys(words)) + several
