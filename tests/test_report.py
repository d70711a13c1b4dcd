"""The page of a plan: every figure, bars as long as the figures, names that do no harm."""

import re
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from corgibuilder import api
from corgibuilder.examples import DIGITS_NETWORK
from corgibuilder.plan import Target, make_plan
from corgibuilder.report import plan_page

from .toys import stereo

HTML = "{http://www.w3.org/1999/xhtml}"
HOSTILE = "</td><script>alert('\"&{{ 7 }}')</script>"


@pytest.fixture(scope="module")
def plan():
    """A plan with queues, which the network itself does without."""
    made = api.plan(api.read(DIGITS_NETWORK), fps=10_000, clock_hz=59_000_000)
    stages = [replace(s, queue_bits=100 * k) for k, s in enumerate(made.stages)]
    return replace(made, stages=tuple(stages))


def parse(plan):
    return ElementTree.fromstring(plan_page(plan))


def text(element):
    return " ".join("".join(element.itertext()).split())


def rows(page, section):
    """Cells of every row of a section's table, its head and foot left out."""
    table = page.find(f".//{HTML}section[@id='{section}']/{HTML}table")
    body = table.find(f"{HTML}tbody")
    return [list(row) for row in (table if body is None else body)]


def lengths(cells, kind):
    """End of every bar, or place of every mark, of a kind in a row; in percent."""
    shapes = [shape for cell in cells for shape in cell.iter() if shape.get("class") == kind]
    return [float((s.get("width") or s.get("x1")).removesuffix("%")) for s in shapes]


def near(lengths, figures, full):
    """Whether lengths are the figures' shares of what a bar of full length stands for."""
    assert lengths == [pytest.approx(100 * figure / full, abs=0.01) for figure in figures]


def test_the_headline_has_figures_and_bounds(plan):
    first, frame = plan.latency_first / 59_000, plan.latency_frame / 59_000
    tiles = [text(tile) for tile in parse(plan).iter(f"{HTML}div")]
    assert tiles == [
        f"frames/s{plan.frames_per_second:,.1f}asked for: 10,000",
        f"cycles per frame{plan.cycles_per_frame:,}budget: 5,900",
        f"latency to the first output word{first:,.3f} ms{plan.latency_first:,} cycles",
        f"latency to the last output word{frame:,.3f} ms{plan.latency_frame:,} cycles",
        f"multipliers{plan.multipliers}at least {plan.multipliers_bound:,.1f}",
        f"line buffer bits{plan.buffer_bits:,}at least {plan.buffer_bound:,}",
        f"queue bits{plan.queue_bits:,}",
        f"ROM bits{plan.rom_bits:,}",
    ]


def test_the_target_is_said(plan):
    wishes = {"image": (1280, 720), "headroom": 4, "latency": Fraction(7, 1000)}
    (said, *_) = parse(replace(plan, target=replace(plan.target, **wishes))).iter(f"{HTML}p")
    assert text(said) == (
        "10,000 frames/s at 59 MHz, 1280x720 pixels, 4 pixels a cycle, within 7 ms"
    )


def test_the_table_has_every_figure(plan):
    assert [[text(cell) for cell in row] for row in rows(parse(plan), "stages")] == [
        [
            stage.name,
            stage.layer,
            stage.folding.source.value,
            stage.requantiser,
            f"{stage.folding.inputs} x {stage.folding.outputs}",
            f"{stage.cycles_per_frame:,}",
            f"{stage.multipliers:,} / {stage.multipliers_bound:,.1f}",
            str(stage.accumulator_bits),
            f"{stage.buffer_bits:,} / {stage.buffer_bound:,}",
            f"{stage.queue_bits:,}",
            f"{stage.rom_bits:,}",
            f"{stage.area:,}",
            str(stage.fmax_mhz),
            stage.critical_path,
        ]
        for stage in plan.stages
    ]


def test_every_input_is_said():
    two = make_plan(stereo(), Target(fps=Fraction(1), clock_hz=900))
    assert [[text(cell) for cell in row] for row in rows(parse(two), "inputs")] == [
        ["left", "3x6x8", "0..15", "3", "1", "48"],
        ["right", "1x12x16", "-4..3", "1", "1", "192"],
    ]


def test_the_slowest_stages_stand_out_against_the_budget(plan):
    drawn = rows(parse(plan), "cycles")
    slow = [s.cycles_per_frame == plan.cycles_per_frame for s in plan.stages]
    assert 0 < sum(slow) < len(slow)
    for cells, stage, slowest in zip(drawn, plan.stages, slow, strict=True):
        assert (text(cells[0]), text(cells[2])) == (stage.name, f"{stage.cycles_per_frame:,}")
        kind, other = ("slowest", "cycles") if slowest else ("cycles", "slowest")
        near(lengths(cells, kind), [stage.cycles_per_frame], 5900)
        assert not lengths(cells, other)
        near(lengths(cells, "budget"), [5900], 5900)


