"""JSON as dataclasses: what is not exactly as declared is refused, naming the place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import pytest

from corgibuilder.strict_json import UnsuitableError, Within, Written, parse, read


@dataclass(frozen=True)
class Inner:
    n: Annotated[int, Within(1, 9)]


@dataclass(frozen=True)
class Outer:
    name: Annotated[str, Written("[a-z]+", "a word")]
    true: bool
    ratio: float
    pair: tuple[int, str]
    all: tuple[Inner, ...]
    by_name: Mapping[str, Inner]
    maybe: Inner | None = None
    word: Annotated[str, Written("[a-z]+", "a word")] | None = None


RIGHT = {
    "name": "abc",
    "true": False,
    "ratio": 2,
    "pair": [1, "x"],
    "all": [{"n": 1}, {"n": 9}],
    "by_name": {"a": {"n": 2}},
    "maybe": None,
    "word": None,
}


def test_what_is_right_is_read():
    assert read(Outer, RIGHT) == Outer(
        name="abc",
        true=False,
        ratio=2.0,
        pair=(1, "x"),
        all=(Inner(1), Inner(9)),
        by_name={"a": Inner(2)},
    )
    assert read(Outer, RIGHT | {"maybe": {"n": 3}}).maybe == Inner(3)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "A"}, 'name is "A", and should be a word'),
        ({"name": "a\n"}, 'name is "a\\n", and should be a word'),
        ({"name": 3}, "name is 3, and should be a text"),
        ({"true": 1}, "true is 1, and should be true or false"),
        ({"ratio": "2"}, 'ratio is "2", and should be a number'),
        ({"ratio": True}, "ratio is true, and should be a number"),
        ({"ratio": float("inf")}, "ratio is Infinity, and should be a number"),
        ({"ratio": 10**400}, f"ratio is 1{'0' * 59}..., and should be a number"),
        ({"pair": [1]}, "pair is a list of 1, and should be a list of 2"),
        ({"pair": ["x", 1]}, 'pair[0] is "x", and should be an integer'),
        ({"all": {}}, "all is a group of 0, and should be a list"),
        ({"all": [{"n": 1}, {"n": 10}]}, "all[1].n is 10, and should be a number from 1 to 9"),
        ({"all": [{"n": True}]}, "all[0].n is true, and should be an integer"),
        ({"all": [{"n": 1.0}]}, "all[0].n is 1.0, and should be an integer"),
        ({"all": [{}]}, "all[0] has no 'n'"),
        ({"all": [{"n": 1, "m": 2}]}, 'all[0] has "m", which nothing is called here'),
        ({"by_name": []}, "by_name is a list of 0, and should be a group"),
        ({"by_name": {"x": 1}}, "by_name.x is 1, and should be a group"),
        ({"maybe": {"n": 0}}, "maybe.n is 0, and should be a number from 1 to 9"),
        ({"word": ""}, 'word is "", and should be a word'),
        ({"more": 1}, 'it has "more", which nothing is called here'),
    ],
)
def test_what_is_wrong_is_named(change, problem):
    with pytest.raises(UnsuitableError) as caught:
        read(Outer, RIGHT | change)
    assert str(caught.value) == problem


def test_a_field_with_a_default_has_to_be_there():
    with pytest.raises(UnsuitableError, match="it has no 'maybe'"):
        read(Outer, {name: value for name, value in RIGHT.items() if name != "maybe"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000, "it is nested too deeply"),
        ("{", "Expecting property name"),
        ("[NaN]", "NaN is not a number"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', 'a group has "c" twice'),
        ("9" * 5000, "Exceeds the limit"),
    ],
    ids=["nested", "cut off", "NaN", "twice", "long number"],
)
def test_text_that_is_no_json(text, problem):
    with pytest.raises(UnsuitableError, match=problem):
        parse(text)


def test_a_name_given_twice_among_many_is_found_soon():
    names = ",".join(f'"{k}": 0' for k in [*range(100_000), 99_999])
    with pytest.raises(UnsuitableError, match='a group has "99999" twice'):
        parse(f"{{{names}}}")
