"""Arguments and options that several commands have, each with its help."""

from pathlib import Path
from typing import Annotated

import typer

from corgibuilder.inputs import Pixels
from corgibuilder.system import CLASSES, MAX_CLASSES, SystemStyle
from corgibuilder.technology import shipped
from corgibuilder.units import CLOCK_HZ, FPS, FRAMES, HEADROOM, IMAGE_SIDE, LATENCY, SEED
from corgibuilder.verify import Simulator

NetworkFile = Annotated[
    Path, typer.Argument(metavar="NETWORK", help="ONNX file of a quantised network.")
]
BuildDir = Annotated[
    Path, typer.Argument(metavar="BUILD", help="Directory that corgibuilder build wrote.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Fps = Annotated[
    str | None, typer.Option("--fps", help=f"Frames a second, such as 30 or 29.97; {FPS}.")
]
Clock = Annotated[
    str | None, typer.Option("--clock", help=f"Clock frequency, such as 59MHz; {CLOCK_HZ}.")
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--image",
        metavar="WxH",
        help=f"Width and height of images, {IMAGE_SIDE} each, for a fully convolutional network;"
        " default: those in the file.",
    ),
]
InputTypeName = Annotated[
    str | None,
    typer.Option(
        "--input-type",
        metavar="[NAME=]TYPE",
        help="Integers that enter, such as uint8 or int8, where the file's input is float and not"
        " quantised; at the input NAME only, or at all of those.",
    ),
]
InputScale = Annotated[
    str | None,
    typer.Option(
        "--input-scale",
        metavar="SCALE",
        help="What 1 of these integers stands for in the file, such as 0.0078125 or 1/255;"
        " default: 1.",
    ),
]
Headroom = Annotated[
    str | None,
    typer.Option(
        "--headroom",
        metavar="PIXELS",
        help=f"Pixels that every clock cycle must be able to take, {HEADROOM}, such as 4px,"
        " whatever --fps needs; the size of images is then fixed.",
    ),
]
Latency = Annotated[
    str | None,
    typer.Option(
        "--latency",
        metavar="TIME",
        help="Longest time from a frame's first pixel, at any input, to the first word of the last"
        f" output, such as 7ms ({LATENCY}); costs multipliers where it is shorter than the frame"
        " rate makes it.",
    ),
]
PinFile = Annotated[
    Path | None,
    typer.Option(
        "--pin",
        metavar="PINS",
        help="What is fixed of single layers, .toml: tables such as \\[layers.conv1] with source,"
        " inputs, outputs, lanes, pixels, capacity, single_port, groups_per_word, engine,"
        " adder_levels, weight_register, requantiser, fifo.",
    ),
]
PlannedTechnologyName = Annotated[
    str | None,
    typer.Option(
        "--technology",
        help="What to plan for: its areas are minimised, its delays left time for, and memories cut"
        f" into its SRAM macros. {', '.join(shipped())}, or a file, .toml; generic if not given.",
    ),
]
TechnologyName = Annotated[
    str,
    typer.Option(
        "--technology",
        help=f"What to synthesise for: {', '.join(shipped())}, or a file, .toml.",
    ),
]
CharacterisedName = Annotated[
    str,
    typer.Argument(
        metavar="TECHNOLOGY",
        help=f"What to synthesise for: {', '.join(shipped())}, or a file, .toml.",
    ),
]
LibertyFile = Annotated[
    Path | None,
    typer.Option(
        "--liberty",
        help="Standard cells to map to, .lib, for their area; with generic and ihp_sg13g2.",
    ),
]
DeviceName = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Also place and route the whole network, with nextpnr, to see its clock: on an FPGA of"
        " the technology, such as ecp5-25f, ecp5-85f or ice40-hx8k.",
    ),
]
PlacementSeed = Annotated[
    int | None,
    typer.Option(
        "--seed", help=f"For the order in which nextpnr places, with --device, {SEED}; default: 1."
    ),
]
Changed = Annotated[
    bool,
    typer.Option(
        "--changed", help="Take the build as it is, also if it was changed after it was written."
    ),
]
INPUT = typer.Option(
    "--input",
    metavar="[NAME=]FILE",
    help=".npy, .npz (array called 'input', or as the network's input) or a picture. Arrays have"
    " the shape and the values that the network file itself takes; one frame or many. Of several"
    " inputs each by its name, NAME=FILE, or all in one .npz.",
)
InputFiles = Annotated[list[str], INPUT]
OptionalInputFiles = Annotated[list[str] | None, INPUT]
PixelValues = Annotated[
    Pixels | None,
    typer.Option(
        "--pixels",
        help="What the pixels of a picture become: 0..255 (raw; default where the network takes"
        " integers), 0..1 (unit; default where it takes floats), or normalised for ImageNet.",
    ),
]
SimulatorName = Annotated[
    Simulator,
    typer.Option("--simulator", help="verilator is fast to run, icarus is fast to compile."),
]
SystemName = Annotated[
    SystemStyle | None,
    typer.Option(
        "--system",
        help="Also write a chip around the network, neurocorgi: camera in, features and logits out,"
        " registers over SPI.",
    ),
]
Classes = Annotated[
    int | None,
    typer.Option(
        "--classes",
        help=f"Logits of the system's programmable classifier, 1 to {MAX_CLASSES:,};"
        f" default: {CLASSES}.",
    ),
]
FrameCount = Annotated[
    int | None,
    typer.Option(
        "--frames",
        help=f"Random frames, where there is no --input, {FRAMES}; default: enough to fill the"
        " pipeline.",
    ),
]
Seed = Annotated[int, typer.Option(help=f"For random frames and stalls, {SEED}.")]
