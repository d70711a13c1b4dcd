"""A network and what it computes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from corgibuilder.inspection import Change, Inspection

from .tables import empty_table

TOP = 5  # classes shown of a classifier
SHOWN = 10  # frames whose classes are shown


def inspection_table(found: Inspection) -> Table:
    """Layers of a network with shapes, widths and costs."""
    title = f"{found.name}: {_ports(found.inputs)} -> {_ports(found.outputs)}"
    columns = "layer", "kind", "shape", "bits", "values", "MACs", "parameters"
    table = empty_table(title, *columns, left=2)
    for layer in found.layers:
        shape = f"{layer.channels}x{layer.height}x{layer.width}"
        values = f"{layer.lowest}..{layer.highest}" + (
            f" by {layer.step}" if layer.step > 1 else ""
        )
        numbers = f"{layer.macs:,}", f"{layer.parameters:,}"
        table.add_row(layer.name, layer.kind, shape, str(layer.bits), values, *numbers)
    table.add_section()
    table.add_row("total", "", "", "", "", f"{found.macs:,}", f"{found.parameters:,}")
    return table


def passes_table(found: Inspection) -> Table | str:
    """What each pass changes in a network, layer by layer; a sentence where nothing changes."""
    if not found.passes:
        return f"{found.name}: no pass changes anything before it is planned"
    title = f"{found.name}: what passes change before it is planned"
    table = empty_table(title, "pass", "layer", "before", "after", left=4)
    for applied in found.passes:
        name = applied.name.replace("_", " ")
        for kind, changes in (("", applied.layers), ("output ", applied.outputs)):
            for change in changes:
                table.add_row(name, f"{kind}{change.layer}", *_before_and_after(change))
                name = ""
        table.add_section()
    return table


def _before_and_after(change: Change) -> tuple[str, str]:
    return change.before or "not there", change.after or "removed"


def _ports(ports: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in ports.items())


def outputs_tables(outputs: dict[str, NDArray[Any]]) -> list[Table]:
    """Shape and range of every output of a run, and the top classes of classifiers."""
    ranks = top_classes(outputs)
    return [
        _outputs_table(outputs),
        *(_classes_table(name, classes, outputs[name]) for name, classes in ranks.items()),
    ]


def _outputs_table(outputs: dict[str, NDArray[Any]]) -> Table:
    table = empty_table("outputs", "output", "frames", "shape", "smallest", "largest")
    for name, value in outputs.items():
        shape = "x".join(map(str, value.shape[1:])) or "1"
        extremes = f"{value.min():g}", f"{value.max():g}"
        table.add_row(name, str(len(value)), shape, *extremes)
    return table


def top_classes(outputs: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
    """Largest classes first, ``(frames, at most 5)``, of every output with a score per class."""
    scores = {name: class_scores(value) for name, value in outputs.items()}
    return {
        name: np.argsort(-value, axis=1, kind="stable")[:, :TOP].astype(np.int64)
        for name, value in scores.items()
        if value is not None
    }


def class_scores(value: NDArray[Any]) -> NDArray[Any] | None:
    """Scores ``(frames, classes)`` if that is what an output is, maybe as maps of one pixel."""
    is_vector = value.ndim >= 2 and value.shape[1] > 1 and value[0, 0].size == 1
    return value.reshape(value.shape[:2]) if is_vector else None


def _classes_table(name: str, classes: NDArray[np.int64], scores: NDArray[Any]) -> Table:
    places = [f"{place + 1}." for place in range(classes.shape[1])]
    table = empty_table(f"top classes of {name}: class (score)", "frame", *places)
    for frame, row in enumerate(classes[:SHOWN]):
        table.add_row(str(frame), *(f"{k} ({scores[frame, k].item():g})" for k in row))
    return table
