"""Laws of the whole world: what must move which way when one thing changes and chance stays the same."""

import numpy as np
import pytest

from sim import run
from sim.numerics import total
from sim.scenario import load_scenario

SETTINGS = {"draws": 16, "developers": 100, "end": "2028-12", "uncertainty": "prior"}  # wider than what was fitted
TINY = 1e-9


@pytest.fixture(scope="module")
def base():
    return run("baseline", **SETTINGS)


def changed(**values):
    return run("baseline", set={name.replace("__", "."): value for name, value in values.items()}, **SETTINGS)


def of(results, output, definition="", region="", detail=""):
    return results.series(output, definition, region, detail)[1]


def licensed(results):
    return of(results, "licensed_h100e_per_year", **where(results, "licensed_h100e_per_year"))


def where(results, output):
    """The only series of an output that is not split, or its total."""
    key = min(results.keys(output), key=lambda k: (k[3] != "total", k))
    return {"definition": key[1], "region": key[2], "detail": key[3]}


def test_a_stricter_licence_never_raises_licensed_deliveries(base):
    shares = [
        licensed(changed(**{"export__licence_case_by_case_share@2026-01": value}))[:, -1] for value in (0.0, 0.4, 1.0)
    ]
    assert (shares[0] <= shares[1] + TINY).all() and (shares[1] <= shares[2] + TINY).all()
    lower = licensed(changed(**{"export__tpp_threshold@2026-01": 1600.0}))
    assert (total(lower) <= total(licensed(base)) * (1 + TINY)).all()


def made_in_china(results):
    """Accelerators of Chinese makers delivered since the start, array (draws, months)."""
    rows = load_scenario("baseline").records["products"].rows
    chinese = {name for name, row in rows.items() if row["maker"] in ("huawei", "cambricon", "other_chinese")}
    keys = [key for key in results.keys("accelerators_delivered") if key[3] in chinese]
    return np.cumsum(sum(of(results, *key) for key in keys), axis=1)


def test_more_hbm_never_lowers_cumulative_output_in_china(base):
    # Of all Chinese makers together, in every draw: a slot in packaging or a wafer that Huawei had because its rivals
    # lacked memory is theirs once they have it, and so may a sale be. Where none of that is shared, of Huawei alone.
    more = changed(**{"memory__cxmt_build_out@2025-01": 3.0})
    assert (made_in_china(more) >= made_in_china(base) * (1 - TINY)).all()
    yearly = {"output": "huawei_packages_per_year", "detail": "total"}
    before, after = (np.cumsum(of(results, **yearly), axis=1) for results in (base, more))
    shared = sum(of(results, "binding_constraint", "huawei", "china", detail)[:, -48:]
                 for results in (base, more) for detail in ("orders", "packaging"))
    assert (after >= before * (1 - TINY))[total(shared) < 0.5].all()
    assert (after >= before * 0.99).all()
    assert np.median(after[:, -1] / before[:, -1]) > 1.01
    assert (of(more, "domestic_share_china", **where(more, "domestic_share_china"))[:, -1]
            >= of(base, "domestic_share_china", **where(base, "domestic_share_china"))[:, -1] - TINY).all()


@pytest.mark.parametrize(
    ("lever", "low", "high", "output"),
    [
        ("export.licence_volume_cap", 0.05, 10.0, "licensed_h100e_per_year"),
        ("export.tpp_threshold", 1600.0, 40_000.0, "licensed_h100e_per_year"),
        ("export.importer_approval", 0.0, 1.0, "licensed_h100e_per_year"),
        ("diversion.enforcement_budget", 3000.0, 0.0, "diverted_h100e_per_year"),
        ("export.tool_control_strength", 3.0, 0.0, "huawei_packages_per_year"),
        ("foundry.chinese_build_out", 0.5, 2.0, "huawei_packages_per_year"),
        ("memory.cxmt_build_out", 0.2, 4.0, "huawei_packages_per_year"),
        ("power.build_out_united_states", 0.4, 2.0, "world_stock_h100e"),
    ],
)
def test_a_front_lever_moves_what_it_names(lever, low, high, output):
    def gain(opened):
        few, many = (
            of(results, output, **where(results, output))[:, -36:]
            for results in (
                run("baseline", set=opened | {f"{lever}@2026-01": value}, draws=6, developers=60, end="2028-12",
                    uncertainty="prior")
                for value in (low, high)
            )
        )
        return total(many) / total(few)

    open_door = {"export.importer_approval@2026-01": 1.0} if output.startswith("licensed") else {}
    if lever == "foundry.chinese_build_out":  # memory binds the Chinese chain from 2026: fabs alone add little
        assert (gain(open_door) > 1.0).all()
        open_door = {"memory.cxmt_build_out@2026-01": 4.0}
    assert np.median(gain(open_door)) > 1.05


def lag(results, since=-36):
    values = of(results, "capability_lag_months", detail="china")[:, since:]
    return np.nanmean(values, axis=1)


def test_without_distillation_and_open_weights_china_lags_further_behind(base):
    alone = changed(training__distillation_strength=0.0, training__open_weights_strength=0.0)
    assert np.median(lag(alone) - lag(base)) > 1.0


def test_with_fewer_accelerators_china_lags_further_behind(base):
    poor = changed(**{
        "export__tpp_threshold@2023-01": 300.0, "export__licence_case_by_case_share": 0.0,
        "diversion__enforcement_budget": 3000.0,
        "foundry__chinese_build_out@2023-01": 0.1, "memory__cxmt_build_out@2023-01": 0.0,
        "export__cloud_access_rule@2023-01": True,
    })  # fmt: skip
    shares = [of(poor, "compute_share", "user|all|stock|8bit", r)[:, -1] for r in ("united_states", "china")]
    us, china = shares
    assert np.median(china / us) < 0.8 * np.median(
        of(base, "compute_share", "user|all|stock|8bit", "china")[:, -1]
        / of(base, "compute_share", "user|all|stock|8bit", "united_states")[:, -1]
    )
    assert np.median(lag(poor) - lag(base)) > 0.0
    assert (lag(poor) - lag(base)).mean() > 0.2


def test_the_discount_is_named_by_no_parameter():
    scenario = load_scenario("baseline")
    names = [entry.name + entry.title for entry in scenario.register.entries.values()]
    assert not [name for name in names if "discount" in name.lower()]
