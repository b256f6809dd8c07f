"""The population: keyed by developer, close to its shares, and barred where the law bars it."""

import numpy as np
import pytest

from sim.mechanisms import population as people
from sim.model import World
from sim.outputs import load_outputs
from sim.recorder import Recorder
from sim.scenario import load_scenario
from sim.units import month_number


def world(draw_ids, developers=300, end="2025-06", changes=None):
    scenario = load_scenario("baseline")
    if changes:
        scenario = scenario.with_changes(changes)
    first, last = month_number("2022-01"), month_number(end)
    recorder = Recorder(load_outputs(), len(draw_ids), (first, last))
    built = World(scenario.resolve(draw_ids, 1), draw_ids, 1, first, last, developers, recorder)
    built.run()
    return built


def test_a_developer_is_the_same_in_any_population_and_block():
    few, many = people.draw_keys(1, [17]), people.draw_keys(1, range(20))
    assert (people.uniform(few, 100, 4)[0] == people.uniform(many, 500, 4)[17, :100]).all()
    alone, among = (people.recurrence(keys, n, people.GOLDEN, 1) for keys, n in ((few, 100), (many, 500)))
    assert (alone[0] == among[17, :100]).all()


def test_groups_get_their_share_of_the_sample():
    wanted = people.sample_shares(np.array([0.5, 0.3, 0.15, 0.05]), 0.5)
    groups = people.assign(people.recurrence(people.draw_keys(1, [3]), 1000, people.GOLDEN, 1), wanted)
    assert np.bincount(groups[0], minlength=4) / 1000 == pytest.approx(wanted, abs=0.01)


def test_heavy_tails_have_mean_one_and_portfolios_their_shares():
    quantile = (np.arange(100_000) + 0.5) / 100_000
    assert people.lognormal_factor(quantile, 1.2).mean() == pytest.approx(1.0, abs=0.01)
    sizes = people.portfolio_size(quantile, np.broadcast_to([0.1, 0.2, 0.3, 0.4], (100_000, 4)))
    assert np.bincount(sizes)[1:] / 100_000 == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=1e-4)


def test_a_block_of_draws_sees_what_each_draw_sees_alone():
    alone, among = world([2]), world([0, 1, 2])
    lone, block = alone.recorder.series(), among.recorder.series()
    for key in lone:
        if key[0].startswith(("router", "hub", "enterprise", "chinese", "tokens", "derivative", "perception")):
            assert np.array_equal(lone[key][0], block[key][2], equal_nan=True), key


def test_a_bar_empties_the_barred_group_and_spares_the_others():
    free = world(range(4), developers=600)
    barred = world(range(4), developers=600, changes={"procurement.chinese_models_barred_us_all": 1.0})
    us = 0
    chinese = free.population.chinese
    assert free.population.by_region[:, us][:, chinese].sum() > 0
    assert barred.population.by_region[:, us][:, chinese].sum() == 0
    others = barred.population.by_region[:, 1:][:, :, chinese].sum() / barred.population.by_region[:, 1:].sum()
    before = free.population.by_region[:, 1:][:, :, chinese].sum() / free.population.by_region[:, 1:].sum()
    assert others == pytest.approx(before, rel=0.25)


def test_accounts_of_use_agree_with_one_another():
    built = world(range(2))
    usage, people_ = built.usage, built.population
    assert people_.by_region.sum(axis=1) == pytest.approx(usage.tokens, rel=1e-9)
    assert usage.lab_revenue_usd.sum(axis=1) == pytest.approx(usage.spend_by_line_usd.sum(axis=1), rel=1e-9)
    assert usage.derivative_share.sum(axis=1) == pytest.approx(np.ones(2))
    for values in (usage.tokens, usage.serving_demand_h100e, usage.downloads_m, people_.users):
        assert (values >= 0).all() and np.isfinite(values).all()
