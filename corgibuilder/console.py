"""Where the command line writes: results to standard output, all else to standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich import progress as bars
from rich.console import Console, RenderableType
from rich.text import Text
from typer.core import TyperGroup

from corgibuilder.diagnostics import CompileError
from corgibuilder.names import terminal, visible
from corgibuilder.progress import Progress

from .show import to_json

PLAIN_WIDTH = 180  # columns where the output is not a terminal


class Commands(TyperGroup):
    """Commands that end with a message and status 2 where the user's files are at fault."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CompileError as error:
            tell(str(error))
            raise typer.Exit(2) from None


def examples(*commands: str) -> str:
    """Last part of a command's help."""
    return "\n\n".join(["Example:" if len(commands) == 1 else "Examples:", *commands])


def show(json: bool, data: Any, *tables: RenderableType) -> None:
    """The result of a command: ``data`` as JSON, or the tables and sentences."""
    if json:
        typer.echo(to_json(data))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PLAIN_WIDTH)
    for table in tables:
        console.print(Text(terminal(table)) if isinstance(table, str) else table)


def tell(text: str) -> None:
    """A sentence for the user that is not the result."""
    typer.echo(terminal(text), err=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A function to call with what is being done and which fraction of it is done.

    On a terminal it moves a bar; elsewhere it writes a line for each new thing.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        said: list[str] = []

        def say(what: str, fraction: float) -> None:
            if said[-1:] != [what]:
                said.append(what)
                tell(visible(what))

        yield say
        return
    what = bars.TextColumn("{task.description}", markup=False)
    columns = what, bars.BarColumn(), bars.TimeElapsedColumn()
    with bars.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, done: bar.update(task, description=visible(what), completed=done)
