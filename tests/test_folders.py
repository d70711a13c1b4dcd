"""Files that appear only when they are complete."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.folders import (
    check_apart,
    check_writable,
    complete_folder,
    scratch_folder,
    write_all,
    write_complete,
)


def test_folders_are_made_and_a_file_is_replaced(tmp_path):
    out = tmp_path / "deep" / "er" / "plan.json"
    for content in ("a longer text ü", "short"):
        write_complete(out, content)
        assert out.read_bytes() == content.encode()
    assert list(out.parent.iterdir()) == [out]


def test_a_reader_of_the_earlier_file_reads_on(tmp_path):
    out = tmp_path / "file"
    out.write_text("earlier")
    with out.open() as reader:
        write_complete(out, "new")
        assert reader.read() == "earlier"
    assert out.read_text() == "new"


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_complete(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_a_file_is_for_whom_new_files_are(tmp_path):
    (tmp_path / "other").write_text("")
    write_complete(tmp_path / "file", "text")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_fails_leaves_the_earlier_file(tmp_path):
    out = tmp_path / "file"
    out.write_text("earlier")
    with pytest.raises(UnicodeEncodeError):
        write_complete(out, "begins well, then \udce9")
    assert out.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [out]


def test_several_files_are_all_written_or_none(tmp_path):
    first, second = tmp_path / "first", tmp_path / "new" / "second"
    write_all([(first, "1"), (second, b"2")])
    assert (first.read_text(), second.read_text()) == ("1", "2")
    with pytest.raises(CompileError, match=r"CB423.*Is a directory"):
        write_all([(first, "3"), (tmp_path / "other" / "third", "4"), (tmp_path, "5")])
    assert first.read_text() == "1"
    assert sorted(tmp_path.iterdir()) == [first, second.parent]


def test_a_file_that_is_written_to_twice_gets_both(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)) as reader:
        write_all([(pipe, "one"), (pipe, "two")])
        assert reader.read() == "onetwo"


def test_what_can_be_written_is_known_before(tmp_path):
    (tmp_path / "file").write_text("earlier")
    check_writable(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "earlier"
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for out in (tmp_path, tmp_path / "file" / "in it", tmp_path / "circle"):
        with pytest.raises(CompileError, match="CB423"):
            check_writable(out)


def test_what_is_no_file_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)) as reader:
        write_complete(pipe, "text")
        assert reader.read() == "text"
    assert pipe.is_fifo()


def test_a_place_that_takes_no_file(tmp_path):
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "folder" / "file"
    for out, problem in ((tmp_path, "Is a directory"), (below, "Not a directory")):
        with pytest.raises(CompileError) as caught:
            write_complete(out, "text")
        assert str(caught.value) == (
            f"error[CB423]: this file cannot be written: {problem}\n"
            f"  --> {out}\n"
            "  help: choose another file"
        )


def replaceable(folder):
    """What a folder says that may be replaced: it holds nothing but a file of ours."""
    return "" if [path.name for path in folder.iterdir()] == ["ours"] else "it is not ours"


def write_folder(out, text="new"):
    with complete_folder(out, foreign=replaceable) as folder:
        (folder / "ours").write_text(text)


def contents(folder):
    return {str(path.relative_to(folder)): path.is_symlink() for path in folder.rglob("*")}


def refused(out):
    with pytest.raises(CompileError) as caught:
        write_folder(out)
    return str(caught.value)


def test_a_folder_appears_and_is_replaced(tmp_path):
    for text in ("earlier", "new"):
        write_folder(tmp_path / "deep" / "out", text)
        assert (tmp_path / "deep" / "out" / "ours").read_text() == text
    assert contents(tmp_path) == {"deep": False, "deep/out": False, "deep/out/ours": False}


@pytest.mark.parametrize("path", [".", "..", "/", "../..", "inner/.."])
def test_the_folder_one_is_in_is_left_alone(tmp_path, monkeypatch, path):
    (tmp_path / "outer" / "here" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "outer" / "here")
    before = contents(tmp_path)
    assert refused(Path(path)) == (
        "error[CB424]: the program runs in this folder, which therefore cannot be replaced\n"
        f"  --> {Path(path)}\n"
        f"  help: give a folder in it, such as -o {Path(path) / 'build'}"
    )
    assert contents(tmp_path) == before


def test_an_empty_home_folder_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refused(tmp_path).startswith("error[CB424]: this is your home folder\n")


def test_a_mounted_disk_is_left_alone():
    assert refused(Path("/proc")).startswith("error[CB424]: a disk is mounted here, ")


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    write_folder(tmp_path / "out", "earlier")
    (tmp_path / "link").symlink_to("out")
    write_folder(tmp_path / "link")
    assert (tmp_path / "out" / "ours").read_text() == "new"
    assert contents(tmp_path) == {"link": True, "out": False, "out/ours": False}


def test_what_a_link_leads_to_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    (tmp_path / "link").symlink_to("thesis")
    assert refused(tmp_path / "link") == (
        "error[CB421]: this exists and is not something to replace: it is not ours\n"
        f"  --> {tmp_path}/link\n"
        "  help: choose another folder, or remove this one"
    )
    assert contents(tmp_path) == {"link": True, "thesis": False, "thesis/chapter": False}


@pytest.mark.parametrize("target", ["nowhere", "link"])
def test_a_link_to_nothing_is_an_error(tmp_path, target):
    (tmp_path / "link").symlink_to(target)
    assert refused(tmp_path / "link").startswith("error[CB424]: this link leads to nothing: ")
    assert contents(tmp_path) == {"link": True}


def test_what_is_no_folder_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "it is no folder" in refused(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_place_that_takes_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    places = {
        tmp_path / "file" / "below" / "out": "Not a directory",
        Path("/proc/corgibuilder/out"): "No such file or directory",
        tmp_path / ("long" * 70): "File name too long",
    }
    for out, problem in places.items():
        assert refused(out) == (
            f"error[CB422]: nothing can be written here: {problem}\n"
            f"  --> {out}\n"
            "  help: choose another folder with -o"
        )
    assert contents(tmp_path) == {"file": False}


def no_permission(*_, **__):
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("function", ["tempfile.mkdtemp", "pathlib.Path.mkdir"])
def test_a_folder_in_which_nobody_may_write(tmp_path, monkeypatch, function):
    monkeypatch.setattr(function, no_permission)
    assert "CB422" in refused(tmp_path / "deep" / "out")
    monkeypatch.undo()
    assert contents(tmp_path) == {}


def test_an_earlier_folder_that_may_not_be_removed_stays(tmp_path, monkeypatch):
    write_folder(tmp_path / "out", "earlier")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "CB422" in refused(tmp_path / "out")
    assert (tmp_path / "out" / "ours").read_text() == "earlier"


@pytest.mark.parametrize(("earlier", "failing"), [(False, 1), (True, 1), (True, 2)])
def test_an_exchange_that_fails_is_undone(tmp_path, monkeypatch, earlier, failing):
    if earlier:
        write_folder(tmp_path / "deep" / "out", "earlier")
    before, rename, done = contents(tmp_path), Path.rename, []

    def fail_once(path, target):
        done.append(target)
        return no_permission() if len(done) == failing else rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    assert "CB422" in refused(tmp_path / "deep" / "out")
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("16 requested and 0 written"),  # as numpy says it
    ],
    ids=lambda fault: str(fault.errno),
)
def test_a_full_disk_leaves_the_earlier_folder(tmp_path, fault):
    write_folder(tmp_path / "out", "earlier")
    before = contents(tmp_path)
    for out in (tmp_path / "out", tmp_path / "other" / "out"):
        with (
            pytest.raises(CompileError, match=r"error\[CB426\]: the disk takes no more: "),
            complete_folder(out, foreign=replaceable) as folder,
        ):
            (folder / "ours").write_text("new")
            raise fault
    assert contents(tmp_path) == before
    assert (tmp_path / "out" / "ours").read_text() == "earlier"


def test_what_appears_in_an_earlier_folder_meanwhile_is_left_alone(tmp_path):
    write_folder(tmp_path / "out", "earlier")
    with (
        pytest.raises(CompileError, match="CB421"),
        complete_folder(tmp_path / "out", foreign=replaceable),
    ):
        (tmp_path / "out" / "notes").write_text("mine")
    assert contents(tmp_path) == {"out": False, "out/ours": False, "out/notes": False}


def test_a_fault_of_the_program_is_not_taken_for_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError), complete_folder(tmp_path / "out", foreign=replaceable):
        raise FileNotFoundError(errno.ENOENT, "a bug")
    assert contents(tmp_path) == {}


def test_without_room_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", no_permission)
    with pytest.raises(CompileError) as caught, scratch_folder():
        pass
    assert caught.value.code == "CB422"
    assert caught.value.help == "name another place in TMPDIR"


def test_an_output_that_is_an_input_or_another_output_is_refused(tmp_path):
    here = tmp_path / "net.onnx"
    check_apart([tmp_path / "plan.json", None], [here])
    for outputs in ([tmp_path / "x" / ".." / "net.onnx"], [tmp_path / "a", tmp_path / "a"]):
        with pytest.raises(CompileError, match="CB428"):
            check_apart(outputs, [here])
