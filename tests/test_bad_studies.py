"""A hundred ways to get a study file wrong, each answered with one clear line that names the place."""

import pytest
from commands import refused
from studies import HEAD, SMALL, written

from sim.errors import InputError
from sim.experiments.plan import make_plan
from sim.experiments.study import read_study

BASE = HEAD + 'scenarios = ["baseline"]\ndraws = 2\n'
ENFORCE = 'parameter = "export.licence_denial_share@2026-01"\n'
F = "[[factor]]\n"


def grid(factor, kind="factorial", more=""):
    return BASE + f'[design]\nkind = "{kind}"\n{more}' + F + factor


def lhs(factor):
    return grid(factor, "latin_hypercube", "points = 4\n")


def keep(text):
    return BASE + "[keep]\n" + text


def series(text):
    return BASE + "[[keep.series]]\n" + text


def table(csv):
    return {"study": BASE + '[design]\nkind = "table"\nfile = "points.csv"\n', "csv": csv}


BIG = "".join(F + f'parameter = "{name}@2026-01"\nrange = [0.1, 0.9]\nlevels = 1000\n'
              for name in ("export.licence_denial_share", "export.licence_case_by_case_share", "export.importer_approval",  # noqa: E501
                           "export.fee_share"))  # fmt: skip
BAD = {
    # the file
    "empty": ("", "the file is empty"),
    "comments": ("# nothing\n", "holds no keys"),
    "not_toml": ("title = = 3", "not valid TOML"),
    "binary": ("\0\1", "binary data"),
    "prose": ("Dear model, please run.", "not valid TOML"),
    "deep": ("x = " + "[" * 5000, "nested too deeply"),
    "digits": (BASE + "seed = " + "9" * 5000, "too many digits"),
    # top keys
    "no_title": (BASE.replace('title = "A small study"\n', ""), "title: missing"),
    "no_question": ('title = "x"\nscenarios = ["baseline"]\n', "question: missing"),
    "title_empty": (BASE.replace("A small study", ""), 'title: "" is not allowed'),
    "title_number": (BASE.replace('"A small study"', "3"), "title: 3 is not allowed; expected a valid string"),
    "title_long": (BASE.replace("A small study", "x" * 5000), "at most 1000 characters"),
    "misspelt": (BASE + "drawz = 4\n", "drawz: unknown key; did you mean 'draws'?"),
    "unknown": (BASE + "speed = 4\n", "speed: unknown key"),
    "escape": (BASE + '"a\\u001b[31mb" = 1\n', "unknown key"),
    # scenarios and policies
    "no_scenarios": (HEAD, "scenarios: give either scenarios"),
    "both": (BASE + '[[policy]]\nname = "a"\n', "not both"),
    "scenarios_empty": (HEAD + "scenarios = []\n", "scenarios: []"),
    "scenarios_text": (HEAD + 'scenarios = "baseline"\n', "scenarios:"),
    "scenario_misspelt": (HEAD + 'scenarios = ["baselin"]\n', "did you mean 'baseline'?"),
    "scenario_file": (HEAD + 'scenarios = ["nowhere/x.toml"]\n', "no such file"),
    "scenario_number": (HEAD + "scenarios = [3]\n", "scenarios.1: 3 is not allowed"),
    "scenario_twice": (HEAD + 'scenarios = ["baseline", "baseline"]\n', "two policies are called"),
    "policy_twice": (HEAD + '[[policy]]\nname = "a"\n[[policy]]\nname = "a"\n', "two policies are called"),
    "policy_no_name": (HEAD + '[[policy]]\nscenario = "baseline"\n', "policy.1.name: missing"),
    "policy_path": (HEAD + '[[policy]]\nname = "../../etc"\n', "expected small letters"),
    "policy_key": (HEAD + '[[policy]]\nname = "a"\nsets = {}\n', "did you mean 'set'?"),
    "policy_set_name": (HEAD + '[[policy]]\nname = "a"\nset = { "export.licence_denial_shar" = 0.3 }\n', "did you mean"),  # noqa: E501
    "policy_set_range": (HEAD + '[[policy]]\nname = "a"\nset = { "export.licence_denial_share" = 3 }\n', "3 is out of range"),  # noqa: E501
    "policy_set_nan": (HEAD + '[[policy]]\nname = "a"\nset = { "export.licence_denial_share" = nan }\n', "nan"),
    "policy_set_list": (HEAD + '[[policy]]\nname = "a"\nset = { "export.licence_denial_share" = [1] }\n', "policy.1.set"),  # noqa: E501
    "policy_constant": (HEAD + '[[policy]]\nname = "a"\nset = { "run.draws" = 3 }\n', "is a setting of the run"),
    # settings
    "draws_zero": (BASE.replace("draws = 2", "draws = 0"), "draws: 0 is not allowed; expected greater than or equal"),
    "draws_float": (BASE.replace("draws = 2", "draws = 2.5"), "draws: 2.5 is not allowed"),
    "draws_text": (BASE.replace("draws = 2", 'draws = "2"'), 'draws: "2" is not allowed'),
    "draws_true": (BASE.replace("draws = 2", "draws = true"), "draws: true is not allowed"),
    "draws_nan": (BASE.replace("draws = 2", "draws = nan"), "draws: nan is not allowed"),
    "draws_huge": (BASE.replace("draws = 2", "draws = 1000000000000"), "are 1,000,000,000,000 runs; at most"),
    "block_zero": (BASE + "block = 0\n", "block: 0 is not allowed"),
    "block_huge": (BASE + "block = 100000\n", "block: 100000 is not allowed"),
    "seed_negative": (BASE + "seed = -1\n", "seed: -1 is out of range"),
    "seed_float": (BASE + "seed = 1.5\n", "seed: 1.5 is not allowed"),
    "developers": (BASE + "developers = 0\n", "developers: 0 is out of range"),
    "developers_huge": (BASE + "developers = 1000000000\n", "out of range"),
    "end_before": (BASE + 'end = "2021-01"\n', "end"),
    "end_text": (BASE + 'end = "soon"\n', 'end: "soon" is not a month'),
    "start_date": (BASE + "start = 2022-01-01\n", "start: 2022-01-01 is not allowed"),
    "start_after": (BASE + 'start = "2030-12"\nend = "2025-01"\n', "is not after"),
    "as_of": (BASE + 'as_of = "2024-13"\n', "as"),
    "uncertainty": (BASE + 'uncertainty = "posterier"\n', "uncertainty"),
    # designs
    "kind": (BASE + '[design]\nkind = "sobel"\n', "did you mean 'sobol'?"),
    "kind_number": (BASE + "[design]\nkind = 3\n", "design.kind: 3"),
    "design_key": (BASE + '[design]\nkind = "single"\nsize = 3\n', "design.size: unknown key"),
    "design_text": (BASE + 'design = "sobol"\n', "design"),
    "points_on_grid": (grid(ENFORCE + "values = [0.1]\n", more="points = 3\n"), "not a key of a factorial design"),
    "points_missing": (grid(ENFORCE + "range = [0.1, 0.2]\n", "latin_hypercube"), "points: missing"),
    "points_zero": (grid(ENFORCE + "range = [0.1, 0.2]\n", "latin_hypercube", "points = 0\n"), "points: 0"),
    "points_huge": (grid(ENFORCE + "range = [0.1, 0.2]\n", "latin_hypercube", "points = 1000000000000\n"),
                    "1,000,000,000,000 points; at most 1,000,000"),
    "sobol_power": (grid(ENFORCE + "range = [0.1, 0.2]\n", "sobol", "points = 100\n"), "use 64 or 128"),
    "sobol_huge": (grid(ENFORCE + "range = [0.1, 0.2]\n", "sobol", "points = 1099511627776\n"), "at most 1,000,000"),
    "morris_odd": (grid(ENFORCE + "range = [0.1, 0.2]\n", "morris", "trajectories = 4\nlevels = 5\n"), "5 is odd"),
    "morris_none": (grid(ENFORCE + "range = [0.1, 0.2]\n", "morris"), "trajectories: missing"),
    "grid_unbounded": (BASE + '[design]\nkind = "factorial"\n' + BIG, "1,000,000,000,000 points; at most 1,000,000"),
    "grid_no_factor": (BASE + '[design]\nkind = "factorial"\n', "factor: missing; a factorial design needs"),
    "factor_without": (BASE + F + ENFORCE + "values = [0.1]\n", "a single design has no factors"),
    "samples_factor": (BASE + '[design]\nkind = "samples"\npoints = 4\n' + F + ENFORCE + "values = [0.1]\n", "has no factors"),  # noqa: E501
    "samples_points": (BASE + '[design]\nkind = "samples"\n', "points: missing"),
    "samples_huge": (BASE + '[design]\nkind = "samples"\npoints = 1000000000000\n', "at most 1,000,000"),
    "samples_of_nothing": (BASE + 'uncertainty = "none"\n[design]\nkind = "samples"\npoints = 4\n', "need uncertainty"),
    # factors
    "factor_unknown": (lhs('parameter = "export.licence_denial_shar"\nrange = [0, 1]\n'), "did you mean 'export.licence_denial_share'?"),  # noqa: E501
    "factor_nothing": (lhs(ENFORCE), "range: missing; give range"),
    "factor_both": (lhs(ENFORCE + "range = [0, 1]\nvalues = [0.3]\n"), "either range or values, not both"),
    "factor_key": (lhs(ENFORCE + "rnge = [0, 1]\n"), "did you mean 'range'?"),
    "factor_no_name": (lhs("range = [0, 1]\n"), "factor.1.parameter: missing"),
    "factor_setting": (lhs('parameter = "run.seed"\nrange = [1, 2]\n'), "is a setting of the run"),
    "factor_constant": (lhs('parameter = "export.hours"\nrange = [1, 2]\n'), "unknown parameter"),
    "factor_bound": (lhs(ENFORCE + "range = [0, 2]\n"), "range: value: 2 is out of range"),
    "factor_order": (lhs(ENFORCE + "range = [0.8, 0.2]\n"), "0.8 is not below 0.2"),
    "factor_equal": (lhs(ENFORCE + "range = [0.2, 0.2]\n"), "is not below"),
    "factor_three": (lhs(ENFORCE + "range = [0.1, 0.2, 0.3]\n"), "at most 2 items"),
    "factor_nan": (lhs(ENFORCE + "range = [nan, 0.3]\n"), "nan"),
    "factor_inf": (lhs(ENFORCE + "range = [0.1, inf]\n"), "inf"),
    "factor_text": (lhs(ENFORCE + 'range = ["low", "high"]\n'), "range"),
    "factor_every": (lhs('parameter = "*"\nrange = [0, 1]\n'), "takes every prior as it is"),
    "factor_twice": (lhs(ENFORCE + "range = [0, 1]\n" + F + ENFORCE + "range = [0, 1]\n"), "is given twice"),
    "factor_date": (lhs('parameter = "export.licence_denial_share@2026"\nrange = [0, 1]\n'), '"2026" is not a month'),
    "factor_clock": (lhs('parameter = "export.licence_denial_share@2099-01"\nrange = [0, 1]\n'), "outside the clock"),
    "values_empty": (grid(ENFORCE + "values = []\n"), "values: []"),
    "values_twice": (grid(ENFORCE + "values = [0.1, 0.1]\n"), "given twice"),
    "values_range": (grid(ENFORCE + "values = [0.1, 7]\n"), "7 is out of range"),
    "values_choice": (grid('parameter = "foundry.yield_form"\nvalues = ["murphy"]\n'), "did you mean 'murphy_1964'?"),
    "range_choice": (lhs('parameter = "foundry.yield_form"\nrange = [0, 1]\n'), "only a number has a range"),
    "levels_none": (grid(ENFORCE + "range = [0, 1]\n"), "levels: missing"),
    "levels_one": (grid(ENFORCE + "range = [0, 1]\nlevels = 1\n"), "levels: 1 is not allowed"),
    "multiply_choice": (grid('parameter = "foundry.yield_form"\nvalues = [2]\nmultiply = true\n'), "only a number"),
    "multiply_negative": (grid(ENFORCE + "values = [-2]\nmultiply = true\n"), "factor: -2 is out of range"),
    # lists and tables
    "list_none": (BASE + '[design]\nkind = "list"\n', "point: missing"),
    "list_empty": (BASE + '[design]\nkind = "list"\npoint = [{}]\n', "names no parameter"),
    "list_uneven": (BASE + '[design]\nkind = "list"\npoint = [{ "export.licence_denial_share" = 0.3 }, { "export.fee_share" = 1 '  # noqa: E501
                    '}]\n', "not in the first point"),
    "list_lacks": (BASE + '[design]\nkind = "list"\npoint = [{ "export.licence_denial_share" = 0.3, "export.fee_share" = 1 }, '  # noqa: E501
                   '{ "export.fee_share" = 0.5 }]\n', "missing; every point gives every parameter"),
    "list_range": (BASE + '[design]\nkind = "list"\npoint = [{ "export.licence_denial_share" = 3 }]\n', "3 is out of range"),  # noqa: E501
    "table_missing": (BASE + '[design]\nkind = "table"\nfile = "nowhere.csv"\n', "no such file"),
    "table_none": (BASE + '[design]\nkind = "table"\n', "file: missing"),
    "table_empty": (table(""), "the file is empty"),
    "table_header": (table("export.licence_denial_share\n"), "a header and no points"),
    "table_column": (table("export.licence_denial_shar\n0.3\n"), "did you mean 'export.licence_denial_share'?"),
    "table_twice": (table("export.licence_denial_share,export.licence_denial_share\n0.3,0.2\n"), "is there twice"),
    "table_nameless": (table("export.licence_denial_share,\n0.3,0.2\n"), "column 2 has no name"),
    "table_ragged": (table("export.licence_denial_share\n0.3\n0.2,0.1\n"), "line 3: 2 cells, but the header has 1 columns"),  # noqa: E501
    "table_blank": (table("export.licence_denial_share,export.fee_share\n0.3,\n"), "export.fee_share: the cell is empty"),  # noqa: E501
    "table_nan": (table("export.licence_denial_share\nnan\n"), "is not a finite number"),
    "table_word": (table("export.licence_denial_share\nhigh\n"), '"high" is text'),
    "table_range": (table("export.licence_denial_share\n0.3\n30\n"), "30.0 is out of range"),
    # what to keep
    "months_word": (keep('months = "sometimes"\n'), "keep.months"),
    "months_empty": (keep("months = []\n"), "keep.months"),
    "months_outside": (keep('months = ["2035-01"]\n'), "2035-01 is outside the study"),
    "months_bad": (keep('months = ["2025-13"]\n'), '"2025-13" is not a month'),
    "series_unknown": (series('output = "compute_shares"\n'), "did you mean 'compute_share'?"),
    "series_none": (series('region = "china"\n'), "output: missing"),
    "series_key": (series('output = "compute_share"\nregions = "china"\n'), "did you mean 'region'?"),
    "series_region": (series('output = "compute_share"\nregion = "chna"\n'), "did you mean 'china'?"),
    "series_definition": (series('output = "compute_share"\ndefinition = "owner|all|stock|4bit"\n'), "no definition"),
    "series_together": (series('output = "frontier_capability"\ndefinition = "owner|all|stock|8bit"\n'),
                        "no series has all of these together"),
    "series_number": (series("output = 3\n"), "keep.series.1"),
    "report_goal": (BASE + '[report]\noutput = "world_stock_h100e"\nmonth = "2028-12"\ngoal = "best"\nthreshold = 1\n',
                    "report.goal"),
    "report_key": (BASE + '[report]\noutputs = "x"\nmonth = "2028-12"\ngoal = "high"\nthreshold = 1\n',
                   "did you mean 'output'?"),
    "report_series": (BASE + '[report]\noutput = "compute_shares"\nmonth = "2028-12"\ngoal = "high"\nthreshold = 1\n',
                      "is not among those kept"),
    "report_nan": (BASE + '[report]\noutput = "x"\nmonth = "2028-12"\ngoal = "high"\nthreshold = nan\n', "threshold"),
    "keep_key": (keep('month = ["2025-12"]\n'), "did you mean 'months'?"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_hostile_study_gives_one_line(name, tmp_path):
    content, words = BAD[name]
    if isinstance(content, dict):
        (tmp_path / "points.csv").write_text(content["csv"], encoding="utf-8")
        content = content["study"]
    path = written(tmp_path, content, "study.toml")
    with pytest.raises(InputError) as caught:
        make_plan(read_study(path))
    message = str(caught.value)
    assert words in message
    assert any(file in message for file in ("study.toml", "points.csv", "nowhere.csv"))
    assert "\n" not in message and message.isprintable() and len(message) <= 600


def test_there_are_a_hundred():
    assert len(BAD) >= 100


@pytest.mark.parametrize(("arguments", "words"), [
    (["batch"], "name a study file"),
    (["batch", "nowhere.toml"], "no such file"),
    (["batch", "--resume"], "name a study file"),
    (["batch", "--resume", "--out", "/tmp/nothing_is_here"], "holds no study"),
    (["batch", "STUDY", "--workers", "0"], "--workers: 0 is out of range"),
    (["batch", "STUDY", "--workers", "many"], "workers"),
    (["batch", "STUDY", "--out", "/proc/nowhere"], "cannot write into"),
    (["batch", "STUDY", "--address", "tcp://127.0.0.1:1"], "only with --executor dask"),
    (["batch", "STUDY", "--other-version"], "only with --resume"),
    (["batch", "STUDY", "--executor", "cloud"], "executor"),
    (["verify", "/tmp/nothing_is_here"], "holds neither a batch"),
    (["verify", ".", "--rerun", "-1"], "--rerun"),
])
def test_a_mistake_on_the_command_line_is_one_line_and_exit_code_two(capsys, tmp_path, arguments, words):
    study = str(written(tmp_path, SMALL))
    assert refused(capsys, words, *(study if a == "STUDY" else a for a in arguments))
