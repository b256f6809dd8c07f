"""``aicompute rules``: the known history product by product, and against the columns of the evidence."""

import csv
from functools import cache
from pathlib import Path

import pytest
from commands import call

from sim.cli_rules import NO_EFFECT, NOT_YET, TPP_ALONE, latest_start, list_of_rules, rule_table
from sim.evidence.loader import load
from sim.scenario import load_scenario
from sim.units import month_label, month_number

STORED = Path(__file__).with_name("rules_history.csv")
EVIDENCE = Path(__file__).with_name("rules_of_the_evidence.csv")
MONTHS = ("2022-06", "2022-12", "2023-06", "2023-12", "2024-12", "2025-05", "2025-12", "2026-06")
FREE, DENIED = "free", "presumption of denial"
TOLD = list(csv.DictReader(Path(__file__).with_name("rules_told.csv").open(encoding="utf-8")))


@cache
def table(month, *sets):
    """Rows of the command by product, of the baseline in a month."""
    scenario = load_scenario("baseline").with_sets(list(sets))
    return {row["product"]: row for row in rule_table(scenario, month_number(month))}


@pytest.mark.parametrize("told", TOLD, ids=[f"{row['month']} {row['product']}" for row in TOLD])
def test_each_product_has_the_status_that_history_gave_it(told):
    row = table(told["month"])[told["product"]]
    # a product that was named, or never came, before it was on sale is judged all the same
    assert told["licence"] in (row["status"], judged(told["product"], told["month"])), told["what happened"]
    assert told["rule"] in row["rule"] and bool(told["rule"]) == bool(row["rule"])


@pytest.mark.parametrize("product, month, bounds", [
    ("h100", "2023-12", "TPP 15,832 ≥ 4,800"),
    ("h100", "2022-12", "interconnect 900 ≥ 600 GB/s, TPP 15,832 ≥ 4,800"),  # 1.5 times the bound is closer than 3.3
    ("tpu_v5e", "2023-12", "density 9.7 ≥ 5.92, TPP 3,152 ≥ 1,600"),
    ("h20", "2025-05", "bandwidth 4,000 ≥ 1,400 GB/s"),
    ("mi308x", "2024-12", "TPP 4,700 < 4,800, TPP 4,700 ≥ 2,400, density 1.96 ≥ 1.6, density 1.96 < 5.92"),
])  # fmt: skip
def test_the_bound_is_named_closest_first(product, month, bounds):
    assert table(month)[product]["bounds"] == bounds


def test_a_letter_names_its_parts_and_a_window_too():
    assert table("2022-09")["a100"]["bounds"] == "named"
    assert "(named)" in table("2025-09")["h20"]["eased_by"] and table("2025-09")["rtx_5090d"]["eased_by"] == ""


def test_every_rule_is_listed_with_its_stage_and_what_it_moves():
    rows = {row["rule"]: row for row in list_of_rules(load_scenario("baseline"), month_number("2026-06"))}
    assert rows["match_act"]["stage"] == "proposed" and rows["match_act"]["switched"] == "off"
    assert rows["diffusion_caps"]["stage"] == "rescinded" and rows["diffusion_caps"]["effect"] == NO_EFFECT
    assert rows["affiliates_2025"]["stage"] == "suspended" and rows["oct_2023_tpp"]["switched"] == "in force"
    assert {row["effect"] for row in rows.values()} >= {NO_EFFECT, "strength of tool controls", "licences for China"}


def test_every_rule_of_the_evidence_is_in_the_record_or_is_none():
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    rules = load("export_rules")
    assert [(row["date"], row["rule"]) for row in told] == list(zip(map(str, rules.date), rules.rule, strict=True))
    kept = load_scenario("baseline").records["rules"].rows
    assert all(name in kept for row in told for name in row["record"].split())
    assert [row["note"] for row in told if not row["record"]] == [
        "a prosecution, not a rule", "a statement, not a rule"]
    assert set(kept) - {name for row in told for name in row["record"].split()} == {"sophgo_stop"}  # a firm's decision


def test_a_window_is_named_with_its_bounds():
    eased = table("2026-06")["h200"]["eased_by"]
    assert "H200-class" in eased and "TPP 15,832 < 21,000, bandwidth 4,800 < 6,500 GB/s" in eased
    assert table("2026-06")["b200"]["eased_by"] == ""


