"""What follows from a folding."""

import pytest

from corgibuilder.ir import Pads, Pool, PoolKind, Window
from corgibuilder.plan.folded import Folded
from corgibuilder.plan.folding import Feed, Folding
from corgibuilder.plan.stages import group_stages

from ..toys import SAME, STRIDED, chain, conv

OVERLAPPING = Pool(
    kind=PoolKind.MAX,
    window=Window(kernel=(3, 3), stride=(2, 2), pads=Pads(top=1, left=1, bottom=1, right=1)),
)


def folded(op, channels, feed, outputs, inputs=1):
    (stage,) = group_stages(chain((channels, 8, 10), op))
    return Folded(stage, Folding(feed=feed, inputs=inputs, outputs=outputs, lanes=1))


@pytest.mark.parametrize(
    "channels,outputs,gathered,words",
    [
        (12, 1, 2, 6),  # 18 cycles for 9 reads and 4 writes
        (9, 1, 3, 3),  # a divisor of the groups
        (12, 4, 3, 1),
        (7, 2, 2, 2),  # the last group and the last word are not full
        (5, 2, 3, 1),
        (7, 1, 1, 7),  # no divisor up to 4
    ],
)
def test_groups_are_gathered_where_more_pixels_come_than_windows_go(
    channels, outputs, gathered, words
):
    for op in (conv(channels, channels, STRIDED, groups=channels), OVERLAPPING):
        found = folded(op, channels, Feed.LINES, outputs)
        assert (found.gathered, found.words) == (gathered, words)
        assert found.single_port == (gathered > 1)
        assert found.position_cycles == 9 * -(-channels // outputs)


def test_where_as_many_come_as_go_every_other_word_is_enough():
    depth = conv(12, 12, SAME, groups=12)
    found = folded(depth, 12, Feed.LINES, 1)
    assert (found.gathered, found.words, found.single_port) == (1, 12, True)
    assert not folded(depth, 12, Feed.LINES, 12).single_port  # all cycles read the only word


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
    assert folded(depth, 28, Feed.COLUMNS, outputs, inputs=9).single_port == single_port
