"""The rule sandbox: rules that a scenario adds, which products pass, the best part under the line, and what follows."""

import pytest
from commands import call

from sim import run
from sim.cli_sandbox import best_part, effect_on_products, only_rules, with_product, with_rule, without_rules_added
from sim.errors import InputError
from sim.experiments.mixtures import differences, mixed, title_of
from sim.experiments.rebuild import from_manifest, packed, unpacked
from sim.scenario import load_scenario
from sim.units import month_number

BASE = load_scenario("baseline")
RULE = """
title = "A line on TPP"
question = "What does it catch?"
based_on = "baseline"
sources = ["assumption"]

[[rule]]
name = "my_line"
from = "2027-01"
tpp_min = 1600
bandwidth_min_gb_s = 500
why = "To try it."
"""


def ruled(*tests, **more):
    return with_rule(BASE, {"test": tests, **more})


def statuses(scenario, month):
    rows = effect_on_products(BASE, scenario, month_number(month))
    return {row["product"]: (row["without"], row["with"]) for row in rows}


def test_a_scenario_file_adds_a_rule_that_bites_from_its_month(tmp_path):
    path = tmp_path / "my_rule.toml"
    path.write_text(RULE)
    found = load_scenario(path)
    assert statuses(found, "2026-12")["l20"] == ("free", "free")
    assert statuses(found, "2027-01")["l20"] == ("free", "presumption of denial")  # 1,912 TPP, 864 GB/s
    assert statuses(found, "2027-01")["l4"][1] == "case by case"  # 300 GB/s: not caught by it
    assert found.as_dict()["rule"][0]["name"] == "my_line" and "rule" not in BASE.as_dict()
    assert "my_line" not in without_rules_added(found).records["rules"].rows


def test_a_newer_rule_is_not_lifted_by_an_older_window():
    # H200 has been judged case by case since January 2026
    assert statuses(ruled("tpp_min=15000", start="2026-09"), "2026-09")["h200"] == (
        "case by case", "presumption of denial")


def test_a_window_of_ones_own_lifts_denials():
    found = statuses(ruled("tpp_max=65000", start="2026-09", window=True), "2026-09")
    assert found["b300"] == ("presumption of denial", "case by case") and found["rubin"][1] == "presumption of denial"


def test_inside_a_window_the_best_part_is_just_under_its_bounds():
    # By hand, the window of January 2026: 21,000 TPP and 6,500 GB/s, less one per cent
    part = best_part(BASE, "nvidia", month_number("2026-09"), case_by_case=True)
    assert part["tpp"] == pytest.approx(20_790) and part["bandwidth_tb_s"] == pytest.approx(6.435)
    wider = best_part(ruled("tpp_max=40000", window=True), "nvidia", month_number("2026-09"), case_by_case=True)
    assert wider["tpp"] == pytest.approx(39_600) and wider["bandwidth_tb_s"] == pytest.approx(22.0)
    newer = ruled("tpp_min=9000")  # newer than the window, so not lifted by it
    assert best_part(newer, "nvidia", month_number("2026-09"), case_by_case=True)["tpp"] < 9000


def test_a_rule_can_name_its_parts():
    found = statuses(with_rule(BASE, {"part": ["l20", "rtx_4090d"], "start": "2026-09"}), "2026-09")
    assert {name for name, (before, after) in found.items() if before != after} == {"l20", "rtx_4090d"}


@pytest.mark.parametrize("limb, values", [
    ("tpp_min", (4000, 2000, 1000)), ("performance_density_min", (3.0, 2.0, 1.0)),
    ("bandwidth_min_gb_s", (1200, 800, 400)), ("interconnect_min_gb_s", (300, 200, 100)),
    ("memory_and_interconnect_min_gb_s", (1500, 1000, 500)), ("hbm_density_min_gb_s_mm2", (9.0, 1.0, 0.5)),
])  # fmt: skip
def test_a_stricter_line_never_gives_a_better_part_and_the_part_passes(limb, values):
    month = month_number("2026-09")
    best = [best_part(BASE, "nvidia", month)["net"]]
    for value in values:
        scenario = ruled(f"{limb}={value}")
        best.append(best_part(scenario, "nvidia", month)["net"])
        judged = statuses(with_product(scenario, "nvidia", month), "2026-09")
        assert judged["nvidia_sandbox"][1] == "free", (limb, value)
    assert best == sorted(best, reverse=True) and best[-1] < best[0]


