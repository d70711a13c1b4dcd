"""The build directory as data: what its ``manifest.json`` says, for those who write and read it.

Whoever simulates or synthesises a build sees this and the files, never the hardware's Python.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from corgibuilder.build_files import MANIFEST, changes, named, text_digest
from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.strict_json import UnsuitableError, Within, Written, parse, read, shown
from corgibuilder.user_files import MissingError, is_file, read_file

#: Verilog modules of which all memories are instances.
MEMORIES = ("corgi_rom", "corgi_ram", "corgi_single_port_ram")

FORMAT = 5  #: of the manifest; raised when a reader of the old one would go wrong
LONGEST = 1 << 26  #: bytes of a manifest

# What a field may be, whoever wrote the file: names go into Verilog, files stay in the directory.
Name = Annotated[str, Written(r"[A-Za-z_][A-Za-z0-9_]{0,499}", "a Verilog identifier")]
File = Annotated[
    str, Written(r"(?s)(?!.*(^|/)\.{0,2}(/|$))[^\0]{1,1000}", "the path of a file in the directory")
]
Sha256 = Annotated[str, Written(r"[0-9a-f]{64}", "a SHA-256")]
Generator = Annotated[str, Written(r"corgibuilder [ -~]{1,99}", "corgibuilder and its version")]
Format = Annotated[int, Within(FORMAT, FORMAT)]
Bits = Annotated[int, Within(1, 64)]
Count = Annotated[int, Within(1, 1 << 20)]
Number = Annotated[int, Within(0, 1 << 53)]
Positive = Annotated[int, Within(1, 1 << 53)]
Whole = Annotated[int, Within(-(1 << 53), 1 << 53)]
Size = tuple[Count, Count]  #: width and height


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream port and the map that travels through it.

    A word is ``lanes`` values of ``bits`` bits, lane 0 lowest; each pixel takes ``ceil(channels /
    lanes)`` words, or where ``lanes`` is a multiple of ``channels``, a word carries so many whole
    pixels. ``node`` is the node of the integer network whose value this is.

    A lane holds a code, in two's complement if ``signed``: ``value = code * step + offset``. With a
    step of 1 and an offset of 0 the code is the value. Values of -1 and 1 have codes of one bit, a
    step of 2 and an offset of -1.
    """

    port: Name
    node: str
    lanes: Count
    bits: Bits
    signed: bool
    step: Positive
    offset: Whole
    channels: Count
    height: Count
    width: Count

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value that has a code."""
        lowest = -(1 << self.bits - 1) if self.signed else 0
        ends = lowest, lowest + (1 << self.bits) - 1
        return ends[0] * self.step + self.offset, ends[1] * self.step + self.offset

    @property
    def word_bits(self) -> int:
        return self.lanes * self.bits

    @property
    def unit(self) -> int:
        """Values that start with a new word: a pixel, or all pixels of one word."""
        return max(self.channels, self.lanes)

    @property
    def words_per_unit(self) -> int:
        return -(-self.unit // self.lanes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A Verilog module that can be simulated or synthesised by itself: a stage, or the network.

    ``smallest`` is width and height of the least map that it takes at an input; the maps of
    ``inputs`` are the largest, and the only ones unless it is ``resizable``. A ``resizable`` stage
    has a stream ``PORT_size`` of map sizes beside each of its streams. While buffers
    fill, the first ``warm_up_frames`` times from the end of one frame to the end of the next may be
    longer than ``cycles_per_frame``.
    """

    layer: str
    module: Name
    sources: tuple[File, ...]
    resizable: bool
    smallest: Size
    inputs: tuple[Stream, ...]
    outputs: tuple[Stream, ...]
    cycles_per_frame: Positive
    warm_up_frames: Number
    latency_first: Whole
    latency_frame: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The network file: its path in the build directory and its SHA-256."""

    file: File
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A pin of a system; ``domain`` is the clock domain, ``None`` where there is none."""

    name: Name
    direction: str  #: in or out
    bits: Count
    domain: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BitField:
    """Bits of a register, from ``lowest_bit`` up, and their value after a reset.

    Those that belong to an output of the network have its name, which may be anything.
    """

    name: str
    lowest_bit: Number
    bits: Bits
    reset: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRegister:
    """A register of 32 bits; all words of a burst go to one that ``stays``."""

    name: Name
    address: Number
    access: str
    stays: bool
    fields: tuple[BitField, ...]
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChannel:
    """A stream on the link; its words carry ``tag`` as their channel."""

    tag: Number
    name: str
    stream: Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemClassifier:
    """The programmable last layer and its memory, in words of 32 bits.

    The weights of class ``o`` begin at word ``o * row_words``, its bias is word ``classes *
    row_words + o``. ``node`` is the node of the network that is classified.
    """

    node: str
    channels: Count
    classes: Count
    weight_bits: Bits
    fraction_bits: Number
    row_words: Number
    memory_words: Number
    multipliers: Number
    cycles_per_frame: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemUnit:
    """A Verilog module with the network and all that is around it.

    ``smallest`` and ``largest`` are width and height of a frame; ``domains`` are the clock domains
    with their clock and reset pins.
    """

    style: str
    module: Name
    sources: tuple[File, ...]
    smallest: Size
    largest: Size
    domains: Mapping[Name, tuple[Name, Name]]
    pins: tuple[Pin, ...]
    registers: tuple[SystemRegister, ...]
    channels: tuple[LinkChannel, ...]
    link_words_per_frame: Number
    classifier: SystemClassifier


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteringType:
    """Integers that enter, such as ``uint8``, and what one of them stands for, a fraction.

    They enter at ``input``; ``None`` for all inputs whose type the network's file leaves open.
    """

    name: Annotated[str, Written(r"u?int([1-9]|1[0-6])", "a type of integers such as uint8")]
    scale: Annotated[str, Written(r"[0-9]{1,40}(/0*[1-9][0-9]{0,39})?", "a fraction as a text")]
    input: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that a user of the build directory needs to know.

    ``image`` is the size asked for, width and height, where the network leaves it open. ``target``
    is what was asked for, and ``input_type`` what enters, where the network's file does not say it.
    ``files`` has the SHA-256 of every other file; the text has that of all
    that it says itself, as ``digest``.
    """

    format: Format
    generator: Generator
    name: str
    source: Source
    image: Size | None
    target: Mapping[str, float]
    network: Unit
    stages: tuple[Unit, ...]
    files: Mapping[File, Sha256]
    system: SystemUnit | None = None
    input_type: EnteringType | None = None

    def to_json(self) -> str:
        said = json.loads(json.dumps(asdict(self)))
        if self.input_type is None:
            del said["input_type"]
        elif self.input_type.input is None:
            del said["input_type"]["input"]
        return json.dumps(said | {"digest": text_digest(said)}, indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDirectory:
    """A build directory, read back from its manifest."""

    path: Path
    manifest: Manifest

    @property
    def source(self) -> Path:
        """The network file."""
        return self.path / self.manifest.source.file

    @property
    def plan(self) -> Path:
        """The plan that was built."""
        return self.path / "plan.json"

    def unit(self, layer: str | None) -> Unit:
        """Stage of that name, or the whole network for ``None``."""
        if layer is None:
            return self.manifest.network
        for stage in self.manifest.stages:
            if stage.layer == layer:
                return stage
        names = [stage.layer for stage in self.manifest.stages]
        near = difflib.get_close_matches(layer, names, n=3, cutoff=0) or names[:3]
        raise CompileError(
            "CB502",
            f"no stage is called {layer!r}",
            at=Origin(str(self.path / MANIFEST)),
            help=f"take one of the {len(names)} stages, such as {', '.join(near)}",
        )

    def paths(self, unit: Unit | SystemUnit) -> list[Path]:
        """Verilog files of the unit."""
        return [self.path / source for source in unit.sources]

    def memories(self, unit: Unit) -> list[Path]:
        """Those of its Verilog files whose instances are its memories."""
        return [path for path in self.paths(unit) if path.stem in MEMORIES]

    def memory_images(self) -> list[Path]:
        """Files that the Verilog reads with ``$readmemh``, by bare name."""
        named = (file for file in self.manifest.files if file.startswith("rtl/"))
        return [self.path / file for file in sorted(named) if file.endswith(".hex")]


def read_build_directory(path: Path, *, changed: bool = False) -> BuildDirectory:
    """Read ``path/manifest.json`` and compare all files with it.

    Raises :class:`CompileError` where that is no build directory, or one that was changed after it
    was written, unless ``changed`` says that this is meant.
    """
    file = path / MANIFEST
    manifest, edited = _read_manifest(file)
    if not changed:
        _check_unchanged(path, manifest, edited)
    missing = [name for name in manifest.files if not is_file(path / name)]
    if missing:
        raise CompileError(
            "CB514",
            f"files of the build are missing: {named(missing)}",
            at=Origin(str(path)),
            help="build the network again",
        )
    return BuildDirectory(path=path, manifest=manifest)


def _read_manifest(file: Path) -> tuple[Manifest, bool]:
    """What the file says, and whether it says something else than it did when it was written."""
    try:
        said = parse(read_file(file, LONGEST).decode())
        if not isinstance(said, dict):
            raise UnsuitableError("it is not a group of fields")
        if said.get("format") != FORMAT:
            raise UnsuitableError(f"its format is {shown(said.get('format'))} instead of {FORMAT}")
        digest = said.pop("digest", None)
        manifest = read(Manifest, _with_defaults(said))
        _check_consistent(manifest)
    except MissingError:
        raise CompileError(
            "CB501",
            f"this is not a build directory: it has no {MANIFEST}",
            at=Origin(str(file.parent)),
            help="create one with: corgibuilder build NETWORK --fps 30 --clock 59MHz -o build/",
        ) from None
    except ValueError as fault:
        raise CompileError(
            "CB510",
            f"this manifest cannot be used: {fault}",
            at=Origin(str(file)),
            help="build the network again, into another directory",
        ) from None
    return manifest, digest != text_digest(said)


def _with_defaults(said: dict[str, Any]) -> dict[str, Any]:
    """The same with the fields that a manifest does not mention where nothing was said."""
    entering = said.get("input_type")
    if isinstance(entering, dict):
        entering = {"input": None} | entering
    return said | {"input_type": entering}


def _check_consistent(manifest: Manifest) -> None:
    """:class:`UnsuitableError` for fields of which each is right and which do not go together."""
    system = (manifest.system,) if manifest.system else ()
    for unit in (manifest.network, *manifest.stages, *system):
        for source in unit.sources:
            if source not in manifest.files:
                raise UnsuitableError(f"{source} of {unit.module} is not among its files")
    for unit in (manifest.network, *manifest.stages):
        _check_ports(unit)
    if "cycles_per_frame" not in manifest.target:
        raise UnsuitableError("its target has no cycles_per_frame")
    if manifest.files.get(manifest.source.file) != manifest.source.sha256:
        raise UnsuitableError(
            f"{manifest.source.file} is not among its files with the same SHA-256"
        )


def _check_ports(unit: Unit) -> None:
    if not unit.inputs or not unit.outputs:
        raise UnsuitableError(f"{unit.module} has no {'outputs' if unit.inputs else 'inputs'}")
    ports = [stream.port for stream in (*unit.inputs, *unit.outputs)]
    if len(set(ports)) < len(ports):
        raise UnsuitableError(f"two ports of {unit.module} have the same name: {', '.join(ports)}")
    width, height = unit.smallest
    if any(width > stream.width or height > stream.height for stream in unit.inputs):
        raise UnsuitableError(f"the smallest map of {unit.module} is larger than its largest")


def _check_unchanged(path: Path, manifest: Manifest, edited: bool) -> None:
    faults = [f"{MANIFEST} was edited"] if edited else []
    try:
        faults += changes(path, manifest.files)
    except OSError as fault:
        faults.append(f"{fault.filename}: {fault.strerror}")
    if faults:
        raise CompileError(
            "CB513",
            f"the build was changed after it was written: {named(faults)}",
            at=Origin(str(path)),
            help="build the network again, or say that this is meant, with --changed",
        )
