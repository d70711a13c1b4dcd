"""Measure everything and print it as JSON. Takes two hours."""

import json
import sys
import tempfile
from itertools import chain
from pathlib import Path

from ..published import FOLDER
from .build import build
from .chip import chip
from .chip_rtl import chip_rtl
from .golden import golden_model
from .intervals import intervals
from .model import software_model
from .plans import multipliers
from .resnet50 import planning
from .silicon import silicon
from .simulation import simulate


def main() -> None:
    if not FOLDER.is_dir():
        sys.exit(f"the published networks are not here: {FOLDER}")
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "build")
        figures = chain(
            intervals(),
            multipliers(),
            planning(out.parent),
            golden_model(),
            build(out),
            simulate(out),
            software_model(),
            chip(),
            chip_rtl(),
            silicon(),
        )
        summaries = [figure.summary() for figure in figures]
    sys.stdout.write(json.dumps(summaries, indent=2) + "\n")
    sys.exit(any(summary["met"] is False for summary in summaries))


if __name__ == "__main__":
    main()
