"""What configurations say of time against the hardware, cycle by cycle, under any stalls.

Components as a whole, and the pieces that window sources are made of each by itself: what a piece
does must not depend on how the one before it behaves.
"""

import random

import pytest

from corgibuilder.hw.components import component_of
from corgibuilder.hw.line_buffer import LineBuffer
from corgibuilder.hw.operand_selector import OperandSelector
from corgibuilder.hw.row_banks import RowBanks
from corgibuilder.hw.streams import word
from corgibuilder.hw.window import Column, WindowShiftRegister
from corgibuilder.ir import PoolKind, Shape
from corgibuilder.plan.components import (
    BufferConfig,
    PixelPoolConfig,
    QueueConfig,
    Rule,
    TapSerialConfig,
    WindowPoolConfig,
)

from ..components.examples import (
    BYTE,
    MAX,
    POINT,
    SHIFT,
    STEPS,
    adder,
    border,
    column_buffer,
    concat,
    gearbox,
    line_buffer,
    mac_array,
    requantiser,
    row_banks,
    row_repeater,
    serialiser,
    tap_serial_in_groups,
    tile_pool,
    window,
)
from ..components.running import Simulated, Sized, hardware

CYCLES = 600


def same(component, parts, seed, shape=POINT, *, size_from=0):
    """Assert that component and parts do the same with random words and random stalls.

    A word that is offered stays until it is taken.
    """
    rng, simulated = random.Random(seed), Simulated(parts)
    often = [rng.choice((0.1, 0.5, 0.9, 1.0)) for _ in range(2)]
    moves, expected, offered = [], [], False
    for _ in range(CYCLES):
        offered = offered or rng.random() < often[0]
        moves.append((offered, rng.random() < often[1]))
        expected.append(simulated.tick(*moves[-1]))
        offered = offered and not expected[-1][1]
    assert hardware(Sized(component, shape, size_from=size_from), moves) == expected
    assert any(valid for valid, _ in expected)


def as_configured(config, seed, shape=POINT):
    same(component_of(config), config.parts(0), seed, shape)


def the(rule, config):
    """The only part of a configuration with that rule."""
    (found,) = [part for part in config.parts(0) if part.rule is rule]
    return [found]


@pytest.mark.parametrize("seed", range(3))
def test_buffer(seed):
    as_configured(BufferConfig(x=BYTE, lanes=1), seed)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_queue(depth):
    as_configured(QueueConfig(x=BYTE, lanes=1, depth=depth), depth)


@pytest.mark.parametrize(
    ("channels", "before", "after"), [(4, 1, 4), (4, 4, 1), (7, 2, 3), (12, 4, 6), (5, 5, 2)]
)
def test_gearbox(channels, before, after):
    as_configured(gearbox(channels, before, after), channels)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_collect(rows):
    config = column_buffer(window((rows, 1)), Shape(1, rows, 1))
    same(Column(word(8, 1), rows), the(Rule.COLLECT, config), rows)


@pytest.mark.parametrize(("steps", "repeats"), [(2, 1), (3, 2), (1, 4)])
def test_repeat(steps, repeats):
    config = row_banks(window((1, 1)), POINT, steps=steps, repeats=repeats)
    selector = OperandSelector(8, size=1, lane_map=config.lane_map, repeats=repeats)
    same(selector, the(Rule.REPEAT, config), steps)


@pytest.mark.parametrize("input_folds", [1, 2, 7])
def test_multiplier_array(input_folds):
    as_configured(mac_array(2 * input_folds, input_folds), input_folds)


@pytest.mark.parametrize("taps", [1, 4])
def test_window_pool(taps):
    as_configured(WindowPoolConfig(kind=MAX, x=BYTE, out=BYTE, lanes=1, taps=taps), taps)


@pytest.mark.parametrize("factors", [(1, -4), (3, 5, -1)])
def test_adder(factors):
    as_configured(adder(*factors), len(factors))


@pytest.mark.parametrize(
    ("channels", "lanes"), [((4, 2, 6), 2), ((1, 1), 1), ((2, 1), 6), ((3, 3), 6)]
)
def test_concat(channels, lanes):
    as_configured(concat(channels, lanes), lanes)


MAPS = [Shape(6, 1, 1), Shape(6, 3, 1), Shape(6, 1, 5), Shape(6, 3, 4)]
each_map = pytest.mark.parametrize("shape", MAPS, ids=str)


@each_map
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 1), (3, 2)])
def test_row_repeater(shape, rows, columns):
    as_configured(row_repeater(shape, rows, columns), rows, shape)


@each_map
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_row_repeater_of_parts(shape, rows):
    as_configured(row_repeater(shape, rows, 1, split=True), rows, shape)


@each_map
@pytest.mark.parametrize("pads", [(0, 0, 0, 1), (1, 0, 0, 0), (0, 2, 1, 0), (2, 1, 1, 3)])
def test_border(shape, pads):
    as_configured(border(shape, pads), sum(pads), shape)


@pytest.mark.parametrize("size_from", [0, 1])
def test_sizes_of_raster_components(size_from):
    shape = Shape(2, 3, 4)
    for config in (row_repeater(shape, 2, 2), border(shape, (1, 1, 1, 1))):
        component = component_of(config)
        same(component, config.parts(size_from), 1, shape, size_from=size_from)


