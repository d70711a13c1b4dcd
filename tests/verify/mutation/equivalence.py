"""Proofs that a mutant is no wrong design: it does the same for ever, whatever comes in."""

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pyosys

from corgibuilder.build_directory import MEMORIES
from corgibuilder.limits import SIZE_BITS

from .mutants import MODULE, PORT, Mutant

YOSYS = "import sys\nfrom pyosys import libyosys as y\ny.run_pass('script equal.ys', y.Design())"
ABC = Path(pyosys.__file__).with_name("yosys-abc")
PROOF = "read_aiger both.aig; strash; dprove; pdr -T {seconds}"
SECONDS = 60

# Both designs with the same inputs from the state that `reg ... = 0` begins with; `trigger` rises
# if any output differs. Memories are registers, empty at first.
SIDE = """
read_verilog {files}
hierarchy -top {name}
proc
flatten
memory
setundef -zero -init
opt -full
design -stash {name}
"""
BOTH = """
design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
miter -equiv -flatten gold gate both
hierarchy -top both
flatten
opt -full
techmap
opt -fast
dffunmap
simplemap
setundef -zero
aigmap
opt_clean
write_aiger -zinit both.aig
"""


def equivalent(mutant: Mutant, folder: Path, size: tuple[int, int]) -> bool:
    """Whether the module of the mutant's file provably does what the right one does.

    Where the change lies in the window source, that is tried by itself first: what is equal with
    anything around it that keeps the stream rule is equal in the stage. ``size`` is height and
    width of the frames that enter, where they may have several: the proof is for these.
    """
    if mutant.file.suffix != ".v":
        return False
    for image in mutant.file.parent.glob("*.hex"):
        shutil.copy(image, folder)
    top, changed = mutant.file.stem, MODULE.match(module_at(mutant))[1].strip()
    source = f"\\{top}.source"
    inside = changed == source or changed.startswith(f"{source}.")
    modules = [f"{source} ", top] if inside else [top]
    return any(_proven(mutant, module, folder, size) for module in modules)


def module_at(mutant: Mutant) -> str:
    """The module in which the line of a mutant is."""
    start = sum(len(line) for line in mutant.text.splitlines(keepends=True)[: mutant.line - 1])
    return next(m[0] for m in MODULE.finditer(mutant.text) if m.start() <= start < m.end())


def _proven(mutant: Mutant, module: str, folder: Path, size: tuple[int, int]) -> bool:
    rtl = mutant.file.parent
    changed = folder / f"mutant_{mutant.file.name}"
    changed.write_text(mutant.text)
    others = [str(rtl / f"{name}.v") for name in MEMORIES]
    if not mutant.file.name.startswith("layer_"):
        others += map(str, sorted(rtl.glob("layer_*.v")))
    script = ""
    for name, file in (("gold", mutant.file), ("gate", changed)):
        wrapper = folder / f"{name}.v"
        wrapper.write_text(_wrapper(name, mutant.file, module, size))
        script += SIDE.format(files=" ".join([*others, str(file), str(wrapper)]), name=name)
    (folder / "equal.ys").write_text(script + BOTH)
    (folder / "both.aig").unlink(missing_ok=True)
    run = partial(subprocess.run, cwd=folder, capture_output=True, text=True, check=False)
    if run([sys.executable, "-c", YOSYS]).returncode:
        return False  # it is no Verilog
    proof = run([str(ABC), "-c", PROOF.format(seconds=SECONDS)]).stdout
    return "Networks are equivalent" in proof or "Property proved" in proof


def _wrapper(name: str, file: Path, module: str, size: tuple[int, int]) -> str:
    """A module around one of the file.

    Payloads that leave count only while they are valid; words that enter stay until they are taken,
    as the stream rule has it.
    """
    text = next(m[0] for m in MODULE.finditer(file.read_text()) if m[1] == module)
    found = {port: (direction, f"[{last or 0}:0]") for direction, last, port in PORT.findall(text)}
    height, width = (f"{SIZE_BITS}'d{side}" for side in size)
    inner = dict(zip(found, found, strict=True)) | {"height": height, "width": width}
    body = []
    for port, (direction, bits) in found.items():
        stream = port.removesuffix("__payload")
        if stream == port:
            continue
        inner[port] = f"{stream}__word"
        if direction == "output":
            body.append(LEAVES.format(stream=stream, width=bits))
            continue
        assert f"{stream}__valid" in found or stream.endswith("size")
        if f"{stream}__valid" in found:  # sizes that are fixed have none
            body.append(ENTERS.format(stream=stream, width=bits))
            inner[f"{stream}__valid"] = f"{stream}__offered"
        if stream.endswith("size"):
            inner[port] = f"{{{height}, {width}}}"
    ports = ", ".join(f"{direction} {bits} {port}" for port, (direction, bits) in found.items())
    given = ", ".join(f".{port}({inner[port]})" for port in found)
    return "\n".join([f"module {name}({ports});", *body, f"{module} inside ({given});", END])


LEAVES = """
wire {width} {stream}__word;
assign {stream}__payload = {stream}__valid ? {stream}__word : 0;
"""
ENTERS = """
reg {stream}__waits = 0;
reg {width} {stream}__kept = 0;
wire {stream}__offered = {stream}__valid | {stream}__waits;
wire {width} {stream}__word = {stream}__waits ? {stream}__kept : {stream}__payload;
always @(posedge clk) begin
    {stream}__waits <= {stream}__offered & ~{stream}__ready & ~rst;
    {stream}__kept <= {stream}__word;
end
"""
END = "endmodule\n"
