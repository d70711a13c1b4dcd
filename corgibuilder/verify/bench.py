"""Writes the directory in which ``sim/bench.py`` runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from corgibuilder.build_directory import Unit
from corgibuilder.limits import SIZE_BITS
from corgibuilder.templates import render

from .frames import Frames
from .simulators import Simulator
from .streams import Played, Recorded, play, record, size_stream, sizes, write_sizes

DUT = "dut"  #: the instance of the unit that is simulated
SEEDS = 200  #: of the streams of one instance, for their stalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the bench runs.

    ``rehearsal_cycles`` pass before the reset from which everything is recorded.
    """

    simulator: Simulator
    seed: int
    timeout_cycles: int
    rehearsal_cycles: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A unit that becomes an instance of the bench, what is played into it and what is expected.

    ``frames`` has as many for each input, in the order of ``unit.inputs``. ``golden`` has the
    expected frames of every output's node, ``inner`` the stages inside whose outputs are compared
    as well, with the frames expected of each. ``size_ports`` says how the sizes of the frames of a
    resizable unit travel: as ports of the module, or as streams beside the maps. The first
    ``calm_frames`` have no stalls; the others follow when all is out that those give. ``interval``
    is the number of cycles from one input word to the next.
    """

    unit: Unit
    frames: Sequence[Frames]
    golden: Mapping[str, Frames]
    size_ports: bool
    calm_frames: int
    inner: Sequence[tuple[Unit, Frames]] = ()
    interval: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A :class:`Run` as the testbench and ``bench.json`` have it.

    ``frame_shapes`` are those at the first input, and those of the others belong to them.
    """

    name: str
    module: str
    layer: str
    frames: int
    frame_shapes: tuple[tuple[int, ...], ...]
    stalls: bool
    calm_frames: int
    interval: int
    size_ports: bool
    inputs: tuple[Played, ...]
    outputs: tuple[Recorded, ...]
    inner: tuple[Recorded, ...]


def write_bench(directory: Path, runs: Sequence[Run], settings: Settings) -> None:
    """Write testbench, stimulus, golden values and ``bench.json``.

    The first of ``runs`` is what the simulation is about, the others are stages by themselves.
    """
    instances = [_instance(directory, number, run) for number, run in enumerate(runs)]
    ports = [port for i in instances for port in (*i.inputs, *i.outputs, *i.inner)]
    text = render("testbench.v.j2", instances=instances, ports=ports, size_bits=SIZE_BITS)
    (directory / "testbench.v").write_text(text)
    bench = asdict(settings) | {
        "test": "bench",
        "top": "testbench",
        "parameters": {"SEED": settings.seed},
        "build_args": [],
        "simulator": settings.simulator.value,
        "instances": [asdict(instance) for instance in instances],
    }
    (directory / "bench.json").write_text(json.dumps(bench, indent=2))


def _instance(directory: Path, number: int, run: Run) -> Instance:
    name = f"alone_{run.unit.module}" if number else DUT
    prefix, seed = (f"{name}_", SEEDS * number) if number else ("", 0)
    size_ports, frames = run.unit.resizable and run.size_ports, run.frames[0]
    if size_ports:
        assert len(run.frames) == 1, "width and height hold with the first word of the one input"
        write_sizes(directory / f"{name}_sizes.hex", run.unit.inputs[0], frames)
    return Instance(
        name=name,
        module=run.unit.module,
        layer=run.unit.layer,
        frames=len(frames),
        frame_shapes=tuple(frame.shape for frame in frames),
        stalls=run.calm_frames < len(frames),
        calm_frames=run.calm_frames,
        interval=run.interval,
        size_ports=size_ports,
        inputs=_inputs(directory, prefix, seed, run),
        outputs=_outputs(directory, prefix, seed, run),
        inner=_inner(directory, name, run),
    )


def _inputs(directory: Path, prefix: str, seed: int, run: Run) -> tuple[Played, ...]:
    pairs, interval = zip(run.unit.inputs, run.frames, strict=True), run.interval
    streams = [(stream, maps, False) for stream, maps in pairs]
    if run.unit.resizable and not run.size_ports:
        streams += [(size_stream(stream), sizes(maps), True) for stream, maps, _ in streams]
        interval = 1  # of a stage by itself, which nobody paces
    return tuple(
        play(
            directory,
            f"{prefix}{stream.port}",
            stream,
            maps,
            interval=interval,
            seed=seed + k,
            sizes=of_sizes,
        )
        for k, (stream, maps, of_sizes) in enumerate(streams, start=1)
    )


def _outputs(directory: Path, prefix: str, seed: int, run: Run) -> tuple[Recorded, ...]:
    streams = [(stream, run.golden[stream.node], False) for stream in run.unit.outputs]
    if run.unit.resizable and not run.size_ports:
        streams += [(size_stream(stream), sizes(maps), True) for stream, maps, _ in streams]
    return tuple(
        record(
            directory,
            f"{prefix}{stream.port}",
            stream,
            maps,
            calm_frames=run.calm_frames,
            seed=seed + 100 + k,
            sizes=of_sizes,
        )
        for k, (stream, maps, of_sizes) in enumerate(streams, start=1)
    )


def _inner(directory: Path, name: str, run: Run) -> tuple[Recorded, ...]:
    return tuple(
        record(
            directory,
            f"inner_{stage.module}",
            stage.outputs[0],
            maps,
            calm_frames=run.calm_frames,
            layer=stage.layer,
            instance=f"{name}.{stage.module}",
        )
        for stage, maps in run.inner
    )
