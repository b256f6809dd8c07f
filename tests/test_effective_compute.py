"""Effective compute: what software and reliability leave of peak, and what that does to buyers in China."""

import numpy as np
import pytest

from sim import run
from sim.mechanisms.effective_compute import (
    foreign_share,
    learning,
    relative_value,
    run_reliability,
    software_maturity,
    useful_share,
)
from sim.numerics import total

SHORT = {"draws": 8, "developers": 50, "end": "2028-12"}


@pytest.fixture(scope="module")
def low_and_high():
    """No further effort on Ascend software from 2024, and six times today's."""
    return [run("baseline", set={"effective_compute.cann_effort@2024-01": effort}, **SHORT) for effort in (0.0, 6.0)]


def of(results, output, region="", definition="", detail=""):
    return results.series(output, definition, region, detail)[1]


def test_useful_compute_is_a_product_and_software_matures_with_use():
    assert useful_share(0.4, 0.75, 0.9) == pytest.approx(0.27)
    # By hand: half a million H100e for two years is one million H100e-years: x = 1 at that scale, m = 0.9 − 0.3 · e⁻¹.
    x = 24 * learning(np.array([[5e5]]), np.array([[1e6]]), 1.0)
    assert x == pytest.approx(np.array([[1.0]]))
    assert software_maturity(0.6, 0.9, x) == pytest.approx(np.array([[0.78964]]), abs=1e-5)


def test_the_largest_published_run_made_progress_nine_tenths_of_the_time():
    # By hand: 16,384 × 19.7 / 10⁶ = 0.32 failures an hour, 0.3 hours each: 1 / 1.0968.
    assert run_reliability(16_384, 19.7, 0.3) == pytest.approx(0.9117, abs=1e-4)
    # 100,000 accelerators with 0.13 hours: 1 / 1.2561, reported 80 %.
    assert run_reliability(100_000, 19.7, 0.13) == pytest.approx(0.7961, abs=1e-4)


def test_a_larger_run_never_gets_less_done_in_all():
    runs = np.array([1e3, 1e4, 1e5, 1e6])
    done = runs * run_reliability(runs, 19.7, 0.1)
    assert (np.diff(done) > 0).all() and (np.diff(done / runs) < 0).all()


def test_what_a_dollar_buys_follows_maturity_and_the_subsidy():
    # By hand: 0.75/0.6 = 1.25; bill 10 of 100, half paid back: 1.25 × 100 / 95.
    assert relative_value(0.75, 0.6, 90.0, 10.0, 0.5) == pytest.approx(1.25 * 100 / 95)
    assert relative_value(0.6, 0.6, 90.0, 10.0, 0.0) == pytest.approx(1.0)


def test_the_odds_of_domestic_parts_rise_with_their_value():
    # By hand: odds of foreign 4 : 1, value 2, elasticity 1: 4 : 2.
    assert foreign_share(0.8, 2.0, 1.0) == pytest.approx(2 / 3)
    assert foreign_share(0.8, 1.0, 3.0) == pytest.approx(0.8) and foreign_share(0.8, 5.0, 0.0) == pytest.approx(0.8)


def test_effort_on_ascend_software_moves_compute_runs_and_purchases_in_china(low_and_high):
    low, high = low_and_high
    last = [of(r, "software_maturity", detail="cann")[:, -1] for r in low_and_high]
    assert (last[1] > last[0] + 0.05).all()
    for output, where in (("useful_h100e", {"region": "china", "definition": "training"}),
                          ("useful_h100e", {"region": "china", "definition": "inference"}),
                          ("largest_training_run_flop", {"region": "china"}),
                          ("domestic_share_china", {}), ("self_sufficiency_china", {})):
        few, many = (total(of(r, output, **where)[:, -36:]) for r in (low, high))
        assert np.median(many / few) > 1.005, output
    us = [of(r, "useful_h100e", "united_states", "training")[:, -1] for r in low_and_high]
    assert np.median(us[1] / us[0]) == pytest.approx(1.0, abs=0.02)


def test_no_stack_forgets_and_every_stack_below_its_ceiling_learns(low_and_high):
    for stack, learns in (("cuda", False), ("tpu", False), ("rocm", True), ("trainium", True), ("other", True),
                          ("cann", True)):
        maturity = of(low_and_high[1], "software_maturity", detail=stack)
        assert (np.diff(maturity, axis=1) >= -1e-12).all()
        assert ((maturity[:, -1] > maturity[:, 0] + 0.01) == learns).all(), stack


def test_useful_compute_is_below_what_stands_there(low_and_high):
    for region in ("united_states", "china", "gulf"):
        stock = of(low_and_high[0], "region_stock_h100e", region)
        for use in ("training", "inference"):
            useful = of(low_and_high[0], "useful_h100e", region, use)
            assert (useful <= stock).all() and (useful > 0.05 * stock).all()
