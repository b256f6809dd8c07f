"""The register and the records: what is read, what is refused, and how priors turn into draws."""

import csv

import numpy as np
import pytest
import sample

from sim.cli_check import known_sources
from sim.errors import InputError
from sim.parameters.priors import Prior, prior_uniforms
from sim.parameters.problems import record_problems, register_problems
from sim.parameters.records import load_records, undeclared
from sim.parameters.register import load_register
from sim.units import month_number

# The real files


def test_every_entry_and_record_of_the_register_is_sound():
    sources = known_sources()
    assert register_problems(load_register(), sources) == []
    assert record_problems(load_records(), sources) == []
    assert undeclared() == []


def test_sections_and_records_do_not_share_a_name():
    assert not set(load_register().sections()) & set(load_records())


# A small register


def test_an_entry_carries_all_that_its_table_says():
    entry = sample.register()["foundry.defect_density"]
    assert (entry.title, entry.unit) == ("Defect density on the advanced node", "defects / cm²")
    assert (entry.value, entry.range, entry.role, entry.tier) == (0.35, (0.05, 1.5), "uncertainty", 1)
    assert (entry.sources, entry.confidence) == (("assumption",), "low")


def test_an_unknown_name_suggests_the_nearest_and_a_retired_one_says_what_replaced_it():
    with pytest.raises(InputError, match="did you mean 'foundry.defect_density'"):
        sample.register()["foundry.defect_densty"]
    with pytest.raises(InputError, match=r"retired: renamed export\.tpp_threshold in 0\.1"):
        sample.register()["export.chip_threshold"]


def test_a_value_announced_later_is_not_known_before():
    entry = sample.register()["export.tpp_threshold"]
    assert [d.value for d in entry.known_by(None)] == [4800, 2400]
    assert [d.value for d in entry.known_by(month_number("2025-05"))] == [4800]
    assert [d.value for d in entry.known_by(month_number("2025-06"))] == [4800, 2400]
    assert [d.value for d in entry.known_by(month_number("2021-01"))] == [4800]  # never nothing


def write_entry(tmp_path, **changes):
    entry = {
        "title": '"Defects"', "value": "0.35", "unit": '"defects / cm²"', "range": "[0.05, 1.5]", "role": '"lever"',
        "tier": "1", "sources": '["assumption"]', "confidence": '"high"', "why": '"By hand."',
    } | changes
    lines = [f"{key} = {value}" for key, value in entry.items() if value is not None]
    (tmp_path / "foundry.toml").write_text("[defects]\n" + "\n".join(lines), encoding="utf-8")
    return tmp_path


PRIOR = '{ dist = "lognormal", p05 = 0.2, p95 = 0.7 }'


