"""Templates: values that are missing, and names escaped for the language that is written."""

import pytest
from jinja2 import DictLoader, UndefinedError

from corgibuilder import templates

HOSTILE = '<b>&_"\n'
TEMPLATES = {
    "page.html.j2": '{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}{{ bold(name) ~ "&" }}',
    "notes.md.j2": "{{ name }}",
    "script.ys.j2": "{{ name }}{% include 'notes.md.j2' %}",
    "model.cpp.j2": "{{ name | cpp }} {{ name | visible }}",
}
MARKDOWN = '&#60;b&#62;&#38;&#95;"&#92;n'


@pytest.fixture(autouse=True)
def loader(monkeypatch):
    environment = templates._ENVIRONMENT.overlay(loader=DictLoader(TEMPLATES))
    monkeypatch.setattr(templates, "_ENVIRONMENT", environment)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("page.html.j2", "<b>&lt;b&gt;&amp;_&#34;\\n</b>&amp;"),
        ("notes.md.j2", MARKDOWN),
        ("script.ys.j2", HOSTILE + MARKDOWN),  # what is included is of its own language
        ("model.cpp.j2", '"<b>&_\\042\\012" <b>&_"\\n'),
    ],
)
def test_a_name_is_escaped_for_the_language_of_the_template(template, text):
    assert templates.render(template, name=HOSTILE) == text


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_value_that_is_missing_is_an_error(template):
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        templates.render(template)
