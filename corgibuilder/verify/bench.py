"""Writes the directory in which ``sim/bench.py`` runs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from numpy.typing import NDArray

from corgibuilder import resources
from corgibuilder.build_directory import Stream, Unit

from .frames import Frames
from .simulators import Simulator
from .words import memory_image, pack, travel_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """An input stream of the bench: where the image comes from and how many words it has."""

    name: str
    width: int
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An output stream of the bench and the shapes of the frames expected on it."""

    name: str
    layer: str
    width: int
    words: int
    lanes: int
    bits: int
    signed: bool
    shapes: tuple[tuple[int, int, int], ...]
    stalls: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the bench runs."""

    simulator: Simulator
    stalls: bool
    stalls_from: int
    interval: int
    seed: int
    patience_cycles: int
    sources: tuple[str, ...]


def size_stream(of: Stream) -> Stream:
    """The stream of map sizes beside ``of``: width in the low half, height in the high half."""
    return Stream(
        port=f"{of.port}_size",
        node=of.node,
        lanes=2,
        bits=16,
        signed=False,
        channels=2,
        height=1,
        width=1,
    )


def write_bench(
    directory: Path,
    unit: Unit,
    settings: Settings,
    frames: Frames,
    golden: Mapping[str, Frames],
    *,
    size_ports: bool,
) -> None:
    """Write testbench, stimulus, golden values and ``bench.json``.

    ``golden`` has the expected frames of every output's node. ``size_ports`` says how the sizes of
    the frames of a resizable unit travel: as ports of the module, or as streams beside the maps.
    """
    played = [_play(directory, unit.input, frames, settings.seed)]
    recorded = [_record(directory, stream, golden[stream.node]) for stream in unit.outputs]
    if unit.resizable:
        sizes = _sizes(frames)
        if size_ports:
            bits = np.stack([pack(size, size_stream(unit.input), _rng(0))[0] for size in sizes])
            (directory / "sizes.hex").write_bytes(memory_image(bits))
        else:
            played.append(_play(directory, size_stream(unit.input), sizes, settings.seed))
            recorded += [
                _record(directory, size_stream(stream), _sizes(golden[stream.node]), stalls=False)
                for stream in unit.outputs
            ]
    text = _testbench().render(
        module=unit.module,
        frames=len(frames),
        inputs=played,
        outputs=recorded,
        size_ports=unit.resizable and size_ports,
    )
    (directory / "testbench.v").write_text(text)
    bench = asdict(settings) | {
        "test": "bench",
        "top": "testbench",
        "parameters": {
            "STALLS": int(settings.stalls),
            "STALLS_FROM": settings.stalls_from,
            "INTERVAL": settings.interval,
            "SEED": settings.seed,
        },
        "build_args": [],
        "simulator": settings.simulator.value,
        "inputs": [asdict(port) for port in played],
        "outputs": [asdict(port) for port in recorded],
    }
    (directory / "bench.json").write_text(json.dumps(bench, indent=2))


def _play(directory: Path, stream: Stream, frames: Frames, seed: int) -> Played:
    rng = _rng(seed)
    marked = []
    for frame in frames:
        bits = pack(frame, stream, rng)
        first = np.zeros((len(bits), 1), np.uint8)
        first[0] = 1
        marked.append(np.concatenate([bits, first], axis=1))
    words = np.concatenate(marked)
    (directory / f"{stream.port}.hex").write_bytes(memory_image(words))
    return Played(name=stream.port, width=stream.word_bits, words=len(words))


def _record(directory: Path, stream: Stream, golden: Frames, *, stalls: bool = True) -> Recorded:
    np.save(directory / f"{stream.port}.npy", np.concatenate([travel_order(x) for x in golden]))
    return Recorded(
        name=stream.port,
        layer=stream.node,
        width=stream.word_bits,
        words=sum(x.size for x in golden) // stream.unit * stream.words_per_unit,
        lanes=stream.lanes,
        bits=stream.bits,
        signed=stream.signed,
        shapes=tuple((x.shape[0], x.shape[1], x.shape[2]) for x in golden),
        stalls=stalls,
    )


def _sizes(frames: Frames) -> list[NDArray[np.int64]]:
    """Width and height of every frame, as maps of two channels and one pixel."""
    return [np.array([x.shape[2], x.shape[1]], np.int64).reshape(2, 1, 1) for x in frames]


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _testbench() -> Template:
    environment = Environment(
        loader=FileSystemLoader(resources.templates()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("testbench.v.j2")
