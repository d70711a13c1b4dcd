"""Compiles or runs the bench in the current directory: ``python run.py compile|test``.

Kept apart so that the simulator's environment variables are those of this process only.
"""

import json
import logging
import sys
from pathlib import Path

from cocotb_tools.runner import get_runner

BUILD_ARGS = {
    # Warnings are for the lint. Public signals are marked in the testbench, so that Verilator may
    # optimise the others away; the runner asks for all to be public.
    "verilator": [
        "-Wno-fatal",
        "-Wno-lint",
        "-Wno-style",
        "-O3",
        "--no-public-flat-rw",
        "--x-assign",
        "fast",
        "--x-initial",
        "fast",
        "--noassert",
        "--output-split",
        "20000",
    ],
    "icarus": ["-Wno-all"],
}


def main(step: str) -> None:
    logging.basicConfig(level=logging.INFO)
    bench = json.loads(Path("bench.json").read_text())
    runner = get_runner(bench["simulator"])
    build_dir = Path("model").absolute()
    if step == "compile":
        runner.build(
            sources=[Path(source).absolute() for source in bench["sources"]],
            hdl_toplevel=bench["top"],
            parameters=bench["parameters"],
            build_args=[*BUILD_ARGS[bench["simulator"]], *bench["build_args"]],
            build_dir=build_dir,
            cwd=Path.cwd(),
            timescale=("1ns", "1ps"),
        )
        return
    sys.path.insert(0, str(Path(__file__).parent))
    runner.test(
        test_module=bench["test"],
        hdl_toplevel=bench["top"],
        hdl_toplevel_lang="verilog",
        build_dir=build_dir,
        test_dir=Path.cwd(),
    )


if __name__ == "__main__":
    main(sys.argv[1])
