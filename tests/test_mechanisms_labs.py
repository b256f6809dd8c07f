"""Training, diffusion, release, openness, cost and price, against numbers worked out by hand."""

import numpy as np
import pytest

from sim.mechanisms.capital_budget import growth_factor
from sim.mechanisms.compute_split import research_over_training, serving_target, split_after, worth_of_serving
from sim.mechanisms.diffusion import adoption_delay, at_lag, distillation_share, learned_capability, publication_gain
from sim.mechanisms.offers import host_price, open_price
from sim.mechanisms.openness import OpennessWeights, inclination
from sim.mechanisms.own_products import served_shares, users_by_month
from sim.mechanisms.perception import policy_pressure
from sim.mechanisms.pricing import (
    clearing_premium,
    list_price,
    markup,
    peak_tariff,
    scarcity_factor,
)
from sim.mechanisms.release import active_parameters, due, months_to_next, ready, size_growth
from sim.mechanisms.serving_cost import h100e_hours_per_mtok, hour_worth, serving_cost, serving_utilisation
from sim.mechanisms.training import (
    capability,
    compute_spend,
    own_progress,
    programme_scale,
    progress_decades_per_month,
    reasoning_gain,
    run_flop_per_month,
    run_in_progress,
)
from sim.observers.capability_index import standing_lag_months
from sim.observers.price_list import cheapest_at_capability, fall_fold_per_year


def test_ten_thousand_h100e_train_for_a_month():
    # 10 000 × 0.5 share × 0.4 efficiency × 0.5 format × 1.979e15 FLOP/s × 2 629 800 s = 5.2044e24
    flow = run_flop_per_month(np.array([10_000.0]), 0.5, 0.4, 0.5)
    assert flow == pytest.approx([5.2044e24], rel=1e-4)


def test_a_steady_flow_makes_a_run_of_its_length():
    run = np.array([0.0])
    for _ in range(200):
        run = run_in_progress(run, np.array([2.0e24]), run_months=3.0)
    assert run == pytest.approx([6.0e24])  # three months of the flow


def test_gpt4_is_the_anchor_and_ten_times_the_compute_adds_the_slope():
    assert capability(np.array([2.1e25]), np.array([0.0]), 2.1e25, 126.2, 5.0) == pytest.approx([126.2])
    assert capability(np.array([2.1e26]), np.array([0.5]), 2.1e25, 126.2, 5.0) == pytest.approx([126.2 + 7.5])


def test_fourfold_a_year_is_a_twentieth_of_a_decade_a_month():
    assert progress_decades_per_month(4.0) == pytest.approx(0.60206 / 12)


def test_a_sixteenth_of_the_compute_makes_half_the_progress_at_exponent_a_quarter():
    assert own_progress(np.array([1 / 16]), 1.0, 0.04, 0.25, 0.1) == pytest.approx([0.02])


def test_a_thousandth_of_the_people_makes_half_the_progress_at_exponent_a_tenth():
    # 2^-10 is about a thousandth: half for staff, half for compute
    assert own_progress(np.array([1 / 16]), np.array([2.0**-10]), 0.04, 0.25, 0.1) == pytest.approx([0.01])


def test_reasoning_gain_starts_at_its_first_points_and_halves_its_distance():
    # room 10, slope 5 a year: after two years 10 · 2 / (2 + 10/5) = 5 more
    assert reasoning_gain(np.array([-1.0, 0.0, 24.0]), 7.0, 5.0, 17.0) == pytest.approx([0.0, 7.0, 12.0])


def test_a_new_programme_ramps_with_the_square_of_its_age():
    assert [programme_scale(m, 24.0) for m in (-5, 12, 24, 90)] == pytest.approx([0.01, 0.25, 1.0, 1.0])


def test_compute_spend_is_hours_times_price():
    assert compute_spend(np.array([1000.0]), np.array([2.0])) == pytest.approx([1_461_000.0])  # 730.5 hours


def test_followers_close_half_the_distance_twice():
    # own 120, open 130 at a half → 125; closed 135 at a half → 130
    learned = learned_capability(np.array([120.0]), np.array([130.0]), np.array([135.0]), 0.5, 0.5)
    assert learned == pytest.approx([130.0])


