"""What the whole world does when one cause is taken away: lags, the discount, opening, bars, an early lead."""

import numpy as np
import pytest

from sim.experiments.ensemble import run
from sim.mechanisms import model_choice as kernel
from sim.model import World
from sim.outputs import load_outputs
from sim.recorder import Recorder
from sim.scenario import load_scenario
from sim.units import month_number


def world(changes=None, end="2026-12"):
    return run("baseline", draws=12, developers=400, end=end, set=changes, progress=False, uncertainty="prior")


def by_draw(results, output, first, last, region="", detail=""):
    """Average of each draw over the months from ``first`` to ``last``, array (draws,)."""
    values = results.series(output, "", region, detail)[1]
    return np.nanmean(values[:, results.months.index(first):results.months.index(last) + 1], axis=1)


def mean(*args, **places):
    return by_draw(*args, **places).mean()


@pytest.fixture(scope="module")
def baseline():
    return world()


# --- what followers learn from ---


@pytest.mark.parametrize(
    ("without", "china", "open_"),
    [
        ({"training.distillation_strength": 0.0}, 2.0, 1.0),
        ({"training.open_weights_strength": 0.0}, 0.2, 0.1),
        ({"training.distillation_strength": 0.0, "training.open_weights_strength": 0.0}, 3.0, 1.0),
    ],
)
def test_without_distillation_or_open_weights_both_lags_lengthen(baseline, without, china, open_):
    alone, years = world(without), ("2025-01", "2026-12")
    for who, months in (("china", china), ("open", open_)):
        longer = by_draw(alone, "capability_lag_months", *years, detail=who) - by_draw(
            baseline, "capability_lag_months", *years, detail=who)
        assert longer.mean() > months and (longer > -1.0).all()


def test_closed_weights_leave_open_models_behind(baseline):
    closed = world({f"openness.open_release_limit_{home}@2025-01": 1.0 for home in ("us", "china")})
    lag = {"detail": "open", "output": "capability_lag_months", "first": "2026-01", "last": "2026-12"}
    assert (by_draw(closed, **lag) > by_draw(baseline, **lag) + 5).all()


# --- the discount ---

CHEAP = ("deepseek_flagship", "qwen_flagship", "qwen_open", "qwen_reasoning", "moonshot_flagship", "zhipu_flagship")
DENSE = {f"model_lines.{line}.sparse_active_billion": 120.0 for line in CHEAP} | {
    f"model_lines.{line}.active_parameters_billion": 120.0 for line in ("deepseek_reasoning", "qwen_reasoning")}
ASKED = ("deepseek_2025_03", "deepseek_2025_12", "qwen_2025_12", "moonshot_2025_12", "zhipu_2024_12",
         "bytedance_2025_12", "tencent_2025_12", "baidu_2025_12", "minimax_2025_09")


def discount(results, first, last):
    """Median over draws of what a Chinese flagship costs less than an American one, share."""
    return 1.0 - np.median(by_draw(results, "flagship_price_ratio_china_us", first, last))


def test_the_discount_widens_with_cheap_entry_and_then_narrows(baseline):
    before, entry, later = (discount(baseline, *months) for months in (
        ("2023-06", "2024-05"), ("2025-01", "2025-02"), ("2025-09", "2025-10")))
    assert entry > before + 0.1 and entry > 0.9
    assert before < later < entry
    dear = world(DENSE)
    assert discount(dear, "2025-09", "2025-10") < later - 0.2
    assert discount(dear, "2026-01", "2026-12") < discount(baseline, "2026-01", "2026-12") - 0.3


def test_the_discount_vanishes_when_chinese_laboratories_cannot_serve_what_is_asked(baseline):
    """Each with twice the users of ChatGPT: prices rise as long as that lasts; without the rise a discount stays."""
    asked = {f"own_products.{row}.users_m": 1600.0 for row in ASKED}
    short = world(asked, "2027-12")
    stiff = world(asked | {"serving.scarcity_clearing_per_year": 0.0}, "2027-12")
    late = "2027-01", "2027-12"
    assert discount(short, "2025-01", "2025-02") > 0.9  # the shortage has not begun
    assert discount(short, *late) < 0.0
    assert discount(stiff, *late) > 0.4
    assert discount(world(end="2027-12"), *late) > 0.5


