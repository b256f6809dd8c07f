"""Production and trade by hand-computed numbers, and the laws they must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.mechanisms.accelerator_rating import h100_equivalents, performance_density
from sim.mechanisms.allocation import serve_queue
from sim.mechanisms.capital_budget import growth_factor
from sim.mechanisms.installed_base import renew, retirement_hazard
from sim.mechanisms.packaging import DIES, HBM, ORDERS, PACKAGING, Recipe, packages
from sim.mechanisms.pipeline import Line, due_shares, felt
from sim.mechanisms.redesign import succession, variant_on_offer
from sim.mechanisms.supply import allocate, drawn_evenly, planned_months, taken_alike
from sim.mechanisms.trade_gate import demand_after_fee, granted_share, two_keys
from sim.mechanisms.wafer_output import YIELD_FORMS, die_yield, gross_dies_per_wafer
from sim.mechanisms.yield_learning import by_time, by_volume
from sim.numerics import share, shares_of_total, total
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


def build(dies, stacks, wafers, wanted, uses=((2.0,),), stacks_each=(8.0,), wafers_each=(1 / 14.5,)):
    uses = np.array(uses)
    design = uses.argmax(axis=0)
    takes = Recipe(uses.max(axis=0)[None, None], np.array([[stacks_each]]), np.array([[wafers_each]]), design[None],
                   len(uses))
    made = packages(np.array([[wanted]], dtype=float), np.array([[dies]], dtype=float), np.array([[float(stacks)]]),
                    np.array([[float(wafers)]]), takes)
    return [found[:, 0] for found in made]


def test_the_input_that_runs_out_first_binds():
    # By hand: 20 dies / 2 = 10 packages; 72 stacks / 8 = 9; 1 wafer × 14.5 = 14.5; 20 wanted → HBM, 9.
    started, limit, *_ = build([20], 72, 1, [[20]])
    assert started == pytest.approx(np.array([[[9.0]]]))
    assert limit == [HBM]
    # 16 dies make 8; a ninth package finds HBM, a tenth does not: room for 9 / 8.
    assert build([16], 72, 1, [[20]])[1] == [DIES]
    assert build([16], 72, 1, [[20]])[2] == pytest.approx([9 / 8])
    assert build([20], 88, 0.5, [[20]])[1] == [PACKAGING]
    assert build([20], 72, 1, [[5]])[1] == [ORDERS]


def test_what_the_new_design_lacks_its_elder_fills_as_far_as_dies_reach():
    # By hand: 10 wanted, half of each; 2 new dies (2 each) make 1 new package, and 8 old dies 5 + 3 for the 4 lacking.
    uses = ((1.0, 0.0), (0.0, 2.0))
    started, limit, *_ = build([8, 2], 1000, 1000, [[5, 5]], uses, (4.0, 8.0), (0.1, 0.1))
    assert started[0, 0] == pytest.approx([8.0, 1.0])
    assert limit == [DIES]
    enough, limit, *_ = build([20, 2], 1000, 1000, [[5, 5]], uses, (4.0, 8.0), (0.1, 0.1))
    assert enough[0, 0] == pytest.approx([9.0, 1.0])
    assert limit == [ORDERS]


@given(st.lists(st.floats(1.0, 1e6), min_size=4, max_size=4), st.sampled_from([DIES, HBM, PACKAGING]))
def test_one_percent_more_of_what_binds_and_only_of_that_gives_more(amounts, other):
    # The marginal test: what is named as binding is what one more accelerator waits for.
    *inputs, wanted = amounts
    before, limit, *_ = build([inputs[0]], inputs[1], inputs[2], [[wanted]])
    more = [x * (1.01 if at == other else 1.0) for at, x in enumerate(inputs)]
    after = build([more[0]], more[1], more[2], [[wanted]])[0]
    if other == limit[0]:
        assert after[0, 0, 0] > before[0, 0, 0] * (1 + 1e-6)
    else:
        assert after[0, 0, 0] == pytest.approx(before[0, 0, 0], rel=1e-9)


@given(positive, positive, positive, positive, st.floats(1.0, 10.0))
def test_more_hbm_never_lowers_output(dies, stacks, wafers, wanted, factor):
    fewer, more = (build([dies], s, wafers, [[wanted]])[0] for s in (stacks, stacks * factor))
    assert more >= fewer


def test_capacity_goes_to_those_entitled_first_and_what_they_leave_to_the_others():
    # By hand: entitled to 80 and 20 of 100; the first orders 50, so 50 are left for the second, who wants 60.
    given_out = allocate(np.array([100.0]), np.array([0.8, 0.2]), np.array([[50.0, 60.0]]))
    assert given_out == pytest.approx(np.array([[50.0, 50.0]]))
    assert allocate(np.array([100.0]), np.array([0.8, 0.2]), np.array([[5.0, 6.0]])).sum() == pytest.approx(11.0)


def test_a_plan_counts_each_month_of_the_horizon_once_and_lets_it_grow():
    # By hand: 3 months, then 2, at twice the pace a year on: 3 × 1, 2 × 2^(3/12).
    assert planned_months(np.array([0, 3]), 3, 5.0, 2.0)[0] == pytest.approx([3.0, 2.0 * 2**0.25])


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


@given(st.floats(0.0, 18.0), st.integers(1, 25))
def test_a_line_loses_nothing_and_is_late_by_its_lag(lag, months):
    line, out, weighted = Line((1, 1), 18), [], 0.0
    for month in range(months):
        line.enter(np.array([[1.0 if month == 0 else 0.0]]), lag)
        out.append(line.leave()[0, 0])
        weighted += out[-1] * month
    assert line.inside[0, 0] + sum(out) == pytest.approx(1.0, rel=1e-12)
    assert sum(out[: int(lag)]) == 0.0, "something came out before the lag"
    if months > lag + 1:
        assert weighted == pytest.approx(lag, abs=1e-9)


def test_half_a_month_of_lag_is_half_now_and_half_next_month():
    assert due_shares(1.5, 3)[0] == pytest.approx([0.0, 0.5, 0.5, 0.0])


def test_a_rule_is_felt_after_its_lag_and_before_that_as_at_the_start():
    assert felt([0.0, 0.0, 1.0], 2.0, 12) == [0.0]
    assert felt([0.0, 0.0, 1.0, 1.0, 1.0], 2.0, 12) == [1.0]
    assert felt([0.0, 1.0], 0.5, 12) == pytest.approx([0.5])


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


def test_retirement_takes_old_accelerators_and_keeps_the_sum():
    hazard = retirement_hazard(np.array([1.0, 6.0, 12.0]), np.array([6.0]), 0.8, 18.0)
    assert hazard[0, 1] == pytest.approx(1 / 36)  # half of one in eighteen at the service life
    assert hazard[0, 0] < 0.001 < hazard[0, 2]
    installed, stock = np.array([[[[100.0]]], [[[50.0]]], [[[25.0]]]]), np.array([[[175.0]]])
    here = np.zeros(1, dtype=np.int64)
    gone, *_ = renew(stock, np.zeros((1, 1, 1)), here, installed, 2, hazard, here, 1)
    assert gone[0] + np.sum(installed[:, 0, 0, 0] * (1.0 - hazard[0])) == pytest.approx(175.0, rel=1e-12)
    assert gone[0] + stock[0, 0, 0] == pytest.approx(175.0, rel=1e-12)


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


def test_the_compiled_shares_have_numpys_bytes():
    rng = np.random.default_rng(4)
    capacity, entitled, ordered = rng.random(50) * 3.0, rng.random((50, 9)) / 9.0, rng.random((50, 9))
    first = np.minimum(capacity[:, None] * entitled, ordered)
    left, waiting = np.maximum(capacity - total(first), 0.0), ordered - first
    part = np.minimum(share(left, total(waiting)), 1.0)
    assert (allocate(capacity, entitled, ordered) == first + waiting * part[:, None]).all()
    taken = total(ordered) * capacity / 3.0
    spare = np.maximum(ordered - np.maximum(total(ordered) - taken, 0.0)[:, None] * shares_of_total(entitled), 0.0)
    used = taken[:, None] * share(ordered, total(ordered)[:, None])
    for found, expected in zip(taken_alike(ordered, taken), (used, np.maximum(ordered - used, 0.0)), strict=True):
        assert (found == expected).all()
    assert (drawn_evenly(ordered, entitled, taken) == spare * share(taken, total(spare))[:, None]).all()
