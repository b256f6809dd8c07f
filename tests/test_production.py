"""Production in the whole world: a workbook, an impulse, what binds at the margin, and when that changes."""

from pathlib import Path

import numpy as np
import pytest

from sim import run
from sim.markets.ledger import ConservationError
from sim.mechanisms.wafer_output import die_yield, gross_dies_per_wafer
from sim.model import World
from sim.numerics import total
from sim.scenario import load_scenario
from sim.units import month_number
from sim.values import Values

STAGES = ("wafers", "yield", "dies", "hbm", "packaging", "orders", "permission", "power", "money")
LOGIC = ("wafers", "yield", "dies")


def at(month):
    return month_number(month) - month_number("2022-01")


def of(results, output, definition="", region="", detail=""):
    return results.series(output, definition, region, detail)[1]


def binding(results, maker="huawei", region="china"):
    """Index into STAGES, array (draws, months)."""
    return np.stack([of(results, "binding_constraint", maker, region, stage) for stage in STAGES]).argmax(axis=0)


def test_a_workbook_of_yearly_inputs_gives_the_packages_of_a_pencil_and_names_the_stage():
    results = run(Path(__file__).parent / "workbook.toml", draws=1, developers=50, end="2024-12", uncertainty="none")
    packages = of(results, "accelerators_delivered", detail="ascend_910c")[0].reshape(3, 12)
    # By hand (workbook.toml): 120 thousand a month; then 144; then 100 and the memory left over from 2022 and 2023:
    # 12 × (1.25 − 1.20) + 12 × (1.45 − 1.44) = 0.72 million stacks / 8 × 80 % = 72 thousand.
    assert total(packages) == pytest.approx([1_440_000, 1_728_000, 1_272_000], rel=0.01)
    by_year = binding(results)[0].reshape(3, 12)
    assert [STAGES[np.bincount(year).argmax()] for year in by_year] == ["yield", "packaging", "hbm"]  # 70 % would do


SCARCE = """
title    = "Wafers scarce at TSMC"
question = "?"
based_on = "baseline"
sources  = ["assumption"]

[[change]]
parameter = "foundry.tsmc_wafer_starts"
from      = "2022-01"
value     = 3000.0
why       = "So few that wafers bind everywhere."

[[change]]
parameter = "foundry.lag_months"
from      = "2022-01"
value     = 7.0
why       = "A whole number of months."
"""
SHOCK = """
[[shock]]
parameter = "foundry.tsmc_wafer_starts"
from      = "2024-03"
until     = "2024-04"
factor    = 0.5
why       = "One month of half the wafers."
"""


def test_a_month_of_lost_wafers_is_lost_sales_after_the_lag_and_not_before(tmp_path):
    totals = {}
    for name, text in (("calm", SCARCE), ("shock", SCARCE + SHOCK)):
        (tmp_path / f"{name}.toml").write_text(text)
        totals[name] = run(tmp_path / f"{name}.toml", draws=2, developers=50, end="2026-06", uncertainty="prior")
    p = Values(load_scenario("baseline"), np.arange(2), 1, uncertainty="prior").at(month_number("2024-03"))
    wafers = [of(totals[name], "wafers_started", "tsmc", "", "accelerators") for name in ("shock", "calm")]
    assert (wafers[0] - wafers[1])[:, at("2024-03")] == pytest.approx(-1500.0)
    lost_wafers = np.zeros((2, wafers[0].shape[1]))
    for row, name in enumerate(p.products.names):
        lost = of(totals["calm"], "accelerators_delivered", detail=name) - of(
            totals["shock"], "accelerators_delivered", detail=name)
        if not np.isnan(p.products.die_area_cm2[row]):
            dies = p.products.dies_per_package[row]
            area = p.products.die_area_cm2[row] / dies
            good = gross_dies_per_wafer(area) * die_yield(p.foundry.tsmc_defect_density, area)
            lost_wafers += lost * (dies / p.foundry.tsmc_package_yield / good)[:, None]
    assert (np.abs(lost_wafers[:, : at("2024-03") + 7]) < 1e-6).all()
    assert (lost_wafers[:, at("2024-03") + 7] > 1000).all()
    assert total(lost_wafers) == pytest.approx(1500.0, rel=0.05)  # the rest is stock, and who gets which wafer


ONE_PERCENT = """
title    = "One per cent more of one input for a month"
question = "?"
based_on = "baseline"
sources  = ["assumption"]
"""
MORE = {
    "packaging": {"foundry.chinese_packaging_wafers": 1.01},
    "hbm": {"memory.cxmt_stacks": 1.01},
    "logic": {"foundry.chinese_defect_density": 0.99, "foundry.bank_spread_months": 0.9998},  # made, bought
}


