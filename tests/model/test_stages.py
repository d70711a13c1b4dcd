"""Which maps the model computes, and where they lie in memory."""

import pytest

from corgibuilder.ir import Add, Clamp, Input, QInt, Shape
from corgibuilder.model.stages import slots, stages

from ..toys import network
from .test_graphs import some_graph


def chosen(outputs):
    """``a`` is read at once and again at the end, ``dead`` by nobody."""
    clamp = Clamp(range=QInt(0, 9))
    layers = [
        ("in", Input(shape=Shape(1, 1, 1), range=QInt(0, 15)), ()),
        ("a", clamp, "in"),
        ("b", clamp, "a"),
        ("dead", clamp, "a"),
        ("c", clamp, "b"),
        ("d", clamp, "c"),
        ("e", Add(factors=(1, 1, 1)), ("d", "a", "d")),
        ("f", clamp, "e"),
    ]
    return network(layers, outputs)


def test_a_buffer_is_free_after_its_last_reader():
    net = chosen(["f"])
    found = stages(net)
    assert [stage.name for stage in found] == ["in", "a", "b", "c", "d", "f"]
    assert [stage.sources for stage in found] == [(), (0,), (1,), (2,), (3,), (4, 1, 4)]
    assert slots(found, {"f"}) == [0, 1, 0, 2, 0, 2]


def test_outputs_keep_their_buffers():
    net = chosen(["f", "e", "b"])
    found = stages(net)
    assert [stage.name for stage in found] == ["in", "a", "b", "c", "d", "e", "f"]
    assert slots(found, {"f", "e", "b"}) == [0, 1, 0, 2, 3, 2, 3]


@pytest.mark.parametrize("seed", range(40))
def test_no_buffer_is_overwritten_before_it_is_read(seed):
    net = some_graph(seed)
    outputs = {port.node for port in net.outputs}
    found = stages(net)
    held = {}
    for number, (stage, slot) in enumerate(zip(found, slots(found, outputs), strict=True)):
        assert all(source in held.values() for source in stage.sources)
        assert slot not in {place for place, map_ in held.items() if map_ in stage.sources}
        held[slot] = number
    assert outputs <= {found[number].name for number in held.values()}
