"""What all tables have in common."""

from typing import Any

from rich.table import Table
from rich.text import Text

from corgibuilder.names import terminal


class PlainTable(Table):
    """A table whose texts are shown as they are: rich reads no markup in them."""

    def add_column(self, header: Any = "", *args: Any, **settings: Any) -> None:
        super().add_column(Text(terminal(header)), *args, **settings)

    def add_row(self, *cells: Any, **settings: Any) -> None:
        super().add_row(*(Text(terminal(cell)) for cell in cells), **settings)


def empty_table(title: str, *columns: str, left: int = 1) -> Table:
    """Empty table; all but the first ``left`` columns are aligned to the right."""
    table = PlainTable(title=Text(terminal(title)), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right")
    return table
