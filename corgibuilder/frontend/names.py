"""Names for the nodes of a file: the file's own where they serve, always unique."""

from collections import Counter
from collections.abc import Sequence

import onnx


def node_names(nodes: Sequence[onnx.NodeProto], taken: Sequence[str]) -> list[str]:
    """A name for each node.

    A node without a name is called by its operator and index; of equal names the later ones get a
    number. ``taken`` names are given to no node.
    """
    wanted = [node.name or f"{node.op_type}_{i}" for i, node in enumerate(nodes)]
    used = set(taken) | set(wanted)
    seen = Counter(taken)
    names = []
    for name in wanted:
        given = name
        if seen[name]:
            number = seen[name] + 1
            while f"{name}_{number}" in used:
                number += 1
            given = f"{name}_{number}"
            used.add(given)
        seen[name] += 1
        names.append(given)
    return names