def test_nobody_unlearns_from_a_weaker_teacher():
    learned = learned_capability(np.array([140.0]), np.array([130.0]), np.array([135.0]), 0.5, 0.5)
    assert learned == pytest.approx([140.0])
    assert publication_gain(np.array([1.0]), np.array([0.4]), 0.1) == pytest.approx([0.0])


def test_controls_block_their_share_of_distillation():
    assert distillation_share(0.6, 0.5) == pytest.approx(0.3)


def test_adoption_takes_its_median_time_at_a_normal_of_zero():
    assert adoption_delay(4.0, 1.5, 0.25, np.array([0.0])) == pytest.approx([6.0])


def test_each_draw_looks_back_by_its_own_lag():
    history = np.array([[1.0, 2.0, 3.0, 4.0]] * 3)
    assert at_lag(history, np.array([0.0, 2.0, 9.0])).tolist() == [4.0, 2.0, 1.0]


def test_a_release_needs_to_be_due_permitted_and_better():
    due, permitted = np.array([[True, False, True, True]]), np.array([[True, True, False, True]])
    out = ready(np.full((1, 4), 131.0), np.array([[130.0, 130.0, 130.0, 130.5]]), 0.7, due, permitted)
    assert out.tolist() == [[True, False, False, False]]


def test_cadence_at_its_median_and_never_below_a_month():
    assert months_to_next(np.array([6.0, 1.0]), 0.5, np.array([[0.0, -5.0]])) == pytest.approx(np.array([[6.0, 1.0]]))


def test_a_line_turns_sparse_from_its_month():
    assert active_parameters(10, np.array([10, 11, -1]), np.full(3, 67.0), np.full(3, 37.0)).tolist() == [37, 67, 67]


def test_flagships_grow_after_the_table_ends_and_small_models_stay_small():
    grows = np.array([True, False])
    assert size_growth(2.0, 1.5, grows) == pytest.approx([2.25, 1.0])
    assert size_growth(-3.0, 1.5, grows) == pytest.approx([1.0, 1.0])


WEIGHTS = OpennessWeights(rank=1.0, rival_open=1.0, shortage=0.5, revenue=1.0, spending=2.0, state=2.0, limit=10.0)


def test_inclination_adds_its_triggers():
    # 10/10 behind + 5/5 open rival + 0.5 short − log10(1e9/1e8) revenue − 2 log10(3e10/3e9) spending + 2 × 0.5 state
    def found(sells):
        return inclination(WEIGHTS, np.array([0.0]), np.array([[10.0]]), np.array([[9.0]]), np.array([sells]),
                           np.array([[1.0]]), np.array([[1e9]]), np.array([[3e10]]), 0.5, 0.0)

    assert found(True) == pytest.approx(np.array([[1.0 + 1.0 + 0.5 - 1.0 - 2.0 + 1.0]]))
    assert found(False) == pytest.approx(found(True) - 2.0)  # who does not sell gets no following behind an open rival


def test_a_ban_closes_everyone():
    found = inclination(WEIGHTS, np.array([3.0]), np.array([[20.0]]), np.array([[9.0]]), np.array([True]),
                        np.array([[2.0]]), np.array([[0.0]]), np.array([[0.0]]), 1.0, 1.0)
    assert (found < 0).all()


def test_serving_deepseek_v3_costs_about_what_deepseek_published():
    # 37 bn × 2 FLOP = 7.4e10 a token; 17 % of 1.979e15 = 3.364e14 FLOP/s → 4 546 tokens/s → 16.4 Mtok/h → 0.0611 h/Mtok
    hours = h100e_hours_per_mtok(np.array([[37.0]]), 2.0, 1.0, np.array([[0.17]]))
    assert hours == pytest.approx(np.array([[0.0611]]), abs=1e-4)
    assert serving_cost(hours, 2.0) == pytest.approx(np.array([[0.1222]]), abs=2e-4)


def test_an_hour_counts_for_what_it_would_rent_for_unless_it_costs_more():
    # By hand: a quarter passed on of an advantage of 16 times halves the price: 16^(1 − 0.25) = 8; dear hours stay dear
    worth = hour_worth(np.array([[1.0, 3.0]]), np.array([[16.0, 2.0]]), 0.25)
    assert worth == pytest.approx(np.array([[8.0, 3.0]]))
    assert hour_worth(1.0, 16.0, 0.0) == pytest.approx(16.0) and hour_worth(1.0, 16.0, 1.0) == pytest.approx(1.0)


