"""The registers as data; what they do is tested over the wires, in ``hw/system``."""

from corgibuilder.hw.system.spi import ADDRESS_BITS
from corgibuilder.plan.system.register_map import register_map

MAP = register_map(
    channels=["div4", "div8", "logits"], smallest=(8, 9), largest=(40, 30), classifier_words=21
)


def test_the_map_is_one_that_can_be_built():
    assert [register.address for register in MAP] == list(range(len(MAP)))
    assert len(MAP) <= 1 << ADDRESS_BITS
    assert all(1 <= register.bits <= 32 for register in MAP)
    assert [register.name for register in MAP if register.stays] == ["classifier_data"]


def test_bits_and_resets_are_those_of_the_fields():
    named = {register.name: register for register in MAP}
    assert [field.name for field in named["enable"].fields] == ["div4", "div8", "logits"]
    assert (named["enable"].bits, named["enable"].reset) == (3, 0b111)
    assert (named["size"].bits, named["size"].reset) == (32, 30 << 16 | 40)
    assert named["classifier_address"].bits == 5
    assert named["identification"].reset == 0x436F7267