def test_a_rule_for_the_gulf_binds_there_and_not_in_china():
    scenario = ruled("tpp_min=9000", destination="gulf")
    month = month_number("2026-09")
    assert best_part(scenario, "nvidia", month, True, "gulf")["tpp"] == pytest.approx(8910)
    assert best_part(BASE, "nvidia", month, True, "gulf")["tpp"] > 100_000
    assert best_part(scenario, "nvidia", month) == best_part(BASE, "nvidia", month)


def test_under_one_rule_alone_the_others_bind_no_more():
    alone = only_rules(ruled("tpp_min=4800", "interconnect_min_gb_s=600"), ["sandbox"])
    part = best_part(alone, "nvidia", month_number("2022-12"))
    assert part["interconnect_gb_s"] >= 594  # nothing is in force yet in 2022-12: the rule starts in 2026
    part = best_part(alone, "nvidia", month_number("2026-09"))
    assert part["interconnect_gb_s"] == pytest.approx(594) and part["tpp"] > 100_000
    assert best_part(BASE, "nvidia", month_number("2021-01")) is not None  # A100 was there


def test_fee_cap_and_parent_become_terms_and_a_second_rule():
    scenario = with_rule(BASE, {"test": ["tpp_min=2400"], "start": "2026-09", "fee": 0.5, "cap": 0.1}, parent=True)
    p = scenario.resolve([0], uncertainty="none").at(month_number("2026-10"))
    assert (p.export.fee_share, p.export.licence_volume_cap) == (0.5, 0.1)
    assert scenario.records["rules"].rows["sandbox_parent"]["kind"] == "parent"


def test_the_written_file_runs_and_has_the_rule_and_the_part(tmp_path, capsys):
    out = tmp_path / "mine.toml"
    code, text, err = call(capsys, "sandbox", "--test", "tpp_min=1600", "--from", "2026-09", "--fee", "0.5",
                           "--product", "--out", str(out))
    assert code == 0 and "RTX 4090D" in text and "held by" in text and "aicompute run" in err
    found = load_scenario(out)
    assert found.records["products"].rows["nvidia_sandbox"]["introduced"] == month_number("2027-01")
    results = run(found, draws=2, developers=50, end="2028-06")
    units = results.series("accelerators_delivered", "", "", "nvidia_sandbox")[1]
    assert not units[:, :55].any() and units[:, -6:].any()


def test_a_rule_on_everything_ends_licensed_deliveries():
    closed = ruled("tpp_min=1000", start="2026-09").with_sets(["redesign.by_solution@2026-01=false"])
    before, after = (run(s, draws=2, developers=50, end="2028-12") for s in (BASE, closed))
    key = before.keys("licensed_h100e_per_year")[0]
    assert (after.series(*key)[1][:, -1] < before.series(*key)[1][:, -1] * 1e-6).all()


def test_where_all_rules_are_off_the_sandbox_says_so(capsys):
    code, out, _ = call(capsys, "sandbox", "no_controls", "--test", "tpp_min=1600")
    assert code == 0 and "switched off" in out and "0 of" in out


def test_running_prints_paired_differences(capsys):
    code, out, _ = call(capsys, "sandbox", "--test", "tpp_min=1600", "--run", "--draws", "2")
    assert code == 0 and "Δ with" in out


