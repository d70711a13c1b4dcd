"""The verbs of corgibuilder, for Python and for the command line."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corgibuilder import frontend, golden, verify
from corgibuilder.build_directory import BuildDirectory, Manifest, read_build_directory
from corgibuilder.characterise import Characterisation
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.folders import check_writable, write_complete
from corgibuilder.inputs import Frames, encode
from corgibuilder.ir import InputType, Network
from corgibuilder.model import write_model
from corgibuilder.passes import prepared, prepared_outputs
from corgibuilder.plan import (
    NOTHING_PINNED,
    MemoryReport,
    Pins,
    Plan,
    Target,
    describe,
    make_plan,
    memory_report,
    pipeline_of,
    read_pins,
)
from corgibuilder.plan.layers import group_layers
from corgibuilder.progress import Progress, silent
from corgibuilder.stimulus import (
    by_input,
    calm_frames,
    choose,
    frame_count,
    most_frames,
    random_frames,
    smaller_frames,
    values_of,
)
from corgibuilder.synth import SynthReport
from corgibuilder.synth import synth as synthesise
from corgibuilder.synth.synth import check_liberty
from corgibuilder.system import System
from corgibuilder.technology import lasting_name, read_technology, technology_file, with_costs
from corgibuilder.units import (
    FRAMES,
    SEED,
    parse_clock,
    parse_fps,
    parse_image,
    parse_input_type,
    parse_latency,
    parse_pixels,
)
from corgibuilder.user_files import MissingError, UnreadableError, check_file, read_file
from corgibuilder.verify import SimulationReport, Simulator

__all__ = [
    "build",
    "built_memories",
    "characterise",
    "memories",
    "plan",
    "plan_file",
    "read",
    "read_built",
    "run",
    "simulate",
    "synth",
]

BENCH_FRAMES = 2  # in the stimulus of a build directory, where so many fit into memory
MAX_PLAN_BYTES = 2**24  # of the text of a plan
Size = tuple[int, int]  # width, height


def read(
    path: str | Path,
    *,
    image: Size | None = None,
    input_type: str | InputType | None = None,
    input_scale: float | str | None = None,
) -> Network:
    """The integer network of a file, for images of ``image`` where that is given.

    ``input_type``, such as "uint8", is for a file that does not say which integers enter, or
    "left=uint8" for its input ``left`` only;
    ``input_scale`` is what 1 stands for in the file.
    """
    if not isinstance(input_type, InputType):
        scale = None if input_scale is None else str(input_scale)
        input_type = parse_input_type(input_type, scale)
    network = frontend.read(path, input_type=input_type)
    return frontend.resized(network, *image) if image else network


def run(network: Network, frames: Frames) -> dict[str, NDArray[Any]]:
    """Every output of the network, by name, in the source file's own shape and values.

    ``frames`` is ``(frames, *shape)`` in the file's own terms, of several inputs a mapping with
    those of each by name. No hardware is involved: this is the
    result that the hardware will give.
    """
    network, integers = encode(network, frames)
    values = golden.run(network.graph, integers)
    return {port.name: port.convert(values[port.node]) for port in network.outputs}


def plan(
    network: Network,
    *,
    fps: float | Fraction,
    clock_hz: int,
    image: Size | None = None,
    headroom: int | None = None,
    latency: float | Fraction | None = None,
    technology: str | None = None,
    pins: Pins = NOTHING_PINNED,
) -> Plan:
    """How much hardware each layer gets so that ``fps`` frames a second pass at ``clock_hz``.

    With ``headroom``, so that every cycle can take that many pixels, where that is more; with
    ``latency``, so that the last output begins so many seconds after the first pixel. Areas and
    delays are those of a ``technology``, by its name or file, or of the generic one. What ``pins``
    fix of single layers is left as it is.
    """
    if image:
        network = frontend.resized(network, *image)
    target = Target(
        fps=Fraction(str(fps)),
        clock_hz=clock_hz,
        image=image,
        headroom=headroom,
        latency=None if latency is None else Fraction(str(latency)),
        input_type=network.input_type,
        technology=None if technology is None else lasting_name(technology),
    )
    return make_plan(network, target, pins)


def plan_file(
    source: str | Path,
    *,
    fps: str | None,
    clock: str | None,
    image: str | None,
    headroom: str | None,
    latency: str | None,
    input_type: str | None = None,
    input_scale: str | None = None,
    technology: str | None = None,
    pins: Path | None = None,
    saved: Path | None = None,
) -> Plan:
    """Plan for a file and settings as people write them, or the plan ``saved`` in a file.

    The decisions of that one are checked against the network, and its figures computed anew.
    """
    if saved is not None:
        target = (fps, clock, image, headroom, latency, input_type, input_scale, technology, pins)
        if any(given is not None for given in target):
            raise CompileError(
                "CB614",
                "a plan and a target are both given",
                at=Origin(str(saved)),
                help="leave out --plan, or all of --fps, --clock, --image, --headroom, --latency,"
                " --input-type, --input-scale, --technology and --pin",
            )
        made = _read_plan(saved)
        network = _as_planned(source, made)
        return describe(pipeline_of(network, made), made.target)
    if fps is None or clock is None:
        raise CompileError(
            "CB615",
            f"there is no {'frame rate' if fps is None else 'clock'} to plan for",
            at=Origin(str(source)),
            help="give both, such as --fps 30 --clock 59MHz",
        )
    return plan(
        read(source, input_type=input_type, input_scale=input_scale),
        fps=parse_fps(fps),
        clock_hz=parse_clock(clock),
        image=None if image is None else parse_image(image),
        headroom=None if headroom is None else parse_pixels(headroom),
        latency=None if latency is None else parse_latency(latency),
        technology=technology,
        pins=NOTHING_PINNED if pins is None else read_pins(pins),
    )


def _as_planned(source: str | Path, plan: Plan) -> Network:
    """The network of a file as it was when ``plan`` was made."""
    return read(source, image=plan.target.image, input_type=plan.target.input_type)


def read_built(directory: BuildDirectory) -> Network:
    """The network of a build directory as it was when that was built."""
    said = directory.manifest.input_type
    given = InputType(said.name, Fraction(said.scale), said.input) if said else None
    return read(directory.source, image=directory.manifest.image, input_type=given)


def _read_plan(path: Path) -> Plan:
    """The plan in a file; :class:`CompileError` if there is none."""

    def refusal(code: str, problem: str) -> CompileError:
        remedy = "write it with: corgibuilder plan NETWORK --fps 30 --clock 59MHz -o plan.json"
        return CompileError(code, problem, at=Origin(str(path)), help=remedy)

    try:
        return Plan.from_json(read_file(path, MAX_PLAN_BYTES).decode())
    except MissingError as fault:
        raise refusal("CB616", str(fault)) from None
    except UnreadableError as fault:
        raise refusal("CB627", f"this is not a plan: {fault}") from None
    except UnicodeDecodeError:
        raise refusal("CB627", "this is not a plan: it is not text in UTF-8") from None


def memories(source: str | Path, plan: Plan, technology: str) -> MemoryReport | None:
    """How every memory of a plan is held in a technology, given by its name or file.

    ``None`` for a technology that has no macros.
    """
    offered = read_technology(technology)
    if not offered.macros:
        return None
    return memory_report(pipeline_of(_as_planned(source, plan), plan), offered)


def built_memories(
    build_dir: str | Path, technology: str, *, changed: bool = False
) -> MemoryReport | None:
    """The same for the plan of a build directory; ``changed`` as in :func:`simulate`."""
    directory = read_build_directory(Path(build_dir), changed=changed)
    if not read_technology(technology).macros:  # then nobody needs the plan
        return None
    return memories(directory.source, _read_plan(directory.plan), technology)


def build(
    source: str | Path,
    plan: Plan,
    out_dir: str | Path,
    *,
    system: System | None = None,
    progress: Progress = silent,
) -> Manifest:
    """Write Verilog, memory images, bench, software model and manifest of a network file.

    With ``system`` also the chip around the network.
    """
    from corgibuilder import emit  # here, as Amaranth is slow to load and only a build needs it

    network = _as_planned(source, plan)

    def finish(build: BuildDirectory) -> None:
        progress("writing the software model", 1.0)
        (build.path / "model").mkdir()
        write_model(prepared(network), build.path / "model")
        progress("evaluating the frames of the bench", 1.0)
        count = min(BENCH_FRAMES, most_frames(network))
        frames = by_input(random_frames(network, count, seed=1))
        nodes = [port.node for port in network.inputs]
        entering = {node: np.stack(maps) for node, maps in zip(nodes, frames, strict=True)}
        values = golden.run(network.graph, entering)
        outputs = {kept: values[node] for kept, node in prepared_outputs(network).items()}
        verify.write_stimulus(build, frames, outputs)

    return emit.build(
        network, plan, Path(source), Path(out_dir), progress, system=system, finish=finish
    )


def simulate(
    build_dir: str | Path,
    inputs: Frames | None = None,
    *,
    frames: int | None = None,
    simulator: Simulator = Simulator.VERILATOR,
    layer: str | None = None,
    stalls: bool = False,
    seed: int = 1,
    netlist: Path | None = None,
    changed: bool = False,
    progress: Progress = silent,
) -> SimulationReport:
    """Simulate the build directory and compare every stream with the golden model.

    ``inputs`` is ``(frames, *shape)`` in the source file's own terms, of a network with several
    inputs a mapping with those of each by name. Without it random ``frames`` enter, by default as
    many as fill the pipeline, and where the hardware takes several sizes also some that are
    smaller. The last ones, at most half of them, have stalls, and the smaller ones; all have with
    ``stalls``. Stages of which these frames show too little get frames of their own. With ``layer``
    only that stage is simulated, on the values that reach it. A build that was changed after it was
    written is refused, unless ``changed`` says that this is meant.
    """
    SEED.check(seed)
    directory = read_build_directory(Path(build_dir), changed=changed)
    unit = directory.unit(layer)
    network = read_built(directory)
    _check_same_network(directory, network)
    if netlist is not None:
        _check_netlist(netlist, layer)
    if inputs is None:
        count = frame_count(unit, network) if frames is None else frames
        _check_frame_count(count, network)
        played = random_frames(network, count, seed)
    else:
        network, integers = encode(network, inputs)
        played = list(zip(*(integers[port.node] for port in network.inputs), strict=True))
    stalls_from = 0 if stalls else calm_frames(len(played), unit)
    if inputs is None and unit.resizable:
        played += smaller_frames(network, directory.manifest.network.smallest, seed)
    progress(f"evaluating {len(played)} frames", 0.0)
    values = values_of(network, played)
    progress("choosing frames for stages by themselves", 0.0)
    chosen = choose(
        network,
        directory.manifest,
        values,
        foldings={stage.name: stage.folding for stage in _read_plan(directory.plan).stages},
        layer=layer,
        played_alone=netlist is None,
        seed=seed,
    )
    entering = [values.streams[stream.node] for stream in unit.inputs]
    golden_values = values.outputs
    if layer is not None:
        entering, golden_values = chosen.of_stage(unit, values)
    report = verify.simulate(
        directory.path,
        frames=entering,
        golden=golden_values,
        inner=values.streams if layer is None and netlist is None else None,
        alone=chosen.alone if layer is None else None,
        simulator=simulator,
        layer=layer,
        stalls=True,
        stalls_from=stalls_from,
        seed=seed,
        netlist=netlist,
        changed=changed,
        progress=progress,
    )
    return replace(report, coverage=chosen.coverage)


def synth(
    build_dir: str | Path,
    technology: str = "generic",
    *,
    device: str | None = None,
    seed: int | None = None,
    liberty: Path | None = None,
    netlist: bool = False,
    changed: bool = False,
    progress: Progress = silent,
) -> SynthReport:
    """Synthesise a build directory for a technology, given by its name or file.

    All else is as in :func:`corgibuilder.synth.synth`. Raises :class:`CompileError` for a ``seed``
    where nothing is placed.
    """
    if seed is not None and device is None:
        raise CompileError(
            "CB632",
            "a seed is given, and nothing is placed",
            at=Origin("--seed"),
            help="leave it out, or say on which --device to place",
        )
    seed = 1 if seed is None else seed
    SEED.check(seed)
    return synthesise(
        Path(build_dir),
        read_technology(technology),
        device=device,
        seed=seed,
        liberty=liberty,
        netlist=netlist,
        changed=changed,
        progress=progress,
    )


def characterise(
    technology: str,
    *,
    liberty: Path | None = None,
    out: Path | None = None,
    progress: Progress = silent,
) -> Characterisation:
    """Costs of a technology, given by its name or file, fitted to synthesised components.

    They are in the area of the cells of the file ``liberty`` where one is given. The file ``out``
    becomes the technology's own with the new costs in place of its old ones.
    """
    from corgibuilder.characterise.cache import Cache, user_cache  # Amaranth, as for a build
    from corgibuilder.characterise.characterise import characterise as characterised
    from corgibuilder.characterise.samples import all_samples

    chosen = read_technology(technology)
    if liberty:
        check_liberty(liberty, chosen)
    if out:
        check_writable(out)
    found = characterised(
        chosen, all_samples(), liberty=liberty, cache=Cache(user_cache()), progress=progress
    )
    if out:
        write_complete(out, with_costs(technology_file(technology), found.new))
    return found


def _check_frame_count(count: int, network: Network) -> None:
    """Refuse a number of random frames that is out of range, or more than fit into memory."""
    FRAMES.check(count)
    most = most_frames(network)
    if count > most:
        raise CompileError(
            "CB628",
            f"{count:,} frames of {' and '.join(map(str, network.input_shapes))} do not fit into"
            " memory",
            at=Origin(FRAMES.option),
            help=f"take {most:,} frames or fewer",
        )


def _check_same_network(directory: BuildDirectory, network: Network) -> None:
    """Refuse a network file that was changed into one that the hardware was not built for."""
    built, stages = directory.manifest.network, directory.manifest.stages
    pruned = prepared(network)
    found = group_layers(pruned)
    entries = [(p.node, tuple(network.graph.type(p.node).shape)) for p in network.inputs]
    same = [(s.node, s.shape) for s in built.inputs] == entries
    same &= [stage.layer for stage in stages] == [layer.name for layer in found]
    same &= [s.outputs[0].node for s in stages] == [layer.result for layer in found]
    read = [tuple(stream.node for stream in stage.inputs) for stage in stages]
    same &= read == [layer.sources for layer in found]
    same &= [s.node for s in built.outputs] == [port.node for port in pruned.outputs]
    if not same:
        raise CompileError(
            "CB515",
            "the network file is not the one that this build was made from",
            at=Origin(str(directory.source)),
            help="build the network again",
        )


def _check_netlist(netlist: Path, layer: str | None) -> None:
    problem = ""
    if layer is not None:
        problem = f"a netlist is of the whole network, and only {layer!r} is to be simulated"
    elif netlist.suffix != ".v":
        problem = "this is not a Verilog file, .v"
    else:
        try:
            check_file(netlist)
        except UnreadableError as fault:
            problem = str(fault)
    if problem:
        raise CompileError(
            "CB516",
            problem,
            at=Origin(str(netlist)),
            help="write it with: corgibuilder synth BUILD --netlist",
        )
