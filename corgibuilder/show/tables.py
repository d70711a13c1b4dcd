"""What all tables have in common."""

from rich.table import Table


def empty_table(title: str, *columns: str, left: int = 1) -> Table:
    """Empty table; all but the first ``left`` columns are aligned to the right."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right")
    return table
