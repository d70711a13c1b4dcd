"""What follows from the folding of a stage that reads windows."""

import pytest

from corgibuilder.ir import Pads, Pool, PoolKind, Window
from corgibuilder.plan import kinds
from corgibuilder.plan.folding import Folding, WindowSource
from corgibuilder.plan.layers import group_layers

from ...toys import SAME, STRIDED, chain, conv

OVERLAPPING = Pool(
    kind=PoolKind.MAX,
    window=Window(kernel=(3, 3), stride=(2, 2), pads=Pads(top=1, left=1, bottom=1, right=1)),
)


def folded(op, channels, source, outputs, inputs=1):
    (layer,) = group_layers(chain((channels, 8, 10), op))
    folding = Folding(source=source, inputs=inputs, outputs=outputs, lanes=outputs)
    return kinds.folded(layer, folding).settled()


@pytest.mark.parametrize(
    "channels,outputs,grouped,words",
    [
        (12, 1, 2, 6),  # 18 cycles for 9 reads and 4 writes
        (9, 1, 3, 3),  # a divisor of the groups
        (12, 4, 3, 1),
        (7, 2, 2, 2),  # the last group and the last word are not full
        (5, 2, 3, 1),
        (7, 1, 1, 7),  # no divisor up to 4
    ],
)
def test_words_serve_several_groups_where_more_pixels_come_than_windows_go(
    channels, outputs, grouped, words
):
    for op in (conv(channels, channels, STRIDED, groups=channels), OVERLAPPING):
        found = folded(op, channels, WindowSource.TAP_SERIAL, outputs)
        assert (found.folding.groups_per_word, found.words) == (grouped, words)
        assert found.folding.single_port == (grouped > 1)
        assert found.position_cycles == 9 * -(-channels // outputs)


def test_where_as_many_come_as_go_every_other_word_is_enough():
    depth = conv(12, 12, SAME, groups=12)
    found = folded(depth, 12, WindowSource.TAP_SERIAL, 1)
    assert (found.folding.groups_per_word, found.words, found.folding.single_port) == (1, 12, True)
    assert not folded(
        depth, 12, WindowSource.TAP_SERIAL, 12
    ).folding.single_port  # all cycles read the only word


@pytest.mark.parametrize(
    "window,outputs,single_port",
    [
        (SAME, 4, True),  # 7 cycles for 3 reads, and 4 writes where pixels come in bursts
        (SAME, 5, False),  # 6
        (STRIDED, 1, True),  # 28 cycles for 6 reads, and 16 writes
        (STRIDED, 2, False),  # 14
    ],
)
def test_columns_have_a_single_port_where_writes_leave_cycles_to_the_reads(
    window, outputs, single_port
):
    depth = conv(28, 28, window, groups=28)
    assert (
        folded(depth, 28, WindowSource.COLUMN_BUFFER, outputs, inputs=9).folding.single_port
        == single_port
    )
