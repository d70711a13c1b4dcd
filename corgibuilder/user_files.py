"""Files that a user names, read whole; else one sentence says why that cannot be done."""

import stat
from pathlib import Path


class UnreadableError(ValueError):
    """A file cannot be read; the text says why."""


class MissingError(UnreadableError):
    """There is no such file."""


class TooLongError(UnreadableError):
    """A file has more bytes than are read."""


def check_file(path: Path) -> None:
    """Raise :class:`UnreadableError` for all but regular files: what others say may never end."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError("there is no such file") from None
    except (OSError, ValueError) as fault:  # the latter for a name with a zero in it
        raise _unreadable(fault) from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise UnreadableError(f"this is {kind}")


def is_file(path: Path) -> bool:
    """Whether that is a file, as far as one can see; ``Path.is_file`` raises where one cannot."""
    try:
        check_file(path)
    except UnreadableError:
        return False
    return True


def read_file(path: Path, most: int) -> bytes:
    """Content of a regular file of ``most`` bytes or fewer; :class:`UnreadableError` for others."""
    check_file(path)
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as fault:
        raise _unreadable(fault) from None
    if len(content) > most:
        raise TooLongError(f"the file has more than {most:,} bytes")
    return content


def _unreadable(fault: OSError | ValueError) -> UnreadableError:
    why = fault.strerror if isinstance(fault, OSError) else fault
    return UnreadableError(f"the file cannot be read: {why}")
