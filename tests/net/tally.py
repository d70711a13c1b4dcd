"""What a run of the net covered, as a table."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .compare import Outcome

Entry = Mapping[str, Any]


def entry(outcome: Outcome) -> Entry:
    """What the table needs to know of one case, as plain data."""
    return {
        "refused": outcome.refused,
        "executor": outcome.executor,
        "layers": [stage.layer for stage in outcome.stages],
        "sources": [stage.source for stage in outcome.stages],
        "engines": [stage.engine for stage in outcome.stages],
        "requantisers": [stage.requantiser for stage in outcome.stages],
        "wrong": sorted({finding.kind for finding in outcome.wrong}),
        "optimistic": sorted({finding.kind for finding in outcome.optimistic}),
        "pessimistic": sorted({finding.kind for finding in outcome.pessimistic}),
        "compared": outcome.compared,
        "cycles": outcome.cycles,
        "figures": [name for name, (_, seen) in outcome.figures.items() if seen is not None],
    }


def table(entries: Iterable[Entry]) -> list[str]:
    """Lines for people."""
    entries = list(entries)
    refused = Counter(e["refused"] for e in entries if e["refused"])
    built = [e for e in entries if e["layers"]]
    wrong = sum(bool(e["wrong"]) for e in entries)
    compared, cycles = (sum(e[name] for e in built) for name in ("compared", "cycles"))
    lines = [
        f"tried {len(entries)}, refused {refused.total()}, simulated {len(built)}, wrong {wrong}",
        f"values compared {compared:,} in {cycles:,} cycles",
        *_counted("refused by reason", refused),
        *_counted("golden against executor", Counter(e["executor"] for e in entries)),
    ]
    for title in ("layers", "sources", "engines", "requantisers"):
        lines += _counted(title, Counter(name for e in built for name in e[title]))
    figures = Counter(name for e in built for name in e["figures"])
    lines += _counted("compared with the plan", figures)
    for title in ("wrong", "optimistic", "pessimistic"):
        networks = sum(bool(e[title]) for e in entries)
        kinds = Counter(kind for e in entries for kind in e[title])
        lines += _counted(f"{title}: {networks} networks", kinds)
    return lines


def _counted(title: str, counts: Counter) -> list[str]:
    return [f"{title}:", *(f"  {count:6}  {name}" for name, count in counts.most_common())]
