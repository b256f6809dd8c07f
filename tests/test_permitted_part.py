"""What a permitted part is worth to a buyer: by hand, and laws of how much of the wish settles for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms.permitted_part import settled_share, worth_per_usd

positive = st.floats(0.01, 1e3)


def test_a_part_with_half_the_bandwidth_of_an_h100_by_hand():
    # By hand: 4^0.5 · 1^0.5 = 2 over 30,000 + 1,000 · 20 = 50,000 USD: 4 · 10⁻⁵; no part is worth nothing.
    tpp, bandwidth, usd, watts = (np.array([value, 0.0]) for value in (4.0, 1.0, 3e4, 1e3))
    found = worth_per_usd(tpp, bandwidth, usd, watts, 20.0, 0.5)
    assert found == pytest.approx([4e-5, 0.0])


def test_the_wish_that_settles_by_hand():
    # By hand: asked 0.5 · √(2 · 8) = 2; worth 1: (1/2)² = 0.25; worth 3: all of it; nothing permitted: none.
    found = settled_share(np.array([1.0, 3.0, 0.0]), np.full(3, 2.0), np.full(3, 8.0), 0.5, 2.0)
    assert found == pytest.approx([0.25, 1.0, 0.0])


@given(positive, positive, positive, st.floats(0.01, 1), st.floats(0.01, 5), st.floats(0, 10))
def test_a_worse_part_never_settles_more_and_a_better_rival_never_less(permitted, domestic, best, cut, expected, steep):
    def settled(v, rival):
        return settled_share(np.array([v]), np.array([domestic]), np.array([rival]), expected, steep)[0]

    assert 0 <= settled(permitted * cut, best) <= settled(permitted, best) <= 1
    assert settled(permitted, best) <= settled(permitted, best * cut)


@given(positive, positive, st.floats(0, 1), st.floats(100.0, 1e5))
def test_less_throughput_or_bandwidth_at_one_price_is_worth_less(tpp, bandwidth, cut, price):
    def worth(t, b):
        return worth_per_usd(np.array([t]), np.array([b]), np.array([price]), np.array([1000.0]), 20.0, 0.4)[0]

    assert worth(tpp * cut, bandwidth) <= worth(tpp, bandwidth) and worth(tpp, bandwidth * cut) <= worth(tpp, bandwidth)