def test_a_war_of_one_region_lowers_its_price_at_once_in_every_draw(baseline):
    """From one month to the next, while nothing else has had time to change; hosts already held some prices down."""
    war = world({"serving.price_war@2025-06": 1.0, "serving.price_war_region@2025-06": "china"})
    at = {"first": "2025-06", "last": "2025-06"}
    name, before = "flagship_price_usd_per_mtok", {"first": "2025-05", "last": "2025-05"}
    assert (by_draw(war, name, **before, region="china") == by_draw(baseline, name, **before, region="china")).all()
    fall = by_draw(war, name, **at, region="china") / by_draw(baseline, name, **at, region="china")
    assert (fall <= 1.0 + 1e-12).all() and (fall < 0.95).mean() > 0.5
    assert (by_draw(war, name, **at, region="united_states") == by_draw(
        baseline, name, **at, region="united_states")).all()


def test_prices_go_on_clearing_after_the_record_ends():
    """Where Chinese laboratories are short from 2027, prices of 2028 are higher than if they answered only once."""
    base = world(end="2028-12")
    stiff = world({"serving.scarcity_clearing_per_year": 0.0}, "2028-12")
    late = {"first": "2028-01", "last": "2028-12"}
    assert mean(base, "flagship_price_usd_per_mtok", **late, region="china") > 1.1 * mean(
        stiff, "flagship_price_usd_per_mtok", **late, region="china")
    for lab in ("deepseek", "qwen"):
        assert mean(base, "lab_serving_scarcity", **late, detail=lab) < mean(
            stiff, "lab_serving_scarcity", **late, detail=lab)


# --- opening for want of serving ---

SHORT = ("moonshot", "baidu", "tencent", "minimax")
USERS = {"moonshot_2023_11": 100, "moonshot_2024_12": 400, "moonshot_2025_12": 600, "baidu_2023_08": 300,
         "baidu_2025_12": 800, "tencent_2024_05": 300, "tencent_2025_12": 800, "minimax_2023_09": 100,
         "minimax_2025_09": 400}


def opened(results, labs):
    return np.mean([mean(results, "open_line", "2024-01", "2026-12", detail=f"{lab}_flagship") for lab in labs])


def test_a_laboratory_short_of_serving_is_likelier_to_open_and_its_neighbours_are_not():
    many = {f"own_products.{row}.users_m": float(users) for row, users in USERS.items()}
    few = dict.fromkeys(many, 0.01)
    ample, short = world(few), world(many)
    for lab in SHORT:
        assert mean(short, "lab_serving_scarcity", "2024-01", "2026-12", detail=lab) > 2.0 > mean(
            ample, "lab_serving_scarcity", "2024-01", "2026-12", detail=lab)
    assert opened(short, SHORT) > opened(ample, SHORT) + 0.1
    assert opened(short, ["zhipu"]) == pytest.approx(opened(ample, ["zhipu"]), abs=0.08)
    deaf = {"openness.serving_shortage_weight": 0.0}
    assert opened(world(many | deaf), SHORT) < opened(world(few | deaf), SHORT) + 0.08


# --- an early lead ---

LEAD = {"reputation.mistral.awareness_start": 1.0, "model_lines.mistral_small.capability_offset@2022-01": 9.0,
        "model_lines.mistral_small.capability_offset@2024-03": -3.0}
FOLLOW = {"lab_contracts.mistral_neoclouds_2023_07.share": 0.3, "lab_contracts.mistral_neoclouds_2024_06.share": 0.3,
          "lab_contracts.mistral_europe_2023_07.share": 0.4}


