"""Proofs that a mutant is no wrong design: it does the same for ever, whatever comes in."""

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyosys

from .mutants import SHELLS, Mutant

YOSYS = "import sys\nfrom pyosys import libyosys as y\ny.run_pass('script equal.ys', y.Design())"
ABC = Path(pyosys.__file__).with_name("yosys-abc")
PROOF = "read_aiger both.aig; strash; dprove; pdr -T {seconds}"
SECONDS = 90

# Both designs with the same inputs, what memories give among them; `trigger` rises if any output
# differs, what goes into memories included. From the state that `reg ... = 0` begins with.
SIDE = """
read_verilog {memories} {shells}
read_verilog {files}
hierarchy -top {top}
proc
flatten
memory
setundef -zero -init
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
techmap
opt -fast
dffunmap
simplemap
aigmap
opt_clean
write_aiger -zinit both.aig
"""


# Where frames have sizes, the proof is for the largest, which is tied to the port.
SIZE = """
delete -port both/in_i_size__payload
connect -set in_i_size__payload 32'h{height:04x}{width:04x}
"""


def equivalent(mutant: Mutant, folder: Path, size: tuple[int, int] | None = None) -> bool:
    """Whether the module of the mutant's file provably does what the right one does.

    ``size`` is height and width of the frames that enter it, where it takes several.
    """
    if mutant.file.suffix != ".v":
        return False
    for image in mutant.file.parent.glob("*.hex"):
        shutil.copy(image, folder)
    changed = folder / f"mutant_{mutant.file.name}"
    changed.write_text(mutant.text)
    fixed = SIZE.format(height=size[0], width=size[1]) if size else ""
    # What memories hold matters only where they may be given different addresses for nothing.
    return any(_proven(mutant.file, changed, fixed, memories) for memories in ("-lib", ""))


def _proven(right: Path, changed: Path, fixed: str, memories: str) -> bool:
    folder, rtl, top = changed.parent, right.parent, right.stem
    read = [str(rtl / name) for name in SHELLS]
    stages = [] if top.startswith("layer_") else sorted(map(str, rtl.glob("layer_*.v")))
    script = "".join(
        SIDE.format(
            files=" ".join([*stages, str(file)]),
            shells=" ".join(read),
            top=top,
            name=name,
            memories=memories,
        )
        for name, file in (("gold", right), ("gate", changed))
    )
    (folder / "equal.ys").write_text(script + BOTH.format(sizes=fixed))
    (folder / "both.aig").unlink(missing_ok=True)
    run = partial(subprocess.run, cwd=folder, capture_output=True, text=True, check=False)
    run([sys.executable, "-c", YOSYS])
    proof = run([str(ABC), "-c", PROOF.format(seconds=SECONDS)])
    return "Networks are equivalent" in proof.stdout or "Property proved" in proof.stdout
