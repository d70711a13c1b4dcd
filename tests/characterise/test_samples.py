"""What is synthesised to characterise a technology."""

import numpy as np
import pytest

from corgibuilder.characterise.samples import all_samples
from corgibuilder.characterise.samples.sample import accumulator, same, unsigned, weights
from corgibuilder.hw.components import COMPONENTS
from corgibuilder.ir import QInt
from corgibuilder.plan.requantisers.form import FORMS
from corgibuilder.plan.resources import NAMES


def test_there_are_several_of_every_component_and_of_every_form():
    samples = all_samples()
    assert {type(sample.config) for sample in samples} == COMPONENTS.keys()
    forms = [sample.config.form for sample in samples if sample.kind.startswith("requantiser")]
    assert {type(form) for form in forms} == set(FORMS.values())
    kinds = [sample.kind for sample in samples]
    assert min(map(kinds.count, kinds)) >= 2


def test_all_resources_occur():
    found = [sample.config.resources(sample.resizable) for sample in all_samples()]
    for name in NAMES:
        assert sum(getattr(each, name) > 0 for each in found) >= 5, name


def test_they_are_always_the_same():
    once, again = all_samples(), all_samples()
    for one, other in zip(once, again, strict=True):
        assert (one.kind, one.shape, one.resizable) == (other.kind, other.shape, other.resizable)
        resources = [each.config.resources(each.resizable) for each in (one, other)]
        assert resources[0] == resources[1]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_weights_take_all_bits_and_sums_fit(bits):
    found = weights((3, 4, 5), bits)
    held, x = QInt.of(found), unsigned(4)
    assert held.plain.width == bits
    most = int((np.abs(found).sum(axis=-1) * x.hi).max())
    assert accumulator(x, found) == QInt(-most, most)


def test_padding_keeps_the_size():
    assert same(5).output_size(9, 7) == (9, 7)
    assert same(3, 2).output_size(8, 6) == (4, 3)
