"""Folders and files that appear only when they are complete, and temporary ones."""

import errno
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from corgibuilder.diagnostics import CompileError, Origin
from corgibuilder.interrupts import held

PREFIX = "corgibuilder-"  #: of temporary folders
# Those of numpy and shutil have no number.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, None}
ATTEMPTS = 20  #: to remove a folder into which a process that was killed may still write


@contextmanager
def temporary_folder(parent: Path | None = None, *, prefix: str = PREFIX) -> Iterator[Path]:
    """A folder that is gone when the block ends, or at the latest when the program does."""
    with held():
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        # What it belongs to lives as long as the program, at whose end it is called at the latest.
        removal = weakref.finalize(temporary_folder, _remove, folder)
    try:
        yield folder
    finally:
        with held():
            removal()


def _remove(folder: Path) -> None:
    for _ in range(ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for results that nobody keeps; :class:`CompileError` for a full disk."""
    place = Path(os.environ.get("TMPDIR", "/tmp"))
    with _room(place), ExitStack() as stack:
        try:
            folder = stack.enter_context(temporary_folder())
        except OSError as fault:
            raise _unwritable(place, fault, "name another place in TMPDIR") from None
        yield folder


@contextmanager
def complete_folder(out: Path, *, foreign: Callable[[Path], str]) -> Iterator[Path]:
    """A temporary folder that takes the place of ``out`` when the block ends without an exception.

    Parameters
    ----------
    out
        A folder that is missing or empty, or an earlier one. A link to one stays a link.
    foreign
        Says of a folder that is not empty why it may not be replaced; nothing if it may.

    Raises :class:`CompileError` where ``out`` cannot be written or may not be replaced. Then it is
    as it was before, and so are the folders around it.
    """
    with _room(out), ExitStack() as stack:
        try:
            place = _place(out)
            _check_replaceable(out, place, foreign)
            stack.enter_context(_parents(place))
            folder = stack.enter_context(temporary_folder(place.parent, prefix=f".{PREFIX}"))
        except OSError as fault:
            raise _unwritable(out, fault) from None
        new = folder / "new"
        new.mkdir()
        yield new
        try:
            _check_replaceable(out, place, foreign)  # again, as writing may have taken long
            with held():
                _exchange(new, place, folder / "old")
        except OSError as fault:
            raise _unwritable(out, fault) from None


@contextmanager
def _room(place: Path) -> Iterator[None]:
    """:class:`CompileError` where the disk takes no more."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in FULL:
            raise
        raise CompileError(
            "CB426",
            f"the disk takes no more: {fault.strerror or 'a file was written in part'}",
            at=Origin(str(place)),
            help="free space there, or choose another place",
        ) from None


def cut_off() -> OSError:
    """For a file of a program that says nothing of a full disk and leaves a part of the file."""
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _unwritable(
    place: Path, fault: OSError, help: str = "choose another folder with -o"
) -> CompileError:
    problem = f"nothing can be written here: {fault.strerror}"
    return CompileError("CB422", problem, at=Origin(str(place)), help=help)


def _place(out: Path) -> Path:
    """Where ``out`` is, without links; :class:`CompileError` for what can be no new folder."""
    place, current, home = map(_real, (out, Path.cwd(), Path(os.environ.get("HOME", "/"))))
    help = f"give a folder in it, such as -o {out / 'build'}"
    if out.is_symlink() and not out.exists():
        problem, help = f"this link leads to nothing: {place}", "remove the link, or mend it"
    elif place == current or place in current.parents:
        problem = "the program runs in this folder, which therefore cannot be replaced"
    elif place == home:
        problem = "this is your home folder"
    elif place.is_mount():
        problem = "a disk is mounted here, which cannot be replaced"
    else:
        return place
    raise CompileError("CB424", problem, at=Origin(str(out)), help=help)


def _real(path: Path) -> Path:
    """Without links; those in a circle stay, where ``Path.resolve`` raises."""
    return Path(os.path.realpath(path))


def _check_replaceable(out: Path, place: Path, foreign: Callable[[Path], str]) -> None:
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    problem = foreign(place) if place.is_dir() else "it is no folder"
    if problem:
        raise CompileError(
            "CB421",
            f"this exists and is not something to replace: {problem}",
            at=Origin(str(out)),
            help="choose another folder, or remove this one",
        )
    if not all(os.access(folder, os.W_OK | os.X_OK) for folder, _, _ in os.walk(place)):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def _parents(place: Path) -> Iterator[None]:
    """The folders around ``place``; those made for it are removed again after a fault."""
    missing = [folder for folder in place.parents if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with held():
            for folder in missing:
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
        raise


def _exchange(new: Path, place: Path, old: Path) -> None:
    """Put ``new`` in the place of a folder, which goes to ``old``, or of nothing."""
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise


def check_apart(outputs: Sequence[Path | None], inputs: Sequence[Path]) -> None:
    """Raise :class:`CompileError` where a file would take the place of an input or of another."""
    taken = [_real(path) for path in inputs]
    for out in outputs:
        if out is None:
            continue
        if _real(out) in taken and Path("/dev") not in out.absolute().parents:
            raise CompileError(
                "CB428",
                "this file is read, or written to, by the same command",
                at=Origin(str(out)),
                help="choose another file",
            )
        taken.append(_real(out))


def check_writable(out: Path) -> None:
    """Raise :class:`CompileError` where :func:`write_complete` would, before what takes long.

    Folders around ``out`` are made.
    """
    with ExitStack() as stack:
        _prepare(stack, out, b"")


def write_complete(out: Path, content: str | bytes) -> None:
    """Write a file, in place of an earlier one, that is never seen half written.

    What is no file, such as a pipe, and all in ``/dev`` is written to directly. Raises
    :class:`CompileError` where nothing can be written.
    """
    write_all([(out, content)])


def write_all(contents: Sequence[tuple[Path, str | bytes]]) -> None:
    """Write several files as :func:`write_complete` does, after all have been found writable."""
    with ExitStack() as stack:
        ends = [
            (out, _prepare(stack, out, data if isinstance(data, bytes) else data.encode()))
            for out, data in contents
        ]
        for out, end in ends:
            try:
                end()
            except OSError as fault:
                raise _unwritable_file(out, fault) from None


def _prepare(stack: ExitStack, out: Path, data: bytes) -> Callable[[], object]:
    """What puts ``data`` into ``out``, before ``stack`` ends; nothing can be seen there yet."""
    try:
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if (out.exists() and not out.is_file()) or Path("/dev") in out.absolute().parents:
            return partial(out.write_bytes, data)
        place = _real(out)
        if place.is_symlink():  # one in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        stack.enter_context(_parents(place))
        folder = stack.enter_context(temporary_folder(place.parent, prefix=f".{PREFIX}"))
        written = folder / place.name
        written.write_bytes(data)
        return partial(written.replace, place)
    except OSError as fault:
        raise _unwritable_file(out, fault) from None


def _unwritable_file(out: Path, fault: OSError) -> CompileError:
    problem = f"this file cannot be written: {fault.strerror}"
    return CompileError("CB423", problem, at=Origin(str(out)), help="choose another file")
