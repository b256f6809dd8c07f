"""Laws of the laboratories in the whole world: shortages come and go, and what is taken away shows where it should."""

import numpy as np
import pytest

from sim.experiments.ensemble import run

CHINESE = ("moonshot_flagship", "zhipu_flagship", "tencent_flagship", "baidu_flagship", "minimax_flagship")


def world(changes=None, draws=12, developers=400, end="2026-12"):
    return run("baseline", draws=draws, developers=developers, end=end, set=changes, progress=False,
               uncertainty="prior")


def mean(results, output, region="", detail="", first="2025-01", last="2026-12"):
    """Average over draws and the months from ``first`` to ``last``."""
    values = results.series(output, "", region, detail)[1]
    return np.nanmean(values[:, results.months.index(first):results.months.index(last) + 1])


@pytest.fixture(scope="module")
def baseline():
    return world()


def test_shortages_of_2023_and_2025_show_and_relax():
    """No level of scarcity is written in: users come faster than accelerators, and compute is moved to them.

    DeepSeek's use differs tenfold between draws, so that a median takes 48 of them; few people call in 2022, so that
    a thousand are drawn for a month not to hang on a handful of them.
    """
    results = world(draws=48, developers=1000, end="2025-12")

    def median(lab, first, last):
        values = np.median(results.series("lab_serving_scarcity", "", "", lab)[1], axis=0)
        return values[results.months.index(first):results.months.index(last) + 1]

    assert median("openai", "2023-01", "2023-12").max() > 1.15
    assert median("openai", "2024-01", "2024-12").min() < 0.95
    assert median("openai", "2025-01", "2025-12").max() > 1.0
    assert median("deepseek", "2025-02", "2025-12").max() > 1.0
    assert median("openai", "2022-01", "2022-10").max() < 0.9


def test_a_laboratory_moves_compute_to_serving_and_its_shares_add_up(baseline):
    parts = [baseline.series("lab_compute_share", use, "", "openai")[1] for use in ("serving", "training", "research")]
    assert sum(parts) == pytest.approx(np.ones_like(parts[0]))
    serving = np.median(parts[0], axis=0)
    at = [serving[baseline.months.index(month)] for month in ("2022-06", "2024-12", "2025-12")]
    assert at[0] < at[1] < at[2] + 0.05 and 0.15 < at[1] < 0.45  # a third of spending in 2024


def test_ample_capacity_leaves_nobody_short():
    """With no idle time to provide for and few users, the same world is slack."""
    slack = world({"serving.load_factor": 1.0, "serving.product_mtok_per_user": 0.01})
    assert mean(slack, "lab_serving_scarcity", detail="openai", first="2023-01", last="2025-12") < 0.7


def test_less_chinese_compute_lengthens_the_lag_later_and_raises_chinese_prices(baseline):
    poor = world({"budgets.chinese_scale": 0.3})

    def longer(first, last):
        at = {"output": "capability_lag_months", "detail": "china", "first": first, "last": last}
        return mean(poor, **at) - mean(baseline, **at)

    assert abs(longer("2022-01", "2022-06")) < 0.3
    assert longer("2024-01", "2024-12") > 0.3 and longer("2026-01", "2026-12") > 0.3
    for output, region in (("flagship_price_usd_per_mtok", "china"), ("serving_scarcity", "china")):
        assert mean(poor, output, region) > 1.05 * mean(baseline, output, region)
    assert mean(poor, "flagship_price_ratio_china_us") > mean(baseline, "flagship_price_ratio_china_us")


def test_cheaper_us_small_models_take_the_router_from_chinese_ones(baseline):
    small = ("openai_small", "google_small", "anthropic_small", "xai_small", "google_open", "openai_open",
             "us_open_small")
    cheap = world({f"model_lines.{line}.{size}": 4.0 for line in small
                   for size in ("active_parameters_billion", "sparse_active_billion")})
    assert mean(cheap, "router_token_share", detail="chinese_open") < 0.9 * mean(
        baseline, "router_token_share", detail="chinese_open")


def test_shortage_opens_weights_only_through_its_weight(baseline):
    def opened(results):
        return np.mean([mean(results, "open_line", detail=line, first="2025-06") for line in CHINESE])

    deaf, keen = (world({"openness.serving_shortage_weight": weight}) for weight in (0.0, 2.0))
    assert opened(deaf) < opened(baseline) < opened(keen)


def test_a_price_war_lowers_the_price_of_a_task():
    war = world({"serving.price_war": 1.0, "serving.price_war_region": "china"})
    name = "flagship_price_usd_per_task"
    assert mean(war, name, "china") < 0.8 * mean(world(), name, "china")


def test_reasoning_makes_a_task_dearer_than_its_tokens(baseline):
    by_token, by_task = (baseline.series(f"flagship_price_usd_per_{unit}", "", "united_states", "")[1]
                         for unit in ("mtok", "task"))
    before, after = baseline.months.index("2024-06"), baseline.months.index("2025-12")
    assert np.nanmedian(by_task[:, before] / by_token[:, before]) == pytest.approx(1.0)
    assert np.nanmedian(by_task[:, after] / by_token[:, after]) > 2.5


def test_a_tariff_at_the_peak_eases_a_shortage(baseline):
    tariff = world({"serving.peak_surcharge": 1.0})
    assert mean(tariff, "lab_serving_scarcity", detail="deepseek") < mean(
        baseline, "lab_serving_scarcity", detail="deepseek")


def test_opinion_moves_policy_late_and_weakly(baseline):
    loud = world({"perception.policy_weight": 1.0})
    at = {"output": "capability_lag_months", "detail": "china"}
    assert abs(mean(loud, **at, first="2022-01", last="2023-06") - mean(
        baseline, **at, first="2022-01", last="2023-06")) < 0.3
    assert mean(loud, **at, first="2026-01") > mean(baseline, **at, first="2026-01")


def test_the_state_opens_and_closes_weights(baseline):
    def opened(results):
        return np.mean([mean(results, "open_line", detail=line, first="2026-01") for line in CHINESE])

    assert opened(world({"openness.state_support_china": -1.0})) < opened(baseline) - 0.1