def test_a_plan_that_is_too_slow_crosses_the_budget(plan):
    slow = replace(plan, target=replace(plan.target, fps=Fraction(20_000)))
    for cells in rows(parse(slow), "cycles"):
        near(lengths(cells, "budget"), [2950], plan.cycles_per_frame)


def test_a_far_budget_leaves_the_bars_their_length(plan):
    page = parse(replace(plan, target=replace(plan.target, fps=Fraction(30))))
    assert not [shape for shape in page.iter() if shape.get("class") == "budget"]
    for cells, stage in zip(rows(page, "cycles"), plan.stages, strict=True):
        drawn = lengths(cells, "slowest") + lengths(cells, "cycles")
        near(drawn, [stage.cycles_per_frame], plan.cycles_per_frame)
    assert "The budget of 1,966,666 lies far to the right." in text(page)


def test_notes_are_said(plan):
    noted = parse(replace(plan, notes=("one & all", HOSTILE)))
    assert [text(p) for p in noted.iter(f"{HTML}p")][-2:] == ["one & all", HOSTILE]


def test_an_input_that_takes_longest_is_said(plan):
    sentence = "An input takes longer than every stage"
    assert sentence not in text(parse(plan))
    page = parse(replace(plan, cycles_per_frame=5800))
    assert f"{sentence}: 5,800." in text(page)
    assert any(lengths(row, "slowest") for row in rows(page, "cycles"))


def test_multipliers_are_drawn_next_to_their_bound(plan):
    full = max(stage.multipliers for stage in plan.stages)
    for cells, stage in zip(rows(parse(plan), "multipliers"), plan.stages, strict=True):
        near(lengths(cells, "multipliers"), [stage.multipliers], full)
        near(lengths(cells, "bound"), [stage.multipliers_bound] * (stage.macs > 0), full)
        assert text(cells[2]) == f"{stage.multipliers:,} / {stage.multipliers_bound:,.1f}"


def test_memories_are_drawn_end_to_end(plan):
    ram = max(stage.buffer_bits + stage.queue_bits for stage in plan.stages)
    rom = max(stage.rom_bits for stage in plan.stages)
    for cells, stage in zip(rows(parse(plan), "memory"), plan.stages, strict=True):
        near(lengths(cells, "buffer"), [stage.buffer_bits], ram)
        near(lengths(cells, "queue"), [stage.queue_bits], ram)
        near(lengths(cells, "bound"), [stage.buffer_bound], ram)
        near(lengths(cells, "rom"), [stage.rom_bits], rom)
        (queue,) = (shape for shape in cells[1].iter() if shape.get("class") == "queue")
        near([float(queue.get("x").removesuffix("%"))], [stage.buffer_bits], ram)
        assert text(cells[2]) == f"{stage.buffer_bits:,} + {stage.queue_bits:,}"
        assert text(cells[4]) == f"{stage.rom_bits:,}"


def test_one_stage_and_none_of_anything(plan):
    stage = next(stage for stage in plan.stages if not stage.macs)
    nothing = {"weight_rom_bits": 0, "requantiser_rom_bits": 0}
    stage = replace(stage, buffer_bits=0, buffer_bound=0, queue_bits=0, **nothing)
    page = parse(replace(plan, stages=(stage,)))
    assert [len(rows(page, section)) for section in ("cycles", "multipliers", "memory")] == [1] * 3
    (cells,) = rows(page, "memory")
    assert lengths(cells, "buffer") + lengths(cells, "queue") + lengths(cells, "rom") == [0, 0, 0]


def test_names_do_no_harm(plan):
    stages = (replace(plan.stages[0], name=HOSTILE), *plan.stages[1:])
    hostile = replace(plan, network=HOSTILE, stages=stages)
    page = parse(hostile)
    assert [e.tag for e in page.iter()] == [e.tag for e in parse(plan).iter()]
    assert page.find(f".//{HTML}title").text == page.find(f".//{HTML}h1").text == HOSTILE
    for section in ("cycles", "multipliers", "memory", "stages"):
        assert rows(page, section)[0][0].text == HOSTILE


def test_names_that_are_no_text(plan):
    page = plan_page(replace(plan, network="caf\udce9 \x1b[31m"))
    assert r"<h1>caf\udce9 \x1b[31m</h1>" in page
    assert ElementTree.fromstring(page.encode()) is not None


def test_the_page_needs_nothing_else(plan):
    page = parse(plan)
    assert not {"script", "link", "img", "iframe"} & {e.tag.removeprefix(HTML) for e in page.iter()}
    assert not [e for e in page.iter() if {"src", "href"} & e.attrib.keys()]
    assert not re.search(r"url\(|@import", plan_page(plan))


def test_the_same_page_again(plan):
    assert plan_page(plan) == plan_page(replace(plan))