@pytest.mark.parametrize("arguments, words", [
    ([], "no rule"), (["--test", "tpp=2400"], "no such test"), (["--test", "tpp_min"], "no '='"),
    (["--test", "tpp_min=much"], "not a number"), (["--test", "tpp_min=-1"], "out of range"),
    (["--test", "tpp_min=1", "--test", "tpp_min=2"], "given twice"), (["--test", "tpp_min="], "no number"),
    (["--test", "tpp_min=2400", "--from", "soon"], "not a month"), (["--part", "h21"], "h20"),
    (["--test", "tpp_min=2400", "--from", "2026-09", "--until", "2026-01"], "not after"),
    (["--test", "tpp_min=2400", "--maker", "intel"], "nvidia"), (["--test", "tpp_min=2400", "--fee", "-1"], "range"),
    (["--test", "tpp_min=2400", "--status", "banned"], "presumption_of_denial"),
    (["--test", "tpp_min=2400", "--destination", "mars"], "china"),
    (["--test", "tpp_min=2400", "--destination", "chinese_parent_abroad"], "--parent"),
    (["--test", "tpp_min=2400", "--out", "/nowhere/x.toml"], "cannot write"),
    (["--test", "tpp_min=1600", "--test", "tpp_max=100"], "tpp_max: 100 is not above tpp_min, 1600"),
])  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_two(capsys, arguments, words):
    code, _, err = call(capsys, "sandbox", *arguments)
    assert code == 2 and len(err.strip().splitlines()) == 1 and words in err


@pytest.mark.parametrize("old, new, words", [
    ('name = "my_line"', 'name = "oct_2022_tpp"', "already in"), ("tpp_min = 1600", "tpp_mim = 1600", "tpp_min"),
    ('from = "2027-01"', 'from = "2027-13"', "not a month"), ('why = "To try it."', "", "why"),
    ("tpp_min = 1600\nbandwidth_min_gb_s = 500", "", "no test"), ("tpp_min = 1600", 'parts = ["h2O"]', "h20"),
    ('from = "2027-01"', "", "from: missing"), ("[[rule]]", "[rule]", "double brackets"),
    ('from = "2027-01"', 'from = "2027-01"\nlike = "oct_2023"', "like"),
    ('from = "2027-01"', 'from = "2027-01"\nkind = "chips"', "accelerator"),
])  # fmt: skip
def test_a_wrong_row_is_refused_by_name(tmp_path, old, new, words):
    path = tmp_path / "wrong.toml"
    path.write_text(RULE.replace(old, new))
    with pytest.raises(InputError) as error:
        load_scenario(path)
    assert words in str(error.value) and "wrong.toml" in str(error.value) and "\n" not in str(error.value)


def test_a_product_like_another_takes_its_cells_and_rates_itself():
    scenario = BASE.with_row("product", {"name": "h200_half", "like": "h200", "tpp": 8000, "introduced": "2026-10",
                                         "market": "china", "why": "Half of the throughput."})
    row = scenario.records["products"].rows["h200_half"]
    # By hand: 8,000 / 814 = 9.83 TPP / mm2, 8,000 / 8 = 1,000 tera-operations at 8 bit
    assert row["performance_density"] == pytest.approx(9.83, abs=0.01) and row["tops_8bit"] == 1000
    assert row["hbm_stacks"] == 6 and row["known"] == month_number("2026-10")


def test_an_archived_scenario_keeps_its_rows(tmp_path):
    path = tmp_path / "my_rule.toml"
    path.write_text(RULE + """
[[product]]
name = "half"
like = "mi325x"
introduced = "2027-02"
why = "A part whose density is not known."
""")
    found = load_scenario(path)
    again = unpacked(packed(found)), from_manifest(found.as_dict())
    for scenario in again:
        for record, name in (("rules", "my_line"), ("products", "half")):
            cells = scenario.records[record].rows[name]
            assert {k: str(v) for k, v in cells.items() if k != "note"} == {
                k: str(v) for k, v in found.records[record].rows[name].items() if k != "note"}


def test_an_added_rule_is_one_of_the_things_that_explain_a_difference(tmp_path):
    found = ruled("tpp_min=1600", start="2026-09", fee=0.5)
    assert differences(BASE, found) == ["export.fee_share", "rules.sandbox"]
    both, none = (mixed(BASE, found, moved) for moved in ({"rules.sandbox"}, {"export.fee_share"}))
    assert "sandbox" in both.records["rules"].rows and "sandbox" not in none.records["rules"].rows
    assert title_of(found, "rules.sandbox") == "sandbox, added to rules"
