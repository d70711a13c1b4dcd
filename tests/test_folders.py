"""Files that appear only when they are complete."""

import os

import pytest

from corgibuilder.diagnostics import CompileError
from corgibuilder.folders import write_complete


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
