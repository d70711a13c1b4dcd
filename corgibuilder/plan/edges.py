"""The edges of a plan: what travels from stage to stage, and the queues on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

from .folding import words_of
from .pipeline import Pipeline
from .planned_stage import PlannedStage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEdge:
    """A stream from a stage, or from an input, to an input of a stage or an output.

    Parameters
    ----------
    producer
        Name of the stage, or of the input's node.
    consumer
        Name of the stage, or of the output.
    port
        Number of the stage's input; ``None`` for an output of the network.
    channels, height, width
        Shape of the map.
    lowest, highest, step
        Its values.
    lanes
        Values in a word: the decision of the producer, the same on all its edges.
    pixels
        Pixels in a word that begin there; 1 where a pixel takes several words.
    fifo
        Words in the queue in front of the consumer's input, as wide as those that arrive or as
        those that it works on, whichever are wider; 0 for none.
    """

    producer: str
    consumer: str
    port: int | None
    channels: int
    height: int
    width: int
    lowest: int
    highest: int
    step: int
    lanes: int
    pixels: int
    fifo: int

    @property
    def words(self) -> int:
        """Words of a frame."""
        return words_of(self.height * self.width, self.channels, self.lanes)

    @property
    def between(self) -> str:
        """Both ends, for people."""
        return f"{self.producer!r} to {self.consumer!r}"


def edges_of(pipeline: Pipeline) -> Iterator[PlannedEdge]:
    """Every edge: those into each stage in order, then the outputs of the network."""
    names = {node: node for node in pipeline.inputs}
    names |= {stage.layer.result: stage.layer.name for stage in pipeline.stages}
    for stage in pipeline.stages:
        for port, source in enumerate(stage.layer.sources):
            yield _edge(pipeline, names, source, stage, port)
    for output in pipeline.network.outputs:
        yield _edge(pipeline, names, output.node, output.name, None)


def _edge(
    pipeline: Pipeline,
    names: dict[str, str],
    node: str,
    consumer: PlannedStage | str,
    port: int | None,
) -> PlannedEdge:
    tensor, lanes = pipeline.network.graph.type(node), pipeline.lanes_of(node)
    channels, height, width = tensor.shape
    fifo = 0
    if isinstance(consumer, PlannedStage):
        assert port is not None
        fifo, consumer = consumer.fifos[port], consumer.layer.name
    return PlannedEdge(
        producer=names[node],
        consumer=consumer,
        port=port,
        channels=channels,
        height=height,
        width=width,
        lowest=tensor.range.lo,
        highest=tensor.range.hi,
        step=tensor.range.step,
        lanes=lanes,
        pixels=max(lanes // channels, 1),
        fifo=fifo,
    )
