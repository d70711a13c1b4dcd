"""The command line: parses and prints, decides nothing."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from corgibuilder import api
from corgibuilder.build_directory import read_build_directory
from corgibuilder.console import Commands, examples, progress_bar, show, tell
from corgibuilder.demo import demo as run_demo
from corgibuilder.folders import check_apart, scratch_folder, write_all
from corgibuilder.inputs import input_files, load_inputs, save_outputs
from corgibuilder.inspection import inspect as inspect_file
from corgibuilder.options import (
    BuildDir,
    Changed,
    CharacterisedName,
    Classes,
    Clock,
    DeviceName,
    Fps,
    FrameCount,
    Headroom,
    ImageSize,
    InputFiles,
    InputScale,
    InputTypeName,
    Json,
    Latency,
    LibertyFile,
    NetworkFile,
    OptionalInputFiles,
    PinFile,
    PixelValues,
    PlacementSeed,
    PlannedTechnologyName,
    Seed,
    SimulatorName,
    SystemName,
    TechnologyName,
)
from corgibuilder.report import plan_page
from corgibuilder.show import (
    costs_table,
    errors_table,
    inspection_table,
    memories_data,
    memories_table,
    outputs_tables,
    passes_table,
    placement_table,
    plan_data,
    plan_table,
    simulation_table,
    synth_table,
    top_classes,
)
from corgibuilder.units import parse_input_type, parse_system
from corgibuilder.verify import SimulationReport, Simulator

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="""Turn a quantised network into Verilog that keeps a frame rate, and prove it exact.

    \b
    From a network file to verified hardware, in order:
      corgibuilder inspect net.onnx
      corgibuilder run net.onnx --input cat.png
      corgibuilder plan net.onnx --fps 30 --clock 59MHz
      corgibuilder build net.onnx --fps 30 --clock 59MHz -o build/
      corgibuilder simulate build/
      corgibuilder synth build/ --technology ecp5 --device ecp5-85f
    Or all of it, on a small network that comes along:
      corgibuilder demo
    """,
)


@app.command(
    epilog=examples("corgibuilder inspect mobilenet.onnx", "corgibuilder inspect net.onnx --passes")
)
def inspect(
    network: NetworkFile,
    passes: Annotated[
        bool,
        typer.Option(
            "--passes",
            help="Show also what is left out, merged and trimmed before the network is planned.",
        ),
    ] = False,
    input_type: InputTypeName = None,
    input_scale: InputScale = None,
    json: Json = False,
) -> None:
    """Show layers, shapes, bits, operations and parameters, and what is not supported."""
    entering = parse_input_type(input_type, input_scale)
    found = inspect_file(network, passes=passes, input_type=entering)
    tables = [inspection_table(found), *([passes_table(found)] if passes else [])]
    totals = {"macs": found.macs, "parameters": found.parameters}
    if json or not found.problems:
        show(json, asdict(found) | totals, *tables, *found.notes)
    if found.problems:
        tell("\n\n".join(found.problems))
        raise typer.Exit(2)


@app.command(
    epilog=examples(
        "corgibuilder run digits.onnx --input digits.npz --output logits.npz",
        "corgibuilder run stereo.onnx --input left=left.png --input right=right.png",
    )
)
def run(
    network: NetworkFile,
    frames: InputFiles,
    output: Annotated[
        Path | None, typer.Option(help="File for the outputs, .npz, each under its own name.")
    ] = None,
    pixels: PixelValues = None,
    input_type: InputTypeName = None,
    input_scale: InputScale = None,
    json: Json = False,
) -> None:
    """Compute, without hardware, exactly what the hardware will compute.

    Outputs have the names, shapes and values of the network file: compare them with onnxruntime's.
    """
    read = api.read(network, input_type=input_type, input_scale=input_scale)
    files = input_files(frames, read)
    check_apart([output], [network, *files.values()])
    outputs = api.run(read, load_inputs(files, read, pixels))
    if output:
        save_outputs(output, outputs)
    show(json, {"outputs": outputs, "top": top_classes(outputs)}, *outputs_tables(outputs))


@app.command(
    epilog=examples(
        "corgibuilder plan mobilenet.onnx --fps 30 --clock 59MHz",
        "corgibuilder plan mobilenet.onnx --fps 30 --clock 59MHz --image 1280x720 -o plan.json",
        "corgibuilder plan mobilenet.onnx --fps 30 --clock 59MHz --report plan.html",
        "corgibuilder plan mobilenet.onnx --fps 30 --clock 59MHz --headroom 4px",
        "corgibuilder plan mobilenet.onnx --fps 30 --clock 59MHz --latency 7ms",
        "corgibuilder plan mobilenet.onnx --fps 30 --clock 59MHz --technology ecp5",
    )
)
def plan(
    network: NetworkFile,
    fps: Fps = None,
    clock: Clock = None,
    image: ImageSize = None,
    headroom: Headroom = None,
    latency: Latency = None,
    input_type: InputTypeName = None,
    input_scale: InputScale = None,
    pin: PinFile = None,
    technology: PlannedTechnologyName = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File, .json.")] = None,
    report: Annotated[Path | None, typer.Option(help="File for pictures of it, .html.")] = None,
    json: Json = False,
) -> None:
    """Show how much hardware each layer gets so that the frame rate is met at the clock."""
    check_apart([output, report], [network])
    made = api.plan_file(
        network,
        fps=fps,
        clock=clock,
        image=image,
        headroom=headroom,
        latency=latency,
        input_type=input_type,
        input_scale=input_scale,
        technology=technology,
        pins=pin,
    )
    data, tables = plan_data(made), [plan_table(made)]
    memories = api.memories(network, made, technology) if technology else None
    if memories:
        data["memories"] = memories_data(memories)
        tables.append(memories_table(memories))
    files: list[tuple[Path, str]] = []
    if output:
        files.append((output, made.to_json()))
    if report:
        files.append((report, plan_page(made)))
    write_all(files)
    show(json, data, *tables, *made.notes)


@app.command(
    epilog=examples(
        "corgibuilder build mobilenet.onnx --fps 30 --clock 59MHz -o build/",
        "corgibuilder build mobilenet.onnx --plan plan.json -o build/",
        "corgibuilder build mobilenet.onnx --plan plan.json --system neurocorgi -o chip/",
    )
)
def build(
    network: NetworkFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="Directory to write.")],
    fps: Fps = None,
    clock: Clock = None,
    image: ImageSize = None,
    headroom: Headroom = None,
    latency: Latency = None,
    input_type: InputTypeName = None,
    input_scale: InputScale = None,
    pin: PinFile = None,
    technology: PlannedTechnologyName = None,
    plan: Annotated[Path | None, typer.Option(help="Plan to build, in place of a target.")] = None,
    system: SystemName = None,
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Write the Verilog, its memory images and a manifest."""
    around = parse_system(system, classes)
    made = api.plan_file(
        network,
        fps=fps,
        clock=clock,
        image=image,
        headroom=headroom,
        latency=latency,
        input_type=input_type,
        input_scale=input_scale,
        technology=technology,
        pins=pin,
        saved=plan,
    )
    with progress_bar() as progress:
        api.build(network, made, output, system=around, progress=progress)
    written = {"directory": output, "manifest": output / "manifest.json", "plan": plan_data(made)}
    show(json, written, plan_table(made), *made.notes, f"written to {output}")


