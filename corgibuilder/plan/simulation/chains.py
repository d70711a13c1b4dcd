"""The components of a pipeline in order, as the rules of the simulation know them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Argmax, Conv, Ints, Pool, Window
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed, ceil_div, taps, words_of
from corgibuilder.plan.paired_rows import margin, pairs_rows
from corgibuilder.plan.pipeline import Link, Pipeline
from corgibuilder.plan.timing import MAC_CYCLES, form_cycles

from .compiled import PARAMETERS, STATE, Rule


@dataclass(frozen=True)
class Part:
    """One component: its rule, parameters, and what of its state is not 0 at the beginning."""

    rule: Rule
    parameters: Mapping[str, int] = field(default_factory=dict)
    begins: Mapping[str, int] = field(default_factory=dict)


def part(rule: Rule, **parameters: int) -> Part:
    return Part(rule, parameters)


BUFFER = part(Rule.BUFFER)


def stage_parts(link: Link, *, size_from: int) -> Iterator[Part]:
    """The components of a stage, as :class:`corgibuilder.hw.stage.Stage` connects them.

    The size of the map is there from cycle ``size_from`` on; 0 where it is fixed.
    """
    folded, stage, folding = link.folded, link.stage, link.folded.folding
    queue = [part(Rule.QUEUE, depth=folding.fifo)] if folding.fifo else []
    if link.lanes > folded.input_lanes:
        yield from queue
    for channels, before, after in link.hops:
        yield part(Rule.GEARBOX, channels=channels, lanes_in=before, lanes_out=after)
    if link.lanes <= folded.input_lanes:
        yield from queue
    match stage.engine:
        case Conv():
            yield from _source(folded, stage.engine.window, size_from)
            yield part(Rule.RIGID, registers=MAC_CYCLES, words=folded.passes)
            if folding.lanes != folding.outputs:
                yield _serialiser(folded)
        case Pool(window=window) if folding.feed is Feed.TILES:
            yield _tiles(folded, window)
        case Pool(window=window):
            yield from _source(folded, window, size_from)
            yield part(Rule.RIGID, registers=1, words=taps(stage))
        case Argmax():
            yield part(Rule.RIGID, registers=1, words=stage.x.shape.channels)
    if link.form is not None:
        yield part(Rule.RIGID, registers=form_cycles(link.form), words=1)
    yield BUFFER


def _serialiser(folded: Folded) -> Part:
    folding, channels, groups = folded.folding, folded.stage.acc.shape.channels, folded.groups
    short = ceil_div(channels - (groups - 1) * folding.outputs, folding.lanes)
    whole = folding.outputs // folding.lanes
    return part(Rule.SERIALISER, words=whole, groups=groups, short=short)


def _tiles(folded: Folded, window: Window) -> Part:
    shape, (kh, kw) = folded.stage.x.shape, window.kernel
    return part(
        Rule.TILES,
        words=folded.words,
        kernel_y=kh,
        kernel_x=kw,
        rows=shape.height,
        columns=shape.width,
    )


def _source(folded: Folded, window: Window, size_from: int) -> Iterator[Part]:
    """What turns the stream into operands."""
    feed, count = folded.folding.feed, taps(folded.stage)
    if feed is Feed.STREAM:
        return
    yield _lines(folded, window, size_from)
    if feed is Feed.LINES:
        if folded.gathered > 1:
            yield part(Rule.COLLECT, words=count)
            yield part(Rule.REPEAT, words=count * folded.gathered)
        return
    if feed is Feed.COLUMNS:
        yield part(Rule.COLLECT, words=window.kernel[0])
    yield _former(folded, window)
    if folded.steps > 1:
        yield part(Rule.REPEAT, words=folded.steps)


def _lines(folded: Folded, window: Window, size_from: int) -> Part:
    """The line buffer."""
    stage, feed, shape = folded.stage, folded.folding.feed, folded.stage.x.shape
    by_tap = feed is Feed.LINES
    read = window if by_tap else window.column
    paired = feed is not Feed.BANKS and pairs_rows(window)
    full = shape.channels // folded.input_lanes
    return Part(
        Rule.ROW_BANKS if feed is Feed.BANKS else Rule.PAIRED_ROWS if paired else Rule.RING,
        {
            "rows": shape.height,
            "columns": shape.width,
            "kernel_y": read.kernel[0],
            "kernel_x": read.kernel[1],
            "stride_y": read.stride[0],
            "stride_x": read.stride[1],
            "top": read.pads.top,
            "left": read.pads.left,
            "windows_y": stage.acc.shape.height,
            "windows_x": stage.acc.shape.width if by_tap else _columns_read(folded),
            "capacity": folded.folding.capacity,
            "words": folded.words,
            "repeats": folded.groups if by_tap and not folded.by_word else 1,
            "by_word": folded.by_word and by_tap,
            "single_port": folded.single_port,
            "write_first": feed is Feed.COLUMNS,
            "full": full,
            "alternate": folded.single_port and full > 1,
            "size_from": size_from,
            "margin": margin(read) if paired else 0,
        },
        {"begun": int(not size_from)},
    )


def _columns_read(folded: Folded) -> int:
    """Columns of the map that some window needs."""
    assert isinstance(folded.stage.engine, Conv)
    window, width = folded.stage.engine.window, folded.stage.x.shape.width
    moved = (folded.stage.acc.shape.width - 1) * window.stride[1]
    return min(moved + window.kernel[1] - window.pads.left, width)


def _former(folded: Folded, window: Window) -> Part:
    acc, kw, left = folded.stage.acc.shape, window.kernel[1], window.pads.left
    ends = (acc.width - 1) * window.stride[1] + kw - left
    return Part(
        Rule.WINDOW_FORMER,
        {
            "kernel_x": kw,
            "stride_x": window.stride[1],
            "left": left,
            "columns": _columns_read(folded),
            "windows_y": acc.height,
            "tail": ends - folded.stage.x.shape.width,
        },
        {"wait": kw - 1 - left},
    )


_Chain = tuple[list[Part], int, int]  #: components, node that it reads, node that it gives


@dataclass(frozen=True)
class Machine:
    """Arrays of a whole pipeline.

    A chain is a run of components, from a node's stream to the next node's, or to an output of the
    network. ``chains`` has for each: first component, end, node it reads, node it gives or -1. Node
    ``n`` is what chain ``n`` gives; the first one is the input. ``readers`` counts the
    chains that read each node; ``words`` are those of a frame, at the input and at the chains that
    end in an output, which ``outputs`` has by name.
    """

    rules: Ints
    parameters: NDArray[np.void]
    state: NDArray[np.void]
    chains: Ints
    readers: Ints
    words: Ints
    outputs: dict[str, int]

    @property
    def key(self) -> bytes:
        """Equal ones behave alike."""
        arrays = (self.rules, self.parameters, self.state, self.chains, self.readers, self.words)
        return b"".join(array.tobytes() for array in arrays) + repr(self.outputs).encode()


def machine(pipeline: Pipeline) -> Machine:
    """The pipeline as the simulation runs it."""
    links, network = pipeline.links, pipeline.network
    names = [pipeline.input_node, *(link.stage.result for link in links)]
    number = {name: k for k, name in enumerate(names)}
    readers = {name: sum(link.stage.source == name for link in links) for name in names}
    ends = {n: readers[n] + sum(port.node == n for port in network.outputs) for n in names}
    chains: list[_Chain] = [([BUFFER] if pipeline.resizable else [], -1, 0)]
    sized = {pipeline.input_node: 1}  # when the first frame's size is at a node
    for link in links:
        source, result = link.stage.source, link.stage.result
        at = sized[source] + (readers[source] > 1)
        parts = stage_parts(link, size_from=at if pipeline.resizable else 0)
        copy = [BUFFER] if ends[source] > 1 else []
        chains.append(([*copy, *parts], number[source], number[result]))
        sized[result] = at + 1
    words = [pipeline.words_of(pipeline.input_node)] + [0] * len(links)
    outputs = {}
    for port in network.outputs:
        outputs[port.node] = len(chains)
        chains.append(([BUFFER] if ends[port.node] > 1 else [], number[port.node], -1))
        words.append(pipeline.words_of(port.node))
    return _packed(chains, words, outputs, [ends[name] for name in names])


def stage_machine(link: Link, *, resizable: bool) -> Machine:
    """One stage by itself, whose size comes with the first word of a frame."""
    stage = link.stage
    parts = list(stage_parts(link, size_from=int(resizable)))
    shape = stage.acc.shape
    words = words_of(shape.pixels, shape.channels, link.folded.folding.lanes)
    chains: list[_Chain] = [([], -1, 0), (parts, 0, 1), ([], 1, -1)]
    return _packed(chains, [link.input_words, 0, words], {stage.result: 2}, [1, 1])


def _packed(
    chains: list[_Chain], words: list[int], outputs: dict[str, int], readers: list[int]
) -> Machine:
    parts = [each for chain, _, _ in chains for each in chain]
    parameters, state = np.zeros(len(parts), PARAMETERS), np.zeros(len(parts), STATE)
    for k, each in enumerate(parts):
        for name, value in each.parameters.items():
            parameters[k][name] = value
        for name, value in each.begins.items():
            state[k][name] = value
    rows, first = [], 0
    for chain, source, result in chains:
        rows.append((first, first + len(chain), source, result))
        first += len(chain)
    return Machine(
        rules=np.array([each.rule for each in parts], np.int64),
        parameters=parameters,
        state=state,
        chains=np.array(rows, np.int64),
        readers=np.array(readers, np.int64),
        words=np.array(words, np.int64),
        outputs=outputs,
    )
