"""The supply half in a running world: what is made is somewhere, and every definition adds up."""

import numpy as np
import pytest

from sim import run
from sim.mechanisms.accelerator_rating import METRICS

BASES = ("owner", "location", "user")
SHORT = {"draws": 3, "developers": 200, "start": "2022-01", "end": "2026-12"}


@pytest.fixture(scope="module")
def baseline():
    return run("baseline", **SHORT)


def values(results, output, definition="", region="", detail=""):
    """One series, array (draws, months), in the output's unit."""
    return results.series(output, definition, region, detail)[1]


def test_shares_of_every_definition_sum_to_one(baseline):
    definitions = [f"{b}|{scope}|{kind}|{metric}" for b in BASES for scope in ("all", "tracked")
                   for kind in ("stock", "flow12") for metric in METRICS]
    assert len(definitions) == 60
    for definition in definitions:
        found = [values(baseline, *key) for key in baseline.keys("compute_share", definition=definition)]
        assert len(found) == 8, definition
        assert np.sum(found, axis=0) == pytest.approx(1.0, abs=1e-9), definition
        assert np.min(found) >= 0, definition


def test_one_end_2025_state_gives_three_chinese_shares_and_the_census_is_the_highest(baseline):
    at = baseline.months.index("2025-12")
    census = values(baseline, "census_share", region="china")[:, at]
    owned, tracked = (values(baseline, "compute_share", f"owner|{scope}|stock|8bit", "china")[:, at]
                      for scope in ("all", "tracked"))
    assert np.all(census > owned) and np.all(owned > tracked)


def test_constraints_bind_one_at_a_time(baseline):
    flags = [values(baseline, *key) for key in baseline.keys("binding_constraint", definition="huawei")]
    assert len(flags) == 9
    assert np.all(np.sum(flags, axis=0) == 1)


def test_nothing_on_the_supply_side_is_negative(baseline):
    for output in ("accelerators_delivered", "world_stock_h100e", "diverted_h100e_per_year", "power_gw",
                   "licensed_h100e_per_year", "huawei_packages_per_year", "fee_usd_bn_per_year", "usd_per_h100e_hour"):
        for key in baseline.keys(output):
            assert values(baseline, *key).min() >= 0, key


def test_a_rush_before_the_rule_fills_the_stockpile_and_no_rule_brings_no_rush():
    # Packages are made from the stockpile later: without the rule, imports follow need and nothing is pulled forward.
    packages = {on: values(run("baseline", set={"export.hbm_rules_on": on}, **SHORT), "huawei_packages_per_year",
                           detail="total")[:, -1] for on in (True, False)}
    assert np.all(packages[False] >= packages[True] * (1 - 1e-9))


def test_stricter_licences_never_raise_licensed_deliveries(baseline):
    closed = run("baseline", set={"export.licence_case_by_case_share": 0.0}, **SHORT)
    half = run("baseline", set={"export.licence_case_by_case_share": 0.5, "export.importer_approval": 1.0}, **SHORT)
    full = run("baseline", set={"export.licence_case_by_case_share": 1.0, "export.importer_approval": 1.0}, **SHORT)
    stock = [values(r, "licensed_stock_china_h100e")[:, -1] for r in (closed, half, full)]
    assert np.all(stock[0] <= stock[1]) and np.all(stock[1] <= stock[2])


def test_more_chinese_hbm_never_lowers_what_huawei_has_delivered(baseline):
    more = run("baseline", set={"memory.cxmt_build_out": 3.0}, **SHORT)
    made = [sum(values(r, *key).sum(axis=1) for key in r.keys("accelerators_delivered") if "ascend" in key[3])
            for r in (baseline, more)]
    assert np.all(made[1] >= made[0] * (1 - 1e-9))


def test_exports_on_top_leave_other_buyers_no_worse_off():
    with_licences = {"export.licence_case_by_case_share": 1.0, "export.importer_approval": 1.0,
                     "power.build_out_united_states": 5.0}  # supply alone limits deliveries
    displaced, on_top = (run("baseline", set=with_licences | {"accelerators.displacement": switch}, **SHORT)
                         for switch in (True, False))
    for key in (("region_stock_h100e", "", "united_states", ""), ("world_stock_h100e", "all", "", "")):
        assert np.all(values(on_top, *key)[:, -1] >= values(displaced, *key)[:, -1])


def test_power_that_is_not_built_cannot_be_filled():
    short = run("baseline", set={"power.build_out_united_states": 0.3}, **SHORT)
    full = run("baseline", **SHORT)
    used = [values(r, "power_gw", region="united_states")[:, -1] for r in (short, full)]
    assert np.all(used[0] < used[1])
    flags = values(short, "binding_constraint", "nvidia", "united_states", "power")
    assert flags[:, -24:].max() == 1
