"""What a technology was found to cost."""

from rich.table import Table

from corgibuilder.characterise import Characterisation, KindError
from corgibuilder.technology.costs import NUMBERS

from .tables import empty_table


def costs_table(found: Characterisation) -> Table:
    """Costs of a bit, before and now."""
    table = empty_table(f"{found.technology}: {found.new.unit} for a bit", "", "old", "new")
    for name in NUMBERS:
        old = "-" if found.old is None else f"{getattr(found.old, name):g}"
        table.add_row(name, old, f"{getattr(found.new, name):g}")
    return table


def errors_table(found: Characterisation) -> Table:
    """How far predicted areas are from synthesised ones, by kind of component."""
    table = empty_table(
        "error of the area without memories",
        *("component", "samples", "old mean", "old worst", "new mean", "new worst"),
    )
    old = {each.kind: each for each in found.old_errors}
    for each in found.new_errors:
        before = _errors(old[each.kind]) if old else ("-", "-")
        table.add_row(each.kind, str(each.samples), *before, *_errors(each))
    return table


def _errors(each: KindError) -> tuple[str, str]:
    return f"{each.mean:.0%}", f"{each.worst:+.0%}"
