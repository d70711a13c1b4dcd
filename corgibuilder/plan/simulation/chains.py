"""The components of a pipeline in order, as the rules of the simulation know them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints
from corgibuilder.plan.components import Part, Rule, part
from corgibuilder.plan.folding import words_of
from corgibuilder.plan.pipeline import Pipeline
from corgibuilder.plan.planned_stage import PlannedStage

from .machine_code import CHAIN, PARAMETERS, STATE

BUFFER = part(Rule.BUFFER)


def _input_parts(stage: PlannedStage, port: int) -> Iterator[Part]:
    """What stands in front of an input of a stage."""
    for component in stage.input_components(port):
        yield from component.parts(0)


def _stage_parts(stage: PlannedStage, *, size_from: int) -> Iterator[Part]:
    """The other components of a stage.

    The size of the map is there from cycle ``size_from`` on; 0 where it is fixed.
    """
    for component in stage.components():
        yield from component.parts(size_from)


@dataclass(frozen=True)
class Chain:
    """A run of components, from the streams of some chains to a stream of its own.

    ``sources`` are the numbers of the chains that it reads, none for an input; of several, its
    first component takes words as its rule says. What a chain that ``ends`` gives leaves the
    network.
    """

    parts: list[Part]
    sources: tuple[int, ...]
    ends: bool = False
    port: tuple[str, int] | None = None  #: stage and input that it leads to


@dataclass(frozen=True)
class Machine:
    """Arrays of a whole pipeline.

    ``chains`` has for each chain its first component, the end of them, the number of the chain that
    it reads or -1, whether it gives to others, and where its sources in ``joined`` begin and end if
    it has several. ``reader`` is the last chain that reads it and ``next_reader`` the one before
    that reads what it reads, which is its only source then; or -1. ``readers`` counts the chains
    that read each one; ``words`` are those of a frame, at the inputs and at the chains that end in
    an output, which ``outputs`` has by name. ``queues`` has the numbers of the queues in front of
    the inputs of stages, by stage and input.
    """

    rules: Ints
    parameters: NDArray[np.void]
    state: NDArray[np.void]
    chains: NDArray[np.void]
    joined: Ints
    readers: Ints
    words: Ints
    outputs: dict[str, int]
    queues: dict[tuple[str, int], int]

    @property
    def inputs(self) -> list[int]:
        """Numbers of the chains that read no other."""
        alone = (self.chains["source"] < 0) & (self.chains["join"] == self.chains["join_end"])
        return [int(number) for number in np.flatnonzero(alone)]

    def lean(self, tails: str) -> "Machine":
        """The same with the least that each component holds, whatever stalls there are.

        ``tails`` is the parameter that says how rows of windows end: ``tail_early`` or
        ``tail_late``.
        """
        parameters = self.parameters.copy()
        parameters["registers"] = np.minimum(parameters["registers"], 1)
        parameters["lean"] = parameters[tails] = 1
        return replace(self, parameters=parameters)

    @property
    def has_tails(self) -> bool:
        """Whether rows of windows end in padding."""
        shift_registers = self.rules == Rule.WINDOW_SHIFT_REGISTER
        return bool((self.parameters["tail"][shift_registers] > 0).any())

    @property
    def key(self) -> bytes:
        """Equal ones behave alike."""
        arrays = (
            *(self.rules, self.parameters, self.state, self.chains),
            *(self.joined, self.readers, self.words),
        )
        return b"".join(array.tobytes() for array in arrays) + repr(self.outputs).encode()


def machine(pipeline: Pipeline) -> Machine:
    """The pipeline as the simulation runs it.

    Whoever reads an output takes every word at once. Words come in as in
    :func:`~corgibuilder.plan.simulation.machine_code.run`.
    """
    entries, stages, resizable = pipeline.inputs, pipeline.stages, pipeline.resizable
    leaving = [port.node for port in pipeline.network.outputs]
    names = [*entries, *(stage.layer.result for stage in stages)]
    ends = {name: pipeline.readers(name) + leaving.count(name) for name in names}
    chains = [Chain([BUFFER] if resizable else [], ()) for _ in entries]
    gives = {entry: k for k, entry in enumerate(entries)}  # chain that gives a node's stream
    sized = dict.fromkeys(entries, 1)  # when the first frame's size is at a node
    words = [pipeline.words_of(entry) for entry in entries]
    for stage in stages:
        sources = stage.layer.sources
        sizing = sources[stage.size_port]
        at = sized[sizing] + (pipeline.readers(sizing) > 1)
        copies = [[BUFFER] if ends[source] > 1 else [] for source in sources]
        given = tuple(gives[source] for source in sources)
        _add_stage(chains, stage, given, copies, size_from=at if resizable else 0)
        gives[stage.layer.result] = len(chains) - 1
        sized[stage.layer.result] = at + 1
    words += [0] * (len(chains) - len(words))
    found = {}
    for node in dict.fromkeys(leaving):
        found[node] = len(chains)
        chains.append(Chain([BUFFER] if ends[node] > 1 else [], (gives[node],), ends=True))
        words.append(pipeline.words_of(node))
    return _packed(chains, words, found)


def stage_machine(stage: PlannedStage, *, resizable: bool) -> Machine:
    """One stage by itself, whose size comes with the first word of a frame.

    Its output has no name, so that stages that are alike are simulated once.
    """
    layer = stage.layer
    chains = [Chain([], ()) for _ in stage.ports]
    copies: list[list[Part]] = [[] for _ in stage.ports]
    _add_stage(chains, stage, tuple(stage.ports), copies, size_from=int(resizable))
    shape = layer.acc.shape
    leaving = words_of(shape.pixels, shape.channels, stage.folded.folding.lanes)
    words = [stage.input_words(0)] + [0] * (len(chains) - 1) + [leaving]
    chains.append(Chain([], (len(chains) - 1,), ends=True))
    return _packed(chains, words, {"": len(chains) - 1})


def _add_stage(
    chains: list[Chain],
    stage: PlannedStage,
    given: tuple[int, ...],
    copies: list[list[Part]],
    *,
    size_from: int,
) -> None:
    """Add the chains of a stage: one for each input if there are several, and what they lead to.

    ``copies`` are what a fork puts in front of each input.
    """
    before = [[*copies[port], *_input_parts(stage, port)] for port in stage.ports]
    parts = list(_stage_parts(stage, size_from=size_from))
    if len(stage.ports) == 1:
        chains.append(Chain([*before[0], *parts], given, port=(stage.layer.name, 0)))
        return
    sources = []
    for port, (source, more) in enumerate(zip(given, before, strict=True)):
        if more:
            chains.append(Chain(more, (source,), port=(stage.layer.name, port)))
            source = len(chains) - 1
        sources.append(source)
    chains.append(Chain(parts, tuple(sources)))


def _packed(chains: list[Chain], words: list[int], outputs: dict[str, int]) -> Machine:
    parts = [each for chain in chains for each in chain.parts]
    parameters, state = np.zeros(len(parts), PARAMETERS), np.zeros(len(parts), STATE)
    for k, each in enumerate(parts):
        for name, value in each.parameters.items():
            parameters[k][name] = value
        for name, value in each.begins.items():
            state[k][name] = value
    rows: list[tuple[int, ...]] = []
    joined: list[int] = []
    first = 0
    queues: dict[tuple[str, int], int] = {}
    readers = np.zeros(len(chains), np.int64)
    for chain in chains:
        if chain.port is not None:
            for k, each in enumerate(chain.parts):
                if each.rule == Rule.QUEUE:
                    queues[chain.port] = first + k
        several = chain.sources if len(chain.sources) > 1 else ()
        source = chain.sources[0] if len(chain.sources) == 1 else -1
        end = first + len(chain.parts)
        join = len(joined), len(joined) + len(several)
        rows.append((first, end, source, not chain.ends, *join, -1, -1))
        joined += several
        first = end
    records = np.array(rows, CHAIN)
    for number, chain in enumerate(chains):
        for source in chain.sources:
            readers[source] += 1
            records["next_reader"][number] = records["reader"][source]
            records["reader"][source] = number
    return Machine(
        rules=np.array([each.rule for each in parts], np.int64),
        parameters=parameters,
        state=state,
        chains=records,
        joined=np.array(joined, np.int64),
        readers=readers,
        words=np.array(words, np.int64),
        outputs=outputs,
        queues=queues,
    )
