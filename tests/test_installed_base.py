"""Retirement by vintage: what a service life means, and that nothing is retired twice or lost."""

import numpy as np
import pytest

from sim.mechanisms.installed_base import renew, retirement_hazard


def test_half_of_a_vintage_is_gone_somewhat_after_its_service_life():
    """By hand: the hazard adds up to 12 · 0.8 / 18 · ln(1 + e^x), x = (age − 6) / 0.8; ln 2 at x = 0.98, age 6.8."""
    months = np.arange(15 * 12)
    hazard = retirement_hazard(months / 12.0, 6.0, 0.8, 18.0)[0]
    left = np.cumprod(1.0 - hazard)
    assert months[left < 0.5][0] / 12.0 == pytest.approx(6.8, abs=0.1)
    assert left[4 * 12] > 0.95 and left[10 * 12] < 0.1


def test_a_longer_life_keeps_more_of_every_vintage():
    ages = np.arange(12.0)
    short, long = retirement_hazard(ages, np.array([4.5, 7.5]), 0.8, 18.0)
    assert (short > long).all()


def test_each_vintage_goes_at_its_own_rate():
    # By hand: of 100 old and 100 new, a tenth and a hundredth: 11 go; next month a tenth of 90 and a hundredth of 99.
    installed = np.array([[[[100.0]]], [[[100.0]]]])
    hazard = np.array([[0.1, 0.01]])
    stock, nothing, here = np.array([[[200.0]]]), np.zeros((1, 1, 1)), np.zeros(1, dtype=np.int64)
    gone, held, _ = renew(stock, nothing, here, installed, 1, hazard, here, 1)
    assert gone == pytest.approx([11.0]) and held[0, 0] == pytest.approx([189.0])
    left = 1.0 - hazard
    again, held, _ = renew(stock, nothing, here, installed, 1, left * hazard, here, 1)
    assert again == pytest.approx([9.99])
    left = left * (1.0 - hazard)
    assert gone[0] + again[0] + 100 * left.sum() == pytest.approx(200.0, rel=1e-12)
    assert held[0, 0, 0] == stock[0, 0, 0] == pytest.approx(100 * left.sum(), rel=1e-12)


def test_what_is_new_is_entered_and_added_up_by_holder():
    # By hand: 10 + 1 of the first holder, 20 + 2 − a tenth of 20 and 30 + 3 of the second.
    stock, new, order = np.array([[[10.0, 20.0, 30.0]]]), np.array([[[3.0, 1.0, 2.0]]]), np.array([1, 2, 0])
    installed = np.array([[[[0.0, 20.0, 0.0]]], [[[10.0, 0.0, 30.0]]]])
    gone, held, added = renew(stock, new, order, installed, 1, np.array([[0.1]]), np.array([0, 1, 1]), 2)
    assert gone == pytest.approx([2.0]) and stock[0, 0] == pytest.approx([11.0, 20.0, 33.0])
    assert installed[1, 0, 0] == pytest.approx([11.0, 2.0, 33.0])
    assert held[0, 0] == pytest.approx([11.0, 53.0]) and added[0, 0] == pytest.approx([1.0, 5.0])