def test_serving_efficiency_grows_to_its_ceiling():
    assert serving_utilisation(0.1, 2.0, 1.0, 0.45) == pytest.approx(0.2)
    assert serving_utilisation(0.1, 2.0, 9.0, 0.45) == pytest.approx(0.45)


def test_markup_by_hand():
    # level with the frontier, alone: 5; one close rival at pressure 1 halves the margin: 1 + 4/2 = 3; at war: 1
    assert markup(5.0, np.array([0.0]), 0.16, 10.0, np.array([0.0]), 1.0, 0.0) == pytest.approx([5.0])
    assert markup(5.0, np.array([0.0]), 0.16, 10.0, np.array([1.0]), 1.0, 0.0) == pytest.approx([3.0])
    assert markup(5.0, np.array([0.0]), 0.16, 10.0, np.array([1.0]), 1.0, 1.0) == pytest.approx([1.0])
    # ten points ahead at 0.1 a point: 1 + 4·e = 11.873
    assert markup(5.0, np.array([25.0]), 0.1, 10.0, np.array([0.0]), 1.0, 0.0) == pytest.approx([11.8731], abs=1e-4)


def test_scarcity_raises_prices_only_above_one():
    assert scarcity_factor(np.array([0.3, 1.0, 2.0, 8.0]), 0.5, 2.0) == pytest.approx([1.0, 1.0, 1.0, 2.0])


def test_a_lasting_shortage_goes_on_raising_prices_and_a_glut_takes_it_back():
    # demand of 2e times what is tolerated: 0.6 a year are 0.05 a month; a tenth of it gives back as much, not below nil
    before, scarcity = np.array([0.2, 0.2, 0.02, 0.2]), np.array([2 * np.e, 2 / np.e, 0.1, 1e9])
    assert clearing_premium(before, scarcity, 2.0, 0.6) == pytest.approx([0.25, 0.15, 0.0, 0.25])


def test_an_old_vintage_moves_half_way_in_logs():
    new = np.array([[False, True]])
    price = list_price(np.array([[1.0, 1.0]]), np.array([[4.0, 4.0]]), 0.5, new)
    assert price == pytest.approx(np.array([[2.0, 1.0]]))


def test_hosts_hold_down_the_price_of_an_open_model():
    hosts = host_price(0.2, 0.5, 1.0)
    assert hosts == pytest.approx(0.3)
    assert open_price(2.0, hosts, 1.5, True) == pytest.approx(0.45)
    assert open_price(2.0, hosts, 1.5, False) == pytest.approx(2.0)


def test_standing_lag_counts_months_since_the_leader_first_got_there():
    path = np.array([[120.0, 126.0, 126.0, 130.0, 143.0]])
    assert standing_lag_months(path, np.array([126.0])) == pytest.approx([3.0])
    assert standing_lag_months(path, np.array([150.0])) == pytest.approx([0.0])


def test_cheapest_good_enough_model():
    price, able = np.array([[[10.0, 1.0, 0.1], [9.0, 2.0, 0.1]]]), np.array([[140.0, 130.0, 120.0]])  # at two hosts
    listed = np.array([[[True, True, True], [False, True, True]]])
    assert cheapest_at_capability(price, able, listed, (126.0, 135.0, 150.0)).tolist() == [[1.0, 10.0, np.inf]]
    listed[0, 1, 0] = True
    assert cheapest_at_capability(price, able, listed, (126.0, 135.0, 150.0)).tolist() == [[1.0, 9.0, np.inf]]


def test_a_hundredfold_fall_in_two_years_is_tenfold_a_year():
    assert fall_fold_per_year(np.array([100.0]), np.array([1.0]), np.array([24.0])) == pytest.approx([10.0])


def test_serving_gets_what_it_needs_or_what_it_is_worth():
    # v = 1. Worth 4: at most 1 − 1/4 = 0.75 may serve; worth 1.25: 0.2.
    need, none = np.array([0.3, 0.9, 0.9, 0.1]), np.zeros(4)
    worth = np.array([4.0, 4.0, 1.25, 0.5])
    assert serving_target((need, none), (worth, none), 1.0, 0.05, 0.8) == pytest.approx([0.3, 0.75, 0.2, 0.05])


