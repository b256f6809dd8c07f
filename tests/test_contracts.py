"""Who uses whose accelerators: contracts that answer to revenue, and what is rented abroad."""

import numpy as np
import pytest

from sim.experiments.ensemble import run
from sim.mechanisms.capital_budget import contract_growth
from sim.model import World
from sim.outputs import load_outputs
from sim.recorder import Recorder
from sim.scenario import load_scenario
from sim.units import month_number


def test_a_tenant_who_earns_twice_as_much_as_usual_rents_more():
    # earnings over spending 0.5, 0.25, 0.01 and none against a usual 0.25: ln 2, 0, and −1 at least; at 0.6 a year
    earned, spent = np.array([[5.0, 2.5, 0.1, 0.0]]), np.full((1, 4), 10.0)
    grown = contract_growth(earned, spent, np.array([[0.25]]), 0.6)
    assert grown == pytest.approx(np.exp(0.05 * np.array([[np.log(2.0), 0.0, -1.0, -1.0]])))
    assert contract_growth(earned, spent, np.array([[0.0]]), 0.6) == pytest.approx(np.ones((1, 4)))


def of(changes, end="2029-12", draws=8):
    return run("baseline", draws=draws, developers=200, end=end, set=changes, progress=False)


def compute(results, lab, month):
    return results.series("lab_compute_h100e", "", "", lab)[1][:, results.months.index(month)]


def test_a_laboratory_that_earns_more_gets_more_compute_from_the_others():
    rich = {"labs.openai.usd_per_user": 6.0, "labs.anthropic.usd_per_user": 0.0}
    stiff = {"budgets.contract_response": 0.0}
    base, earning, deaf, deaf_earning = (of(x) for x in ({}, rich, stiff, rich | stiff))

    def more(after, before, lab, month="2029-06"):  # over what a laboratory paid for by its owner has
        return np.median(compute(after, lab, month) / compute(before, lab, month)
                         / (compute(after, "meta", month) / compute(before, "meta", month)))

    assert more(earning, base, "openai") > 1.1 and more(earning, base, "anthropic") < 0.95
    for lab in ("openai", "anthropic"):
        assert more(deaf_earning, deaf, lab) == pytest.approx(1.0, abs=0.02)
        assert more(earning, base, lab, "2025-10") == pytest.approx(1.0, abs=0.001)  # contracts on record


def built(changes=None, end="2028-12"):
    scenario = load_scenario("baseline").with_changes(changes or {})
    months = month_number("2022-01"), month_number(end)
    recorder = Recorder(load_outputs(), 6, months)
    made = World(scenario.resolve(range(6), 1), range(6), 1, *months, 100, recorder)
    made.run()
    return made


def test_no_cloud_gives_all_of_its_compute_away():
    world = built({"budgets.contract_response": 3.0, "labs.openai.usd_per_user": 30.0})
    p, whole = world.values.at(world.end), np.zeros((6, 1, len(world.cloud)))
    for cloud, name in enumerate(world.cloud):
        whole[:] = 0.0
        whole[:, :, cloud] = 1.0
        given = world.compute.contracts.share_out(p, whole)[:, 0].sum(axis=1)
        assert (given <= (1.0 if name == "xai" else 0.9) + 1e-9).all(), name
    assert world.compute.contracts.grown.max() > 1.5


def test_what_is_rented_moves_and_is_not_made():
    world = built(end="2026-12")
    compute, rng = world.compute, np.random.default_rng(1)
    before = rng.uniform(1.0, 2.0, (6, 6, len(world.cloud)))
    after = before.copy()
    compute._pass_on_rented(after)
    assert after.sum(axis=2) == pytest.approx(before.sum(axis=2), rel=1e-12)
    names = list(world.cloud)
    assert (after[:, 0, names.index("alibaba")] > before[:, 0, names.index("alibaba")]).all()
    assert (after[:, 0, names.index("south_east_asia")] < before[:, 0, names.index("south_east_asia")]).all()
    assert (after[:, :, names.index("chinese_state")] == before[:, :, names.index("chinese_state")]).all()
    assert world.leakage.let_by_cloud().max() <= 0.9


def test_closing_the_route_through_clouds_takes_compute_from_chinese_platforms():
    free, shut = (of(x, "2026-12", draws=64) for x in ({}, {"export.cloud_access_rule@2023-01": True}))
    for lab in ("qwen", "bytedance", "tencent"):
        left = compute(shut, lab, "2025-12") / compute(free, lab, "2025-12")
        assert left.mean() < 0.95 and np.quantile(left, 0.95) < 1.0, lab
        assert left.max() < 1.02, lab  # one draw of 64 gains 1 %
    lag = [np.nanmean(x.series("capability_lag_months", "", "", "china")[1][:, -24:]) for x in (shut, free)]
    assert lag[0] >= lag[1] - 0.1
