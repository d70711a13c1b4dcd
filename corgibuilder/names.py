"""Names of the user's files and layers in each language that we write: one function for each.

A name may hold anything: markup, quotes, line breaks, terminal escapes, other scripts. JSON needs
no function here, as ``json.dumps`` escapes all of it.
"""

import re

from markupsafe import Markup, escape

MAX_IDENTIFIER = 60  #: characters taken from a name: file names have at most 255 with all they add


def visible(text: str) -> str:
    """``text`` on one line, with a backslash escape for each character that cannot be seen.

    Those are control characters, line breaks, marks that reorder text, and bytes of a file name
    that are not UTF-8.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def terminal(text: str) -> str:
    """``text`` for a terminal: its lines stay lines, all else is as in :func:`visible`."""
    return "\n".join(visible(line) for line in text.expandtabs().split("\n"))


class Identifiers:
    """Verilog identifiers made from names, each given out once.

    They have lower-case letters, digits and single underscores only, and differ in any case. So
    they also serve as file names, in scripts of Yosys, and as names of ports.
    """

    def __init__(self, *taken: str) -> None:
        self._taken = {identifier.lower() for identifier in taken}

    def new(self, prefix: str, name: str) -> str:
        """An identifier that starts with ``prefix``, which keeps it from being a keyword."""
        letters = re.sub(r"[\W_]+", "_", name, flags=re.ASCII).strip("_").lower()
        base = prefix + (letters[:MAX_IDENTIFIER].strip("_") or "unnamed")
        identifier, number = base, 2
        while identifier in self._taken:
            identifier, number = f"{base}_{number}", number + 1
        self._taken.add(identifier)
        return identifier


def cpp(text: str) -> str:
    """``text`` as a C++ string literal on one line, which may also stand in a comment."""
    return '"' + "".join(map(_cpp_character, text.encode(errors="backslashreplace"))) + '"'


def _cpp_character(byte: int) -> str:
    plain = 32 <= byte < 127 and chr(byte) not in '"\\?'
    return chr(byte) if plain else f"\\{byte:03o}"


def html(value: object) -> object:
    """``value`` as text of HTML or XML; what is markup already stays as it is."""
    return value if isinstance(value, Markup) else escape(visible(str(value)))


#: What means something in Markdown or in HTML. An underscore inside a word does not.
_MARKDOWN = re.compile(r"[\\`*{}\[\]<>#~|&!$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")


def markdown(value: object) -> str:
    """``value`` as text of Markdown on one line, also in a table: special characters by number."""
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};", visible(str(value)))
