"""The population: keyed by developer, close to its shares, and barred where the law bars it."""

import numpy as np
import pytest
from scipy import stats

from sim.mechanisms import model_choice as kernel
from sim.mechanisms import population as people
from sim.mechanisms.hosting import asked, seen_log_cost
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


def test_hosts_are_compared_more_sharply_than_models():
    # By hand: ln 2 + 2 / 12 + 0.5 · (ln 2 − ln 1) = 1.2064; alone, ln 2 + 2 / 12 = 0.8598; 1 · e^(0.3 · 2) = 1.8221
    cost, compared = np.array([[[2.0, 2.0], [1.0, 1.0], [2.0, 2.0]]]), np.array([True, True, False])
    seen = seen_log_cost(np.log(cost), cost, np.array([[True, False]]), compared, 1, 12.0, 1.5)
    assert seen[0] == pytest.approx(np.array([[1.2064, 0.8598], [0.0833, 0.0833], [0.8598, 0.8598]]), abs=1e-4)
    assert asked(np.array([1.0]), 0.3, np.array([2.0]))[0] == pytest.approx(1.8221, abs=1e-4)


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
    factor, stands = people.heavy_users(quantile, 1.2, 0.0)
    assert factor.mean() == pytest.approx(1.0, abs=0.01) and (stands == 1.0).all()
    sizes = people.portfolio_size(quantile, np.broadcast_to([0.1, 0.2, 0.3, 0.4], (100_000, 4)))
    assert np.bincount(sizes)[1:] / 100_000 == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=1e-4)


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_heavy_users_stand_for_fewer_and_use_what_they_used(exponent):
    quantile, sigma = (np.arange(200_000) + 0.5) / 200_000, 1.3
    factor, stands = people.heavy_users(quantile, sigma, exponent)
    assert stands.mean() == pytest.approx(1.0, abs=0.01)
    assert (stands * factor).mean() == pytest.approx(1.0, abs=0.01)
    lognormal = stats.lognorm(sigma, scale=np.exp(-0.5 * sigma**2))
    for at in (0.2, 1.0, 3.0):
        assert (stands * (factor < at)).mean() == pytest.approx(lognormal.cdf(at), abs=0.005)
    tokens, plain = stands * factor, people.heavy_users(quantile, sigma, 0.0)[0]
    assert tokens.std() < 0.5 * plain.std()


@pytest.mark.parametrize("exponent", [1.0, 1.004, 2.0, 3.0])
def test_early_adopters_stand_for_fewer_and_come_when_they_came(exponent):
    entry, stands = people.early_adopters((np.arange(100_000) + 0.5) / 100_000, exponent)
    for at in (0.01, 0.1, 0.5, 1.0):
        assert (stands * (entry < at)).mean() == pytest.approx(at, rel=0.01)
    assert (entry < 0.1).mean() == pytest.approx(0.1 ** (1.0 / exponent), abs=1e-4)


def test_the_larger_the_population_the_less_early_adopters_are_sampled_more():
    # By hand: 1 + (2 − 1) · 16,000 / 64,000 = 1.25, and 1 + 16,000 / 1,000,000 = 1.016; up to 16,000 nothing changes
    exponents = [people.entry_exponent(number, 2.0, 16_000) for number in (8, 2_000, 16_000, 64_000, 1_000_000)]
    assert exponents == pytest.approx([2.0, 2.0, 2.0, 1.25, 1.016])
    assert exponents[:3] == [2.0, 2.0, 2.0]


def test_a_block_of_draws_sees_what_each_draw_sees_alone():
    alone, among = world([2]), world([0, 1, 2])
    lone, block = alone.recorder.series(), among.recorder.series()
    for key in lone:
        if key[0].startswith(("router", "hub", "enterprise", "chinese", "tokens", "derivative", "perception")):
            assert np.array_equal(lone[key][0], block[key][2], equal_nan=True), key


def test_a_bar_empties_the_barred_group_and_spares_the_others():
    free = world(range(4), developers=600)
    barred = world(range(4), developers=600, changes={"procurement.chinese_models_barred_us_all": 1.0})
    us, used, chinese = 0, kernel.TOKENS, kernel.CHINESE_TOKENS
    shares = []
    for built in (free, barred):
        by_region = [built.population.accounts(x).sum(axis=2) for x in (used, chinese)]
        shares.append((by_region[1][:, us].sum(), by_region[1][:, us + 1 :].sum() / by_region[0][:, us + 1 :].sum()))
    assert shares[0][0] > 0
    assert shares[1][0] < 0.2 * shares[0][0]  # what is left are derivatives under other names
    assert shares[1][1] == pytest.approx(shares[0][1], rel=0.25)


def test_a_bar_leaks_back_through_derivatives_unless_they_are_barred():
    law = {"procurement.chinese_models_barred_us_all": 1.0}
    leak, closed = (world(range(6), 800, "2026-06", law | {"procurement.bars_cover_derivatives_at_home": covered})
                    for covered in (False, True))
    chinese = [built.population.accounts(kernel.CHINESE_TOKENS)[:, 0].sum() for built in (leak, closed)]
    assert chinese[0] > 0 and chinese[1] == 0
    derived = leak.population.alternatives.at("derivative")
    assert leak.population.by_view[:, 0, derived].sum() > 0