@pytest.mark.parametrize(("month", "other"), [
    ("2024-08", 1e-9), ("2026-01", 1e-9),
    ("2026-08", 8e-4),  # two products that take HBM differently: more dies of the frugal one stretch memory a little
])  # fmt: skip
def test_only_more_of_what_binds_gives_one_more_accelerator_that_month(month, other, tmp_path):
    base = run("baseline", draws=32, developers=50, end=month, uncertainty="prior")
    now = binding(base)[:, -1]
    built = sum(of(base, "accelerators_delivered", detail=name)[:, -1] for name in ASCEND)
    seen = 0
    for what, inputs in MORE.items():
        year, number = divmod(month_number(month) + 1, 12)
        text = "".join(f'[[shock]]\nparameter = "{parameter}"\nfrom = "{month}"\nuntil = "{year}-{number + 1:02d}"\n'
                       f'factor = {factor}\nwhy = "Relaxed."\n' for parameter, factor in inputs.items())
        (tmp_path / f"{what}.toml").write_text(ONE_PERCENT + text)
        more = run(tmp_path / f"{what}.toml", draws=32, developers=50, end=month, uncertainty="prior")
        gain = sum(of(more, "accelerators_delivered", detail=name)[:, -1] for name in ASCEND) / built - 1.0
        binds = np.isin(now, [STAGES.index(stage) for stage in (LOGIC if what == "logic" else (what,))])
        seen += binds.sum()
        assert (gain[binds] > 1.5 * other).all(), (what, gain[binds])
        assert (np.abs(gain[~binds]) < other).all(), (what, gain[~binds])
    assert seen > 16, "inputs hardly bind: the margin is not being tested"


ASCEND = ("ascend_910", "ascend_910b", "ascend_910c", "ascend_950pr", "ascend_950dt")


@pytest.fixture(scope="module")
def futures():
    return {name: run(name, draws=32, developers=50, end="2030-12", uncertainty="prior")
            for name in ("baseline", "fast_ascend_ramp", "hbm_wall")}


def test_logic_binds_first_and_memory_from_2026(futures):
    now = np.isin(binding(futures["baseline"]), [STAGES.index(stage) for stage in LOGIC])
    assert now[:, at("2024-01") : at("2025-01")].mean() > 0.5
    since = of(futures["baseline"], "binding_first_year", "huawei", "china", "hbm")[:, -1]
    assert 2025.75 <= np.nanmedian(since) < 2027.0


def test_the_dates_move_with_the_ramp_and_with_the_wall(futures):
    def dates(name, output, what):
        found = of(futures[name], output, "huawei", "china", what)[:, -1]
        return np.where(np.isnan(found), 2031.0, found)

    def months_bound(name, stages, since):
        return np.isin(binding(futures[name]), [STAGES.index(stage) for stage in stages])[:, at(since) :].mean()

    first = {name: dates(name, "binding_first_year", "hbm") for name in futures}
    assert (first["hbm_wall"] <= first["baseline"] + 1e-9).mean() > 0.9
    last = {name: dates(name, "binding_last_year", "hbm") for name in ("hbm_wall", "baseline")}
    assert (last["hbm_wall"] >= last["baseline"]).mean() > 0.9 and last["hbm_wall"].mean() > last["baseline"].mean()
    assert months_bound("hbm_wall", ("hbm",), "2026-01") > months_bound("baseline", ("hbm",), "2026-01")
    assert np.median(dates("fast_ascend_ramp", "binding_last_year", "hbm")) < np.median(
        dates("baseline", "binding_last_year", "hbm"))
    assert months_bound("fast_ascend_ramp", LOGIC, "2027-01") <= months_bound("baseline", LOGIC, "2027-01")


def test_a_die_that_vanishes_stops_the_run():
    ids = np.arange(2)
    values, month = load_scenario("baseline").resolve(ids, seed=1), month_number("2022-01")
    world = World(values, ids, seed=1, start=month, end=month + 1, developers=50, recorder=None)
    world.step_supply(values.at(month))
    world.maker["huawei"].stacks *= 0.999
    world.month += 1
    with pytest.raises(ConservationError, match="HBM stacks are off by"):
        world.step_supply(values.at(world.month))


def test_products_that_share_a_die_share_its_stock():
    from sim.markets.designs import designs_of

    p = Values(load_scenario("baseline"), np.arange(1), 1).at(month_number("2024-01"))
    products, designs = p.products, designs_of(p.products, p.makers)
    rows = {name: products.die[products.index[name]] for name in ("ascend_910b", "ascend_910c", "h100", "h20")}
    assert rows["ascend_910b"] == rows["ascend_910c"] and rows["h100"] == rows["h20"]
    for name, area in zip(designs.names, designs.area, strict=True):
        alike = [products.die_area_cm2[i] / products.dies_per_package[i] for i, die in enumerate(products.die)
                 if die == name and not np.isnan(products.die_area_cm2[i])]
        assert alike == pytest.approx([area] * len(alike), rel=0.01), name


def test_tool_controls_are_felt_after_their_lag_and_bite_less_where_tools_are_made_at_home():
    def wafers(**values):
        results = run("baseline", draws=4, developers=50, end="2028-06", uncertainty="prior",
                      set={key.replace("__", "."): value for key, value in values.items()})
        started = [of(results, "wafers_started", "chinese_fabs", "", use) for use in ("accelerators", "other_uses")]
        return started[0] + started[1]

    base = wafers()
    strict = {"export__tool_control_strength@2026-01": 2.0}
    ratio = wafers(**strict) / base
    assert (ratio[:, : at("2026-01") + 9] == 1.0).all()
    assert (ratio[:, at("2027-01") :] < 0.95).all()
    softer = wafers(**strict, **{"foundry__domestic_tools@2026-01": 0.8}) / base
    assert (softer[:, -1] > ratio[:, -1]).all()