@pytest.mark.parametrize("seed", range(2))
def test_pixel_pool(seed):
    config = PixelPoolConfig(kind=PoolKind.SUM, x=BYTE, channels=1, pixels=2, lanes=2)
    as_configured(config, seed)


@pytest.mark.parametrize("form", [SHIFT, STEPS])
def test_requantiser(form):
    as_configured(requantiser(form), 1)


@pytest.mark.parametrize(
    ("channels", "wide", "narrow"), [(6, 6, 2), (7, 3, 1), (10, 4, 2), (5, 4, 2)]
)
def test_serialiser(channels, wide, narrow):
    as_configured(serialiser(channels, wide, narrow), channels)


@pytest.mark.parametrize(
    ("kernel", "height", "width", "words"),
    [((2, 2), 4, 6, 1), ((3, 2), 7, 5, 2), ((1, 3), 3, 4, 3)],
)
def test_tiles(kernel, height, width, words):
    shape = Shape(words, height, width)
    as_configured(tile_pool(kernel, shape), height, shape)


WINDOWS = {
    "same": (window((3, 3), (1, 1), (1, 1, 1, 1)), 4, 5),
    "strided": (window((3, 3), (2, 2), (1, 1, 1, 1)), 5, 6),
    "strided odd": (window((3, 3), (2, 2), (0, 0, 1, 1)), 7, 5),
    "strided more": (window((3, 5), (2, 3), (1, 2, 0, 2)), 6, 7),
    "apart": (window((2, 2), (3, 4), (0, 0, 0, 0)), 8, 9),
    "narrow": (window((5, 5), (1, 1), (2, 2, 2, 2)), 6, 1),
    "point": (window((1, 1), (1, 1), (0, 0, 0, 0)), 2, 3),
    "ends before": (window((2, 3), (2, 2), (1, 0, 1, 0)), 5, 6),
}
each_window = pytest.mark.parametrize("name", WINDOWS)
no_column_skipped = pytest.mark.parametrize("name", [n for n in WINDOWS if n != "apart"])


@no_column_skipped
def test_window_shift_register(name):
    win, height, width = WINDOWS[name]
    shape = Shape(1, height, width)
    shift_register = WindowShiftRegister(word(8, 1), window=win, largest=shape)
    same(shift_register, the(Rule.WINDOW_SHIFT_REGISTER, row_banks(win, shape)), 1, shape)


@no_column_skipped
def test_row_banks(name):
    win, height, width = WINDOWS[name]
    shape = Shape(1, height, width)
    banks = RowBanks(BYTE, given=BYTE, window=win, largest=shape)
    same(banks, the(Rule.ROW_BANKS, row_banks(win, shape)), 2, shape)


ALL = -1  #: as many groups as words
ORDERS = {
    "by tap": {},
    "repeated": {"repeats": 3},
    "word by word": {"groups": ALL},
    "single port": {"single_port": True},
    "word by word, single port": {"groups": ALL, "single_port": True},
    "two groups": {"groups": 2},
    "two groups, repeated": {"groups": 2, "repeats": 3},
    "two groups, repeated, single port": {"groups": 2, "repeats": 2, "single_port": True},
    "by column": {"by_column": True},
    "by column, single port": {"by_column": True, "single_port": True},
}


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("order", ORDERS)
@each_window
def test_line_buffer(name, order, channels):
    win, height, width = WINDOWS[name]
    given, seed, late = dict(ORDERS[order]), channels, channels % 2
    if given.get("groups") == ALL:
        given["groups"] = channels
    elif "groups" in given:
        channels *= 2  # words in a group
    if given.get("by_column", False) and (channels > 1 or name == "apart"):
        pytest.skip("a column is made of whole pixels, and none is skipped")
    shape = Shape(channels, height, width)
    config = line_buffer(win, shape, spare=2 * (channels - 1), **given)
    same(LineBuffer(config), config.parts(late), seed, shape, size_from=late)


@each_window
@pytest.mark.parametrize("repeats", [1, 3])
def test_tap_serial_source(name, repeats):
    win, height, width = WINDOWS[name]
    shape = Shape(2, height, width)
    as_configured(TapSerialConfig(lines=line_buffer(win, shape, repeats=repeats)), 3, shape)


@pytest.mark.parametrize("groups", [2, 3])
@each_window
def test_tap_serial_source_of_words_with_several_groups(name, groups):
    win, height, width = WINDOWS[name]
    shape = Shape(2 * groups, height, width)
    as_configured(tap_serial_in_groups(win, shape, groups), groups, shape)


@no_column_skipped
@pytest.mark.parametrize("single_port", [False, True])
@pytest.mark.parametrize(("steps", "repeats"), [(1, 1), (3, 2)])
def test_column_buffer_source(name, steps, repeats, single_port):
    win, height, width = WINDOWS[name]
    shape = Shape(1, height, width)
    config = column_buffer(win, shape, steps=steps, repeats=repeats, single_port=single_port)
    as_configured(config, 4, shape)


@no_column_skipped
@pytest.mark.parametrize(("steps", "repeats"), [(1, 1), (3, 2)])
def test_row_banks_source(name, steps, repeats):
    win, height, width = WINDOWS[name]
    shape = Shape(1, height, width)
    as_configured(row_banks(win, shape, steps=steps, repeats=repeats), 5, shape)
