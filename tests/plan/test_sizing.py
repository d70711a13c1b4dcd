"""Queues in front of single stages: where words wait, and nowhere else."""

from fractions import Fraction

import pytest

from corgibuilder.ir import Argmax, Clamp, Pool, PoolKind, QInt
from corgibuilder.plan import Target, choice, make_plan

from ..toys import HALVES, SAME, chain, conv, steps

SMALLER = Clamp(range=QInt(0, 2))
MAX = Pool(kind=PoolKind.MAX, window=HALVES)
NETWORK = chain((3, 6, 5), SMALLER, conv(3, 4, SAME), steps(4), MAX, Argmax(), fixed=("n4",))


@pytest.mark.parametrize(("budget", "waiting"), [(30, True), (200, False), (1000, False)])
def test_what_takes_each_word_when_it_comes_has_no_queue(budget, waiting, monkeypatch):
    """An argmax takes a channel a cycle: only where pixels come faster do some wait."""
    monkeypatch.setattr(choice, "shortest_fifos", lambda pipeline, fixed: pipeline)
    plan = make_plan(NETWORK, Target(fps=Fraction(1), clock_hz=budget))
    depths = {edge.consumer: edge.fifo for edge in plan.edges if edge.port is not None}
    assert depths["n0"] == 0
    assert (depths["n4"] > 0) == waiting