def test_a_bar_in_one_segment_spares_the_others():
    own = {f"segments.regulated_enterprise.{x}": 0.0 for x in (
        "bar_chinese_served", "bar_chinese_open", "bar_chinese_derivative", "aversion", "open_mean")}
    free, barred = world(range(12), 2000, changes=own), world(
        range(12), 2000, changes=own | {"procurement.chinese_models_barred_us_contractors": 1.0})
    enterprise, hobby = (free.values.at(free.start).segments.names.index(x) for x in ("regulated_enterprise", "hobby"))
    before, after = (built.population.accounts(kernel.CHINESE_TOKENS)[:, 0] for built in (free, barred))
    assert after[:, enterprise].sum() < 0.1 * before[:, enterprise].sum()
    some = before[:, hobby] > 0
    assert some.sum() >= 5
    assert np.median(after[some, hobby] / before[some, hobby]) == pytest.approx(1.0, abs=0.1)  # hearsay moves a few


def test_accounts_of_use_agree_with_one_another():
    built = world(range(2))
    usage, people_ = built.usage, built.population
    assert people_.accounts(kernel.TOKENS).sum(axis=(1, 2)) == pytest.approx(usage.tokens.sum(axis=1), rel=1e-9)
    chinese = usage.tokens[:, people_.chinese].sum(axis=1)
    assert people_.accounts(kernel.CHINESE_TOKENS).sum(axis=(1, 2)) == pytest.approx(chinese, rel=1e-9)
    assert people_.accounts(kernel.COST).sum() == pytest.approx((people_.by_view[:, 0] * people_.cost).sum(), rel=1e-9)
    own = people_.alternatives.at("self_hosted")
    hours = (usage.tokens * built.catalogue.h100e_hours_per_mtok)[:, own].sum(axis=1)
    assert people_.accounts(kernel.OWN_HOURS).sum(axis=(1, 2)) == pytest.approx(hours, rel=1e-9)
    assert usage.lab_revenue_usd.sum(axis=1) == pytest.approx(usage.spend_by_line_usd.sum(axis=1), rel=1e-9)
    assert usage.derivative_share.sum(axis=1) == pytest.approx(np.ones(2))
    for values in (usage.tokens, usage.serving_demand_h100e, usage.downloads_m, people_.users):
        assert (values >= 0).all() and np.isfinite(values).all()


def test_a_line_keeps_its_newest_and_a_former_vintage_until_that_is_retired():
    built = world(range(2), 100, end="2025-06")
    c, a = built.catalogue, built.catalogue.alternatives
    newest = a.lines_of(c.newest * 1)
    assert set(np.unique(newest)) <= {0, 1}
    assert ((c.place >= 0) == (newest == 1)).all()
    former = (c.vintage_release_month >= 0) & ~c.newest
    assert former.any()
    listed = a.by_host(c.available)[:, a.hosts_of("first_party")[0]]
    old = built.end - c.succeeded_month >= np.asarray(built.values.at(built.end).developers.retirement_months)[:, None]
    assert not listed[former & old].any() and listed[former & ~old].any()
    best = np.where(c.newest, c.capability, 0).max(axis=1)
    assert best == pytest.approx(c.frontier)


def test_hosts_in_several_jurisdictions_offer_the_same_weights_at_different_prices():
    built = world(range(2), 100)
    c, a = built.catalogue, built.catalogue.alternatives
    hosts = a.hosts_of("independent")
    assert len(hosts) >= 3
    offered = a.by_host(c.available)[:, hosts].all(axis=1)
    price = a.by_host(c.price_usd_per_mtok)[:, hosts]
    spread = np.log(price).std(axis=1)[offered]
    assert offered.any() and 0.05 < spread.mean() < 0.6


def test_contacts_form_a_small_world():
    developers = 1500
    friends = people.contacts(people.draw_keys(1, [0])[0], developers, people.RING, 0.1)
    regular = people.contacts(people.draw_keys(1, [0])[0], developers, people.RING, 0.0)
    assert friends.shape == (developers, 6)

    def clustering(graph):
        linked = [set(row.tolist()) for row in graph]
        pairs = [(b in linked[a]) for row in graph[:300].tolist() for a in row for b in row if a != b]
        return np.mean(pairs)

    def mean_distance(graph, start=0):
        distance = np.full(developers, -1)
        distance[start], front, steps = 0, {start}, 0
        while front:
            steps += 1
            front = {b for a in front for b in graph[a].tolist() if distance[b] < 0}
            distance[list(front)] = steps
        return distance[distance >= 0].mean()

    # By hand: of the 15 pairs of ring neighbours at 89, 144, 233 (89 + 144 = 233) six are neighbours: clustering 0.4;
    # a random graph of 1,500 with 6 ties has 6 / 1500 and distances near ln 1500 / ln 6 = 4.1
    assert clustering(regular) == pytest.approx(0.4)
    assert clustering(friends) > 0.2 > 10 * 6 / developers
    assert mean_distance(friends) < mean_distance(regular)
    assert mean_distance(friends) < 2 * np.log(developers) / np.log(6)


def test_a_dated_change_of_a_segment_reaches_people_already_drawn():
    dated = {"segments.hobby.price_mean@2023-01": 2.1}
    before, after = world([0, 1], 200, end="2022-12", changes=dated), world([0, 1], 200, end="2023-01", changes=dated)
    hobby = before.values.at(before.start).segments.names.index("hobby")
    of_hobby = before.population.segment[before.population.group] == hobby
    price = [built.population.tastes[..., kernel.PRICE] for built in (before, after)]
    scale = np.broadcast_to(np.asarray(before.values.at(before.start).developers.taste_scale)[:, None], of_hobby.shape)
    assert (price[1] - price[0])[of_hobby] == pytest.approx(scale[of_hobby], rel=0.1)
    assert (price[1] == price[0])[~of_hobby].all()


def test_the_form_of_choice_is_chosen_by_name():
    plain, nested = world([0, 1], 150, "2024-06"), world(
        [0, 1], 150, "2024-06", {"developers.choice_form": "nested_logit"})
    assert (plain.population.portfolio != nested.population.portfolio).any()
    assert nested.population.accounts(kernel.TOKENS).sum() > 0
