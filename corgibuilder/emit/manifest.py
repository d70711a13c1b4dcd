"""Describes a build for its ``manifest.json``."""

import hashlib
from pathlib import Path

from corgibuilder.build_directory import FORMAT, MEMORIES, Manifest, Source, Stream, Unit
from corgibuilder.hw.network import output_ports
from corgibuilder.ir import Graph
from corgibuilder.plan import Plan
from corgibuilder.plan.pipeline import Link, Pipeline, stage_latency
from corgibuilder.version import VERSION

SHELL_FILES = tuple(f"rtl/{name}.v" for name in MEMORIES)


def describe_build(
    pipeline: Pipeline, plan: Plan, folder: Path, *, top: str, source: str
) -> Manifest:
    """Manifest of the files in ``folder``; ``source`` is the network file's path in it."""
    stages = tuple(_stage(pipeline, link) for link in pipeline.links)
    return Manifest(
        format=FORMAT,
        generator=f"corgibuilder {VERSION}",
        name=pipeline.network.name,
        source=Source(file=source, sha256=_digest(folder / source)),
        image=plan.target.image,
        target={
            "fps": float(plan.target.fps),
            "clock_hz": plan.target.clock_hz,
            "cycles_per_frame": plan.target.budget_for(pipeline.network.input_shape),
        },
        network=_network(pipeline, plan, stages, top),
        stages=stages,
        files=file_digests(folder),
    )


def file_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in the folder but the manifest, by relative path."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {p.relative_to(folder).as_posix(): _digest(p) for p in files}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _stream(graph: Graph, port: str, node: str, lanes: int) -> Stream:
    kind = graph.type(node)
    return Stream(
        port=port,
        node=node,
        lanes=lanes,
        bits=kind.range.width,
        signed=kind.range.signed,
        channels=kind.shape.channels,
        height=kind.shape.height,
        width=kind.shape.width,
    )


def _stage(pipeline: Pipeline, link: Link) -> Unit:
    graph, stage = pipeline.network.graph, link.stage
    first, frame = stage_latency(link)
    return Unit(
        layer=stage.name,
        module=stage.module,
        sources=(f"rtl/{stage.module}.v", *SHELL_FILES),
        resizable=pipeline.resizable,
        input=_stream(graph, "i", stage.source, link.lanes),
        outputs=(_stream(graph, "o", stage.result, link.folded.folding.lanes),),
        cycles_per_frame=max(link.folded.frame_cycles, link.input_words),
        latency_first=first,
        latency_frame=frame,
    )


def _network(pipeline: Pipeline, plan: Plan, stages: tuple[Unit, ...], top: str) -> Unit:
    network, ports = pipeline.network, output_ports(pipeline)
    rtl = [f"rtl/{top}.v", *(f"rtl/{stage.module}.v" for stage in stages), *SHELL_FILES]
    return Unit(
        layer=network.name,
        module=top,
        sources=tuple(rtl),
        resizable=pipeline.resizable,
        input=_stream(network.graph, "i", pipeline.input_node, pipeline.input_lanes),
        outputs=tuple(
            _stream(network.graph, ports[port.name], port.node, pipeline.lanes_of(port.node))
            for port in network.outputs
        ),
        cycles_per_frame=plan.cycles_per_frame,
        latency_first=plan.latency_first,
        latency_frame=plan.latency_frame,
    )
