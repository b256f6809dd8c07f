"""Production and trade by hand-computed numbers, and the laws they must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms.accelerator_rating import h100_equivalents, performance_density
from sim.mechanisms.allocation import serve_queue
from sim.mechanisms.capital_budget import growth_factor
from sim.mechanisms.diversion import appetite_share, diverted_orders, seized_share
from sim.mechanisms.installed_base import retire, retirement_hazard
from sim.mechanisms.packaging import packages
from sim.mechanisms.pipeline import advance
from sim.mechanisms.redesign import succession, variant_on_offer
from sim.mechanisms.trade_gate import demand_after_fee, granted_share, two_keys
from sim.mechanisms.wafer_output import YIELD_FORMS, die_yield, gross_dies_per_wafer
from sim.mechanisms.yield_learning import by_time, by_volume
from sim.units import H100_TPP

positive = st.floats(0.01, 1e6)


def test_an_h100_has_a_tpp_of_15832_and_a_density_of_19():
    # By hand: FP8 1,979 × 8 = 15,832 beats BF16 989.4 × 16 = 15,830.4; over 814 mm² that is 19.45.
    assert H100_TPP == 1979.0 * 8
    assert performance_density([H100_TPP], [814.0]) == pytest.approx([19.45], abs=0.005)


def test_a_b300_is_worth_3_8_h100_by_tpp_and_2_5_by_dense_8_bit():
    # By hand: 60,000 / 15,832 = 3.790 (its TPP is FP4), 5,000 / 1,979 = 2.527, 8 / 3.35 = 2.388.
    by_metric = h100_equivalents([60_000.0], [5000.0], [2500.0], [8.0])[:, 0]
    assert by_metric == pytest.approx([3.790, 2.527, 2.527, 2.388], abs=0.001)


def test_about_eighty_ascend_dies_fit_on_a_wafer():
    # By hand: π·15²/6.6561 − π·30/√(2·6.6561) = 106.20 − 25.83 = 80.37; a bank counts 78.
    assert gross_dies_per_wafer(6.6561) == pytest.approx(80.37, abs=0.01)


def test_one_defect_per_die_leaves_forty_percent_good_by_murphy():
    # By hand: A·D = 8 × 0.125 = 1, (1 − e⁻¹)² = 0.39958; Poisson e⁻¹ = 0.36788; α = 2: 1.5⁻² = 0.44444.
    assert die_yield([0.125], 8.0) == pytest.approx([0.39958], abs=1e-5)
    assert die_yield([0.125], 8.0, "poisson") == pytest.approx([0.36788], abs=1e-5)
    assert die_yield([0.125], 8.0, "negative_binomial", 2.0) == pytest.approx([0.44444], abs=1e-5)


def test_a_thousand_wafers_give_thirty_two_thousand_ascend_dies_at_forty_percent():
    # By hand: 1000 × 80.37 × 0.39958, with A·D = 1.
    dies = 1000.0 * gross_dies_per_wafer(6.6561) * die_yield([1 / 6.6561], 6.6561, "murphy_1964", 2.0)
    assert dies == pytest.approx([32_114], rel=1e-3)


@given(st.floats(0.005, 1.0), st.floats(0.01, 0.99), st.floats(0.5, 8.5), st.sampled_from(sorted(YIELD_FORMS)))
def test_a_cleaner_process_or_a_smaller_die_never_yields_less(density, cleaner, area, form):
    assert die_yield([density * cleaner], area, form) >= die_yield([density], area, form)
    assert die_yield([density], area * cleaner, form) >= die_yield([density], area, form)


def test_a_yield_without_defects_or_area_is_refused():
    with pytest.raises(ValueError, match="defects per die must be positive"):
        die_yield([0.0], 8.0)


def test_defect_density_falls_by_the_learning_share_with_each_doubling():
    # By hand: three doublings at 10 %: 0.27 × 0.9³ = 0.19683; by time, four years are two steps: 0.27 × 0.81 = 0.2187.
    assert by_volume(0.27, 32_000.0, 4000.0, 0.10, 0.0) == pytest.approx(0.19683)
    assert by_time(0.27, 0.0, 1.0, 0.10, 4.0) == pytest.approx(0.2187)


def test_the_input_that_runs_out_first_binds():
    # By hand: 133.122 cm² / 13.3122 = 10 packages; 72 / 8 = 9; 1 wafer × 14.5 = 14.5; 20 wanted → HBM, 9.
    needs = np.array([13.3122, 8.0, 1 / 14.5])[None, :, None]
    built, limit, binding = packages(np.array([[133.122, 72.0, 1.0]]), np.ones((1, 1)), needs, np.array([[20.0]]))
    assert built == pytest.approx(np.array([[9.0]]))
    assert limit[0, :, 0] == pytest.approx([10.0, 9.0, 14.5])
    assert binding[0, 0] == 1
    assert packages(np.array([[133.122, 72.0, 1.0]]), np.ones((1, 1)), needs, np.array([[5.0]]))[2][0, 0] == 3


@given(positive, positive, positive, positive, st.floats(1.0, 10.0))
def test_more_hbm_never_lowers_output(silicon, stacks, wafers, wanted, factor):
    needs = np.array([6.7, 4.0, 1 / 29])[None, :, None]
    fewer, more = (packages(np.array([[silicon, s, wafers]]), np.ones((1, 1)), needs, np.array([[wanted]]))[0]
                   for s in (stacks, stacks * factor))
    assert more >= fewer


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=5), st.lists(st.floats(0, 1e6), min_size=2, max_size=2))
def test_the_queue_neither_makes_nor_loses_an_accelerator(backlog, supply):
    backlog, supply = np.array([backlog]), np.array([supply])
    starts, seller = np.array([0, 3]), np.array([0, 0, 0, 1, 1])
    delivered, unsold = serve_queue(supply, backlog, starts, seller)
    assert np.all(delivered >= 0) and np.all(delivered <= backlog * (1 + 1e-12))
    assert np.add.reduceat(delivered, starts, axis=-1) + unsold == pytest.approx(supply, rel=1e-9, abs=1e-6)


def test_buyers_in_a_shortage_are_served_in_proportion():
    # By hand: 60 for a queue of 100 + 200: a fifth each.
    delivered, unsold = serve_queue(np.array([[60.0]]), np.array([[100.0, 200.0]]), np.array([0]), np.array([0, 0]))
    assert delivered == pytest.approx(np.array([[20.0, 40.0]]))
    assert unsold == pytest.approx(np.array([[0.0]]))


@given(st.floats(3.0, 18.0), st.integers(1, 40))
def test_a_line_loses_nothing_and_is_late_by_its_lag(lag, months):
    stages, out, weighted = np.zeros((1, 3, 1)), 0.0, 0.0
    for month in range(months):
        stages, flow = advance(stages, np.array([[1.0 if month == 0 else 0.0]]), lag)
        out, weighted = out + flow[0, 0], weighted + flow[0, 0] * month
    assert stages.sum() + out == pytest.approx(1.0, rel=1e-12)
    if months == 40 and lag < 8:
        assert weighted / out == pytest.approx(lag, abs=0.5)


def test_one_closed_key_closes_the_gate():
    assert two_keys(np.array([1.0]), 0.0, 1.0, 1.0) == pytest.approx([0.0])
    assert two_keys(0.5, 0.5, 0.8, 1.0) == pytest.approx(0.2)


def test_a_fee_passed_on_lowers_demand():
    # By hand: 25 % fee, all passed on, elasticity 1: 1 / 1.25 = 0.8.
    assert demand_after_fee(0.25, 1.0, 1.0) == pytest.approx(0.8)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3))
def test_a_stricter_licence_never_grants_more(notify, case, status):
    case = min(case, notify)
    here, stricter = (granted_share(np.array([[s]]), notify, case, 0.0) for s in (status, min(status + 1, 3)))
    assert stricter <= here


@given(positive, positive, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_diversion_stays_within_appetite_and_capacity_and_enforcement_never_raises_it(appetite, sold, leak, low, high):
    low, high = sorted((low, high))
    weak, strong = (diverted_orders(np.array([appetite]), np.array([sold]), leak, 1.0, e, 0.75) for e in (low, high))
    assert 0 <= strong[0] <= weak[0] * (1 + 1e-12) <= min(appetite, sold * leak) * (1 + 1e-9)
    assert 0 <= seized_share(high, 0.3) <= 1


def test_no_appetite_for_diverted_parts_when_the_best_may_be_bought():
    assert appetite_share(np.array([1.0]), 2.5, 2.5) == pytest.approx([0.0])
    assert appetite_share(np.array([1.0]), 0.15, 1.0) == pytest.approx([0.85])


def test_retirement_takes_old_accelerators_and_keeps_the_sum():
    hazard = retirement_hazard(np.array([1.0, 6.0, 12.0]), np.array([6.0]), 0.8, 18.0)
    assert hazard[0, 1] == pytest.approx(1 / 36)  # half of one in eighteen at the service life
    assert hazard[0, 0] < 0.001 < hazard[0, 2]
    installed = np.array([[[100.0]], [[50.0]], [[25.0]]])
    gone, left = retire(installed, np.ones((1, 3)), hazard)
    assert gone[0, 0] + np.sum(installed[:, 0, 0] * left[0]) == pytest.approx(175.0, rel=1e-12)


def test_the_newest_product_displaces_its_elders():
    # By hand, ramp of 10 months: the newest has 5/10; of the rest, all goes to the one before.
    mix = succession(np.array([40.0, 4.0, -3.0]), np.array([[True, True, False]]), 10.0)
    assert mix[0] == pytest.approx([0.5, 0.5, 0.0])
    assert succession(np.array([40.0, 20.0]), np.zeros((1, 2), dtype=bool), 10.0).sum() == 0


def test_a_variant_waits_for_its_month_and_for_a_rule():
    offered = [variant_on_offer(np.array([100.0]), month, np.array([[refused]]))[0, 0]
               for month, refused in ((120, False), (99, True), (120, True))]
    assert offered == [False, False, True]


def test_capital_spending_follows_its_trend_until_revenue_is_known_and_then_answers_to_it():
    trend = growth_factor(0.12, 0.5, np.array([0.0]), np.array([1e9]), 0.1)
    assert trend == pytest.approx([np.exp(0.01)])
    assert growth_factor(0.12, 0.5, np.array([1e8]), np.array([1e9]), 0.1) == pytest.approx(trend)
    assert growth_factor(0.12, 0.5, np.array([2e8]), np.array([1e9]), 0.1) > trend
