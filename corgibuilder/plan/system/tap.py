"""What has to be known of a stream of maps to tell where its frames end."""

from dataclasses import dataclass

from corgibuilder.diagnostics import CompileError
from corgibuilder.ir import QInt, Window
from corgibuilder.plan.folding import ceil_div
from corgibuilder.plan.kinds import SizeRule
from corgibuilder.plan.layers import Layer
from corgibuilder.plan.pipeline import Pipeline

FRAMES = 8  #: whose sizes can wait: frames that have entered the pipeline and not yet left a tap


@dataclass(frozen=True, slots=True)
class Reduction:
    """How a map's width, or height, follows from that of the input: ``(n + offset) // stride + 1``.

    A chain of windows is again of this form; see :meth:`~corgibuilder.ir.Window.output_size`.
    """

    offset: int = -1
    stride: int = 1

    def then(self, offset: int, stride: int) -> "Reduction":
        """That of a chain: first as here, then as given."""
        return Reduction(self.offset + self.stride * (offset + 1), self.stride * stride)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A stream of maps.

    ``range`` is that of its values, ``lanes`` how many of them a word has, ``words`` how many words
    make a pixel; ``columns`` and ``rows`` give the map's size from that of the input frame.
    """

    range: QInt
    lanes: int
    words: int
    columns: Reduction = Reduction()
    rows: Reduction = Reduction()


def tap_of(pipeline: Pipeline, node: str) -> Tap:
    """The stream of a network's output, or of any other stage's result.

    Raises :class:`CompileError` (CB907) if its size is not that of windows on the input.
    """
    value, lanes = pipeline.network.graph.type(node), pipeline.lanes_of(node)
    columns, rows = _reductions(pipeline, node)
    return Tap(
        range=value.range,
        lanes=lanes,
        words=ceil_div(value.shape.channels, lanes),
        columns=columns,
        rows=rows,
    )


def _reductions(pipeline: Pipeline, node: str) -> tuple[Reduction, Reduction]:
    """Those of columns and of rows on the way from the input to ``node``."""
    found = {entry: (Reduction(), Reduction()) for entry in pipeline.inputs}
    for layer, rule in _leading_to(pipeline, node):
        ways = {found[source] for source in layer.sources}
        if len(ways) > 1:
            raise _no_tap(layer, "joins maps that are of one size only for images of some sizes")
        if rule != SizeRule(window=rule.window):
            raise _no_tap(layer, "changes the size of a map otherwise than by windows")
        found[layer.result] = _behind(rule.window, *ways.pop())
    return found[node]


def _leading_to(pipeline: Pipeline, node: str) -> list[tuple[Layer, SizeRule]]:
    """Layers of which the value of ``node`` is made, in topological order, and their size rules."""
    found: list[tuple[Layer, SizeRule]] = []
    wanted = {node}
    for stage in reversed(pipeline.stages):
        if stage.layer.result in wanted:
            wanted.update(stage.layer.sources)
            found.append((stage.layer, stage.folded.output_size(stage.layer)))
    return found[::-1]


def _behind(
    window: Window | None, columns: Reduction, rows: Reduction
) -> tuple[Reduction, Reduction]:
    """Those of a layer with windows on a map with ``columns`` and ``rows``."""
    if window is None:
        return columns, rows
    pads = window.pads
    return (
        columns.then(pads.left + pads.right - window.kernel[1], window.stride[1]),
        rows.then(pads.top + pads.bottom - window.kernel[0], window.stride[0]),
    )


def _no_tap(layer: Layer, what: str) -> CompileError:
    return CompileError(
        "CB907",
        f"it {what}, and the system could not tell where frames end behind it",
        at=layer.node.origin,
        help="end the network before it, or leave out --system",
    )
