"""The order of slots of line buffers whose slots become free in pairs of rows."""

import pytest

LINES = range(1, 65)


def freed(line):
    """Pixels of a pair of rows, as numbered when written, in the order of becoming free."""
    return [row * line + column for column in range(line) for row in (0, 1)]


@pytest.mark.parametrize("line", LINES)
def test_every_pixel_goes_where_the_next_one_became_free(line):
    """Slots by the shuffle, and by following each slot from pair to pair."""
    count, order = 2 * line, freed(line)
    slot = list(range(count))  # of each pixel of the pair
    for pair in range(2 * count):
        shuffled = [j * line**pair % (count - 1) if j < count - 1 else j for j in range(count)]
        assert slot == shuffled
        assert sorted(slot) == list(range(count))  # no two pixels share one
        slot = [slot[order[j]] for j in range(count)]


@pytest.mark.parametrize("line", LINES)
def test_no_slot_is_written_before_it_is_free(line):
    """Pixel ``j`` of a pair is written after ``j + 1`` pixels of the pair before became free."""
    order = freed(line)
    for j in range(2 * line):
        before = j * line % (2 * line - 1) if j < 2 * line - 1 else j
        assert order.index(before) == j
