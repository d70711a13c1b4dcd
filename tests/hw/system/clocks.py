"""Pairs of clocks in the relations that two clocks can have."""

SAME, SHIFTED = ((1e-9, 0.5e-9), (1e-9, 0.5e-9)), ((1e-9, 0.5e-9), (1e-9, 0.8e-9))
SLOWER, FASTER = ((7e-9, 1e-9), (3e-9, 2e-9)), ((3e-9, 2e-9), (7e-9, 1e-9))
DRIFTING = ((1.618e-9, 0.3e-9), (1e-9, 0.5e-9))
PAIRS = {"same": SAME, "shifted": SHIFTED, "7:3": SLOWER, "3:7": FASTER, "drifting": DRIFTING}
