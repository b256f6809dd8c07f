"""Each lever of policy on models moves what it should, in the direction it should, against the same draws."""

import numpy as np
import pytest

from sim.experiments.ensemble import run
from sim.mechanisms import model_choice as kernel
from sim.model import World
from sim.outputs import load_outputs
from sim.recorder import Recorder
from sim.scenario import load_scenario
from sim.units import month_number

LAST = "2025-06"


def world(changes=None):
    return run("baseline", draws=8, developers=400, end=LAST, set=changes, progress=False)


@pytest.fixture(scope="module")
def baseline():
    return world()


def level(results, output, definition="", region="", detail="", months=6):
    """Mean over draws and the last months (the output's unit)."""
    return float(np.nanmean(results.series(output, definition, region, detail)[1][:, -months:]))


WILLING = {f"segments.{segment}.{column}": 0.0 for segment in ("government", "regulated_enterprise") for column in (
    "bar_chinese_served", "bar_chinese_open", "bar_chinese_derivative", "bar_us_open", "aversion")} | {
    "segments.government.open_mean": 1.0, "segments.regulated_enterprise.open_mean": 1.0}  # only law stops them
COVER = {"procurement.bars_cover_open_weights_at_home": True, "procurement.bars_cover_derivatives_at_home": True}
BARS = {
    "procurement.chinese_models_barred_us_government": ("united_states", "government"),
    "procurement.chinese_models_barred_us_contractors": ("united_states", "regulated_enterprise"),
    "procurement.chinese_models_barred_allied_government": ("europe", "government"),
    "procurement.chinese_models_barred_allied_firms": ("europe", "regulated_enterprise"),
}


def chinese_tokens(changes):
    """Tokens of Chinese models in the last month by region and segment, array (regions, segments), and their names."""
    scenario = load_scenario("baseline").with_changes(WILLING | changes)
    first, last = month_number("2022-01"), month_number(LAST)
    recorder = Recorder(load_outputs(), 6, (first, last))
    built = World(scenario.resolve(range(6), 1), range(6), 1, first, last, 2000, recorder)
    built.run()
    p = built.values.at(last)
    return built.population.accounts(kernel.CHINESE_TOKENS).sum(axis=0), p.regions.index, p.segments.index


@pytest.fixture(scope="module")
def unbarred():
    return chinese_tokens({})[0]


@pytest.mark.parametrize("lever", BARS)
def test_a_ban_empties_the_segment_it_names_and_no_other(lever, unbarred):
    barred, regions, segments = chinese_tokens(COVER | {lever: 1.0})
    place, who = (regions[BARS[lever][0]], segments[BARS[lever][1]])
    assert unbarred[place, who] > 0 and barred[place, who] == 0
    rest = np.ones(barred.shape, bool)
    rest[place, who] = False
    if "allied" in lever:
        rest[regions["east_asia"], who] = False
    assert barred[rest].sum() > 0.7 * unbarred[rest].sum()


def test_a_bar_on_services_alone_leaves_weights_hosted_at_home(baseline):
    services = world({"procurement.chinese_models_barred_us_all": 1.0,
                      "procurement.bars_cover_open_weights_at_home": False,
                      "procurement.bars_cover_derivatives_at_home": False})
    share = [level(x, "chinese_token_share", "tokens", "united_states") for x in (baseline, services)]
    assert 0.2 * share[0] < share[1] < share[0]


def test_services_withheld_from_china_turn_its_users_to_chinese_models():
    open_, withheld = (world({"procurement.us_services_unavailable_in_china": x}) for x in (0.0, 1.0))
    share = [level(x, "chinese_token_share", "tokens", "china") for x in (open_, withheld)]
    assert share[1] > share[0]


def test_china_can_bar_american_weights_from_its_government():
    free, barred = (chinese_tokens({"procurement.us_services_unavailable_in_china": 0.0,
                                    "procurement.us_models_barred_china_government": x}) for x in (0.0, 1.0))
    place, who = free[1]["china"], free[2]["government"]
    assert barred[0][place, who] > free[0][place, who] > 0


@pytest.mark.parametrize(("lever", "lines"), [
    ("openness.open_release_limit_us", ("meta_flagship", "meta_small", "google_open", "us_open_flagship")),
    ("openness.open_release_limit_china", ("deepseek_flagship", "qwen_open", "zhipu_flagship")),
])  # fmt: skip
def test_a_limit_on_open_release_closes_the_lines_of_its_side(lever, lines, baseline):
    limited = world({lever: 1.0})
    before, after = (np.nansum([level(x, "open_line", detail=line) for line in lines]) for x in (baseline, limited))
    assert before > 1.0 and after < 0.2 * before


@pytest.mark.parametrize("lever", ["openness.state_support_china", "openness.state_support_us",
                                   "openness.us_open_weight_push"])
def test_public_support_opens_weights_and_does_not_close_them(lever):
    side = "china" if lever.endswith("china") else "united_states"
    without, much = (world({lever: x}) for x in (0.0, 1.0))
    best = [level(x, "frontier_capability", region=side, detail="open", months=18) for x in (without, much)]
    lines = [key for key in much.keys("open_line")]
    opened = [sum(np.nansum(x.series(*key)[1]) for key in lines) for x in (without, much)]
    assert opened[1] >= opened[0] and best[1] >= best[0] - 0.5
    assert opened[1] > opened[0] or best[1] > best[0]


def test_staged_launches_and_guards_against_distillation_move_the_frontier_and_the_lag(baseline):
    staged = world({"openness.staged_launch_months": 6})
    assert level(staged, "frontier_capability", region="united_states", detail="all") < level(
        baseline, "frontier_capability", region="united_states", detail="all")
    guarded = world({"training.distillation_controls": 1.0})
    assert level(guarded, "capability_lag_months", detail="china") > level(
        baseline, "capability_lag_months", detail="china")
