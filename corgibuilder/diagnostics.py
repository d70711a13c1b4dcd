"""What the tool says when it cannot continue."""

from dataclasses import dataclass

from .names import visible


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fault lies, in the words of the person who wrote the file."""

    file: str  #: file the user handed us, e.g. ``"resnet8.onnx"``
    node: str = ""  #: node name inside that file, e.g. ``"/layer1/conv"``; empty for the whole file

    def __str__(self) -> str:
        return f"{self.file}: {self.node}" if self.node else self.file


class CompileError(Exception):
    """A fault in the *user's* files or settings. Bugs in corgibuilder are plain ``assert``.

    Parameters
    ----------
    code
        Stable identifier (``"CB104"``). Tests and documentation refer to it; the prose may change.
    problem
        One sentence, no trailing full stop: what is wrong, with both numbers that disagree.
    at
        The file and node to look at.
    help
        One sentence: the smallest change that makes the error go away.
    log
        Last lines of what another program said, if one failed.

    Names in these may hold anything; the text of the exception is safe for a terminal.
    """

    def __init__(self, code: str, problem: str, *, at: Origin, help: str, log: str = "") -> None:
        lines = [f"error[{code}]: {problem}", f"  --> {at}", f"  help: {help}"]
        super().__init__("\n".join(map(visible, lines + log.expandtabs().splitlines())))
        self.code = code
        self.problem = problem
        self.at = at
        self.help = help
