"""Every window source on small maps: each operand is the right pixel, whatever the stalls.

For each case all states are looked at that can be reached, with words offered and accepted or not
in every cycle. So no pixel is overwritten before its last read, none is read before it is written,
and no pattern of stalls leads into a deadlock, for any number of frames.
"""

import random

import pytest

from corgibuilder.ir import Pads, Window

from .search import Refuted, TooManyStates, prove
from .sources import column_buffer, in_place, row_banks, tap_serial


def window(kernel, stride=(1, 1), pads=(0, 0, 0, 0)):
    top, left, bottom, right = pads
    return Window(
        kernel=kernel, stride=stride, pads=Pads(top=top, left=left, bottom=bottom, right=right)
    )


LINE = window((1, 2), pads=(0, 1, 0, 0))
PAIRED = window((3, 1), (2, 1), (1, 0, 1, 0))
NARROW = window((1, 5), pads=(0, 2, 0, 2))

FEW = {
    "tap_serial": lambda: tap_serial(window((2, 2)), [(2, 2), (2, 3)]),
    "tap_serial, single port": lambda: tap_serial(
        LINE, [(3, 1), (1, 3)], single_port=True, parts=2
    ),
    "tap_serial, repeated groups": lambda: tap_serial(
        LINE, [(1, 2), (1, 1)], parts=4, groups=2, repeats=2
    ),
    "tap_serial, single port, groups": lambda: tap_serial(
        LINE, [(1, 2), (1, 1)], single_port=True, parts=6, groups=2
    ),
    "tap_serial, paired rows, groups": lambda: tap_serial(
        PAIRED, [(3, 2), (3, 2)], parts=4, groups=2, repeats=2
    ),
    "tap_serial, paired rows": lambda: tap_serial(PAIRED, [(2, 1), (3, 1)]),
    "column_buffer": lambda: column_buffer(LINE, [(2, 1), (2, 1)]),
    "column_buffer, paired rows": lambda: column_buffer(PAIRED, [(2, 1), (1, 1)]),
    "column_buffer, narrow": lambda: column_buffer(
        window((1, 3), pads=(0, 1, 0, 1)), [(1, 1), (1, 1)]
    ),
    "row_banks": lambda: row_banks(window((2, 2), pads=(0, 1, 1, 0)), [(2, 1), (2, 2)]),
    "row_banks, narrow": lambda: row_banks(NARROW, [(1, 1), (1, 3)]),
    "row_banks, late sizes": lambda: row_banks(window((1, 2)), [(1, 2), (1, 3)], late=True),
    "in_place": lambda: in_place(window((2, 2), (2, 2)), [(2, 3), (4, 2)], parts=2),
}


@pytest.mark.parametrize("name", FEW)
def test_each_operand_is_the_right_pixel(name):
    assert prove(FEW[name]()).states > 10


def test_a_line_buffer_with_a_slot_too_few_is_refuted():
    with pytest.raises(Refuted):
        prove(tap_serial(window((2, 2)), [(2, 3), (2, 3)], spare=-1))


def random_axis(rng, kernel, stride):
    """Kernel, stride, and padding on both sides."""
    size = rng.randint(1, kernel)
    return size, rng.randint(1, stride), rng.randint(0, size - 1), rng.randint(0, size - 1)


def random_case(rng):
    """A window source with any window of up to 3x3 (row_banks 3x5) on maps of up to 3x3."""
    source = rng.choice([tap_serial, tap_serial, column_buffer, row_banks, in_place])
    while True:
        rows = random_axis(rng, 3, 3)
        columns = random_axis(rng, 5 if source is row_banks else 3, 3)
        kernel, stride = (rows[0], columns[0]), (rows[1], columns[1])
        pads = (rows[2], columns[2], rows[3], columns[3])
        if source in (column_buffer, row_banks) and stride[1] > kernel[1]:
            continue  # no column is skipped by those; see plan.kinds.conv
        moved = window(kernel, kernel) if source is in_place else window(kernel, stride, pads)
        sizes = [(rng.randint(1, 3), rng.randint(1, 3)) for _ in range(2)]
        if min(n for size in sizes for n in moved.output_size(*size)) > 0:
            return source, moved, sizes, random_options(rng, source)


def random_options(rng, source):
    options = {"late": rng.random() < 0.25}
    if source in (tap_serial, column_buffer):
        options |= {"spare": rng.choice([0, 0, 1]), "single_port": rng.random() < 0.4}
    if source in (tap_serial, in_place):
        options["parts"] = rng.choice([1, 2])
    if source is tap_serial:
        parts = options["parts"]
        several = {"parts": 2 * parts, "groups": 2, "repeats": rng.choice([1, 2])}
        options |= rng.choice([{}, {"repeats": 2}, {"groups": parts}, several])
    return options


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_each_operand_is_the_right_pixel_on_random_maps(seed):
    rng = random.Random(seed)
    while True:
        source, *case, options = random_case(rng)
        try:
            proof = prove(source(*case, **options))
        except TooManyStates as why:
            print(f"{source.__name__} {case} {options}: {why}")
            continue
        print(f"{source.__name__} {case} {options}: {proof}")
        return