@app.command(
    epilog=examples(
        "corgibuilder simulate build/",
        "corgibuilder simulate build/ --input photo.png",
        "corgibuilder simulate build/ --layer conv3 --simulator icarus",
    )
)
def simulate(
    build: BuildDir,
    simulator: SimulatorName = Simulator.VERILATOR,
    frames: OptionalInputFiles = None,
    pixels: PixelValues = None,
    count: FrameCount = None,
    layer: Annotated[
        str | None, typer.Option(help="Only the stage of this name, on the values that reach it.")
    ] = None,
    stalls: Annotated[
        bool,
        typer.Option(
            "--stalls", help="Stalls from the first frame on; nothing is measured against the plan."
        ),
    ] = False,
    seed: Seed = 1,
    netlist: Annotated[
        Path | None, typer.Option(help="Verilog from corgibuilder synth --netlist to simulate.")
    ] = None,
    changed: Changed = False,
    json: Json = False,
) -> None:
    """Simulate the Verilog against the golden model and the plan; status 1 if one is not kept.

    Frames without stalls show cycles per frame and latency, which have to be the planned ones or
    fewer. The last ones have stalls: words are withheld and refused at random. Where the hardware
    takes images of several sizes, smaller ones follow, also with stalls. Every output is compared,
    and all that passes between the stages. Stages in which a flipped bit of a weight, or a constant
    off by one, would not show in these frames get frames of their own, at the same time.
    """
    source = read_build_directory(build, changed=changed)
    inputs = None
    if frames:
        built = api.read_built(source)
        inputs = load_inputs(input_files(frames, built), built, pixels)
    with progress_bar() as progress:
        report = api.simulate(
            build,
            inputs,
            frames=count,
            simulator=simulator,
            layer=layer,
            stalls=stalls,
            seed=seed,
            netlist=netlist,
            changed=changed,
            progress=progress,
        )
    show(json, report.summary(), simulation_table(report), *_notes(report))
    _fail_for_faults(report)


