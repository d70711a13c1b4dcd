"""Loads what enters a network: arrays in the source file's own terms, or a picture."""

import enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.frontend import resized
from corgibuilder.frontend.inputs import FloatInput
from corgibuilder.ir import Ints, Network, Port

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class Pixels(enum.Enum):
    """What the pixels of a picture become."""

    RAW = "raw"  #: 0..255
    UNIT = "unit"  #: 0..1
    IMAGENET = "imagenet"  #: 0..1, less the mean and over the standard deviation of ImageNet


def load_input(path: Path, network: Network, pixels: Pixels | None = None) -> NDArray[Any]:
    """Frames ``(frames, *shape)`` from a ``.npy`` or ``.npz`` file or a picture.

    A file with one frame may leave the first axis out. Without ``pixels`` a picture becomes 0..1
    where the network takes floats and 0..255 where it takes integers.
    """
    port = network.inputs[0]
    if not path.is_file():
        raise CompileError(
            "CB601",
            "the input file does not exist",
            at=Origin(str(path)),
            help="give a .npy or .npz file or a picture",
        )
    if path.suffix == ".npy":
        frames = _array(path)
    elif path.suffix == ".npz":
        frames = _member(path, port)
    else:
        return _picture(path, port, pixels or _usual_pixels(port))
    return frames[None] if frames.ndim == len(port.shape) else frames


def encode(network: Network, frames: NDArray[Any], at: str = "input") -> tuple[Network, Ints]:
    """Integers ``(frames, channels, height, width)`` for frames in the source file's own terms.

    Also the network, which is another one where the frames are not of the size it was read with.
    """
    port = network.inputs[0]
    is_map = len(port.shape) == 3 and frames.ndim == 4 and frames.shape[1] == port.shape[0]
    if is_map and frames.shape[1:] != port.shape:
        network = resized(network, frames.shape[3], frames.shape[2])
        port = network.inputs[0]
    try:
        return network, port.convert(frames)
    except ValueError as wrong:
        raise CompileError(
            "CB604",
            str(wrong),
            at=Origin(at),
            help=f"give an array of shape (frames, {', '.join(map(str, port.shape))})",
        ) from None


def save_outputs(path: Path, outputs: dict[str, NDArray[Any]]) -> None:
    """Write every output under its own name into a ``.npz`` file, which appears when complete."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **outputs)
    partial.replace(path)


def _usual_pixels(port: Port) -> Pixels:
    return Pixels.UNIT if isinstance(port.convert, FloatInput) else Pixels.RAW


def _array(path: Path) -> NDArray[Any]:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError) as wrong:
        raise _unreadable(path, wrong) from None


def _member(path: Path, port: Port) -> NDArray[Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in ("input", port.name):
                if name in archive:
                    return np.asarray(archive[name])
            names = ", ".join(archive)
    except (ValueError, EOFError, OSError) as wrong:
        raise _unreadable(path, wrong) from None
    raise CompileError(
        "CB603",
        f"the file has the arrays {names}, and none is called 'input' or '{port.name}'",
        at=Origin(str(path)),
        help="save it with: numpy.savez(file, input=frames)",
    )


def _picture(path: Path, port: Port, pixels: Pixels) -> NDArray[Any]:
    channels, height, width = _picture_shape(path, port)
    try:
        with Image.open(path) as picture:
            fitted = picture.convert("L" if channels == 1 else "RGB").resize((width, height))
    except (UnidentifiedImageError, OSError) as wrong:
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
        f"the input file cannot be read: {wrong}",
        at=Origin(str(path)),
        help="give a .npy or .npz file of numbers, or a picture",
    )