@pytest.mark.parametrize(("changes", "words"), [
    ({"title": None}, "title: missing"),
    ({"why": None}, "why: missing"),
    ({"why": '"  "'}, "why: must be text"),
    ({"colour": '"red"'}, "colour: unknown key"),
    ({"chices": "[1, 2]"}, "did you mean 'choices'"),
    ({"range": None}, "give either range or choices, one of them"),
    ({"choices": "[0.35, 0.5]"}, "give either range or choices, not both"),
    ({"range": "[1.5, 0.05]"}, "range: the lowest must be below the highest"),
    ({"range": "[0.05]"}, "range: expected two values"),
    ({"value": "2.0"}, "value: 2.0 is out of range; use a number from 0.05 to 1.5 (defects / cm²)"),
    ({"value": "nan"}, "value: nan is not a finite number"),
    ({"value": "inf"}, "value: inf is not a finite number"),
    ({"value": "true"}, "value: true is a boolean"),
    ({"value": '"0.35"'}, "write it without quotes"),
    ({"value": '{ "2024-13" = 0.3 }'}, '"2024-13" is not a month'),
    ({"value": "{}"}, "holds no dates"),
    ({"value": '[{ from = "2024-01", valu = 0.3 }]'}, "each row of a dated list has from, value"),
    ({"value": '[{ from = "2024-01", value = 0.3 }, { from = "2024-01", value = 0.4 }]'}, "the same date"),
    ({"role": '"knob"'}, 'role: "knob" is not allowed'),
    ({"role": '"uncertainty"'}, "prior: missing"),
    ({"prior": PRIOR}, "prior: only an entry with role"),
    ({"role": '"uncertainty"', "prior": '{ dist = "normall", p05 = 0.2, p95 = 0.7 }'}, "did you mean 'normal'"),
    ({"role": '"uncertainty"', "prior": '{ dist = "normal", p05 = 0.2 }'}, "prior.p95: missing"),
    ({"role": '"uncertainty"', "prior": '{ dist = "normal", p05 = 0.2, p95 = 0.7, mode = 1 }'}, "mode: unknown key"),
    ({"role": '"uncertainty"', "prior": '{ dist = "normal", p05 = 0.7, p95 = 0.2 }'}, "must rise"),
    ({"role": '"uncertainty"', "prior": '{ dist = "normal", p05 = 0.2, p95 = 7.0 }'}, "prior.p95: 7.0 is out of range"),
    ({"role": '"uncertainty"', "prior": '{ dist = "uniform", low = 0.2, high = 0.7, as = "log" }'}, "prior.as"),
    ({"role": '"uncertainty"', "prior": PRIOR, "value": '{ "2024-01" = 0.3, "2025-01" = 0.2 }'}, 'as = "factor"'),
    ({"tier": "4"}, "tier: 4 is out of range"),
    ({"tier": "true"}, "tier: true is a boolean"),
    ({"sources": "[]"}, "sources: expected a list"),
    ({"sources": '"assumption"'}, "sources: expected a list"),
    ({"confidence": '"certain"'}, "confidence: \"certain\" is not allowed"),
    ({"levels": '{ "low" = 0.01 }'}, "levels.low: 0.01 is out of range"),
])
def test_a_malformed_entry_is_refused_by_name(tmp_path, changes, words):
    with pytest.raises(InputError) as caught:
        load_register(write_entry(tmp_path, **changes))
    message = str(caught.value)
    assert words in message and "foundry.toml: [defects]" in message and "\n" not in message


def test_thin_reasons_unlisted_sources_and_values_off_their_prior_are_reported(tmp_path):
    folder = write_entry(tmp_path, role='"uncertainty"', confidence='"low"', value="1.4", prior=PRIOR,
                         sources='["assumptoin"]')
    problems = register_problems(load_register(folder), ["assumption"])
    assert len(problems) == 3
    assert "did you mean 'assumption'" in problems[0]
    assert "argue the case" in problems[1]
    assert "outside the middle 96 %" in problems[2]


# Records


def write_products(tmp_path, change):
    """The sample products with one thing changed: (line, column, cell), or a whole text."""
    source = sample.FOLDER / "records"
    (tmp_path / "schemas.toml").write_text((source / "schemas.toml").read_text(encoding="utf-8"), encoding="utf-8")
    text = (source / "products.csv").read_text(encoding="utf-8")
    if isinstance(change, str):
        text = change
    else:
        rows = list(csv.reader(text.splitlines()))
        line, column, cell = change
        rows[line - 1][rows[0].index(column)] = cell
        text = "\n".join(",".join(row) for row in rows)
    (tmp_path / "products.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("change", "words"), [
    ((1, "price_usd", "price_eur"), "column 'price_eur' is not declared"),
    ((2, "price_usd", "50"), "line 2: price_usd: 50.0 is out of range; use a number from 100 to 1000000 (USD)"),
    ((2, "price_usd", "cheap"), "line 2: price_usd: \"cheap\" is not a number"),
    ((2, "price_usd", "nan"), "line 2: price_usd: nan is not a finite number"),
    ((3, "dies", "1.5"), "line 3: dies: \"1.5\" is not a number; use a whole number"),
    ((3, "dies", ""), "line 3: dies: blank"),
    ((3, "maker", "nvidea"), "did you mean 'nvidia'"),
    ((4, "water_cooled", "perhaps"), "use true or false"),
    ((4, "released", "2025-13-01"), "is not a month"),
    ((4, "name", "h20"), "line 4: name: 'h20' appears twice"),
    ((4, "name", "Ascend 910C"), "is not a name"),
    ((4, "source", ""), "line 4: source: blank"),
    ((4, "confidence", "sure"), "line 4: confidence"),
    ("name,maker\nh20,nvidia\n", "column 'dies' is missing"),
    ("name,maker,price_usd\nh20\n", "column 'dies' is missing"),
    ("", "the file is empty"),
])
def test_a_malformed_record_is_refused_with_line_and_column(tmp_path, change, words):
    with pytest.raises(InputError) as caught:
        load_records(write_products(tmp_path, change))
    assert words in str(caught.value) and "products.csv" in str(caught.value)


