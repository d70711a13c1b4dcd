"""The streams of a bench: what is played into them, what is expected of them, and their files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corgibuilder.build_directory import Stream
from corgibuilder.limits import SIZE_BITS

from .frames import Frames
from .words import memory_image, pack, travel_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """An input stream: its file ``name``.hex, how many words that has, and their pace.

    ``sizes`` says that these are the sizes of the maps of an input, and no values.
    """

    name: str
    port: str
    width: int
    words: int
    interval: int
    seed: int
    sizes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A stream that is recorded, and the shapes of the frames expected on it, in ``name``.npy.

    ``instance`` is the path of the instance whose output it is, empty for the ports of the unit
    under test itself. ``calm_words`` come before the stalls begin. ``sizes`` says that these are
    the sizes of the maps of an output, and no values.
    """

    name: str
    instance: str
    port: str
    layer: str
    width: int
    words: int
    calm_words: int
    lanes: int
    bits: int
    signed: bool
    step: int
    offset: int
    shapes: tuple[tuple[int, int, int], ...]
    seed: int
    sizes: bool


def size_stream(of: Stream) -> Stream:
    """The stream of map sizes beside ``of``: width in the low half, height in the high half."""
    return Stream(
        port=f"{of.port}_size",
        node=of.node,
        lanes=2,
        bits=SIZE_BITS,
        signed=False,
        step=1,
        offset=0,
        channels=2,
        height=1,
        width=1,
    )


def play(
    directory: Path,
    name: str,
    stream: Stream,
    frames: Frames,
    *,
    interval: int,
    seed: int,
    sizes: bool = False,
) -> Played:
    """Write the words of ``frames``, of which the first of each is marked.

    ``seed`` is that of the stalls, relative to the bench's; no two streams have the same.
    """
    rng = np.random.default_rng(seed)
    marked = []
    for frame in frames:
        bits = pack(frame, stream, rng)
        first = np.zeros((len(bits), 1), np.uint8)
        first[0] = 1
        marked.append(np.concatenate([bits, first], axis=1))
    words = np.concatenate(marked)
    (directory / f"{name}.hex").write_bytes(memory_image(words))
    return Played(
        name=name,
        port=stream.port,
        width=stream.word_bits,
        words=len(words),
        interval=interval,
        seed=seed,
        sizes=sizes,
    )


def record(
    directory: Path,
    name: str,
    stream: Stream,
    golden: Frames,
    *,
    calm_frames: int,
    seed: int = 0,
    layer: str | None = None,
    instance: str = "",
    sizes: bool = False,
) -> Recorded:
    """Write what is expected on a stream; ``layer`` is what to call it, by default its node."""
    np.save(directory / f"{name}.npy", np.concatenate([travel_order(x) for x in golden]))
    return Recorded(
        name=name,
        instance=instance,
        port=stream.port,
        layer=layer or stream.node,
        width=stream.word_bits,
        words=_words(stream, golden),
        calm_words=_words(stream, golden[:calm_frames]),
        lanes=stream.lanes,
        bits=stream.bits,
        signed=stream.signed,
        step=stream.step,
        offset=stream.offset,
        shapes=tuple((x.shape[0], x.shape[1], x.shape[2]) for x in golden),
        seed=seed,
        sizes=sizes,
    )


def write_sizes(file: Path, stream: Stream, frames: Frames) -> None:
    """Write width and height of every frame as a memory image."""
    rng = np.random.default_rng(0)
    bits = np.stack([pack(size, size_stream(stream), rng)[0] for size in sizes(frames)])
    file.write_bytes(memory_image(bits))


def sizes(frames: Frames) -> list[NDArray[np.int64]]:
    """Width and height of every frame, as maps of two channels and one pixel."""
    return [np.array([x.shape[2], x.shape[1]], np.int64).reshape(2, 1, 1) for x in frames]


def _words(stream: Stream, frames: Frames) -> int:
    return sum(x.size for x in frames) // stream.unit * stream.words_per_unit
