"""A kind of layer is said once: nobody outside the kinds' own folders asks what kind it is."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from corgibuilder.ir import KINDS
from corgibuilder.plan import kinds as plan_kinds

PACKAGE = Path(__file__).parents[3] / "corgibuilder"
OPS = {kind.__name__ for kind in KINDS}
STAGES = {stage.__name__ for stage in plan_kinds.KINDS.values()}
KINDS_OWN = (
    *("ir/kinds/", "golden/", "frontend/", "passes/"),
    *("plan/kinds/", "plan/requantisers/kinds.py", "model/kinds/", "stimulus/kinds/"),
)


def asking(tree: ast.Module, classes: set[str]) -> Iterator[ast.AST]:
    """Places that ask which of ``classes``, names in this file, something is."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kinds]):
                asked: list[ast.AST] = [kinds]
            case ast.MatchClass(cls=kind):
                asked = [kind]
            case ast.Compare():
                asked = [node.left, *node.comparators]
                if any(map(_is_name, asked)) and any(map(classes.__contains__, _texts(asked))):
                    yield node
            case ast.Dict():
                asked = [key for key in node.keys if key is not None]
            case ast.FunctionDef() if uses := list(map(_registered, node.decorator_list)):
                first = [arg.annotation for arg in node.args.args[:1] if arg.annotation]
                asked = [kind for use in uses if use is not None for kind in use or first]
            case _:
                continue
        if any(_names(kind) & classes for kind in asked):
            yield node


def _is_name(expr: ast.AST) -> bool:
    return isinstance(expr, ast.Attribute) and expr.attr in ("__name__", "__qualname__")


def _texts(exprs: list[ast.AST]) -> Iterator[object]:
    parts = (part for expr in exprs for part in ast.walk(expr))
    return (part.value for part in parts if isinstance(part, ast.Constant))


def _registered(decorator: ast.expr) -> list[ast.expr] | None:
    """Classes that a function is registered for; none where its annotation says it."""
    match decorator:
        case ast.Attribute(attr="register"):
            return []
        case ast.Call(func=ast.Attribute(attr="register"), args=args):
            return args
    return None


def _names(kinds: ast.AST) -> set[str]:
    """Classes in ``A``, ``module.A``, ``A | B`` and ``(A, B)``; none in a call or its arguments."""
    match kinds:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return {name}
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _names(left) | _names(right)
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return set().union(*map(_names, elements))
    return set()


@cache
def classes_of(path: Path) -> frozenset[str]:
    """Names in a file for an operation, its folded stage, or a union of some."""
    found = set()
    for statement in parsed(path).body:
        match statement:
            case ast.Import(names=names) if any("corgibuilder.ir" in n.name for n in names):
                found |= OPS  # as attributes of the module
            case ast.ImportFrom(module="corgibuilder", names=[ast.alias(name="ir")]):
                found |= OPS
            case ast.ImportFrom(module="corgibuilder.plan", names=names) if any(
                name.name == "kinds" for name in names
            ):
                found |= STAGES
            case ast.ImportFrom():
                given = _given(path, statement)
                found |= {a.asname or a.name for a in statement.names if a.name in given}
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.BinOp() | ast.Name() | ast.Tuple() | ast.Set() as value,
            ):
                if _names(value) and _names(value) <= found:
                    found.add(name)
    return frozenset(found)


def _given(path: Path, statement: ast.ImportFrom) -> frozenset[str] | set[str]:
    """Names for operations, or their stages, that the module of an import has."""
    parts = (statement.module or "").split(".")
    folder = PACKAGE.parent if not statement.level else path.parents[statement.level - 1]
    source = folder.joinpath(*parts)
    if source.is_relative_to(PACKAGE / "ir"):
        return OPS
    if source.is_relative_to(PACKAGE / "plan" / "kinds"):
        return STAGES
    file = source.with_suffix(".py")
    return classes_of(file) if file.is_file() and file.is_relative_to(PACKAGE) else set()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_nobody_else_asks_what_kind_a_layer_is():
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        lines = [node.lineno for node in asking(parsed(path), set(classes_of(path)))]
        if lines and not name.startswith(KINDS_OWN):
            found[name] = lines
    assert found == {}


ASKS = [
    "type(op).__name__ == 'Conv'",
    "type(op).__name__ in ('Pool', 'Conv')",
    "isinstance(op, Conv)",
    "isinstance(op, Pool | ir.Conv)",
    "isinstance(op, (Pool, Conv))",
    "issubclass(kind, Conv)",
    "type(op) is Conv",
    "type(op) in (Pool, Conv)",
    "Conv == type(op)",
    "table = {Pool: 1, Conv: 2}",
    "match op:\n    case ir.Conv(bias=b): pass",
    "match op:\n    case Pool() | Conv(): pass",
    "@cost.register\ndef _(op: Conv) -> int: ...",
    "@cost.register(Conv)\ndef _(op) -> int: ...",
]
ASKS_NOT = [
    "Conv(window=w)",
    "isinstance(op, Node)",
    "isinstance(Conv(window=w), Node)",
    "type(op) is Node",
    "type(op).__name__ == 'Node'",
    "title == 'Conv'",
    "def cost(op: Conv) -> int: ...",
    "table = {'Conv': Conv}",
    "x = Conv | Pool",
    "@cost.register\ndef _(op: Node) -> int: ...",
]


@pytest.mark.parametrize("text", ASKS)
def test_every_way_to_ask_is_seen(text):
    assert list(asking(ast.parse(text), {"Conv"}))


@pytest.mark.parametrize("text", ASKS_NOT)
def test_what_asks_nothing_is_not(text):
    assert not list(asking(ast.parse(text), {"Conv"}))


def test_names_of_operations_in_a_file():
    assert {"Conv", "Pool", "Threshold", "Clamp", "Argmax", "Add", "Concat", "Input"} <= OPS
    kinds = classes_of(PACKAGE / "plan" / "requantisers" / "kinds.py")
    assert {"Threshold", "Clamp", "Table"} <= kinds
    assert not {"Activation", "QInt"} & kinds
    assert "ConvStage" in classes_of(PACKAGE / "plan" / "kinds" / "__init__.py")
    assert "Activation" not in classes_of(PACKAGE / "plan" / "layers.py")


def test_nobody_else_asks_what_engine_a_convolution_has():
    """Files that name one: what decides, and the engines' own."""
    names = {"MAC_ARRAY", "ADDER_GRAPH"}
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in names
    }
    own = {name for name in found if name.startswith("plan/kinds/conv_engines/")}
    assert found - own == {"plan/kinds/conv.py"}
    assert own
