"""Laws of the laboratories' half: what lengthens a lag, what opens weights, what moves prices."""

import numpy as np
import pytest
from labs_world import LabsWorld

from sim.scenario import load_scenario
from sim.units import month_number

DRAWS = 12


def labs_run(changes=None, **options):
    scenario = load_scenario("baseline")
    if changes:
        scenario = scenario.with_changes(changes)
    world = LabsWorld(scenario, draws=DRAWS, **options)
    world.run()
    return world


def series(world, output, region="", detail="", first="2024-01"):
    values = world.recorder.series()[output, "", region, detail]
    return values[:, month_number(first) - world.start :]


def mean_lag(world, who="china"):
    return series(world, "capability_lag_months", detail=who).mean(axis=1)


def discount(world, first="2025-01"):
    """Median over draws of the Chinese over the US flagship price, averaged over the months from ``first``."""
    return np.median(np.nanmean(series(world, "flagship_price_ratio_china_us", first=first), axis=1))


@pytest.fixture(scope="module")
def baseline():
    return labs_run()


def test_removing_distillation_and_open_weights_lengthens_both_lags(baseline):
    alone = labs_run({"training.distillation_strength": 0.0, "training.open_weights_strength": 0.0})
    assert mean_lag(alone).mean() > mean_lag(baseline).mean() + 2
    assert (mean_lag(alone) >= mean_lag(baseline) - 1).all()
    assert mean_lag(alone, "open").mean() > mean_lag(baseline, "open").mean()


def test_either_alone_lengthens_the_lag(baseline):
    for name in ("training.distillation_strength", "training.open_weights_strength"):
        assert mean_lag(labs_run({name: 0.0})).mean() > mean_lag(baseline).mean()


def test_distillation_controls_lengthen_the_chinese_lag(baseline):
    assert mean_lag(labs_run({"training.distillation_controls": 0.9})).mean() > mean_lag(baseline).mean()


def test_less_chinese_compute_lengthens_the_lag_and_leaves_the_us_path(baseline):
    poor = labs_run(chinese_compute=0.2)
    assert mean_lag(poor).mean() > mean_lag(baseline).mean()
    us = [series(w, "largest_training_run_flop", region="united_states") for w in (poor, baseline)]
    assert np.array_equal(*us)


def test_faster_publication_shortens_the_lag(baseline):
    slow, fast = (labs_run({"training.publication_strength": x}) for x in (0.0, 0.3))
    assert mean_lag(fast).mean() < mean_lag(slow).mean()


def test_fewer_people_lengthen_the_chinese_lag_only_through_their_exponent(baseline):
    staff = load_scenario("baseline").records["lab_staff"].rows
    home = load_scenario("baseline").records["labs"].rows
    few = {f"lab_staff.{name}.people": max(row["people"] / 50, 1.0) for name, row in staff.items()
           if home[row["lab"]]["region"] == "china"}
    assert mean_lag(labs_run(few)).mean() > mean_lag(baseline).mean() + 0.1
    deaf = {"training.staff_exponent": 0.0}
    assert np.array_equal(mean_lag(labs_run(few | deaf)), mean_lag(labs_run(deaf)))


def test_draws_do_not_depend_on_the_block(baseline):
    lone = LabsWorld(load_scenario("baseline"), draws=3)
    lone.run()
    for key, values in lone.recorder.series().items():
        assert np.array_equal(values, baseline.recorder.series()[key][:3], equal_nan=True), key


def test_a_price_war_at_cost_lowers_the_chinese_price_only_where_it_is_fought(baseline):
    war = labs_run({"serving.price_war": 1.0, "serving.price_war_region": "china"})
    name = "flagship_price_usd_per_mtok"
    chinese = [np.nanmedian(series(w, name, region="china")) for w in (war, baseline)]
    assert chinese[0] < 0.8 * chinese[1]
    us = [series(w, name, region="united_states") for w in (war, baseline)]
    assert np.array_equal(*us)


def test_war_and_shortage_move_every_price_in_every_draw(baseline):
    """At cost nobody in China asks more than before, and who is closed asks less; short of capacity, more."""
    war = labs_run({"serving.price_war": 1.0, "serving.price_war_region": "china"})
    short = labs_run(scarcity={"china": 4.0})
    usual = baseline.catalogue
    for other, sign in ((war.catalogue, -1.0), (short.catalogue, 1.0)):
        change = sign * np.log(other.line_price / usual.line_price)
        offered = (usual.line_release_month >= 0) & (other.line_release_month >= 0)
        alike = offered & (usual.line_release_month == other.line_release_month) & (usual.line_open == other.line_open)
        chinese, closed = alike & usual._line_china, alike & usual._line_china & ~usual.line_open
        assert (change[chinese] > -1e-9).all()
        assert closed.any(axis=1).sum() > DRAWS / 2 and (change[closed] > 0.01).all()  # others open all
    assert np.array_equal(war.catalogue.line_price[:, usual._line_us], usual.line_price[:, usual._line_us])


