"""What all tables have in common."""

from typing import Any

from rich.table import Table
from rich.text import Text

from corgibuilder.names import visible


class PlainTable(Table):
    """A table whose texts are shown as they are: rich reads no markup in them."""

    def add_column(self, header: Any = "", *args: Any, **settings: Any) -> None:
        super().add_column(Text(visible(header)), *args, **settings)

    def add_row(self, *cells: str | list[str], **settings: Any) -> None:  # type: ignore[override]
        """Each cell is a text of one line, or a list of lines."""
        lines = ([cell] if isinstance(cell, str) else cell for cell in cells)
        super().add_row(*(Text("\n".join(map(visible, cell))) for cell in lines), **settings)


def empty_table(title: str, *columns: str, left: int = 1) -> PlainTable:
    """Empty table; all but the first ``left`` columns are aligned to the right."""
    table = PlainTable(title=Text(visible(title)), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right")
    return table
