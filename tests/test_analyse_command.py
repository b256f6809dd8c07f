"""Questions to a batch and to the model from the command line: the right numbers, a picture each, one line for "
  "mistakes."""

import csv
import json

import numpy as np
import pytest
from studies import HEAD, Serial, written
from test_analysis import REPORTED

from sim.cli import main
from sim.experiments import discovery, inverse, outcomes, robustness, sensitivity
from sim.experiments.batch import batch

KEEP = """[keep]
months = ["2022-12"]
[[keep.series]]
output = "compute_share"
definition = ["owner|all|stock|8bit", "user|all|stock|8bit"]
region = ["china", "united_states"]
"""
SETTINGS = 'draws = 2\nblock = 32\ndevelopers = 50\nend = "2022-12"\n'
LEVERS = """[[factor]]
parameter = "export.licence_denial_share@2022-02"
range = [0.1, 0.9]
[[factor]]
parameter = "foundry.chinese_build_out@2022-02"
range = [0.5, 2.0]
"""
STUDIES = {
    "sobol": HEAD + 'scenarios = ["baseline"]\n' + SETTINGS + '[design]\nkind = "sobol"\npoints = 4\n' + LEVERS + KEEP,
    "morris": HEAD + 'scenarios = ["baseline"]\n' + SETTINGS + '[design]\nkind = "morris"\ntrajectories = 4\n'
    + LEVERS + KEEP,
    "split": HEAD + SETTINGS + '[[policy]]\nname = "murphy"\n[[policy]]\nname = "poisson"\n'
    'set = { "foundry.yield_form" = "poisson" }\n[design]\nkind = "samples"\npoints = 4\n' + KEEP,
}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("analyse")
    for name, text in {**STUDIES, "policies": REPORTED}.items():
        batch(written(place, text, f"{name}.toml"), place / name, Serial)
    return place


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as done:
        main([str(word) for word in arguments])
    return done.value.code, *capsys.readouterr()


def analysed(capsys, *arguments):
    """The findings of ``aicompute analyse`` by name."""
    code, out, err = call(capsys, "analyse", *arguments, "--format", "json")
    assert code == 0, err
    return {finding["analysis"]: finding for finding in json.loads(out)}


