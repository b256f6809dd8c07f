"""The best product just under a line: by hand, against history, and against any other product one could build."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.listing import certain
from sim.markets.to_the_line import best_under, limits_of, part_of
from sim.mechanisms.line_design import Limits, Worth, between, design_to_line
from sim.scenario import load_scenario
from sim.units import month_number

HOPPER = Limits(density=19.45, area=814.0, stacks=6, stack_bandwidth=670.0, interconnect=900.0, stack_area=110.0,
                die_area_per_stack=125.0)
WORTH = Worth(tpp=0.5, bandwidth=0.4, interconnect=0.1, silicon=0.2)
OCT_2023 = [
    ("a", {"tpp_min": 4800.0}), ("b", {"tpp_min": 1600.0, "performance_density_min": 5.92}),
    ("band 1", {"tpp_min": 2400.0, "tpp_max": 4800.0, "performance_density_min": 1.6, "performance_density_max": 5.92}),
    ("band 2", {"tpp_min": 1600.0, "performance_density_min": 3.2, "performance_density_max": 5.92}),
]


def test_without_rules_the_best_is_all_that_process_and_package_give():
    # By hand: 19.45 × 814 = 15,832 TPP; 6 × 670 = 4,020 GB/s; silicon 814 mm2, more than 6 × 125
    best = design_to_line([], HOPPER, WORTH)
    assert (round(best.tpp), best.bandwidth, best.interconnect, best.area) == (15832, 4020, 900, pytest.approx(814))


def test_the_tests_of_october_2023_leave_a_dark_die_with_all_its_memory():
    # By hand: under 2,400 TPP and under 3.2 TPP / mm2 needs 750 mm2, as six stacks do; 1 % margin: 2,376 and 3.168
    best = design_to_line(OCT_2023, HOPPER, WORTH, margin=0.01)
    assert (best.tpp, best.bandwidth, best.stacks) == (pytest.approx(2376), 4020, 6)
    assert best.area == pytest.approx(750) and best.density == pytest.approx(3.168)
    assert dict(best.binds)["TPP"] == "band 1" and "6 stacks" in dict(best.binds)["bandwidth"]


def test_a_bound_on_the_sum_is_shared_by_weight():
    # By hand: 1,700 shared 4 : 1 gives 1,360 and 340, but memory may not pass 1,300
    rules = [("sum", {"memory_and_interconnect_min_gb_s": 1700.0}), ("memory", {"bandwidth_min_gb_s": 1300.0})]
    best = design_to_line(rules, HOPPER, WORTH)
    assert (best.bandwidth, best.interconnect, best.stacks) == (1300, 400, 2)


def test_a_bound_on_the_density_of_stacks_takes_slower_stacks():
    # By hand: 4 GB/s/mm2 × 110 mm2 = 440 GB/s a stack, six of them 2,640
    best = design_to_line([("stacks", {"hbm_density_min_gb_s_mm2": 4.0})], HOPPER, WORTH)
    assert best.bandwidth == pytest.approx(2640)


def test_where_everything_is_caught_there_is_no_design():
    assert design_to_line([("all", {})], HOPPER, WORTH) is None
    assert design_to_line([("zero", {"tpp_min": 0.0})], HOPPER, WORTH) is None


def caught(rules, tpp, bandwidth, interconnect, area):
    value = {"tpp": tpp, "performance_density": tpp / area, "bandwidth_gb_s": bandwidth,
             "interconnect_gb_s": interconnect}
    return any(all(value[limb.replace("_max", "")] < bound if "_max" in limb else
                   value[limb.replace("_min", "")] >= bound for limb, bound in tests.items()) for _, tests in rules)


LIMB = st.sampled_from(["tpp_min", "performance_density_min", "bandwidth_min_gb_s", "interconnect_min_gb_s", "tpp_max",
                        "performance_density_max"])
RULE = st.dictionaries(LIMB, st.floats(0.5, 9000), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(tests=st.lists(RULE, min_size=1, max_size=4), seed=st.integers(0, 99))
def test_nothing_that_can_be_built_and_passes_is_worth_more(tests, seed):
    rules = [(str(i), {k: v for k, v in test.items()}) for i, test in enumerate(tests)]
    best = design_to_line(rules, HOPPER, WORTH)
    rng = np.random.default_rng(seed)
    if best is not None:
        assert not caught(rules, best.tpp * (1 - 1e-9), best.bandwidth * (1 - 1e-9), best.interconnect * (1 - 1e-9),
                          best.area) or any("_max" in limb for test in tests for limb in test)
    for _ in range(300):
        stacks = rng.integers(1, 7)
        area = rng.uniform(stacks * HOPPER.die_area_per_stack, HOPPER.area)
        tpp, bandwidth = area * HOPPER.density * rng.uniform() ** 2, stacks * HOPPER.stack_bandwidth * rng.uniform()
        links = HOPPER.interconnect * rng.uniform()
        if not caught(rules, tpp, bandwidth, links, area):
            assert best is not None and WORTH.of(tpp, bandwidth, links, area) <= best.worth * (1 + 1e-9)


def solved(month, maker="nvidia"):
    """Design and ratings of the best part under the rules of the baseline in a month."""
    from sim.markets.licensing import accelerator_tests

    p = certain(load_scenario("baseline")).at(month_number(month))
    tests = accelerator_tests(p, month_number(month))
    design, best = best_under(p, tests, maker, month_number(month))
    return design, part_of(p, design, best), p


def test_the_rule_of_2023_gives_an_h20():
    # History: 2,368 TPP, 4,000 GB/s, 900 GB/s, 400 W, about 12,000 USD, six stacks
    design, part, p = solved("2023-11")
    h20 = p.products.index["h20"]
    for column, tolerance in (("tpp", 0.02), ("bandwidth_tb_s", 0.02), ("interconnect_gb_s", 0.01), ("tdp_w", 0.05),
                              ("tops_8bit", 0.02), ("die_area_cm2", 0.1), ("price_usd", 0.15), ("hbm_stacks", 0.0)):
        assert part[column] == pytest.approx(getattr(p.products, column)[h20], rel=tolerance), column


def test_the_rule_of_2022_gives_an_h800():
    # History: all of the throughput, interconnect cut below 600 GB/s (Nvidia went to 400)
    design, part, p = solved("2022-12")
    h800 = p.products.index["h800"]
    assert part["tpp"] == pytest.approx(p.products.tpp[h800], rel=0.05)
    assert 400 <= part["interconnect_gb_s"] < 600
    assert part["bandwidth_tb_s"] >= p.products.bandwidth_tb_s[h800]


def test_the_letters_of_2025_leave_little_bandwidth():
    # History: RTX Pro 6000D, B40: about 2,376 TPP and just under 1,400 GB/s
    design, part, _ = solved("2025-05")
    assert part["tpp"] == pytest.approx(2376, rel=0.1) and 1.2 < part["bandwidth_tb_s"] < 1.4


def test_a_later_month_never_has_narrower_limits():
    p = certain(load_scenario("baseline")).at(month_number("2030-06"))
    limits = [limits_of(p, "nvidia", month_number(f"{year}-06"))[0] for year in range(2022, 2031)]
    for name in ("density", "area", "stacks", "stack_bandwidth", "interconnect"):
        values = [getattr(limit, name) for limit in limits]
        assert values == sorted(values), name


def test_between_two_known_parts_price_and_power_run_along_a_line_in_logs():
    # By hand: from 1 to 25 the price rises fourfold, so at 5, half-way in logs, it has doubled; alike: in proportion.
    assert [between(r, 25.0, 4.0) for r in (1.0, 5.0, 25.0)] == pytest.approx([1.0, 2.0, 4.0])
    assert between(1.3, 1.0, 4.0) == 1.3
