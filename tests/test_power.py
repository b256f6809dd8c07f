"""Power and sites: kW of systems, connection queues, what waits for power, and where accelerators go instead."""

import numpy as np
import pytest

from sim import run
from sim.markets.sites import rated_watts
from sim.mechanisms import power
from sim.scenario import load_scenario
from sim.values import Values

SHORT = {"draws": 6, "developers": 50, "end": "2029-12"}


@pytest.fixture(scope="module")
def baseline():
    return run("baseline", **SHORT)


@pytest.fixture(scope="module")
def crunch():
    return run("us_power_crunch", **SHORT)


def of(results, output, region="", definition="", detail=""):
    return results.series(output, definition, region, detail)[1]


def test_facility_power_of_a_million_h100():
    # By hand: 10⁶ × 700 W × 1.45 × 1.17 = 1.18755 GW.
    assert power.facility_gw(np.array([[7e8]]), 1.45, np.array([1.17])) == pytest.approx(np.array([[1.18755]]))


def test_a_measured_system_stands_before_the_rule_of_thumb():
    # By hand: 560 kW over 384 is 1,458 W; without a record 700 W × 1.6 = 1,120 W.
    watts = power.system_watts(np.array([700.0, 700.0]), 1.6, np.array([560e3 / 384, 0.0]))
    assert watts == pytest.approx([1458.333, 1120.0], abs=0.001)


def test_the_ascend_rack_draws_two_and_a_third_times_the_power_per_flop():
    """560 kW over 300 PFLOP/s against 145 kW over 180, as analysts put it: 2.3. Out of the records alone."""
    p = Values(load_scenario("baseline"), np.arange(1), 0).at(24 * 12)
    per_flop = rated_watts(p) / p.products.tflops_16bit
    ratio = per_flop[p.products.index["ascend_910c"]] / per_flop[p.products.index["b200"]]
    assert ratio == pytest.approx(2.3, abs=0.1)


def test_a_region_connects_at_its_rate_and_the_rest_waits():
    # By hand: plans need 10, 4 stand, 6 are asked for; 2 a month can be energised, 4 wait, for two months.
    energised, queue = power.connect(np.array([[4.0, 4.0]]), np.array([[10.0, 3.0]]), np.array([[2.0, 2.0]]))
    assert energised.tolist() == [[2.0, 0.0]] and queue.tolist() == [[4.0, 0.0]]
    assert power.waiting_months(queue, np.array([[2.0, 2.0]])).tolist() == [[2.0, 0.0]]
    assert power.waiting_months(queue, np.zeros((1, 2))).tolist() == [[power.NEVER, 0.0]]


def test_what_exceeds_capacity_stands_without_power():
    # By hand: 5 GW of accelerators on 4 GW: a fifth waits.
    shares = power.unpowered_share(np.array([[5.0, 3.0, 0.0]]), np.array([[4.0, 4.0, 0.0]]))
    assert shares == pytest.approx(np.array([[0.2, 0.0, 0.0]]))


def test_a_subsidy_pays_for_domestic_accelerators_only():
    # By hand: 0.08 × (1 − 0.5 × 0.3) = 0.068; all domestic 0.056, the price that western hubs report.
    assert power.subsidised_price(0.08, np.array([0.5, 1.0]), 0.3) == pytest.approx([0.068, 0.056])


def test_a_region_without_power_sends_new_sites_elsewhere():
    fits, placed = power.site_shares(np.array([[0.8, 0.2]]), np.array([[0.0, 5.0]]), np.array([[1.0, 1.0]]))
    assert fits == pytest.approx(np.array([[0.0, 1.0]]))
    assert placed[0, 0] == pytest.approx([0.0, 1.0])


def test_nobody_draws_more_than_is_energised_and_the_rest_is_counted():
    """Accelerators wait for power in about one draw of six only: others foresee the shortage and build elsewhere."""
    crunch = run("us_power_crunch", **SHORT | {"draws": 24})
    us = {name: of(crunch, name, "united_states") for name in
          ("power_gw", "power_room_gw", "region_stock_h100e", "unpowered_h100e")}
    assert (us["unpowered_h100e"] >= 0).all() and (us["unpowered_h100e"] <= us["region_stock_h100e"]).all()
    waits = us["unpowered_h100e"] > 0
    assert waits.any() and (us["power_room_gw"][waits] == 0).all()


def test_without_an_american_build_out_power_binds_there_and_accelerators_go_elsewhere(baseline, crunch):
    for maker in ("nvidia", "google_tpu"):
        flags = of(crunch, "binding_constraint", "united_states", maker, "power")
        assert np.median(flags[:, -24:].mean(axis=1)) > 0.5
    share = [of(r, "compute_share", "united_states", "location|all|stock|8bit")[:, -1] for r in (baseline, crunch)]
    assert np.median(share[1] / share[0]) < 0.9
    abroad = [sum(of(r, "power_gw", region)[:, -12:].mean(axis=1) for region in ("gulf", "south_east_asia", "europe"))
              for r in (baseline, crunch)]
    assert np.median(abroad[1] / abroad[0]) > 1.02
    wait = [np.median(of(r, "power_waiting_months", "united_states")[:, -1]) for r in (baseline, crunch)]
    assert wait[1] > 1.5 * wait[0]


def test_an_h100_equivalent_takes_more_power_in_china(baseline):
    """At the end of 2025: one to four kW, as measured at named sites, and half as much again in China."""
    us, china = (np.median(of(baseline, "kw_per_h100e", region)[:, 47]) for region in ("united_states", "china"))
    assert 0.9 < us < china < 4.0 and china > 1.5 * us


def test_shares_of_power_add_up(baseline):
    regions = [key[2] for key in baseline.keys("power_world_share")]
    assert sum(of(baseline, "power_world_share", region) for region in regions) == pytest.approx(1.0, abs=1e-12)
