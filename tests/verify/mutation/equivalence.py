"""Proofs that a mutant is no wrong design: it does the same for ever, whatever comes in."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pyosys

from .mutants import SHELLS, Mutant

YOSYS = "import sys\nfrom pyosys import libyosys as y\ny.run_pass('script equal.ys', y.Design())"
ABC = Path(pyosys.__file__).with_name("yosys-abc")
PROOF = "read_aiger both.aig; strash; scorr; dc2; scorr -F 4; dc2; pdr -T {seconds}"
SECONDS = 90

# Both designs with the same inputs, what memories give among them; `trigger` rises if any output
# differs, what goes into memories included. From the state that `reg ... = 0` begins with.
SIDE = """
read_verilog -lib {shells}
read_verilog {files}
hierarchy -top {top}
proc
flatten
memory
expose -evert
opt -full
rename {top} {name}
design -stash {name}
"""
BOTH = """
design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
miter -equiv -flatten gold gate both
hierarchy -top both
{sizes}
flatten
opt -full
dffunmap
techmap
opt -fast
aigmap
opt_clean
write_aiger -zinit both.aig
"""


# Where frames have sizes, the proof is for the largest, which is tied to the port.
SIZE = """
delete -port both/in_i_size__payload
connect -set in_i_size__payload {{16'd{height}, 16'd{width}}}
"""


def equivalent(mutant: Mutant, folder: Path, size: tuple[int, int] | None = None) -> bool:
    """Whether the module of the mutant's file provably does what the right one does.

    ``size`` is height and width of the frames that enter it, where it takes several.
    """
    top, rtl = mutant.file.stem, mutant.file.parent
    if mutant.file.suffix != ".v":
        return False
    changed = folder / f"mutant_{mutant.file.name}"
    changed.write_text(mutant.text)
    shells = " ".join(str(rtl / name) for name in SHELLS)
    stages = "" if top.startswith("layer_") else " ".join(map(str, sorted(rtl.glob("layer_*.v"))))
    script = "".join(
        SIDE.format(files=file, shells=f"{shells} {stages}", top=top, name=name)
        for name, file in (("gold", mutant.file), ("gate", changed))
    )
    size = SIZE.format(height=size[0], width=size[1]) if size else ""
    (folder / "equal.ys").write_text(script + BOTH.format(sizes=size))
    run = partial(subprocess.run, cwd=folder, capture_output=True, text=True, check=False)
    run([sys.executable, "-c", YOSYS])
    proof = run([str(ABC), "-c", PROOF.format(seconds=SECONDS)])
    return "Property proved" in proof.stdout or "Networks are equivalent" in proof.stdout
