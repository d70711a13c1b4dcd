"""Cuts are the smallest there are: compared with all others on small cases."""

from itertools import combinations_with_replacement
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corgibuilder.plan.components import Memory, Purpose
from corgibuilder.plan.macros import cut, tile
from corgibuilder.technology import CellNames, Flow, Macro, Technology, read_technology


def macro(words, bits, area, ports=1):
    return Macro(name=f"{ports}p{words}x{bits}", words=words, bits=bits, ports=ports, area=area)


def ram(depth, width, ports=1):
    return Memory(name="ram", purpose=Purpose.LINES, depth=depth, width=width, ports=ports)


def technology(*macros, register=1e9, rom=None):
    return Technology(
        name="toy",
        flow=Flow.GENERIC,
        cells=CellNames(),
        register_bit_area=register,
        rom_bit_area=rom,
        macros=macros,
    )


def collections(sizes, length):
    """Every collection of parts with no part too many for ``length``."""
    for count in range(1, length // min(sizes) + 2):
        for chosen in combinations_with_replacement(range(len(sizes)), count):
            if sum(sizes[k] for k in chosen) >= length:
                yield chosen


def cheapest(sizes, costs, length):
    return min(sum(costs[k] for k in chosen) for chosen in collections(sizes, length))


def exhaustive(macros, depth, width):
    """Least area of columns made of piles and of rows made of lines, by looking at them all."""
    by_columns = nested([(m.bits, m.words, m.area) for m in macros], width, depth)
    return min(by_columns, nested([(m.words, m.bits, m.area) for m in macros], depth, width))


def nested(sizes, size, length):
    """Least area of strips side by side, ``size`` in all; ``sizes`` has across, along, area."""
    strips = sorted({across for across, _, _ in sizes})
    areas = []
    for strip in strips:
        wide = [(along, area) for across, along, area in sizes if across >= strip]
        areas.append(cheapest([along for along, _ in wide], [area for _, area in wide], length))
    return cheapest(strips, areas, size)


MACROS = st.lists(
    st.builds(macro, st.integers(2, 9), st.integers(2, 9), st.integers(1, 40).map(float)),
    min_size=1,
    max_size=3,
    unique_by=lambda m: m.name,
)


@settings(max_examples=200)
@given(MACROS, st.integers(1, 11), st.integers(1, 11))
def test_no_other_tiling_is_smaller(macros, depth, width):
    tiling = tile(tuple(macros), depth, width, 1)
    assert tiling.area == exhaustive(macros, depth, width)
    assert tiling.area == sum(m.area for m in tiling.macros)
    assert sum(m.words * m.bits for m in tiling.macros) >= depth * width


def test_rows_and_columns_of_different_macros():
    wide, deep, small = macro(4, 16, 10.0), macro(16, 4, 10.0), macro(4, 4, 4.0)
    assert tile((wide, deep, small), 20, 4, 1).macros == (deep, small)
    assert tile((wide, deep, small), 4, 20, 1).macros == (wide, small)
    assert sorted(m.name for m in tile((wide, deep, small), 8, 20, 1).macros) == sorted(
        [wide.name, small.name] * 2
    )


def test_a_wide_macro_may_fill_up_a_narrow_column():
    narrow, filler, wide = macro(4, 4, 6.0), macro(2, 6, 5.0), macro(3, 8, 7.0)
    found = tile((narrow, filler, wide), 6, 12, 1)
    assert sorted(m.area for m in found.macros) == [5.0, 6.0, 7.0, 7.0]


def test_of_equal_areas_the_fewest_macros():
    lengths = tuple(macro(words, 1, float(words)) for words in (4, 3, 1))
    assert [m.words for m in tile(lengths, 6, 1, 1).macros] == [3, 3]


def test_a_macro_larger_than_the_memory():
    found = cut(ram(3, 5), technology(macro(1024, 64, 7.5)))
    assert (found.macros, found.area) == ({"1p1024x64": 1}, 7.5)
    assert (found.bits_wasted, found.bits_in_registers) == (1024 * 64 - 15, 0)


@pytest.mark.parametrize(("depth", "width"), [(1, 1), (64, 22), (65, 22), (64, 23), (50_000, 3)])
def test_extremes(depth, width):
    found = cut(ram(depth, width), technology(macro(64, 22, 100.0)))
    number = -(-depth // 64) * -(-width // 22)
    assert found.macros == {"1p64x22": number}
    assert found.bits_wasted == number * 64 * 22 - depth * width


def test_a_memory_of_two_ports_takes_macros_of_two_ports():
    both = technology(macro(8, 8, 10.0), macro(8, 8, 25.0, ports=2))
    assert cut(ram(8, 8), both).macros == {"1p8x8": 1}
    assert cut(ram(8, 8, ports=2), both).macros == {"2p8x8": 1}
    only_two = technology(macro(8, 8, 25.0, ports=2))
    assert cut(ram(8, 8), only_two).macros == {"2p8x8": 1}


@pytest.mark.parametrize(("register", "macros"), [(0.4, 0), (0.5, 0), (0.6, 1)])
def test_registers_where_they_are_smaller(register, macros):
    found = cut(ram(4, 5), technology(macro(8, 8, 10.0), register=register))
    assert sum(found.macros.values()) == macros
    assert found.bits_in_registers == (0 if macros else 20)
    assert found.bits_wasted == (44 if macros else 0)
    assert found.area == (10.0 if macros else register * 20)


def test_registers_where_no_macro_has_the_ports():
    found = cut(ram(4, 5, ports=2), technology(macro(8, 8, 10.0), register=2.0))
    assert (found.macros, found.bits_in_registers, found.area) == ({}, 20, 40.0)


def test_roms_are_no_rams():
    rom = Memory(name="weights", purpose=Purpose.WEIGHTS, depth=8, width=8, ports=1)
    found = cut(rom, technology(macro(8, 8, 10.0)))
    assert (found.macros, found.bits_in_registers, found.area) == ({}, 0, None)
    assert cut(rom, technology(macro(8, 8, 10.0), rom=0.5)).area == 32.0


def test_real_macros_beat_any_single_kind():
    ihp, rng = read_technology("ihp_sg13g2"), np.random.default_rng(0)
    for _ in range(20):
        depth, width, ports = (int(rng.integers(1, n)) for n in (20_000, 300, 3))
        alone = min(
            -(-depth // m.words) * -(-width // m.bits) * m.area if m.ports >= ports else inf
            for m in ihp.macros
        )
        assert 0 < tile(ihp.macros, depth, width, ports).area <= alone * (1 + 1e-9)
