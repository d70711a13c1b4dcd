"""A Liberty file of the fewest cells that abc is content with."""

ARCS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
HEAD = """library(toy) {
  time_unit : "1ns"; capacitive_load_unit(1, pf);
  lu_table_template(one) { variable_1 : input_net_transition; index_1("1"); }
"""
FLIP_FLOP = """  cell(DFF) { area : 10.5;
    ff(IQ, IQN) { clocked_on : "C"; next_state : "D"; }
    pin(C) { direction : input; clock : true; } pin(D) { direction : input; }
    pin(Q) { direction : output; function : "IQ"; }
  }
"""


def _gate(name: str, area: float, inputs: str, function: str) -> str:
    tables = " ".join(f'{arc}(one) {{ values("1"); }}' for arc in ARCS)
    pins = "".join(f"pin({i}) {{ direction : input; capacitance : 1; }} " for i in inputs)
    timing = "".join(
        f'timing() {{ related_pin : "{i}"; timing_sense : non_unate; {tables} }} ' for i in inputs
    )
    output = f'pin(Y) {{ direction : output; function : "{function}"; {timing} }}'
    return f"  cell({name}) {{ area : {area}; {pins} {output} }}\n"


def liberty() -> str:
    gates = (
        _gate("BUF", 3, "A", "A"),
        _gate("INV", 1, "A", "!A"),
        _gate("NAND", 2, "AB", "!(A&B)"),
        _gate("NOR", 2, "AB", "!(A|B)"),
    )
    return HEAD + "".join(gates) + FLIP_FLOP + "}\n"
