"""Loads what enters a network: arrays in the source file's own terms, or a picture."""

import enum
import io
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.folders import write_complete
from corgibuilder.frontend import resized
from corgibuilder.frontend.inputs import FloatInput, ScaledInput
from corgibuilder.ir import Ints, Network, Port
from corgibuilder.user_files import UnreadableError, check_file

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

MAX_BYTES = 2**30  #: of an array
MAX_PIXELS = 2**26  #: of a picture

#: What numpy, zipfile and Pillow raise for files that are not what their names say, or are damaged.
UNREADABLE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError),
    *(SyntaxError, TypeError, ValueError, struct.error, tokenize.TokenError, zipfile.BadZipFile),
    *(zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)


class Pixels(enum.Enum):
    """What the pixels of a picture become."""

    RAW = "raw"  #: 0..255
    UNIT = "unit"  #: 0..1
    IMAGENET = "imagenet"  #: 0..1, less the mean and over the standard deviation of ImageNet


Frames = NDArray[Any] | Mapping[str, NDArray[Any]]
"""Frames ``(frames, *shape)`` of the one input, or of each of several by its name in the file."""


def input_files(given: Sequence[str], network: Network) -> dict[str, Path]:
    """The file of each input by name, from texts ``FILE`` or ``NAME=FILE``.

    A file without a name is for all inputs. Raises ``CompileError`` (CB606) where an input has no
    file, or two.
    """
    names = [port.name for port in network.inputs]
    files: dict[str, Path] = {}
    for text in given:
        named = [name for name in names if text.startswith(f"{name}=")]
        name = max(named, key=len, default=None)
        path = Path(text if name is None else text[len(name) + 1 :])
        for entry in names if name is None else [name]:
            if entry in files:
                raise _files_wanted(f"two files are given for input '{entry}'", names)
            files[entry] = path
    for name in names:
        if name not in files:
            raise _files_wanted(f"no file is given for input '{name}'", names)
    return files


def _files_wanted(problem: str, names: Sequence[str]) -> CompileError:
    help = "give one file"
    if len(names) > 1:
        each = " ".join(f"--input {name}=FILE" for name in names)
        help = f"give {each}; or one .npz with arrays called {', '.join(names)}"
    return CompileError("CB606", problem, at=Origin("--input"), help=help)


def load_inputs(
    files: Mapping[str, Path], network: Network, pixels: Pixels | None = None
) -> dict[str, NDArray[Any]]:
    """Frames ``(frames, *shape)`` of each input, from :func:`input_files`.

    A file is ``.npy``, ``.npz`` or a picture. One with one frame may leave the first axis out.
    Without ``pixels`` a picture becomes 0..1 where the network takes floats and 0..255 where it
    takes integers.
    """
    shared = len(set(files.values())) < len(files)
    frames = {}
    for port in network.inputs:
        path = files[port.name]
        if shared and path.suffix != ".npz":
            raise _files_wanted(f"{path} is one array, for several inputs", list(files))
        names = [port.name] if shared else ["input", port.name]
        frames[port.name] = _load(path, port, names, pixels)
    return frames


def _load(path: Path, port: Port, names: Sequence[str], pixels: Pixels | None) -> NDArray[Any]:
    """Frames for one input; in a ``.npz`` file the array of the first of ``names`` that it has."""
    try:
        check_file(path)
    except UnreadableError as fault:
        raise CompileError(
            "CB601",
            str(fault),
            at=Origin(str(path)),
            help="give a .npy or .npz file or a picture",
        ) from None
    if path.suffix == ".npy":
        frames = _array(path)
    elif path.suffix == ".npz":
        frames = _member(path, names)
    else:
        return _picture(path, port, pixels or _usual_pixels(port))
    return frames[None] if frames.ndim == len(port.shape) else frames


def encode(network: Network, frames: Frames, at: str = "input") -> tuple[Network, dict[str, Ints]]:
    """Integers ``(frames, channels, height, width)`` by node, for frames in the file's own terms.

    Also the network, which is another one where the frames are not of the size it was read with.
    """
    given = _by_name(network, frames, at)
    for port in network.inputs:
        x = given[port.name]
        is_map = len(port.shape) == 3 and x.ndim == 4 and x.shape[1] == port.shape[0]
        if is_map and x.shape[1:] != port.shape:
            network = resized(network, x.shape[3], x.shape[2])
    encoded = {port.node: _encoded(port, given[port.name], at) for port in network.inputs}
    counts = {port.name: len(given[port.name]) for port in network.inputs}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{count} for '{name}'" for name, count in counts.items())
        raise CompileError(
            "CB604",
            f"the inputs have different numbers of frames: {shown}",
            at=Origin(at),
            help="give as many frames for every input",
        )
    return network, encoded


