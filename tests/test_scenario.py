"""Scenarios: what holds when, in which order, for which draws."""

import numpy as np
import pytest
import sample

from sim.errors import InputError
from sim.scenario import load_scenario, parse_set
from sim.units import month_number

DRAWS = np.arange(8)


def at(scenario, date, **options):
    return scenario.resolve(DRAWS, seed=1, **options).at(month_number(date))


def change(value='0.25', start="2026-07", extra="", parameter="foundry.defect_density", kind="change"):
    return (f'[[{kind}]]\nparameter = "{parameter}"\nfrom = "{start}"\nvalue = {value}\n'
            f'why = "For a test."\n{extra}\n')


def test_the_register_speaks_where_nothing_is_changed():
    p = at(sample.plain(), "2025-06")
    assert p.export.tpp_threshold == 4800.0 and p.export.closed_cloud_route is False
    assert p.foundry.yield_form == "murphy_1964" and p.export.review_month == month_number("2026-06")
    assert p.foundry.defect_density.shape == (8,) and isinstance(p.foundry.die_area, float)
    assert at(sample.plain(), "2026-01").export.tpp_threshold == 2400.0


def test_a_dated_uncertain_value_is_multiplied_by_its_factor():
    values = sample.plain().resolve(DRAWS)
    before, after = (values.at(month_number(d)).foundry.wafer_starts for d in ("2024-12", "2025-01"))
    assert np.allclose(after, 2 * before, rtol=1e-12)
    assert np.array_equal(before, 1000 * values.samples["foundry.wafer_starts"])


def test_without_uncertainty_every_value_is_the_registers():
    p = at(sample.plain(), "2025-06", uncertainty="none")
    assert p.foundry.defect_density == 0.35 and p.foundry.wafer_starts == 2000


def test_given_samples_replace_the_prior():
    p = at(sample.plain(), "2025-06", uncertainty={"foundry.defect_density": np.full(8, 0.5)})
    assert np.array_equal(p.foundry.defect_density, np.full(8, 0.5))
    assert p.foundry.wafer_starts.std() > 0
    with pytest.raises(InputError, match="3 samples given for 8 draws"):
        at(sample.plain(), "2025-06", uncertainty={"foundry.defect_density": [0.5] * 3})


def test_an_unknown_leaf_names_the_nearest():
    with pytest.raises(AttributeError, match="did you mean 'defect_density'"):
        _ = at(sample.plain(), "2025-06").foundry.defect_densty
    with pytest.raises(AttributeError, match="no column 'price'"):
        _ = at(sample.plain(), "2025-06").products.price


def test_a_change_makes_the_value_certain_from_its_date(monkeypatch, tmp_path):
    scenario = sample.from_text(monkeypatch, tmp_path, change())
    assert at(scenario, "2026-06").foundry.defect_density.std() > 0
    assert at(scenario, "2026-07").foundry.defect_density == 0.25


def test_a_change_with_an_end_gives_way_to_what_held_before(monkeypatch, tmp_path):
    scenario = sample.from_text(monkeypatch, tmp_path, change("1000", "2025-03", 'until = "2026-03"',
                                                              "export.tpp_threshold"))
    found = [at(scenario, d).export.tpp_threshold for d in ("2025-02", "2025-03", "2026-02", "2026-03")]
    assert found == [4800, 1000, 1000, 2400]


def test_in_one_file_the_latest_change_in_force_holds(monkeypatch, tmp_path):
    text = change("0.2", "2026-01") + change("0.1", "2027-01", 'until = "2028-01"')
    scenario = sample.from_text(monkeypatch, tmp_path, text)
    assert [at(scenario, d).foundry.defect_density for d in ("2026-12", "2027-06", "2028-01")] == [0.2, 0.1, 0.2]


def test_a_factor_keeps_the_spread_and_stops_at_the_range(monkeypatch, tmp_path):
    scenario = sample.from_text(monkeypatch, tmp_path, change(start="2026-01").replace("value = 0.25", "factor = 2"))
    before, after = (at(scenario, d).foundry.defect_density for d in ("2025-12", "2026-01"))
    assert np.array_equal(after, np.minimum(2 * before, 1.5))


