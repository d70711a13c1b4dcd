"""Amaranth components to Verilog text, memories kept apart."""

import gc
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Const, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In
from pyosys import libyosys

from corgibuilder.folders import cut_off, temporary_folder
from corgibuilder.hw.single_port import SinglePort


@dataclass(frozen=True, slots=True)
class Emitted:
    """Verilog of one module, and its memory images by file name."""

    module: str
    text: str
    images: dict[str, str]


@dataclass(slots=True)
class MemoryWrappers:
    """Amaranth platform whose memories are instances of the wrappers in ``templates``.

    A memory between two clock domains is a ``corgi_ram_crossing``.

    The contents of each ROM go to :attr:`images` under a file name that starts with ``prefix``.
    """

    prefix: str
    images: dict[str, str] = field(default_factory=dict)

    def get_memory(self, memory: Memory):
        """What Amaranth places instead of ``memory``."""
        m = Module()
        (read,) = memory.read_ports
        width = len(Value.cast(read.data))
        address = max(len(read.addr), 1)
        shape = {"p_WIDTH": width, "p_DEPTH": memory.depth, "p_ADDRESS": address}
        clock = {"i_clk": ClockSignal(read.domain)}
        if memory.write_ports:
            (write,) = memory.write_ports
            crossing = write.domain != read.domain
            if crossing:
                clock = {
                    "i_read_clk": ClockSignal(read.domain),
                    "i_write_clk": ClockSignal(write.domain),
                }
            m.submodules.ram = Instance(
                "corgi_ram_crossing" if crossing else "corgi_ram",
                **shape,
                **clock,
                i_write_en=write.en,
                i_write_addr=_driven(write.addr),
                i_write_data=write.data,
                i_read_en=read.en,
                i_read_addr=_driven(read.addr),
                o_read_data=read.data,
            )
            return m
        image = f"{self.prefix}_{len(self.images)}.hex"
        digits, mask = -(-width // 4), (1 << width) - 1
        rows = [f"{int(row) & mask:0{digits}x}\n" for row in memory.init]
        self.images[image] = "".join(rows)
        m.submodules.rom = Instance(
            "corgi_rom",
            **shape,
            **clock,
            p_IMAGE=image,
            i_en=read.en,
            i_addr=_driven(read.addr),
            o_data=read.data,
        )
        return m

    def single_port(self, memory: SinglePort) -> Instance:
        """What a memory with a single port elaborates to."""
        return Instance(
            "corgi_single_port_ram",
            p_WIDTH=memory.width,
            p_DEPTH=memory.depth,
            p_ADDRESS=len(memory.addr),
            i_clk=ClockSignal(),
            i_en=memory.en,
            i_write=memory.write,
            i_addr=memory.addr,
            i_write_data=memory.write_data,
            o_read_data=memory.read_data,
        )


def _driven(address) -> Value:
    """The address of a memory; that of a single word has no bits, and a port needs one."""
    return address if len(address) else Const(0, 1)


def emit(module: str, make: Callable[[], wiring.Component]) -> Emitted:
    """Verilog text of the component that ``make`` returns. Same component, same text, anywhere."""
    gc.disable()  # the netlist is one large live structure: collecting it only costs time
    try:
        wrappers = MemoryWrappers(module)
        netlist = rtlil.convert(make(), name=module, platform=wrappers, emit_src=False)
    finally:
        gc.enable()
    return Emitted(module, to_verilog(netlist), wrappers.images)


# What `verilator -Wall` says of the way in which Yosys writes any Verilog, and nothing of the
# circuit: submodules in their parent's file, operands extended or cut where they are used as
# Amaranth means it, registers with an initial value, named views of a word that nobody reads, cases
# behind a default, and the event trigger below.
STYLE_WARNINGS = (
    "DECLFILENAME",
    "WIDTHEXPAND",
    "WIDTHTRUNC",
    "PROCASSINIT",
    "UNUSEDSIGNAL",
    "CASEINCOMPLETE",
    "INITIALDLY",
)
LINT_OFF = "".join(f"/* verilator lint_off {warning} */\n" for warning in STYLE_WARNINGS)
# Yosys reads a register that never changes in every `always @*`, of which simulators by events need
# one change to start where all other inputs have initial values: it gets one.
EVENT_TRIGGER = re.compile(r"\\\$auto\$verilog_backend\S+dump_module\S+ ")
TRIGGER_DECLARED = re.compile(r"^( *)reg (\\\$started ) = 0;$", re.MULTILINE)
MODULES = re.compile(r"^module ", re.MULTILINE)
MODULE_ENDS = re.compile(r"^endmodule$", re.MULTILINE)
REMOVED_ATTRIBUTES = ["src", "generator", "top", "amaranth.hierarchy", "amaranth.decoding"]


def to_verilog(netlist: str) -> str:
    """Verilog of an RTLIL netlist, by the passes that :mod:`amaranth.back.verilog` uses.

    The Yosys library does it: several hundred times faster to start than the WebAssembly program
    that Amaranth would call, once for every stage.
    """
    design = libyosys.Design()
    removed = " ".join(f"-remove {name}" for name in REMOVED_ATTRIBUTES)
    with temporary_folder() as folder:
        rtlil_file, verilog_file = folder / "stage.il", folder / "stage.v"
        rtlil_file.write_text(netlist)
        for command in (
            f"read_rtlil {rtlil_file}",
            "proc -nomux -norom",
            f"attrmap {removed}",
            f"attrmap -modattr {removed}",
            f"write_verilog -norename {verilog_file}",
        ):
            libyosys.run_pass(f"tee -q {command}", design)
        text = verilog_file.read_text()
    if len(MODULE_ENDS.findall(text)) != len(MODULES.findall(netlist)):  # Yosys is silent then
        raise cut_off()
    return LINT_OFF + _with_event_triggers(text)


def _with_event_triggers(text: str) -> str:
    named = EVENT_TRIGGER.sub(lambda _: r"\$started ", text)
    triggered, made = TRIGGER_DECLARED.subn(r"\1reg \2 = 0;\n\1initial \2<= 1;", named)
    assert made == named.count("reg \\$started "), "Yosys writes its processes in another way"
    assert ("always @*" in text) == bool(made), "Yosys writes its processes in another way"
    return triggered


class Placed(wiring.Component):
    """Stand-in with the ports of ``signature``, elaborating to an instance of ``module``.

    The module has a clock and a reset for each of the clock ``domains``.
    """

    def __init__(
        self, module: str, signature: wiring.Signature, domains: Sequence[str] = ("sync",)
    ):
        self.module = module
        self.domains = domains
        super().__init__(signature)

    def elaborate(self, platform):
        ports: dict[str, Value] = {}
        for domain in self.domains:
            prefix = "i" if domain == "sync" else f"i_{domain}"
            ports |= {f"{prefix}_clk": ClockSignal(domain), f"{prefix}_rst": ResetSignal(domain)}
        for path, member, value in self.signature.flatten(self):
            direction = "i" if member.flow == In else "o"
            ports[f"{direction}_{'__'.join(map(str, path))}"] = value
        return Instance(self.module, **ports)