@pytest.mark.parametrize("kind", ["sobol", "morris"])
def test_a_design_s_own_indices(folders, kind, tmp_path, capsys):
    found = analysed(capsys, folders / kind, "--output", "compute_share", "--out", tmp_path)
    assert list(found) == ["levels", "sensitivity"]
    outcome = outcomes.outcome(folders / kind, "compute_share", "2022-12", "owner|all|stock|8bit", "china")
    indices = {index.name: index for index in sensitivity.of_batch(outcome)}
    column = "first order" if kind == "sobol" else "mean effect"
    for row in found["sensitivity"]["rows"]:
        assert row[column] == pytest.approx(indices[row["input"]].index, nan_ok=True)
        assert row["±"] == pytest.approx(indices[row["input"]].error, nan_ok=True)
    assert ("Saltelli" if kind == "sobol" else "Morris") in found["sensitivity"]["words"][0]
    assert (tmp_path / "sensitivity.png").stat().st_size > 10_000
    with open(tmp_path / "sensitivity.csv", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 2


def test_every_level_comes_with_its_monte_carlo_error(folders, capsys):
    row = analysed(capsys, folders / "policies", "--what", "choice")["levels"]["rows"][0]
    y = outcomes.outcome(folders / "policies", "compute_share", "2023-03", "owner|all|stock|8bit", "china").values[0]
    assert row["P50"] == np.median(y) and row["runs"] == 100
    assert row["± of the mean"] == pytest.approx(1.645 * y.std(ddof=1) / 10, rel=1e-3)
    ranks = np.sort(y.ravel())  # by hand: 90 % of Binomial(100, ½) lies in 42 … 58
    assert row["±"] == (ranks[58] - ranks[41]) / 2


def test_policies_are_compared_as_in_the_report(folders, tmp_path, capsys):
    found = analysed(capsys, folders / "policies", "--out", tmp_path)  # outcome, goal and threshold of its report
    assert {"levels", "sensitivity", "choice"} <= set(found)
    y = outcomes.outcome(folders / "policies", "compute_share", "2023-03", "owner|all|stock|8bit", "china").values[:, 0]
    scores = robustness.scores(["open", "shut"], y, "low", 0.19)
    assert [row["policy"] for row in found["choice"]["rows"]] == [score.policy for score in scores]
    assert found["choice"]["rows"][0]["good enough in"] == pytest.approx(scores[0].satisficing)
    assert "variance" not in found  # draws differ by more than chance
    assert (tmp_path / "choice.png").stat().st_size > 10_000


def test_a_box_of_conditions_with_its_stability(folders, tmp_path, capsys):
    y = outcomes.outcome(folders / "policies", "compute_share", "2023-03", "owner|all|stock|8bit", "china").values[1]
    found = analysed(capsys, folders / "policies", "--what", "box", "--policy", "shut", "--at-most",
                     np.quantile(y, 0.4), "--out", tmp_path)["box"]
    assert found["words"][0].startswith("Under `shut` the outcome is at most")
    assert "40 % of 100 runs" in found["words"][0]
    for row in found["rows"]:
        assert 0 <= row["found again in"] <= 1 and (row["from"] is None or row["to"] is None or row["from"] < row["to"])
    assert not found["rows"] or (tmp_path / "box.png").stat().st_size > 10_000


def test_conditions_of_a_planted_box_are_stable():
    from test_analysis import planted

    x, holds = planted(1)
    names = [f"input {k}" for k in range(8)]
    box = discovery.find_box(names, x, holds)
    again = discovery.stability(names, x, holds, box, tries=4)
    assert again["input 0"] == again["input 3"] == 1.0
    noise = np.random.default_rng(3).random(len(holds)) < 0.3
    planted_by_nobody = discovery.Box({"input 1": (0.2, np.inf)}, 0, 0, 0, 0, 0, 0)
    assert discovery.stability(names, x, noise, planted_by_nobody, tries=4)["input 1"] < 0.5


def test_variance_is_split_three_ways(folders, tmp_path, capsys):
    found = analysed(capsys, folders / "split", "--output", "compute_share", "--what", "variance", "--out", tmp_path)
    shares = {row["source"]: row["share"] for row in found["variance"]["rows"]}
    assert list(shares) == ["structure", "parameters", "both", "chance"] and sum(shares.values()) == pytest.approx(1.0)
    assert all(row["±"] >= 0 for row in found["variance"]["rows"]) and (tmp_path / "variance.png").exists()


def test_errors_of_a_split_cover_the_truth():
    """Structure, parameters and chance with variances 1, 4, 1 (shares 1/6, 2/3, 1/6): jackknife over points."""
    misses = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        p, e = 2 * rng.normal(size=(1, 30, 1)), rng.normal(size=(6, 30, 4))
        y = np.array([-1.3, -0.8, -0.2, 0.2, 0.8, 1.3]).reshape(6, 1, 1) + p + e
        error = sensitivity.split_error(y)["chance"]
        truth = 1 / (1 + 4 + np.var([-1.3, -0.8, -0.2, 0.2, 0.8, 1.3], ddof=1))
        misses += abs(sensitivity.variance_split(y)["chance"] - truth) > error
    assert misses <= 12  # a 90 % interval misses four times in forty, the jackknife of so few points somewhat more


@pytest.mark.parametrize(("words", "message"), [
    (["nowhere"], "holds no study"), (["sobol"], "--output: missing"),
    (["sobol", "--output", "compute_shar"], "did you mean 'compute_share'?"),
    (["sobol", "--output", "compute_share", "--region", "chna"], "did you mean 'china'?"),
    (["sobol", "--output", "compute_share", "--date", "2030-01"], "was not kept"),
    (["sobol", "--output", "compute_share", "--policy", "basline"], "did you mean 'baseline'?"),
    (["sobol", "--output", "compute_share", "--what", "box"], "needs --at-least or --at-most"),
    (["policies", "--at-least", "1", "--at-most", "2"], "give one of them"),
    (["policies", "--at-least", "nan"], "nan is no threshold"), (["policies", "--what", "luck"], "luck"),
    (["policies", "--what", "variance"], "differ between draws"),
    (["policies", "--what", "box", "--at-least", "9"], "holds in 0 of 100 runs"),
    (["policies", "--out", "/proc/x"], "cannot write"),
])  # fmt: skip
def test_a_mistake_is_one_line(folders, words, message, capsys):
    code, out, err = call(capsys, "analyse", folders / words[0], *words[1:])
    assert code == 2 and message in err and len(err.strip().splitlines()) == 1 and out == ""


ASK = ["solve", "baseline", "--lever", "foundry.chinese_build_out@2022-02", "--between", "0.2:3", "--output",
       "compute_share", "--date", "2023-06", "--draws", "8", "--developers", "50"]


def test_solve_finds_what_python_finds(tmp_path, capsys):
    level, _, _ = inverse.output_level("baseline", "compute_share", "2023-06", "foundry.chinese_build_out@2022-02",
                                       (0.2, 3.0), developers=50)
    threshold = float(np.quantile(level(1.5, 1, np.arange(8)), 0.2))  # so that 1.5 is about the answer
    code, out, err = call(capsys, *ASK, "--at-least", repr(threshold), "--out", tmp_path, "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    same = inverse.solve("baseline", "foundry.chinese_build_out@2022-02", 0.2, 3.0, "compute_share", "2023-06",
                         threshold, draws=8, developers=50)
    assert found["value"] == same.value and found["fresh_probability"] == same.fresh_probability
    assert (tmp_path / "solve.png").stat().st_size > 10_000
    code, out, _ = call(capsys, *ASK, "--at-least", "0.99")
    assert code == 0 and "no such value in the range" in out


@pytest.mark.parametrize(("words", "message"), [
    (["--at-least", "0.1", "--between", "3"], "LOW:HIGH"), (["--at-least", "0.1", "--between", "3:1"], "below the "
                                                                                                       "second"),
    ([], "missing; give one"), (["--at-least", "0.1", "--probability", "2"], "probability: 2"),
    (["--at-least", "0.1", "--lever", "foundry.chinese_build"], "did you mean"),
    (["--at-least", "0.1", "--lever", "foundry.yield_form"], "only a number has a range"),
    (["--at-least", "0.1", "--between", "0:1e9"], "out of range"), (["--at-least", "0.1", "--date", "2023"], "not a "
                                                                                                             "month"),
    (["--at-least", "0.1", "--date", "2077-01"], "2077-01"), (["--at-least", "nan"], "nan"),
    (["--at-least", "0.1", "--draws", "0"], "draws: 0"), (["--at-least", "0.1", "--developers", "0"], "developers: 0"),
    (["--at-least", "0.1", "--seed", "-1"], "seed: -1"), (["--at-least", "0.1", "--output", "shares"], "no output is "
                                                                                                       "called"),
])  # fmt: skip
def test_a_question_that_cannot_be_asked_is_one_line(words, message, capsys):
    code, out, err = call(capsys, *ASK, *words)
    assert code == 2 and message in err and len(err.strip().splitlines()) == 1 and out == ""


def test_converge_stops_when_exact_enough_and_says_when_it_is_not(tmp_path, capsys):
    words = ["converge", "baseline", "--output", "compute_share", "--date", "2022-06", "--developers", "50"]
    code, out, _ = call(capsys, *words, "--error", "1", "--out", tmp_path)
    assert code == 0 and "as exact as asked" in out and (tmp_path / "converge.png").stat().st_size > 10_000
    code, out, _ = call(capsys, *words, "--error", "1e-9", "--most", "64", "--mean", "--format", "json")
    found = json.loads(out)
    assert code == 1 and not found["enough"] and found["draws"] == 64 and len(found["path"]) == 1
    for wrong, message in ((["--error", "0"], "above 0"), (["--error", "1", "--date", "2022"], "not a month"),
                           (["--error", "1", "--most", "0"], "most: 0")):
        code, _, err = call(capsys, *words, *wrong)
        assert code == 2 and message in err and len(err.strip().splitlines()) == 1