def test_precedence_runs_from_register_to_base_to_file_to_set(monkeypatch, tmp_path):
    base = sample.HEAD + change("0.2", "2026-01") + change("9000", "2026-01", parameter="products.h20.price_usd")
    (tmp_path / "base.toml").write_text(base, encoding="utf-8")
    scenario = sample.from_text(monkeypatch, tmp_path, 'based_on = "base"\n' + change("0.3", "2027-01"))
    assert scenario.based_on == ("base",)
    assert [at(scenario, d).foundry.defect_density for d in ("2026-12", "2027-01")] == [0.2, 0.3]
    assert at(scenario, "2027-01").products.price_usd[0] == 9000
    by_hand = scenario.with_sets(["foundry.defect_density@2026-06=0.4"])
    assert [at(by_hand, d).foundry.defect_density for d in ("2026-05", "2026-06", "2027-01")] == [0.2, 0.4, 0.4]
    assert at(scenario, "2027-01").foundry.defect_density == 0.3  # the scenario itself is unchanged


def test_one_cell_of_a_record_can_be_changed():
    scenario = sample.plain().with_changes({"products.h20.price_usd": 9000, "products.h100.water_cooled@2024-01": True})
    p = at(scenario, "2024-01")
    assert p.products.price_usd[p.products.index["h20"]] == 9000 and len(p.products) == 3
    assert p.products.water_cooled.tolist() == [False, True, True]
    assert not at(scenario, "2023-12").products.water_cooled[1]
    assert np.isnan(p.products.price_usd[1]) and p.products.maker == ("nvidia", "nvidia", "huawei")
    assert p.products.released.tolist() == [month_number(m) for m in ("2023-12", "2022-09", "2025-01")]


def test_a_shock_strikes_some_draws_and_the_same_ones_in_every_block(monkeypatch, tmp_path):
    text = change("500", "2027-01", 'until = "2027-04"\nprobability = 0.4', "foundry.wafer_starts", "shock")
    scenario = sample.from_text(monkeypatch, tmp_path, text)
    draws, month = np.arange(400), month_number("2027-02")
    struck = scenario.resolve(draws).at(month).foundry.wafer_starts == 500
    assert 0.3 < struck.mean() < 0.5
    alone = scenario.resolve([17]).at(month).foundry.wafer_starts == 500
    assert alone[0] == struck[17]
    assert not (at(scenario, "2027-04").foundry.wafer_starts == 500).any()


def test_shocks_of_one_event_strike_together_and_stack(monkeypatch, tmp_path):
    extra = 'probability = 0.5\nevent = "blockade"'
    text = (change("0.5", "2027-01", extra, "foundry.wafer_starts", "shock").replace("value", "factor")
            + change("0.5", "2027-03", extra, "foundry.wafer_starts", "shock").replace("value", "factor")
            + change("1.2", "2027-01", extra, kind="shock"))
    scenario = sample.from_text(monkeypatch, tmp_path, text)
    plain, p = at(sample.plain(), "2027-03").foundry, at(scenario, "2027-03").foundry
    struck = p.defect_density == 1.2
    assert struck.any() and not struck.all()
    assert np.allclose(p.wafer_starts, np.where(struck, 0.25, 1.0) * plain.wafer_starts)


def test_scenarios_with_one_seed_share_their_draws(monkeypatch, tmp_path):
    scenario = sample.from_text(monkeypatch, tmp_path, change("1000", parameter="export.tpp_threshold"))
    here, there = (at(s, "2027-01").foundry.defect_density for s in (scenario, sample.plain()))
    assert np.array_equal(here, there)


def test_as_of_forgets_later_rules_and_products_but_keeps_the_question(monkeypatch, tmp_path):
    scenario = sample.from_text(monkeypatch, tmp_path, change())
    p = at(scenario, "2026-07", as_of="2024-01")
    assert p.export.tpp_threshold == 4800
    assert p.products.names == ("h20", "h100")
    assert p.foundry.defect_density == 0.25
    changed = sample.plain().with_changes({"products.ascend_910c.dies": 4})
    assert len(at(changed, "2026-07", as_of="2024-01").products) == 2


