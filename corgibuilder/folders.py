"""Folders and files that appear only when they are complete."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corgibuilder.diagnostics import CompileError, Origin


@contextmanager
def complete_folder(out: Path, *, mark: str) -> Iterator[Path]:
    """A temporary folder that takes the place of ``out`` when the block ends without an exception.

    An existing ``out`` is replaced only if it is empty or holds the file ``mark``, which shows that
    we made it. Raises :class:`CompileError` otherwise, or where nothing can be written.
    """
    if (
        out.exists()
        and not (out / mark).is_file()
        and not (out.is_dir() and not any(out.iterdir()))
    ):
        raise CompileError(
            "CB421",
            f"this exists and is not something to replace: it has no {mark}",
            at=Origin(str(out)),
            help="choose another folder with -o, or remove this one",
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as fault:
        raise CompileError(
            "CB422",
            f"nothing can be written here: {fault.strerror}",
            at=Origin(str(out)),
            help="choose another folder with -o",
        ) from None
    try:
        folder.chmod(0o755)
        yield folder
        if out.exists():
            old = folder.with_name(folder.name + "-old")
            out.rename(old)
            folder.rename(out)
            shutil.rmtree(old)
        else:
            folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_complete(out: Path, text: str) -> None:
    """Write a file, in place of an earlier one, that is never seen half written.

    What is no file, such as a pipe, and all in ``/dev`` is written to directly. Raises
    :class:`CompileError` where nothing can be written.
    """
    try:
        if (out.exists() and not out.is_file()) or Path("/dev") in out.absolute().parents:
            out.write_text(text, encoding="utf-8")
            return
        out = out.resolve()
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
            written = Path(folder) / out.name
            written.write_text(text, encoding="utf-8")
            written.replace(out)
    except OSError as fault:
        raise CompileError(
            "CB423",
            f"this file cannot be written: {fault.strerror}",
            at=Origin(str(out)),
            help="choose another file",
        ) from None