def test_a_row_with_too_few_cells_is_refused(tmp_path):
    text = (sample.FOLDER / "records" / "products.csv").read_text(encoding="utf-8") + "b30a,nvidia\n"
    with pytest.raises(InputError, match="line 5: 2 cells, but the header has 9"):
        load_records(write_products(tmp_path, text))


def test_a_table_that_no_schema_declares_is_reported(tmp_path):
    write_products(tmp_path, (2, "price_usd", "9000"))
    (tmp_path / "labs.csv").write_text("name\nopenai\n", encoding="utf-8")
    assert "labs.csv: no columns declared" in undeclared(tmp_path)[0]


# Priors


@pytest.mark.parametrize(("prior", "u", "expected"), [
    (Prior("normal", (2.0, 6.0)), [0.05, 0.5, 0.95], [2, 4, 6]),
    (Prior("lognormal", (1.0, 100.0)), [0.05, 0.5, 0.95], [1, 10, 100]),
    (Prior("uniform", (2.0, 6.0)), [0.25, 0.5, 0.75], [3, 4, 5]),
    (Prior("loguniform", (1.0, 100.0)), [0.25, 0.5, 0.75], [10**0.5, 10, 10**1.5]),
    # Triangle on 0, 1, 4: area left of the mode 1/4; right tail 1 − u = (4 − x)² / 12
    (Prior("triangular", (0.0, 1.0, 4.0)), [0.0625, 0.25, 0.75], [0.5, 1, 4 - 3**0.5]),
])
def test_a_prior_has_the_quantiles_it_was_given(prior, u, expected):
    assert prior.ppf(u) == pytest.approx(expected, rel=1e-12)


def test_a_draw_keeps_its_number_in_any_block_beside_any_parameters():
    names = ["foundry.a", "foundry.b", "memory.c"]
    whole = prior_uniforms(names, np.arange(64), seed=1)
    assert np.array_equal(whole[:, [17]], prior_uniforms(names, [17], seed=1))
    assert np.array_equal(whole[1:2], prior_uniforms(["foundry.b"], np.arange(64), seed=1))
    assert not np.array_equal(whole, prior_uniforms(names, np.arange(64), seed=2))


def test_the_first_draws_fill_every_slice_of_every_prior_once():
    u = prior_uniforms([f"section.leaf_{i}" for i in range(100)], np.arange(1024), seed=3)
    for draws in (2, 8, 64, 1024):
        slices = np.sort(np.floor(u[:, :draws] * draws), axis=1)
        assert np.array_equal(slices, np.tile(np.arange(draws), (100, 1)))


def test_parameters_are_sampled_independently_of_one_another():
    u = prior_uniforms([f"section.leaf_{i}" for i in range(100)], np.arange(4096), seed=3)
    correlation = np.corrcoef(u)[np.triu_indices(100, 1)]
    # Independent samples of 4,096 draws: standard deviation 1/64; the nested order costs a little.
    assert np.sqrt(np.mean(correlation**2)) < 1.5 / 64
    assert np.abs(correlation).max() < 0.1


def test_draw_identities_far_apart_differ():
    u = prior_uniforms(["section.leaf"], [0, 1, 2**32, 2**32 + 1, 2**62], seed=1)
    assert len(np.unique(u)) == 5


def test_the_first_page_holds_at_most_twelve_levers():
    front = [entry.name for entry in load_register().entries.values() if entry.tier == 1 and entry.role == "lever"]
    assert 8 <= len(front) <= 12, front