def _by_name(network: Network, frames: Frames, at: str) -> Mapping[str, NDArray[Any]]:
    """Frames by the input's name. Raises ``CompileError`` (CB604) where names do not fit."""
    names = [port.name for port in network.inputs]
    if not isinstance(frames, Mapping) and len(names) == 1:
        return {names[0]: frames}
    given = list(frames) if isinstance(frames, Mapping) else ["one array"]
    if not isinstance(frames, Mapping) or set(given) != set(names):
        raise CompileError(
            "CB604",
            f"frames are given for {', '.join(given)}, and the inputs are {', '.join(names)}",
            at=Origin(at),
            help="give an array for each input, by its name",
        )
    return frames


def _encoded(port: Port, frames: NDArray[Any], at: str) -> Ints:
    try:
        if not frames.ndim:
            raise ValueError("there is a single number")
        if not len(frames):
            raise ValueError("there are 0 frames")
        return port.convert(frames)
    except ValueError as wrong:
        raise CompileError(
            "CB604",
            str(wrong),
            at=Origin(at),
            help=f"give an array of shape (frames, {', '.join(map(str, port.shape))})",
        ) from None


def save_outputs(path: Path, outputs: dict[str, NDArray[Any]]) -> None:
    """Write every output under its own name into a ``.npz`` file, which appears when complete."""
    content = io.BytesIO()
    # not by numpy.savez, as it cannot take every name: some are those of its own parameters
    with zipfile.ZipFile(content, "w") as archive:
        for name, values in outputs.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    write_complete(path, content.getvalue())


def _usual_pixels(port: Port) -> Pixels:
    return Pixels.UNIT if isinstance(port.convert, FloatInput | ScaledInput) else Pixels.RAW


def _array(path: Path) -> NDArray[Any]:
    try:
        with path.open("rb") as file:
            return _read_array(file, path.stat().st_size)
    except UNREADABLE as wrong:
        raise _unreadable(path, wrong) from None


def _read_array(file: IO[bytes], size: int) -> NDArray[Any]:
    """The array of a ``.npy`` file of ``size`` bytes, whose header may promise anything."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"its format is {version}")
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, kind = read_header(file)
    if kind.kind not in "fiub":
        raise ValueError(f"it holds {kind}, not numbers")
    if any(d < 0 for d in shape) or math.prod(shape) * kind.itemsize > min(size, MAX_BYTES):
        raise ValueError(f"it does not hold an array of shape {shape}, or that is too large")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _member(path: Path, wanted: Sequence[str]) -> NDArray[Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            for name in wanted:
                if name in members:
                    with archive.open(members[name]) as file:
                        return _read_array(file, members[name].file_size)
            names = ", ".join(members)
    except UNREADABLE as wrong:
        raise _unreadable(path, wrong) from None
    called = " or ".join(f"'{name}'" for name in wanted)
    raise CompileError(
        "CB603",
        f"the file has the arrays {names}, and none is called {called}",
        at=Origin(str(path)),
        help=f"save it with: numpy.savez(file, {wanted[0]}=frames)",
    )


def _picture(path: Path, port: Port, pixels: Pixels) -> NDArray[Any]:
    channels, height, width = _picture_shape(path, port)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(path)
        with picture:
            if math.prod(picture.size) > MAX_PIXELS:
                raise ValueError(f"it has {picture.width} x {picture.height} pixels")
            fitted = picture.convert("L" if channels == 1 else "RGB").resize((width, height))
    except UNREADABLE as wrong:
        raise _unreadable(path, wrong) from None
    values = np.asarray(fitted, np.uint8).reshape(height, width, channels)
    if pixels is Pixels.RAW:
        scaled: NDArray[Any] = values.astype(np.int64)
    else:
        scaled = values.astype(np.float32) / np.float32(255)
    if pixels is Pixels.IMAGENET:
        scaled = (scaled - IMAGENET_MEAN[:channels]) / IMAGENET_DEVIATION[:channels]
    ordered = scaled.transpose(2, 0, 1) if port.shape[0] == channels else scaled
    return ordered.reshape(1, *port.shape)


def _picture_shape(path: Path, port: Port) -> tuple[int, int, int]:
    """Channels, height and width, whether the file has the channels first or last."""
    shape = port.shape
    if len(shape) == 3 and shape[0] in (1, 3):
        return shape[0], shape[1], shape[2]
    if len(shape) == 3 and shape[2] in (1, 3):
        return shape[2], shape[0], shape[1]
    raise CompileError(
        "CB605",
        f"a picture has 1 or 3 channels, input '{port.name}' has shape {shape}",
        at=Origin(str(path)),
        help="give the input as a .npy file",
    )


def _unreadable(path: Path, wrong: Exception) -> CompileError:
    return CompileError(
        "CB602",
        f"the input file cannot be read: {wrong!s:.200}",
        at=Origin(str(path)),
        help="give a .npy or .npz file of numbers, or a picture",
    )
