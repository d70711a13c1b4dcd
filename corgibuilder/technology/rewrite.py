"""A technology file with other costs; all else stays as it is, comments included."""

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

from corgibuilder.diagnostics import CompileError, Origin

from .costs import NUMBERS, Costs

#: The table and what follows up to the next one, without the comment that stands above that.
TABLE = re.compile(r"^\[cost\]$[^\[]*?(?=\n*^(?:#.*\n)*\[|\s*\Z)", re.MULTILINE)


def with_costs(path: Path, costs: Costs) -> str:
    """Text of the technology file ``path`` with ``costs`` as its table ``[cost]``.

    Raises :class:`CompileError` where that table is written in another way than usual.
    """
    text = path.read_text(encoding="utf-8")
    numbers = [f"{name} = {getattr(costs, name):g}" for name in NUMBERS]
    table = "\n".join(["[cost]", f'unit = "{costs.unit}"', *numbers])
    rewritten, found = TABLE.subn(lambda _: table, text)
    if not found:
        rewritten = f"{text.rstrip()}\n\n{table}\n"
    try:
        as_meant = tomllib.loads(rewritten) == tomllib.loads(text) | {"cost": asdict(costs)}
    except tomllib.TOMLDecodeError:
        as_meant = False
    if not as_meant:
        raise CompileError(
            "CB435",
            "the costs in this file cannot be replaced",
            at=Origin(str(path)),
            help="write them as a table, [cost], with a line for each, or leave them out",
        )
    return rewritten