def test_the_discount_widens_with_cheap_entry(baseline):
    """Without the cheap entrant, and with sparse models nowhere, the Chinese flagship costs more beside the US one."""
    dense = {f"model_lines.{line}.sparse_active_billion": 120.0 for line in (
        "deepseek_flagship", "qwen_flagship", "qwen_open", "qwen_reasoning", "moonshot_flagship", "zhipu_flagship")}
    dense |= {"model_lines.deepseek_reasoning.active_parameters_billion": 120.0}
    assert discount(baseline) < 0.7 * discount(labs_run(dense))


def test_the_discount_vanishes_when_chinese_serving_is_scarce(baseline):
    scarce = labs_run({"serving.scarcity_response": 1.5}, scarcity={"china": 10.0})
    assert discount(scarce) > 5 * discount(baseline)
    assert discount(scarce) > 0.8


def test_a_lone_leader_asks_more_and_rivals_bring_it_down(baseline):
    quiet = labs_run({"serving.rival_pressure": 1.5})
    name = "flagship_price_usd_per_mtok"
    assert np.nanmedian(series(quiet, name, region="united_states")) < np.nanmedian(
        series(baseline, name, region="united_states"))


def opened(world, line):
    return world.catalogue.line_open[:, world.values.at(world.start).model_lines.names.index(line)].mean()


def test_openness_follows_its_triggers_and_can_reverse(baseline):
    assert opened(baseline, "deepseek_flagship") == 1.0 and opened(baseline, "anthropic_flagship") == 0.0
    banned = labs_run({"openness.open_release_limit_china": 1.0})
    assert not any(opened(banned, line) for line in ("deepseek_flagship", "qwen_open", "zhipu_flagship"))
    assert opened(banned, "meta_flagship") > 0.5
    pushed = labs_run({"openness.us_open_weight_push": 1.0})
    assert opened(pushed, "openai_open") >= opened(baseline, "openai_open")


def test_a_laboratory_short_of_serving_compute_is_likelier_to_open(baseline):
    short = labs_run(scarcity={"china": 3.0})
    lines = ("moonshot_flagship", "minimax_flagship", "tencent_flagship", "baidu_flagship", "zhipu_flagship")
    assert sum(opened(short, line) for line in lines) >= sum(opened(baseline, line) for line in lines)


def test_who_has_much_to_earn_back_closes():
    """Meta, behind an open rival and spending ever more, turns to closed; not so if nothing need be earned."""
    meta = "meta_flagship"
    later = labs_run(end="2028-12")
    early, late = (np.nanmean(series(later, "open_line", detail=meta, first=month)[:, :6]) for month in (
        "2024-01", "2028-06"))
    assert early > 0.9 and late < 0.5
    free = labs_run({"openness.spending_weight": 0.0}, end="2028-12")
    assert np.nanmean(series(free, "open_line", detail=meta, first="2028-06")) > late + 0.2


def test_a_staged_launch_delays_what_leads_and_brings_followers_nearer(baseline):
    staged = labs_run({"openness.staged_launch_months": 9.0})
    name = "frontier_capability"
    us = [series(w, name, "united_states", "all").mean() for w in (staged, baseline)]
    assert us[0] < us[1] - 0.5
    assert mean_lag(staged).mean() < mean_lag(baseline).mean()


def test_a_us_open_weight_push_shortens_the_open_lag(baseline):
    pushed = labs_run({"openness.us_open_weight_push": 1.0})
    assert mean_lag(pushed, "open").mean() <= mean_lag(baseline, "open").mean()
    assert np.nanmean(series(pushed, "frontier_capability", "united_states", "open")) > np.nanmean(
        series(baseline, "frontier_capability", "united_states", "open"))


def test_prices_are_positive_and_open_models_are_listed_near_their_hosts(baseline):
    c, p = baseline.catalogue, baseline.values.at(baseline.month - 1)
    price, a = c.alternatives.by_host(c.price_usd_per_mtok), c.alternatives
    assert (price > 0).all()
    first, us = a.hosts_of("first_party")[0], a.hosts_of("independent")[0]
    opened_now = a.by_host(c.available)[:, us]
    premium = np.asarray(p.serving.open_premium)[:, None]  # nobody is short of compute here
    usual = price[:, us] / np.exp(p.developers.host_price_spread * a.by_host(c.host_luck)[:, us])
    assert (price[:, first] <= usual * premium + 1e-12)[opened_now].all()