def test_bounds_follow_the_chip_threshold():
    row = table("2024-06", "export.tpp_threshold=1600")["h20"]
    assert (row["status"], row["bounds"]) == (DENIED, "TPP 2,368 ≥ 1,600")
    free = table("2024-06", "export.accelerator_rules_on=false")
    assert {row["status"] for row in free.values()} == {FREE, NOT_YET} and not any(r["rule"] for r in free.values())


def test_rows_are_foreign_products_in_order_of_introduction():
    rows = list(table("2023-12").values())
    assert not {"huawei", "cambricon", "other_chinese"} & {row["maker"] for row in rows}
    assert [row["introduced"] for row in rows] == sorted(row["introduced"] for row in rows)
    assert table("2023-12")["h200"]["status"] == NOT_YET and table("2023-12")["tpu_v4"]["density"] == TPP_ALONE


def test_the_default_is_the_month_in_which_the_latest_rule_starts():
    scenario = load_scenario("baseline")
    assert month_label(latest_start(scenario)) == "2026-06"  # the parent test; bills of 2027 are not in force
    assert month_label(latest_start(scenario.with_sets(["rules.match_act.in_force=true"]))) == "2027-01"


def test_the_stored_history_is_the_computed_one():
    with STORED.open(encoding="utf-8", newline="") as file:
        stored = {row.pop("product"): row for row in csv.DictReader(file)}
    computed = {product: {month: table(month)[product]["status"] for month in MONTHS} for product in table("2022-06")}
    assert computed == stored


def of_evidence(column):
    """(product, cell) wherever the evidence has a cell in a column; MI308X has none, its TPP is unknown."""
    cells = load("chips").set_index("chip")[column].dropna()
    cells = cells[cells != ""]
    titles = {row["title"]: product for product, row in table("2026-06").items()}
    # B30A: its title in the command says that it is hypothetical
    return [(titles[t], str(cell)) for name, cell in cells.items()
            for t in (name, f"{name} (hypothetical)") if t in titles]


def judged(product, month):
    """Status of a product judged as if it were out already: the evidence classes later products too."""
    return table(month, f"products.{product}.introduced=2017-01")[product]["status"]


def test_the_class_of_october_2023_agrees_with_the_evidence():
    classes = [(p, c) for p, c in of_evidence("rule_class_oct2023") if c != "density unknown"]
    assert len(classes) >= 28
    wrong = {}
    for product, cell in classes:
        expected = DENIED if cell.startswith("3A090.a") else FREE
        if judged(product, "2023-12") != expected:
            wrong[product] = cell
    assert wrong == {}
    by_density = {product for product, cell in classes if cell == "3A090.a (density)"}
    assert all("density" in table("2023-12")[product]["rule"] for product in by_density)


def test_the_window_of_january_2026_agrees_with_the_evidence():
    cells = of_evidence("meets_jan2026_case_by_case_window")
    assert len(cells) >= 28
    wrong = {p: c for p, c in cells if (judged(p, "2026-06") == DENIED) != (c.strip().lower() in ("no", "false"))}
    assert wrong == {}


def test_the_command_prints_one_table(capsys):
    code, out, err = call(capsys, "rules", "--date", "2023-12", "--search", "nvidia h100")
    assert code == 0 and err == "" and "TPP 15,832 ≥ 4,800" in out and "2023-12" in out and "A100" not in out
    assert "Nothing found" in call(capsys, "rules", "--search", "nosuchproduct")[1]


def test_a_month_before_the_record_is_named_as_such(capsys):
    said = "The record of rules on accelerators begins in"
    assert said in call(capsys, "rules", "--date", "2019-01")[1]
    assert said not in call(capsys, "rules", "--date", "2022-12")[1]


@pytest.mark.parametrize("arguments", [
    ["--date", "2026-13"], ["--destination", "chyna"],
    ["--date", "June"], ["--date", ""], ["nowhere"], ["--set", "nothing.here=1"],
    ["--month", "1"],
])  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_two(capsys, arguments):
    code, out, err = call(capsys, "rules", *arguments)
    assert code == 2 and out == "" and len(err.strip().splitlines()) == 1
