from hypothesis import given
from hypothesis import strategies as st

from corgibuilder.plan.banks import banks


@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_banks_hold_every_channel_once(channels, lanes, alternate):
    lanes = min(lanes, channels)
    found = banks(channels, lanes, alternate=alternate)
    assert sum(bank.planes * bank.lanes for bank in found) == channels
    assert all(bank.planes and bank.lanes <= lanes for bank in found)


def test_even_and_odd_words_and_the_rest():
    parts = [(bank.planes, bank.lanes) for bank in banks(23, 4, alternate=True)]
    assert parts == [(3, 4), (2, 4), (1, 3)]
    parts = [(bank.planes, bank.lanes) for bank in banks(23, 4, alternate=False)]
    assert parts == [(5, 4), (1, 3)]
    assert [bank.planes for bank in banks(4, 4, alternate=True)] == [1]
