"""Malformed scenario files and --set values: one clear line each, naming the place and the defect."""

import os

import pytest
import sample

from sim import cli_check, scenario
from sim.errors import InputError

CHANGE = '[[change]]\nparameter = "foundry.defect_density"\nfrom = "2026-07"\nvalue = 0.25\nwhy = "For a test."\n'
SHOCK = CHANGE.replace("[[change]]", "[[shock]]")


def swap(old, new, text=CHANGE):
    assert old in text
    return sample.HEAD + text.replace(old, new)


VALUE = "change 1 (foundry.defect_density): value"
FILES = {
    # the file as such
    "empty": ("", "is empty"),
    "blank": (" \n\n", "is empty"),
    "comments_only": ("# nothing here\n", "holds no keys"),
    "binary": (b"\x00\x01\x02\xff", "binary"),
    "not_utf8": (sample.HEAD.encode() + b'# caf\xe9\n', "line 4 is not UTF-8"),
    "not_toml": ("title: A test\n", "not valid TOML"),
    "json": ('{"title": "A test"}', "not valid TOML"),
    "unclosed_text": ('title = "A test\n', "line 1"),
    "key_twice": ('title = "A"\ntitle = "B"\n', "not valid TOML"),
    "huge": ("# " + "x" * 300_000, "at most 262,144"),
    "deep": ("title = " + "[" * 20_000 + "]" * 20_000, "nested too deeply"),
    "deep_table": ("title = " + "{a=" * 5_000 + "1" + "}" * 5_000, "nested too deeply"),
    "long_number": (swap("0.25", "1" * 5_000), "too many digits"),
    # top of the file
    "no_title": (sample.HEAD.replace('title = "A test"\n', ""), "title: missing"),
    "no_question": (sample.HEAD.replace('question = "Does it work?"\n', ""), "question: missing"),
    "no_sources": (sample.HEAD.replace('sources = ["assumption"]\n', ""), "sources: missing"),
    "sources_text": (sample.HEAD.replace('["assumption"]', '"assumption"'), "sources: expected a list"),
    "sources_empty": (sample.HEAD.replace('["assumption"]', "[]"), "sources: expected a list"),
    "title_number": (sample.HEAD.replace('"A test"', "3"), "title: must be text"),
    "title_blank": (sample.HEAD.replace('"A test"', '" "'), "title: must be text"),
    "unknown_top_key": (sample.HEAD + 'basedon = "baseline"\n', "basedon: unknown key; did you mean 'based_on'?"),
    "long_unknown_key": (sample.HEAD + "k" * 5_000 + " = 1\n", "unknown key"),
    # based_on
    "base_unknown": (sample.HEAD + 'based_on = "baselin"\n', "did you mean 'baseline'?"),
    "base_list": (sample.HEAD + 'based_on = ["baseline"]\n', "based_on: ['baseline'] is a list"),
    "base_itself": (sample.HEAD + 'based_on = "base_itself"\n', "cycle: base_itself → base_itself"),
    "base_path_missing": (sample.HEAD + 'based_on = "elsewhere/base.toml"\n', "no such file"),
    # changes
    "single_brackets": (swap("[[change]]", "[change]"), "double brackets"),
    "change_number": (sample.HEAD + "change = 3\n", "double brackets"),
    "change_numbers": (sample.HEAD + "change = [1, 2]\n", "double brackets"),
    "unknown_change_key": (swap("why", "reason"), "reason: unknown key"),
    "probability_in_change": (swap("why =", "probability = 0.5\nwhy ="), "probability: unknown key"),
    "no_parameter": (swap('parameter = "foundry.defect_density"\n', ""), "change 1: parameter: missing"),
    "no_from": (swap('from = "2026-07"\n', ""), "(foundry.defect_density): from: missing"),
    "no_why": (swap('why = "For a test."\n', ""), "(foundry.defect_density): why: missing"),
    "no_value": (swap("value = 0.25\n", ""), "value: missing"),
    "value_and_factor": (swap("value =", "factor = 2\nvalue ="), "either value or factor, not both"),
    "why_blank": (swap('"For a test."', '"  "'), "why: give the reason"),
    "why_boolean": (swap('"For a test."', "true"), "why: give the reason in words, got true"),
    "parameter_number": (swap('"foundry.defect_density"', "3"), "parameter: 3 is a number"),
    # names
    "misspelt": (swap("defect_density", "defect_densty"), "did you mean 'foundry.defect_density'?"),
    "wrong_section": (swap("foundry.defect", "fab.defect"), "did you mean 'foundry.defect_density'?"),
    "bare_leaf": (swap("foundry.defect_density", "defect_density"), "did you mean 'foundry.defect_density'?"),
    "empty_name": (swap("foundry.defect_density", ""), 'unknown parameter ""'),
    "retired": (swap("foundry.defect_density", "export.chip_threshold"), "renamed export.tpp_threshold"),
    "setting": (swap("foundry.defect_density", "run.draws"), "run.draws is a setting of the run"),
    "constant": (swap("foundry.defect_density", "foundry.die_area"), "foundry.die_area is a constant"),
    "whole_record": (swap("foundry.defect_density", "products"), "unknown parameter"),
    "record_row": (swap("foundry.defect_density", "products.h20"), "write products.ROW.COLUMN"),
    "record_no_row": (swap("foundry.defect_density", "products.h2O.price_usd"), "did you mean 'h20'?"),
    "record_no_column": (swap("foundry.defect_density", "products.h20.price"), "did you mean 'price_usd'?"),
    "record_fact": (swap("foundry.defect_density", "products.h20.known"), "no column \"known\" to change"),
    "record_range": (swap("foundry.defect_density", "products.h20.price_usd"), "out of range; use a number from 100"),
    # values
    "value_text": (swap("0.25", '"0.25"'), f'{VALUE}: "0.25" is text; expected a number from 0.05 to 1.5'),
    "value_word": (swap("0.25", '"low"'), f'{VALUE}: "low" is text'),
    "value_boolean": (swap("0.25", "true"), f"{VALUE}: true is a boolean"),
    "value_list": (swap("0.25", "[0.25]"), f"{VALUE}: [0.25] is a list"),
    "value_table": (swap("0.25", "{ a = 1 }"), f"{VALUE}: {{'a': 1}} is a table"),
    "value_date": (swap("0.25", "2026-07-01"), f"{VALUE}: 2026-07-01 is a date"),
    "value_nan": (swap("0.25", "nan"), f"{VALUE}: nan is not a finite number"),
    "value_infinite": (swap("0.25", "inf"), f"{VALUE}: inf is not a finite number"),
    "value_minus_infinite": (swap("0.25", "-inf"), f"{VALUE}: -inf is not a finite number"),
    "value_overflow": (swap("0.25", "1e999"), f"{VALUE}: inf is not a finite number"),
    "value_big_integer": (swap("0.25", "1" * 400), f"{VALUE}: the number is too large"),
    "value_low": (swap("0.25", "0.01"), "0.01 is out of range; use a number from 0.05 to 1.5 (defects / cm²)"),
    "value_high": (swap("0.25", "35"), f"{VALUE}: 35 is out of range"),
    "value_choice": (swap("foundry.defect_density", "foundry.yield_form").replace("0.25", '"murphy"'),
                     "use one of \"murphy_1964\", \"poisson\", \"seeds_1967\"; did you mean 'murphy_1964'?"),
    "value_not_boolean": (swap("foundry.defect_density", "export.closed_cloud_route"), "expected true or false"),
    "value_zero_for_boolean": (swap("foundry.defect_density", "export.closed_cloud_route").replace("0.25", "0"),
                               "0 is a number; expected true or false"),
    "value_month": (swap("foundry.defect_density", "export.review_month"), "write a month as"),
    "value_month_range": (swap("foundry.defect_density", "export.review_month").replace("0.25", '"2039-01"'),
                          "use a month from 2024-01 to 2030-12"),
    "factor_negative": (swap("value = 0.25", "factor = -1"), "factor: -1 is out of range"),
    "factor_on_choice": (swap("foundry.defect_density", "foundry.yield_form").replace("value = 0.25", "factor = 2"),
                         "only a number can be multiplied"),
    # dates
    "month_13": (swap("2026-07", "2026-13"), 'from: "2026-13" is not a month; write YYYY-MM'),
    "short_year": (swap("2026-07", "26-07"), 'from: "26-07" is not a month'),
    "one_digit_month": (swap("2026-07", "2026-7"), 'from: "2026-7" is not a month'),
    "whole_date": (swap('"2026-07"', "2026-07-01"), 'write "2026-07" in quotes'),
    "quoted_date": (swap("2026-07", "2026-07-01"), 'from: "2026-07-01" is not a month'),
    "date_number": (swap('"2026-07"', "2026.07"), "from: 2026.07 is a number"),
    "date_words": (swap("2026-07", "July 2026"), 'from: "July 2026" is not a month'),
    "date_other_digits": (swap("2026-07", "２０２６-07"), "from:"),
    "before_clock": (swap("2026-07", "1999-07"), "from: \"1999-07\" is outside the clock; use 2022-01 to 2040-12"),
    "after_clock": (swap("2026-07", "2041-01"), "outside the clock"),
    "until_before": (swap("why =", 'until = "2026-01"\nwhy ='), "until: 2026-01 is not after from, 2026-07"),
    "until_same": (swap("why =", 'until = "2026-07"\nwhy ='), "until: 2026-07 is not after from"),
    "until_bad": (swap("why =", 'until = "never"\nwhy ='), 'until: "never" is not a month'),
    "twice": (sample.HEAD + CHANGE + CHANGE, "foundry.defect_density is changed twice from 2026-07"),
    # shocks
    "probability_high": (swap("why =", "probability = 1.5\nwhy =", SHOCK), "probability: 1.5 is out of range"),
    "probability_negative": (swap("why =", "probability = -0.1\nwhy =", SHOCK), "probability: -0.1 is out of range"),
    "probability_text": (swap("why =", 'probability = "high"\nwhy =', SHOCK), 'probability: "high" is text'),
    "probability_choice": (swap("why =", "probability = 0.5\nwhy =", SHOCK).replace("foundry.defect_density",
                           "foundry.yield_form").replace("0.25", '"poisson"'), "only a number of the register"),
    "event_number": (swap("why =", "event = 3\nwhy =", SHOCK), "event: 3 is a number"),
    "shock_no_why": (swap('why = "For a test."\n', "", SHOCK), "shock 1 (foundry.defect_density): why: missing"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_malformed_file_gives_one_line_naming_the_defect(name, monkeypatch, tmp_path):
    sample.use_sample(monkeypatch)
    content, words = FILES[name]
    path = tmp_path / f"{name}.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        scenario.load_scenario(path)
    message = str(caught.value)
    assert words in message
    assert f"{name}.toml" in message
    assert "\n" not in message and len(message) <= 600


SETS = {
    "foundry.defect_density": "no '='",
    "": "no '='",
    "=0.25": "no name before '='",
    "foundry.defect_density=": "no value after '='",
    "foundry.defect_density= ": "no value after '='",
    "foundry.defect_densty=0.25": "did you mean 'foundry.defect_density'?",
    "defect_density=0.25": "did you mean 'foundry.defect_density'?",
    "foundry.defect_density=low": '"low" is text; expected a number from 0.05 to 1.5 (defects / cm²)',
    "foundry.defect_density=0,25": '"0,25" is text',
    "foundry.defect_density=25 %": '"25 %" is text',
    "foundry.defect_density='0.25'": "write it without quotes",
    "foundry.defect_density=2": "2 is out of range",
    "foundry.defect_density=-0.3": "-0.3 is out of range",
    "foundry.defect_density=nan": "nan is not a finite number",
    "foundry.defect_density=inf": "inf is not a finite number",
    "foundry.defect_density=1e400": "inf is not a finite number",
    "foundry.defect_density=true": "true is a boolean",
    "foundry.defect_density=[0.2, 0.3]": "is a list",
    "foundry.defect_density={a = 1}": "is a table",
    "foundry.defect_density=2026-07-01": "is a date",
    "foundry.defect_density=" + "9" * 5000: "one short value",
    "foundry.defect_density=" + "[" * 900: "nested too deeply",
    "foundry.defect_density=0.2\nfoundry.x=1": "on one line",
    "foundry.defect_density@2026=0.25": '"2026" is not a month',
    "foundry.defect_density@2026-13=0.25": '"2026-13" is not a month',
    "foundry.defect_density@=0.25": '"" is not a month',
    "foundry.defect_density@2050-01=0.25": "outside the clock",
    "@2026-07=0.25": "unknown parameter",
    "foundry.yield_form=murphy": "did you mean 'murphy_1964'?",
    "export.closed_cloud_route=1": "expected true or false",
    "export.closed_cloud_route=True": "expected true or false",
    "export.review_month=2026-06-15": "is a date",
    "run.draws=128": "use --draws",
    "foundry.die_area=4": "foundry.die_area is a constant",
    "export.chip_threshold=4800": "renamed export.tpp_threshold",
    "products.h20=1": "write products.ROW.COLUMN",
    "products.h21.price_usd=9000": "did you mean 'h20'?",
    "products.h20.price_usd=cheap": '"cheap" is text',
    "products.h20.name=h21": "no column \"name\" to change",
}


@pytest.mark.parametrize("text", SETS)
def test_a_malformed_set_gives_one_line_naming_the_defect(text):
    with pytest.raises(InputError) as caught:
        sample.plain().with_sets([text])
    message = str(caught.value)
    assert SETS[text] in message
    assert message.startswith("--set") and "\n" not in message and len(message) <= 600


def test_the_same_set_twice_is_refused():
    with pytest.raises(InputError, match="given twice"):
        sample.plain().with_sets(["foundry.defect_density=0.2", "foundry.defect_density=0.3"])


@pytest.mark.parametrize("value", [None, object(), [0.2], {"a": 1}, "0.2", 1j, float("nan"), b"0.2"])
def test_python_values_of_the_wrong_kind_are_refused(value):
    with pytest.raises(InputError, match=r"--set foundry\.defect_density"):
        sample.plain().with_changes({"foundry.defect_density": value})


def test_longer_cycles_are_told_in_full(monkeypatch, tmp_path):
    sample.use_sample(monkeypatch)
    for name, base in (("first", "second"), ("second", "third"), ("third", "first")):
        (tmp_path / f"{name}.toml").write_text(sample.HEAD + f'based_on = "{base}"\n', encoding="utf-8")
    with pytest.raises(InputError, match="cycle: first → second → third → first"):
        scenario.load_scenario(tmp_path / "first.toml")


@pytest.mark.parametrize(("name", "words"), [
    ("baselin", "did you mean 'baseline'?"),
    ("qqqqqq", "known are"),
    ("", "is not a scenario name"),
    ("  ", "is not a scenario name"),
    ("nowhere/tight_controls.toml", "no such file"),
    ("a\nb", "is not a scenario name"),
    ("x" * 5000, "is not a scenario name"),
])
def test_a_missing_scenario_suggests_the_nearest(name, words):
    with pytest.raises(InputError) as caught:
        scenario.load_scenario(name)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_or_a_device_is_not_a_scenario(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        scenario.load_scenario(tmp_path / "folder.toml")
    if os.path.exists("/dev/zero"):
        (tmp_path / "zero.toml").symlink_to("/dev/zero")
        with pytest.raises(InputError, match="not a plain file"):
            scenario.load_scenario(tmp_path / "zero.toml")


def test_check_prints_one_line_a_file_and_exits_with_two(tmp_path, capsys):
    good, bad, worse = (tmp_path / f"{name}.toml" for name in ("good", "bad", "worse"))
    good.write_text(sample.HEAD, encoding="utf-8")
    bad.write_text(sample.HEAD + CHANGE.replace("why", "reason"), encoding="utf-8")
    worse.write_text(sample.HEAD.replace("assumption", "hearsay"), encoding="utf-8")
    assert cli_check.check_command([good]) == 0
    capsys.readouterr()
    assert cli_check.check_command([good, bad, worse]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and "bad.toml" in lines[0] and "'hearsay' is not in sources.toml" in lines[1]


def test_show_refuses_bad_input_with_two_and_one_line(capsys):
    assert cli_check.show_command("baselin") == 2
    assert cli_check.show_command("baseline", month="2026-13") == 2
    assert cli_check.show_command("baseline", sets=["nonsense"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3
