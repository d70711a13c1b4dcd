"""Describes a build for its ``manifest.json``."""

from collections.abc import Sequence
from pathlib import Path

from corgibuilder.build_directory import (
    FORMAT,
    MEMORIES,
    EnteringType,
    Manifest,
    Source,
    Stream,
    Unit,
)
from corgibuilder.build_files import digest
from corgibuilder.hw.network import network_inputs, output_ports
from corgibuilder.hw.streams import input_ports
from corgibuilder.ir import Graph, InputType
from corgibuilder.plan import Plan
from corgibuilder.plan.pipeline import Pipeline, smallest_map
from corgibuilder.plan.planned_stage import PlannedStage
from corgibuilder.plan.simulation import stage_machine, timing
from corgibuilder.version import VERSION

WRAPPER_FILES = tuple(f"rtl/{name}.v" for name in MEMORIES)


def describe_build(
    pipeline: Pipeline, plan: Plan, folder: Path, *, top: str, source: str
) -> Manifest:
    """Manifest of a build in ``folder``, still without ``files``.

    ``source`` is the network file's path in it.
    """
    stages = tuple(_stage(pipeline, stage) for stage in pipeline.stages)
    return Manifest(
        format=FORMAT,
        generator=f"corgibuilder {VERSION}",
        name=pipeline.network.name,
        source=Source(file=source, sha256=digest(folder / source)),
        image=plan.target.image,
        target={
            "fps": float(plan.target.fps),
            "clock_hz": plan.target.clock_hz,
            "cycles_per_frame": plan.target.budget_for(pipeline.network.input_shape),
        },
        network=_network(pipeline, plan, stages, top),
        stages=stages,
        files={},
        input_type=_entering(plan.target.input_type),
    )


def _entering(given: InputType | None) -> EnteringType | None:
    return (
        EnteringType(name=given.name, scale=str(given.scale), input=given.input) if given else None
    )


def _stream(graph: Graph, port: str, node: str, lanes: int) -> Stream:
    kind = graph.type(node)
    return Stream(
        port=port,
        node=node,
        lanes=lanes,
        bits=kind.range.width,
        signed=kind.range.signed,
        step=kind.range.step,
        offset=kind.range.offset,
        channels=kind.shape.channels,
        height=kind.shape.height,
        width=kind.shape.width,
    )


def _smallest(
    pipeline: Pipeline, stages: Sequence[PlannedStage], nodes: Sequence[str]
) -> tuple[int, int]:
    """Least width and height of maps at ``nodes`` that pass through the stages."""
    shapes = [pipeline.network.graph.type(node).shape for node in nodes]
    if not pipeline.resizable:
        return min(shape.width for shape in shapes), min(shape.height for shape in shapes)
    rows, columns = smallest_map([stage.layer for stage in stages], nodes[0])
    return columns, rows


def _stage(pipeline: Pipeline, stage: PlannedStage) -> Unit:
    graph, layer = pipeline.network.graph, stage.layer
    alone = timing(stage_machine(stage, resizable=pipeline.resizable))
    first, frame = alone.slowest
    return Unit(
        layer=layer.name,
        module=layer.module,
        sources=(f"rtl/{layer.module}.v", *WRAPPER_FILES),
        resizable=pipeline.resizable,
        smallest=_smallest(pipeline, [stage], layer.sources),
        inputs=tuple(
            _stream(graph, port, source, lanes)
            for port, source, lanes in zip(
                input_ports(len(stage.ports)), layer.sources, stage.lanes, strict=True
            )
        ),
        outputs=(_stream(graph, "o", layer.result, stage.folded.folding.lanes),),
        cycles_per_frame=alone.interval,
        warm_up_frames=alone.warm_up_frames,
        latency_first=first,
        latency_frame=frame,
    )


def _network(pipeline: Pipeline, plan: Plan, stages: tuple[Unit, ...], top: str) -> Unit:
    network, ports = pipeline.network, output_ports(pipeline)
    rtl = [f"rtl/{top}.v", *(f"rtl/{stage.module}.v" for stage in stages), *WRAPPER_FILES]
    return Unit(
        layer=network.name,
        module=top,
        sources=tuple(rtl),
        resizable=pipeline.resizable,
        smallest=_smallest(pipeline, pipeline.stages, pipeline.inputs),
        inputs=tuple(
            _stream(network.graph, port, node, pipeline.lanes_of(node))
            for node, port in network_inputs(pipeline).items()
        ),
        outputs=tuple(
            _stream(network.graph, ports[port.name], port.node, pipeline.lanes_of(port.node))
            for port in network.outputs
        ),
        cycles_per_frame=plan.cycles_per_frame,
        warm_up_frames=plan.warm_up_frames,
        latency_first=plan.latency_first,
        latency_frame=plan.latency_frame,
    )
