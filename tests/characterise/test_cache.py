"""Areas that are kept."""

from dataclasses import replace

from corgibuilder.characterise.cache import Cache, user_cache
from corgibuilder.technology import read_technology

GENERIC, ECP5 = map(read_technology, ("generic", "ecp5"))


def test_what_is_written_is_read(tmp_path):
    cache = Cache(tmp_path / "new" / "folder")
    assert cache.read("a") is None
    cache.write("a", 2.5)
    assert cache.read("a") == 2.5
    assert cache.read("b") is None


def test_it_is_only_a_help(tmp_path):
    (tmp_path / "a").write_text("{")
    (tmp_path / "b").write_text("[]")
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path)
    assert cache.read("a") is None and cache.read("b") is None
    beneath_a_file = Cache(tmp_path / "file")
    beneath_a_file.write("a", 1.0)
    assert beneath_a_file.read("a") is None
    nowhere = Cache(None)
    nowhere.write("a", 1.0)
    assert nowhere.read("a") is None


def test_a_key_is_of_all_that_an_area_depends_on(tmp_path):
    cache, cells = Cache(tmp_path), tmp_path / "cells.lib"
    cells.write_text("one")
    keys = [
        cache.key(GENERIC, None, "module a"),
        cache.key(GENERIC, None, "module b"),
        cache.key(ECP5, None, "module a"),
        cache.key(GENERIC, cells, "module a"),
    ]
    cells.write_text("two")
    keys.append(cache.key(GENERIC, cells, "module a"))
    assert len(set(keys)) == len(keys)
    other_costs = replace(GENERIC, name="mine", costs=None, delays=None)
    assert cache.key(other_costs, None, "module a") == keys[0]


def test_the_users_own_is_where_theirs_are(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache() == tmp_path / "corgibuilder" / "characterise"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert user_cache() == tmp_path / "home" / ".cache" / "corgibuilder" / "characterise"