@app.command(
    epilog=examples(
        "corgibuilder synth build/ --technology xilinx_up",
        "corgibuilder synth build/ --technology ecp5 --device ecp5-85f",
        "corgibuilder synth build/ --technology ihp_sg13g2 --liberty sg13g2_stdcell.lib",
    )
)
def synth(
    build: BuildDir,
    technology: TechnologyName = "generic",
    device: DeviceName = None,
    seed: PlacementSeed = None,
    liberty: LibertyFile = None,
    netlist: Annotated[
        bool, typer.Option("--netlist", help="Also write the whole network as gates.")
    ] = False,
    changed: Changed = False,
    json: Json = False,
) -> None:
    """Synthesise every stage with Yosys and count cells, DSPs and memories; areas of a chip.

    With --device also tell the clock that the whole network keeps on an FPGA, next to the plan's.
    """
    memories = api.built_memories(build, technology, changed=changed)
    with progress_bar() as progress:
        report = api.synth(
            build,
            technology,
            device=device,
            seed=seed,
            liberty=liberty,
            netlist=netlist,
            changed=changed,
            progress=progress,
        )
    data = asdict(report) | {"total": report.total}
    tables = [synth_table(report, memories)]
    if memories:
        data["memories"] = memories_data(memories)
    if report.placement:
        tables.append(placement_table(report.placement))
    show(json, data, *tables)


@app.command(
    epilog=examples(
        "corgibuilder characterise generic",
        "corgibuilder characterise mine.toml --liberty cells.lib --out mine.toml",
    )
)
def characterise(
    technology: CharacterisedName,
    liberty: LibertyFile = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File for the technology with the new costs, .toml; may be its own."),
    ] = None,
    json: Json = False,
) -> None:
    """Fit what a bit of everything costs to the areas of synthesised components.

    Areas are in two-input NAND gates; with --liberty in um2; on FPGAs look-up tables and
    flip-flops. Memories are not synthesised. Areas found once are kept in the user's cache.
    """
    check_apart([out], [liberty] if liberty else [])
    with progress_bar() as progress:
        found = api.characterise(technology, liberty=liberty, out=out, progress=progress)
    show(json, asdict(found), costs_table(found), errors_table(found))


@app.command(epilog=examples("corgibuilder demo"))
def demo(simulator: SimulatorName = Simulator.VERILATOR, json: Json = False) -> None:
    """Do all of the above with a small classifier of handwritten digits that comes along."""
    with scratch_folder() as folder, progress_bar() as progress:
        done = run_demo(folder, simulator=simulator, progress=progress)
    report = done.simulation
    data = {
        "inspect": done.inspection,
        "run": done.outputs,
        "plan": plan_data(done.plan),
        "simulate": report.summary(),
        "synth": asdict(done.synthesis) | {"total": done.synthesis.total},
    }
    show(
        json,
        data,
        inspection_table(done.inspection),
        *outputs_tables(done.outputs),
        plan_table(done.plan),
        simulation_table(report),
        synth_table(done.synthesis),
        f"compared {report.outputs_compared:,} outputs of the hardware with the golden model:"
        f" {report.mismatches} mismatches",
    )
    _fail_for_faults(report)


def _notes(report: SimulationReport) -> tuple[str, ...]:
    return report.coverage.notes if report.coverage else ()


def _fail_for_faults(report: SimulationReport) -> None:
    if report.faults:
        tell("\n".join(f"fault: {fault}" for fault in report.faults))
        raise typer.Exit(1)
