"""Renders the templates of ``templates/`` and ``flows/``, all in one Jinja2 environment."""

from pathlib import PurePath

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from corgibuilder import package_data
from corgibuilder.names import cpp, html, markdown, visible

HTML = ".html.j2"
#: How every value is escaped in a template whose name ends so. The others use filters.
ESCAPES = {HTML: html, ".md.j2": markdown}


def render(template: str, **values: object) -> str:
    """Text of the file ``template`` with ``values``; a name that is not among them is an error."""
    return _ENVIRONMENT.get_template(template).render(**values)


@pass_context
def _escaped(context: Context, value: object) -> object:
    """``value`` as it stands in the text that the template of ``context`` becomes."""
    escape = ESCAPES.get("".join(PurePath(context.name or "").suffixes))
    return escape(value) if escape else value


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _general(value: float) -> str:
    return f"{float(value):,.9g}"


def _percent(value: float, full: float) -> str:
    return f"{100 * value / full if full else 0:.2f}%"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader([package_data.templates(), package_data.flows()]),
    undefined=StrictUndefined,
    finalize=_escaped,
    autoescape=lambda name: name is not None and name.endswith(HTML),  # macros give markup there
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters |= {
    "cpp": cpp,
    "visible": visible,
    "number": _number,
    "general": _general,
    "percent": _percent,
}