def held(changes):
    """Mistral's share of new derivatives and of users, by half-year from the first of 2024 to the last of 2026."""
    shares = []

    def note(built):
        usage, lab = built.usage, built.values.at(built.start).labs.index["mistral"]
        family = built.values.at(built.start).families.names.index("mistral")
        users = built.population.users.sum(axis=1)
        mine = built.catalogue.alternatives.lab == lab
        shares.append((usage.derivative_share[:, family].mean(),
                       (users[:, mine].sum(axis=1) / users.sum(axis=1)).mean()))

    built_world(changes, "2026-12", note)
    halves = np.array(shares)[24:].reshape(-1, 6, 2).mean(axis=1)
    return halves[:, 0], halves[:, 1]


def test_an_early_lead_without_compute_and_following_decays():
    """A European laboratory with the best open models of 2023 and a name, and then only the compute it had."""
    derivatives, users = held(LEAD)
    usual = held({})
    assert derivatives[0] > 10 * usual[0][0] and users[0] > 4 * usual[1][0]
    assert derivatives[:2].max() > 2.5 * derivatives[-1] and users[:2].max() > 2.5 * users[-1]
    followed = held(LEAD | FOLLOW)
    assert followed[1][-1] / followed[1][:2].max() > 1.5 * users[-1] / users[:2].max()
    assert followed[1][-1] > 2 * users[-1] and followed[0][-1] > derivatives[-1]


# --- bars ---


def built_world(changes, end, note, draws=12, developers=400):
    scenario, months = load_scenario("baseline").with_changes(changes), (month_number("2022-01"), month_number(end))
    recorder = Recorder(load_outputs(), draws, months)
    built = World(scenario.resolve(range(draws), 1), range(draws), 1, *months, developers, recorder)
    built.run(on_month=lambda: note(built))
    return built


BAN = month_number("2025-06")
# Regulated firms bar Chinese models by themselves in the baseline, so a law would find nothing to forbid there.
OPEN_MINDED = {f"segments.regulated_enterprise.{x}": 0.0 for x in (
    "bar_chinese_served", "bar_chinese_open", "bar_chinese_derivative", "aversion", "open_mean")}


def chinese_shares(changes):
    """Chinese share of tokens by month: US regulated firms, other US segments, the other regions without China."""
    found = []

    def note(built):
        accounts, p = built.population.accounts, built.values.at(built.month - 1)
        firms, us = p.segments.names.index("regulated_enterprise"), p.regions.names.index("united_states")
        china, law = p.regions.names.index("china"), p.segments.names.index("government")
        chinese, used = (accounts(x).sum(axis=0) for x in (kernel.CHINESE_TOKENS, kernel.TOKENS))
        others = [s for s in range(len(p.segments)) if s not in (firms, law)]
        abroad = [r for r in range(len(p.regions)) if r not in (us, china)]
        found.append([chinese[at].sum() / used[at].sum() for at in ((us, firms), (us, others), (abroad,))])

    built_world(OPEN_MINDED | changes, "2027-06", note, draws=24, developers=800)
    return np.array(found).T


def test_a_bar_empties_its_segment_leaks_back_through_derivatives_and_spares_the_others():
    law = {"procurement.chinese_models_barred_us_contractors@2025-06": 1.0}
    free, barred, closed = (chinese_shares(x) for x in (
        {}, law, law | {"procurement.bars_cover_derivatives_at_home": True}))
    at = BAN - month_number("2022-01")
    assert (free[:, :at] == barred[:, :at]).all()
    assert free[0, at - 1] > 0.01
    assert barred[0, at:at + 3].max() < 0.2 * free[0, at - 1]  # falls at once
    assert barred[0, -6:].mean() > 2 * barred[0, at:at + 3].mean()  # and comes back under other names
    assert barred[0, -6:].mean() < 0.7 * free[0, -6:].mean()  # in part
    assert closed[0, at:].max() == 0.0
    for others in (1, 2):
        assert barred[others, at:at + 12].mean() == pytest.approx(free[others, at:at + 12].mean(), rel=0.1)
        assert closed[others, at:at + 12].mean() == pytest.approx(free[others, at:at + 12].mean(), rel=0.1)