def test_a_month_without_changes_costs_nothing_new():
    values = sample.plain().resolve(DRAWS)
    months = [values.at(month_number(f"2023-{m:02d}")) for m in range(1, 13)]
    assert all(p.foundry is months[0].foundry and p.products is months[0].products for p in months)
    assert values.at(month_number("2023-05")) is months[4]


def test_arrays_in_force_cannot_be_written_to():
    with pytest.raises(ValueError):
        at(sample.plain(), "2025-06").foundry.defect_density[0] = 1.0


def test_show_lists_every_value_with_its_origin(monkeypatch, tmp_path):
    scenario = sample.from_text(monkeypatch, tmp_path, change("1000", parameter="export.tpp_threshold"))
    rows = {row["name"]: row for row in scenario.with_sets(["products.h20.price_usd=9000"]).show()}
    assert rows["export.tpp_threshold"]["value"] == "4,800; 2,400 from 2026-01; 1,000 from 2026-07"
    assert rows["export.tpp_threshold"]["origin"].endswith("lower_threshold.toml")
    assert rows["products.h20.price_usd"]["origin"] == "--set"
    assert rows["foundry.defect_density"]["prior"] == "lognormal, p05 0.2, p95 0.7"
    assert set(sample.register().entries) <= set(rows)
    one = scenario.show("2026-02", search="processing performance")
    assert [(r["name"], r["value"], r["origin"]) for r in one] == [("export.tpp_threshold", "2,400", "register")]


def test_an_archive_gets_plain_data(monkeypatch, tmp_path):
    found = sample.from_text(monkeypatch, tmp_path, change()).as_dict()
    assert found["changes"][0] | {"origin": ""} == {
        "parameter": "foundry.defect_density", "from": "2026-07", "value": 0.25, "why": "For a test.", "origin": ""}


@pytest.mark.parametrize(("text", "expected"), [
    ("foundry.defect_density=0.25", ("foundry.defect_density", 0.25)),
    (" foundry.defect_density = 0.25 ", ("foundry.defect_density", 0.25)),
    ("foundry.defect_density@2026-07=0.25", ("foundry.defect_density@2026-07", 0.25)),
    ("foundry.yield_form=poisson", ("foundry.yield_form", "poisson")),
    ('foundry.yield_form="poisson"', ("foundry.yield_form", "poisson")),
    ("export.review_month=2027-01", ("export.review_month", "2027-01")),
    ("export.closed_cloud_route=true", ("export.closed_cloud_route", True)),
])
def test_set_is_read_as_a_name_and_a_value(text, expected):
    assert parse_set(text) == expected


def test_numpy_numbers_are_numbers():
    assert sample.plain().with_changes({"foundry.defect_density": np.float64(0.25)}).changes[0].value == 0.25


def test_a_scenario_may_be_named_or_given_as_a_file():
    assert load_scenario("baseline").name == "baseline"
    assert load_scenario().title.startswith("Baseline")


def test_what_was_set_by_hand_can_be_kept_as_a_file(monkeypatch, tmp_path):
    base = sample.from_text(monkeypatch, tmp_path, change("0.2", "2026-01"), name="base")
    by_hand = base.with_sets(["foundry.defect_density@2027-01=0.4", "foundry.yield_form=poisson",
                              "export.review_month=2027-01", "export.closed_cloud_route@2028-01=true"])
    (tmp_path / "kept.toml").write_text(by_hand.as_toml("Kept"), encoding="utf-8")
    kept = load_scenario(tmp_path / "kept.toml")
    for date in ("2025-12", "2026-06", "2027-06", "2028-06"):
        for section in ("foundry", "export"):
            here, there = (getattr(at(s, date, uncertainty="none"), section) for s in (kept, by_hand))
            assert vars(here) == vars(there)


def test_an_archive_does_not_say_where_the_project_lives(monkeypatch, tmp_path):
    from sim.scenario import library

    here = load_scenario("no_controls").as_dict()
    path = library()["no_controls"]
    monkeypatch.chdir(tmp_path)
    assert load_scenario("no_controls").as_dict() == load_scenario(path).as_dict() == here
    assert here["changes"][0]["origin"] == "scenarios/no_controls.toml"
