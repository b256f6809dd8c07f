"""The ways round a refusal: by hand, by law, and in a running world where each rule acts on its own route."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import run
from sim.markets.accelerators import USD
from sim.markets.consignments import consign
from sim.mechanisms.diversion import (
    divertible_share,
    enforcement_reach,
    expected_cost,
    leakage_market,
    pushed_wish,
    unmet_share,
)

amount, part = st.floats(1.0, 1e10), st.floats(0.01, 1.0)
SHORT = {"draws": 4, "developers": 60, "end": "2028-12", "progress": False, "uncertainty": "prior"}
PARENT_GUIDANCE = "rules.parent_test_may_2026.in_force"


def test_a_budget_finds_63_percent_and_the_next_one_63_percent_of_the_rest():
    # By hand: 1 − e⁻¹ = 0.63212 and 1 − e⁻² = 0.86466.
    assert enforcement_reach(300.0, 300.0) == pytest.approx(0.63212, abs=1e-5)
    assert enforcement_reach(np.array([600.0]), 300.0) == pytest.approx([0.86466], abs=1e-5)
    assert enforcement_reach(0.0, 300.0) == 0.0


def test_what_is_found_must_be_earned_by_what_is_not():
    # By hand: a fifth found, fined at its price; 0.8 · (1 + x) = 1 + 0.1 + 0.2, so x = 0.625.
    assert expected_cost(0.1, 0.2, 1.0) == pytest.approx(0.625)
    assert expected_cost(0.1, 0.0, 1.0) == pytest.approx(0.1)


def test_the_premium_clears_the_market():
    # By hand: at a premium of 0.7, 100 · (1 − 0.7 / 2) = 65 is wanted; a margin of 0.5 over a cost of 0.2 brings half
    # of the capacity of 130, which is the same.
    volume, premium = leakage_market(np.array([100.0]), np.array([130.0]), 0.2, 1.0, 0.5)
    assert premium == pytest.approx([0.7]) and volume == pytest.approx([65.0])
    # Nobody buys when covering the cost takes more than twice the willingness.
    assert leakage_market(np.array([100.0]), np.array([130.0]), 2.5, 1.0, 0.5)[0] == [0.0]


@given(amount, amount, st.floats(0.0, 3.0), part, part)
def test_volume_stays_within_wish_and_capacity_and_falls_with_cost(wish, capacity, cost, willingness, margin):
    volume, premium = leakage_market(np.array([wish]), np.array([capacity]), cost, willingness, margin)
    assert 0 <= volume[0] <= min(wish, capacity) * (1 + 1e-9)
    assert premium[0] >= cost
    wanted = wish * max(1.0 - premium[0] / (2.0 * willingness), 0.0)
    assert wanted == pytest.approx(volume[0], rel=1e-6, abs=wish * 1e-9)
    dearer, _ = leakage_market(np.array([wish]), np.array([capacity]), cost + 0.5, willingness, margin)
    more, cheaper = leakage_market(np.array([wish]), np.array([capacity * 2]), cost, willingness, margin)
    assert dearer[0] <= volume[0] * (1 + 1e-9) and more[0] >= volume[0] * (1 - 1e-9)
    assert cheaper[0] <= premium[0] * (1 + 1e-9)


def test_nothing_is_diverted_without_a_network_or_without_a_wish():
    nothing, some = np.zeros(1), np.ones(1)
    assert leakage_market(some, nothing, 0.2, 0.7, 0.3)[0] == [0.0]
    assert leakage_market(nothing, some, 0.2, 0.7, 0.3)[0] == [0.0]


def test_a_product_sold_mostly_in_racks_is_hard_to_divert():
    # By hand: 0.4 + 0.6 × 0.05 = 0.43.
    assert divertible_share(np.array([1.0, 0.4, 0.0]), 0.05)[0] == pytest.approx([1.0, 0.43, 0.05])


def test_no_wish_for_diverted_parts_when_the_best_may_be_bought():
    assert unmet_share(np.array([1.0]), 2.5, 2.5) == pytest.approx([0.0])
    assert unmet_share(np.array([1.0]), 0.15, 1.0) == pytest.approx([0.85])


def test_those_turned_away_elsewhere_try_here_in_part():
    assert pushed_wish(np.array([100.0]), np.array([0.5]), 0.4) == pytest.approx([120.0])


@pytest.fixture(scope="module")
def base():
    return run("baseline", **SHORT)


def changed(**moves):
    return run("baseline", set={name.replace("__", "."): value for name, value in moves.items()}, **SHORT)


def last(results, output, detail="", months=12):
    """Mean over the last months, array (draws,)."""
    return results.series(output, "", "", detail)[1][:, -months:].mean(axis=1)


def shipped(results):
    return last(results, "diverted_h100e_per_year")


def rented(results):
    return last(results, "rented_h100e", months=1)


def test_the_parent_test_acts_on_purchases_abroad_and_the_rule_on_remote_access_on_rental():
    months = SHORT
    with_test = run("baseline", **months)
    without = run("baseline", set={PARENT_GUIDANCE: False}, **months)
    bought = [last(r, "china_stock_by_way_h100e", "bought_abroad", 1) for r in (with_test, without)]
    assert np.all(bought[1] > 2.0 * bought[0])
    assert np.median(rented(with_test) / rented(without)) > 1.0  # turned away there, some rent instead
    assert np.median(rented(with_test) / rented(without)) < 1.5
    closed = run("baseline", set={"export.cloud_access_rule@2026-07": True}, **months)
    assert np.median(rented(closed) / rented(with_test)) < 0.5
    assert last(closed, "china_stock_by_way_h100e", "bought_abroad", 1) == pytest.approx(bought[0], rel=0.05)


def test_closing_one_route_pushes_part_of_the_demand_to_the_other(base):
    no_rental = changed(**{"export__cloud_access_rule@2026-07": True})
    assert np.all(shipped(no_rental) > shipped(base) * 0.99) and np.median(shipped(no_rental) / shipped(base)) > 1.005
    assert np.median(last(no_rental, "diverted_premium") - last(base, "diverted_premium")) > 0.03
    no_shipping = changed(**{"diversion__leak_share@2026-07": 0.0})
    assert np.all(rented(no_shipping) > rented(base)) and np.all(shipped(no_shipping) < 0.2 * shipped(base))
    gained = rented(no_shipping) - rented(base)
    lost = last(base, "china_stock_by_way_h100e", "diverted", 1) - last(
        no_shipping, "china_stock_by_way_h100e", "diverted", 1)
    assert np.median(gained / lost) < 1.0  # in part


def test_scenarios_act_on_their_own_route():
    # Other things equal: without rented compute Chinese firms earn less and later spend less, which hides the push.
    fixed = {"budgets.revenue_sensitivity": 0.0, "budgets.shortage_sensitivity": 0.0}
    base, crackdown, closed = (run(name, set=fixed, **SHORT)
                               for name in ("baseline", "smuggling_crackdown", "cloud_route_closed"))
    assert np.median(shipped(crackdown) / shipped(base)) < 0.5
    assert np.median(rented(crackdown) / rented(base)) > 1.01
    assert np.median(rented(closed) / rented(base)) < 0.5
    assert np.median(shipped(closed) / shipped(base)) > 1.005


def test_purchases_and_rental_abroad_answer_to_their_levers():
    short = SHORT | {"end": "2026-12"}
    few, many = (run("baseline", set={"offshore.purchase_share": x}, **short) for x in (0.1, 3.0))
    assert np.median(last(many, "china_stock_by_way_h100e", "bought_abroad", 1)
                     / last(few, "china_stock_by_way_h100e", "bought_abroad", 1)) > 3.0
    few, many = (run("baseline", set={"offshore.rental_wish@2025-01": x}, **short) for x in (0.05, 1.0))
    assert np.median(rented(many) / rented(few)) > 2.0


def test_enforcement_and_penalties_raise_the_premium_and_lower_the_volume(base):
    strict = changed(**{"diversion__enforcement_budget@2026-01": 1000.0})
    assert np.all(shipped(strict) < shipped(base))
    assert np.all(last(strict, "diverted_premium") > last(base, "diverted_premium"))
    dear = changed(**{"diversion__penalty@2026-01": 10.0})
    assert np.all(shipped(dear) < shipped(base))


def test_an_average_diverted_part_and_the_rest_add_up_to_the_line():
    # By hand: 10 parts of 2 H100e on average; 4 diverted ones of 1 leave 16 to 6 others, 2.667 each.
    installed, seized = consigned(detection=0.0)
    assert installed[2] == pytest.approx([4.0, 1 * 16 / 6, 5 * 16 / 6])
    assert np.delete(installed, 5, axis=0).sum(axis=-1) == pytest.approx([20.0] * 6) and not seized.any()
    assert installed[5] == pytest.approx([9.0, 2.0, 11.0])  # dollars as paid


def test_what_is_seized_is_of_diverted_parts_alone():
    # By hand: a quarter of 4 parts of 1 H100e, for which 9 dollars were paid.
    installed, seized = consigned(detection=0.25)
    assert installed[2] == pytest.approx([3.0, 1 * 16 / 6, 5 * 16 / 6]) and seized[2] == pytest.approx(1.0)
    assert installed[5] == pytest.approx([6.75, 2.0, 11.0]) and seized[5] == pytest.approx(2.25)


def consigned(detection):
    """What is installed, and seized, of 10 parts of 2 H100e, the first 4 of them diverted, with a rating of 1."""
    rating, delivered, paid = np.full((1, 7, 1), 2.0), np.array([[4.0, 1.0, 5.0]]), np.array([[9.0, 2.0, 11.0]])
    installed, seized = np.empty((1, 7, 3)), np.empty((1, 7))
    consign(rating, np.zeros(3, dtype=np.int64), np.ones((1, 7)), delivered, paid, USD, np.array([0]), np.array([1, 2]),
            np.array([detection]), installed, seized)
    return installed[0], seized[0]


def test_diverted_parts_are_those_in_servers(base):
    """Once most of what is sold is cooled by liquid, fewer packages are diverted though more are sold."""
    free = run("baseline", set={"diversion.rack": 1.0}, **SHORT)
    assert np.median(shipped(free) / shipped(base)) > 1.5


def test_the_sub_model_alone_agrees_with_the_world_and_answers_to_changes():
    from sim.experiments.leakage import leakage
    from sim.scenario import load_scenario

    baseline = load_scenario("baseline")
    found = leakage(baseline, (2024, 2025), draws=4000)
    world = run("baseline", draws=16, developers=60, end="2025-12", progress=False, uncertainty="prior")
    for at, year in enumerate((2024, 2025)):
        months = [i for i, month in enumerate(world.months) if month.startswith(str(year))]
        diverted = np.median(world.series("diverted_h100e_per_year")[1][:, months[-1]])
        hired = np.median(world.series("rented_h100e")[1][:, months].mean(axis=1))
        assert found.values[0, at, 1] == pytest.approx(diverted, rel=0.35)
        assert found.values[1, at, 1] == pytest.approx(hired, rel=0.35)
    assert np.all(np.diff(found.values, axis=-1) > 0)  # 5, 50 and 95 %
    again = leakage(baseline, (2024, 2025), draws=4000)
    assert np.array_equal(found.values, again.values)
    strict = leakage(baseline.with_sets(["diversion.enforcement_budget=2000"]), (2025,), draws=4000)
    assert strict.values[0, 0, 1] < 0.3 * found.values[0, 1, 1]


def test_the_compiled_loop_is_the_mechanisms_themselves():
    from sim.experiments.leakage import _flat, _month
    from sim.mechanisms.leakage import Around, Route, Terms, no_routes, rent, ship

    held = Terms(Route(0.1, 0.3, 1.0, 0.9, 0.3), Route(0.05, 0.5, 0.5, 0.4, 0.4), 0.4, 0.3, 0.05, 0.75, 0.4, 0.3, 0.2,
                 0.2, 9.0)
    around = Around(2.0, 0.1, 0.3, 5.0, 4.0, 0.6, 0.3, 1e-3, 4e-3, 1.0)
    volume, premium, detection, left = ship(no_routes(3), around, held)
    expected, _, _ = rent(no_routes(3), around, held, premium, left)
    unserved, rented, shipped_parts, rented_sum = np.zeros((4, 3))
    maturity, reach = np.full(3, 0.6), np.full(3, 0.3)
    _month(around, _flat(held, 3), maturity, reach, 0.4, 0.5, unserved, rented, shipped_parts, rented_sum)
    assert rented == pytest.approx(expected)
    assert shipped_parts == pytest.approx(volume * (0.4 + 0.05 * 0.5) / (5.0 + 0.05 * 4.0) * (1 - detection))
