"""Files that a user names: why one cannot be read is said, whatever is there."""

import os

import pytest

from corgibuilder.user_files import MissingError, TooLongError, UnreadableError, is_file, read_file


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert is_file(tmp_path / "file")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(TooLongError, match="more than 4 bytes"):
        read_file(tmp_path / "file", 4)


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("none", MissingError, "there is no such file"),
        ("file/in it", MissingError, "there is no such file"),
        ("folder", UnreadableError, "this is a folder"),
        ("pipe", UnreadableError, "this is not a regular file"),
        ("x" * 300, UnreadableError, "the file cannot be read: File name too long"),
        ("a\0b", UnreadableError, "the file cannot be read: embedded null byte"),
        ("circle", UnreadableError, "the file cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file(name, kind, why, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert not is_file(tmp_path / name)
    with pytest.raises(UnreadableError, match=why) as raised:
        read_file(tmp_path / name, 10)
    assert type(raised.value) is kind