def test_the_more_valuable_demand_is_served_first():
    # calls of worth 5 need 0.2 (room 0.8); products of worth 2 need 0.5 more (room 0.5): 0.5 in all, in either order
    pair = (np.array([0.2]), np.array([0.5])), (np.array([5.0]), np.array([2.0]))
    assert serving_target(*pair, 1.0, 0.0, 1.0) == pytest.approx([0.5])
    assert serving_target(*(x[::-1] for x in pair), 1.0, 0.0, 1.0) == pytest.approx([0.5])


def test_research_and_training_balance_where_an_hour_of_either_adds_as_much():
    # 0.25 × 0.05 decades a month × 36 months against 1 / ln 10 decades: 0.45 × 2.3026 = 1.036
    assert research_over_training(0.25, 0.05, 36.0) == pytest.approx(1.0362, abs=1e-4)


def test_a_split_moves_part_of_the_way_and_adds_up():
    split = np.array([0.2, 0.6, 0.2]).reshape(3, 1, 1)
    after = split_after(split, np.array([[0.6]]), 1.0, 0.25)
    assert after[:, 0, 0] == pytest.approx([0.3, 0.35, 0.35])


def test_what_serving_earns_over_what_it_costs():
    assert worth_of_serving(np.array([3000.0, 0.0]), np.array([2.0, 0.0]), 500.0) == pytest.approx([3.0, 0.0])


def test_users_between_counts_grow_at_a_steady_rate():
    users = users_by_month(np.arange(8), np.array([1, 5]), np.array([10.0, 160.0]))
    assert users == pytest.approx([0, 10, 20, 40, 80, 160, 160, 160])


def test_what_both_want_goes_by_what_an_hour_of_each_earns():
    # 10 may serve, 6 calls and 8 products are asked. Calls first: 1 and 4/8; products first: 2/6 and 1.
    asked = (np.full(4, 10.0), np.full(4, 6.0), np.full(4, 8.0))
    calls, products = served_shares(*asked, np.array([3.0, 0.0, 1.0, 3.0]), np.array([0.0, 2.0, 1.0, 1.0]))
    assert calls == pytest.approx([1.0, 1 / 3, 2 / 3, 0.75 + 0.25 / 3])
    assert products == pytest.approx([0.5, 1.0, 0.75, 0.625])
    assert calls * 6.0 + products * 8.0 == pytest.approx(np.full(4, 10.0))  # nothing stands idle
    ample, none = served_shares(np.array([20.0]), np.array([6.0]), np.array([0.0]), np.ones(1), np.ones(1))
    assert (ample, none) == (1.0, 1.0)


def test_a_large_gain_brings_a_release_forward_but_not_at_once():
    month, gain = 12, np.array([6.0, 6.0, 1.0, 1.0])
    planned, last = np.array([16.0, 30.0, 16.0, 12.0]), np.array([10.0, 10.0, 10.0, 6.0])
    # half of the interval must have passed: 10 + 3 = 13 is too late, 10 + 0.2 × 6 = 11.2 is not
    assert due(month, planned, last, 0.2, gain, 5.0).tolist() == [True, False, False, True]


def test_opinion_presses_only_as_far_as_it_has_moved():
    # from log odds 0 (a half) to ln 3 (three quarters): a quarter won over, at weight 0.2 a twentieth blocked
    pressed = policy_pressure(np.array([np.log(3.0), -1.0]), np.array([0.0, 0.0]), 0.2)
    assert pressed == pytest.approx([0.05, 0.0])


def test_a_dearer_peak_fills_idle_hours_and_costs_who_stays():
    # twice the price at the peak moves 0.2 of it: load 0.4 + 0.6 × 0.2, price 1 + 1 × 0.5 × 0.8
    assert peak_tariff(0.4, 1.0, 0.2, 0.5) == pytest.approx((0.52, 1.4))
    assert peak_tariff(0.4, 0.0, 0.2, 0.5) == pytest.approx((0.4, 1.0))


def test_owners_who_turn_work_away_order_more():
    # trend 0.12 and 0.24 a year for demand of twice the capacity: e^(0.36 / 12)
    unknown = np.array([0.0])
    grown = growth_factor(0.12, 0.5, unknown, np.array([1e9]), 0.1, np.array([1.0]), 0.24)
    assert grown == pytest.approx([np.exp(0.03)])
    slack = growth_factor(0.12, 0.5, unknown, np.array([1e9]), 0.1, np.array([-0.5]), 0.24)
    assert slack == pytest.approx([np.exp(0.01)])
