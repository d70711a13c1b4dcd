"""Verilog text of components."""

import subprocess
from pathlib import Path

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from corgibuilder.emit.verilog import emit
from corgibuilder.hw.queue import Queue
from corgibuilder.hw.streams import word

from ..simulators import needs_icarus


class Chooser(wiring.Component):
    """A choice by a register whose initial value never changes."""

    i: In(1)
    o: Out(2)

    def elaborate(self, platform):
        m = Module()
        state = Signal(2, init=2)
        with m.If(self.i):
            m.d.sync += state.eq(3)
        with m.Switch(state):
            with m.Case(2):
                m.d.comb += self.o.eq(1)
            with m.Default():
                m.d.comb += self.o.eq(2)
        return m


BENCH = """
module bench;
    wire [1:0] o;
    chooser dut (.clk(1'b0), .rst(1'b0), .i(1'b0), .o(o));
    initial #1 $display("%b", o);
endmodule
"""


@needs_icarus
def test_choices_are_made_before_anything_changes(tmp_path):
    files = {"chooser.v": emit("chooser", Chooser).text, "bench.v": BENCH}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    subprocess.run(["iverilog", "-g2012", "-o", "bench", *files], cwd=tmp_path, check=True)
    printed = subprocess.run(["vvp", "bench"], cwd=tmp_path, check=True, capture_output=True)
    assert printed.stdout.split() == [b"01"]


def test_a_memory_of_a_single_word_has_an_address():
    text = emit("queue", lambda: Queue(word(4, 1), 2)).text
    assert ".DEPTH(32'd1)" in text and ".ADDRESS(32'd1)" in text
    assert text.count("_addr(1'h0)") == 2


def test_text_that_is_cut_off_is_a_full_disk(monkeypatch):
    """Yosys ends as if all were well, even where the cut is between two modules."""
    whole = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path: whole(path).rpartition("endmodule\n")[0])
    with pytest.raises(OSError, match="No space left on device"):
        emit("chooser", Chooser)
