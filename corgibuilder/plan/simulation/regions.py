"""The part of a pipeline from a fork to the join where its branches meet again."""

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from corgibuilder.plan.pipeline import Pipeline

from .chains import Machine, part_machine

BEFORE = ""  #: what all inputs come from; no node is called so


@dataclass(frozen=True, slots=True)
class Region:
    """Where words enter and leave, as nodes, and numbers of the stages between, the join last."""

    entries: tuple[str, ...]
    numbers: tuple[int, ...]
    exits: tuple[str, ...]

    def machine(self, pipeline: Pipeline) -> Machine:
        """As the simulation runs it, whatever the stages before and after it do.

        Exits are called by their places, so that regions that are alike are simulated once.
        """
        stages = [pipeline.stages[number] for number in self.numbers]
        exits = {str(place): node for place, node in enumerate(self.exits)}
        return part_machine(pipeline, self.entries, stages, exits)


def regions(pipeline: Pipeline, joins: Iterable[int]) -> dict[int, Region]:
    """For each join the part between the last node that all its words come from and the join.

    That node is the immediate dominator of the join. Where the branches have none, they begin at
    inputs of the network. Words leave at the join, and wherever a node between is also an output of
    the network or read by a stage outside. Joins are numbers of stages.
    """
    graph = nx.DiGraph((BEFORE, entry) for entry in pipeline.inputs)
    for stage in pipeline.stages:
        graph.add_edges_from((source, stage.layer.result) for source in stage.layer.sources)
    dominators = nx.immediate_dominators(graph, BEFORE)
    return {
        number: _between(pipeline, graph, dominators[join], join)
        for number, join in ((n, pipeline.stages[n].layer.result) for n in joins)
    }


def _between(pipeline: Pipeline, graph: nx.DiGraph, fork: str, join: str) -> Region:
    between = nx.descendants(graph, fork) & nx.ancestors(graph, join) | {join}
    results = [stage.layer.result for stage in pipeline.stages]
    outputs = {port.node for port in pipeline.network.outputs}
    return Region(
        entries=(fork,) if fork != BEFORE else tuple(e for e in pipeline.inputs if e in between),
        numbers=tuple(n for n, result in enumerate(results) if result in between),
        exits=tuple(
            result
            for result in results
            if result in between
            and (result == join or result in outputs or graph.succ[result].keys() - between)
        ),
    )
