"""What has to be known of a stream of maps to tell where its frames end."""

from dataclasses import dataclass

from amaranth.hdl import Value
from amaranth.lib import data

from corgibuilder.hw.streams import shape_of, word, words_per_pixel
from corgibuilder.plan.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Reduction:
    """How a map's width, or height, follows from that of the input: ``(n + offset) // stride + 1``.

    A chain of windows is again of this form; see :meth:`~corgibuilder.ir.Window.output_size`.
    """

    offset: int = -1
    stride: int = 1

    def of(self, n: Value) -> Value:
        """Size of the map for an input of size ``n``."""
        return (n + self.offset)[:17] // self.stride + 1

    def then(self, offset: int, stride: int) -> "Reduction":
        """That of a chain: first as here, then as given."""
        return Reduction(self.offset + self.stride * (offset + 1), self.stride * stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A stream of maps.

    ``layout`` is that of a word, ``words`` how many of them make a pixel, ``columns`` and ``rows``
    give the map's size from that of the input frame.
    """

    layout: data.Layout
    words: int
    columns: Reduction = Reduction()
    rows: Reduction = Reduction()


def tap_of(pipeline: Pipeline, node: str) -> Tap:
    """The stream of a network's output, or of any other stage's result."""
    value, lanes = pipeline.network.graph.type(node), pipeline.lanes_of(node)
    columns, rows = _reductions(pipeline, node)
    return Tap(
        layout=word(shape_of(value.range), lanes),
        words=words_per_pixel(value.shape.channels, lanes),
        columns=columns,
        rows=rows,
    )


def _reductions(pipeline: Pipeline, node: str) -> tuple[Reduction, Reduction]:
    """Those of columns and of rows on the way from the input to ``node``."""
    if node == pipeline.input_node:
        return Reduction(), Reduction()
    stage = next(s.folded for s in pipeline.stages if s.layer.result == node)
    columns, rows = _reductions(pipeline, stage.layer.sources[0])
    window = stage.output_size(stage.layer).window
    if window is None:
        return columns, rows
    pads = window.pads
    return (
        columns.then(pads.left + pads.right - window.kernel[1], window.stride[1]),
        rows.then(pads.top + pads.bottom - window.kernel[0], window.stride[0]),
    )
