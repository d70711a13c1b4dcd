"""Tables as requantisers."""

import numpy as np
import pytest

from corgibuilder.ir import QInt
from corgibuilder.plan.requantisers import TableForm
from corgibuilder.plan.resources import Resources


@pytest.mark.parametrize(
    "acc", [QInt(0, 7), QInt(-4, 3), QInt(-3, 4), QInt(-9, 12, step=3)], ids=str
)
def test_what_a_small_table_is_made_of(acc):
    """Its entries and a register; accumulators that do not begin at a power of two are moved."""
    form = TableForm(values=np.arange(8)[None], acc=acc)
    adders = acc.width if acc == QInt(-3, 4) else 0
    lane = Resources(adders=adders, constants=8 * 3, registers=3)
    assert form.resources(acc, 6, 2) == lane * 2
    assert not [*form.memories(acc, 6, 2)]


def test_a_memory_has_the_register():
    acc = QInt(-32, 31)
    form = TableForm(values=np.arange(64)[None], acc=acc)
    assert form.resources(acc, 6, 2) == Resources()
    assert [(rom.depth, rom.width) for rom in form.memories(acc, 6, 2)] == [(64, 6)] * 2
