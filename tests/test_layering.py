"""Who may import whom: imports only point backwards along the way from file to hardware."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "corgibuilder"

EVERYONE = {"diagnostics", "limits", "names", "progress", "version"}
VERBS = {
    "frontend",
    "golden",
    "plan",
    "emit",
    "verify",
    "synth",
    "model",
    "stimulus",
    "characterise",
}  # joined by the API
BUILD = {"build_directory", "build_files", "folders"}
MAY_IMPORT = {
    "diagnostics": {"names"},
    "names": set(),
    "limits": set(),
    "progress": set(),
    "version": set(),
    "user_files": set(),
    "package_data": set(),
    "templates": {"package_data"},
    "interrupts": set(),
    "folders": {"interrupts"},
    "processes": {"folders", "interrupts"},
    "strict_json": set(),
    "build_files": {"user_files"},
    "units": {"ir", "plan", "system"},
    "ir": set(),
    "system": set(),
    "golden": {"ir"},
    "frontend": {"ir", "user_files"},
    "inputs": {"frontend", "folders", "ir", "user_files"},
    "passes": {"ir", "golden"},
    "technology": {"package_data", "user_files"},
    "plan": {"ir", "passes", "golden", "strict_json", "system", "technology", "user_files"},
    "hw": {"ir", "plan"},
    "report": {"plan", "templates"},
    "build_directory": {"build_files", "strict_json", "user_files"},
    "emit": {"hw", "plan", "ir", "system", "report", "package_data", "templates"}
    | BUILD
    | {"interrupts", "user_files"},
    "model": {"plan", "ir", "build_directory", "folders", "package_data", "templates"},
    "verify": {"package_data", "templates", "processes"} | BUILD,
    "stimulus": {
        "ir",
        "frontend",
        "golden",
        "passes",
        "plan",
        "build_directory",
        "verify",
    },
    "synth": {"templates", "processes", "technology", "user_files"} | BUILD,
    "characterise": {
        *("ir", "plan", "hw", "emit", "synth", "technology"),
        *("build_directory", "folders", "processes", "package_data"),
    },
    "examples": set(),
    "api": VERBS
    | {"ir", "passes", "inputs", "units", "system", "technology", "build_directory", "folders"}
    | {"user_files"},
    "inspection": {"frontend", "ir", "passes"},
}
FRONT = {  # what faces people: parses and prints
    "show": {"inspection", "plan", "synth", "technology", "verify", "model", "characterise"},
    "options": {"inputs", "system", "technology", "units", "verify"},
    "console": {"show"},
    "demo": {"api", "examples", "inspection", "plan", "synth", "verify"},
}
CLI = {"api", "build_directory", "folders", "inputs", "inspection", "report"}
CLI |= {"model", "synth", "system", "units", "verify"}
ALLOWED = (
    MAY_IMPORT
    | FRONT
    | {"cli": CLI | FRONT.keys(), "__init__": {"api"}, "__main__": {"cli", "interrupts"}}
)

LIBRARIES = {
    "amaranth": {"hw", "emit"},
    "pyosys": {"emit", "synth"},
    "onnx": {"frontend", "examples"},
    "networkx": {"ir", "plan"},
    "cocotb": set(),  # only the benches in sim/ know it
    "jinja2": {"templates"},
    "typer": {"cli", "console", "options"},
    "rich": {"cli", "console", "show"},
    "PIL": {"inputs"},
}

FILES = sorted(PACKAGE.rglob("*.py"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))


def layer_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """Dotted names of all modules that a file imports, anywhere in it."""
    package = ("corgibuilder", *path.relative_to(PACKAGE).parts[:-1])
    for statement in ast.walk(ast.parse(path.read_text())):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            start = package[: len(package) - statement.level + 1] if statement.level else ()
            module = ".".join([*start, *([statement.module] if statement.module else [])])
            yield from (f"{module}.{alias.name}" for alias in statement.names)


@each_file
def test_imports_point_backwards(path):
    layer = layer_of(path)
    parts = [name.split(".") for name in imported(path)]
    layers = {p[1] for p in parts if p[0] == "corgibuilder" and len(p) > 1}
    if layer == "__init__":
        layers &= ALLOWED.keys()  # public names of the package itself
    assert layers <= ALLOWED[layer] | EVERYONE | {layer}


@each_file
def test_libraries_stay_where_they_belong(path):
    tops = {name.split(".")[0] for name in imported(path)}
    allowed = {library for library, layers in LIBRARIES.items() if layer_of(path) in layers}
    assert tops & LIBRARIES.keys() <= allowed


def reach(layer, *, through=MAY_IMPORT):
    """Every layer that ``layer`` may come to import by way of others."""
    found, open_ends = set(), {layer}
    while open_ends:
        found |= open_ends
        open_ends = {i for end in open_ends for i in through[end]} - found
    return found - {layer}


def test_rules_have_no_circle_and_keep_the_golden_model_and_the_hardware_apart():
    assert all(layer not in reach(i) for layer in MAY_IMPORT for i in MAY_IMPORT[layer])
    assert "hw" not in reach("golden")
    for layer in ("hw", "emit", "plan"):
        for path in (p for p in FILES if layer_of(p) == layer):
            assert not any(name.startswith("corgibuilder.golden") for name in imported(path))


def test_benches_see_the_build_directory_and_never_the_package():
    for path in (PACKAGE.parent / "sim").glob("*.py"):
        tops = set()
        for statement in ast.walk(ast.parse(path.read_text())):
            if isinstance(statement, ast.Import):
                tops |= {alias.name.split(".")[0] for alias in statement.names}
            elif isinstance(statement, ast.ImportFrom) and statement.module:
                tops.add(statement.module.split(".")[0])
        assert not tops & {"corgibuilder", "amaranth"}, path.name


def test_every_file_has_a_rule():
    assert {layer_of(path) for path in FILES} <= ALLOWED.keys()


def test_no_classes_share_a_name():
    found = {}
    for path in FILES:
        for part in ast.walk(ast.parse(path.read_text())):
            if isinstance(part, ast.ClassDef):
                found.setdefault(part.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert not {name: places for name, places in found.items() if len(places) > 1}
