"""The fit finds what is known to be there, in a world that can be solved by hand and in the model itself."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from studies import Serial

from sim.errors import InputError
from sim.evidence.items import (
    analyst_of,
    discrepancy,
    hindcast_series,
    items,
    observation_errors,
    of_series,
    off_scale,
    on_scale,
    standard_deviation,
)
from sim.experiments.calibration import scoring
from sim.experiments.calibration.calibrate import (
    Fit,
    calibrate,
    members_of,
    runs_of,
    seen_by_the_model,
    widened,
)
from sim.experiments.calibration.forward import Runs, Setting, evaluate, noise, places, prior_scores, values_at
from sim.experiments.calibration.hindcast import BELIEVED, predicted, scatter, summary
from sim.experiments.calibration.identifiability import report
from sim.experiments.calibration.luck import columns
from sim.experiments.calibration.ranks import ranks, study, uniform
from sim.experiments.calibration.smoother import beyond_chance, smooth
from sim.parameters.register import load_register
from sim.units import month_label, month_number

ROOT = Path(__file__).resolve().parents[1]


# What was observed


def test_a_range_is_read_as_fifth_to_ninety_fifth_percentile():
    # By hand: log(2) − log(0.5) = 1.3863; half of it over 1.6449 is 0.4214.
    assert standard_deviation("log", 0.5, 2.0, "high") == pytest.approx(0.4214, abs=1e-4)
    assert standard_deviation("log", 0.99, 1.01, "medium") == 0.08  # no range is believed to be tighter
    assert standard_deviation("logit", np.nan, np.nan, "low") == 0.80


@pytest.mark.parametrize(("scale", "value"), [("log", 3e24), ("logit", 0.13), ("linear", 126.0)])
def test_scales_go_there_and_back(scale, value):
    assert off_scale(on_scale(value, scale), scale) == pytest.approx(value, rel=1e-12)


def test_only_what_is_dated_by_then_is_an_item():
    early, late = items("2024-06"), items("2025-12")
    assert all(item.month <= "2024-06" for item in early)
    assert {item.name for item in early} < {item.name for item in late}
    assert len(early) > 50


def test_alternatives_weigh_as_one_and_can_be_chosen():
    many = [item for item in of_series("huawei_packages_per_year", detail="910c") if item.month == "2025-12"]
    assert len(many) > 1
    alone = min(item.sd for item in many) / np.sqrt(len(many))
    assert sum(1.0 / item.sd**2 for item in many) <= 1.0 / alone**2 * 1.0001
    text = many[0].source[:25]
    chosen = [item for item in items("2025-12", prefer={"huawei_packages_per_year": text})
              if item.series == many[0].series and item.month == "2025-12" and not item.target]  # fmt: skip
    assert chosen and all(text in item.source for item in chosen)
    with pytest.raises(InputError, match="no source has the text 'nobody'"):
        items("2025-12", prefer={"huawei_packages_per_year": "nobody"})
    with pytest.raises(InputError, match="huawei_packages_per_yer: .*huawei_packages_per_year"):
        items("2025-12", prefer={"huawei_packages_per_yer": "x"})


def test_one_analysts_errors_are_shared_and_a_series_misfit_fades_with_time():
    found = of_series("sales_ledger_stock_mh100e")[:3]
    errors = observation_errors(found)
    assert errors[0, 1] == pytest.approx(0.5 * found[0].sd * found[1].sd)
    left = discrepancy(found, found)
    # By hand: 0.15² e^(−3/12) for quarters
    assert left[0, 1] == pytest.approx(0.15**2 * np.exp(-0.25))
    assert discrepancy(found, found, {found[0].series: 2.0})[0, 1] == pytest.approx(4 * left[0, 1])
    assert analyst_of("Derived: Epoch Capabilities Index") == "Epoch"


def test_a_target_stands_for_the_observation_it_was_made_of():
    found = items("2025-12")
    at_the_end = [item for item in found if item.series[0] == "licensed_stock_china_h100e" and item.month == "2025-12"]
    assert [item.target for item in at_the_end] == ["S4"]


# The method, in a linear world whose posterior is known


def linear_world(steps, members=512):
    """(mean and sd found, mean and sd by algebra): y = G z + chance + error, z standard normal."""
    rng = np.random.default_rng(3)
    entries, count = 30, 20
    slope = rng.normal(size=(count, entries)) * (rng.random((count, entries)) < 0.2)
    errors, chance = np.diag(np.full(count, 0.3)), np.full(count, 0.2)
    truth = rng.normal(size=entries)
    observed = slope @ truth + rng.normal(size=count) * np.sqrt(0.5)
    gain = slope.T @ np.linalg.inv(slope @ slope.T + errors + np.diag(chance))

    def forward(step, scores):
        own = np.random.default_rng([step, 5]).normal(size=(count, scores.shape[1]))
        return slope @ scores + own * np.sqrt(chance)[:, None]

    scores = np.random.default_rng(1).normal(size=(entries, members))
    found = smooth(scores, observed, errors, forward, chance, 1, steps)
    return (found.mean(axis=1), found.std(axis=1)), (gain @ observed, np.sqrt(np.diag(np.eye(entries) - gain @ slope)))


def test_the_smoother_finds_the_posterior_of_a_linear_world():
    (mean, sd), (true_mean, true_sd) = linear_world(steps=4)
    assert np.sqrt(np.mean(((mean - true_mean) / true_sd) ** 2)) < 0.25
    assert np.mean(sd / true_sd) == pytest.approx(1.0, abs=0.05)


def test_correlations_that_chance_would_give_are_dropped():
    assert beyond_chance(np.array([0.05]), 512)[0] == 0.0  # chance alone gives 1/√512 = 0.044
    # By hand: r = 0.5, n = 99: 0.25 / (0.25 + 1.25 / 99) = 0.9519
    assert beyond_chance(np.array([0.5]), 99)[0] == pytest.approx(0.9519, abs=1e-4)


def test_chance_is_half_the_squared_difference_of_pairs():
    assert noise(np.array([[1.0, 2.0]]), np.array([[2.0, 4.0]])) == pytest.approx([1.25])


def test_a_series_that_no_prior_comes_near_tells_less():
    found = of_series("sales_ledger_stock_mh100e")[:4]
    there = np.array([item.place for item in found])
    near, far = (np.random.default_rng(1).normal(there[:, None] + off, 0.1, (4, 200)) for off in (0.0, 3.0))
    assert widened(found, there, near) == {found[0].series: 1.0}
    assert widened(found, there, far)[found[0].series] > 10


def test_ranks_of_the_truth_are_uniform_in_a_linear_world():
    """Simulation-based calibration (Talts and others 2018), small: eight entries, sixty truths each."""
    from scipy.stats import kstest

    rng = np.random.default_rng(8)
    slope = rng.normal(size=(12, 8))
    errors, chance = np.diag(np.full(12, 0.5)), np.full(12, 0.3)

    def forward(step, scores):
        own = np.random.default_rng([step, 9]).normal(size=(12, scores.shape[1]))
        return slope @ scores + own * np.sqrt(chance)[:, None]

    ranks = []
    for number in range(60):
        truth = rng.normal(size=8)
        observed = slope @ truth + rng.normal(size=12) * np.sqrt(0.8)
        scores = np.random.default_rng([1, number]).normal(size=(8, 256))
        ranks.append((smooth(scores, observed, errors, forward, chance, number) < truth[:, None]).mean(axis=1))
    for entry in np.array(ranks).T:
        assert kstest(entry, "uniform").pvalue > 0.005


# Scores of forecasts


def test_scores_by_hand():
    assert scoring.crps_of_sample(np.array([0.0, 2.0]), 1.0) == pytest.approx(0.5)  # E|X − y| = 1, E|X − X'| = 1
    assert scoring.crps_of_normal(0.0, 1.0, 0.0) == pytest.approx(0.2337, abs=1e-4)  # 2 φ(0) − 1/√π
    assert scoring.log_score(0.0, 1.0, 0.0) == pytest.approx(0.9189, abs=1e-4)
    assert scoring.covered(np.linspace(0, 1, 101), 0.85) == {"inside_50": False, "inside_80": True, "inside_90": True}


def test_a_sample_of_a_normal_scores_as_the_normal():
    from scipy.special import ndtri

    sample = ndtri((np.arange(4000) + 0.5) / 4000)
    assert scoring.crps_of_sample(sample, 0.7) == pytest.approx(scoring.crps_of_normal(0.0, 1.0, 0.7), abs=1e-3)


def test_rivals_by_hand():
    # A random walk that moved 1 in six months: variance 1/6 a month, so 1 after six more; a line goes on to 2.
    assert scoring.carry_forward([0, 6], [0.0, 1.0], 12, 0.0) == pytest.approx((1.0, 1.0))
    mean, sd = scoring.log_linear([0, 6], [0.0, 1.0], 12, 0.1)
    # variance 0.01 (1 + 1/2 + 9²/18) = 0.06
    assert (mean, sd) == pytest.approx((2.0, np.sqrt(0.06)))
    assert scoring.log_linear([0, 1, 2], [5.0, 5.0, 5.0], 3, 0.2)[1] > 0.2  # never surer than one observation


def test_series_and_origins_were_settled_beforehand():
    told = hindcast_series()
    assert told["origins"] == ["2023-12", "2024-06", "2024-12", "2025-06"] and told["at_least"] == 2
    assert len(told["series"]) == 43


def test_skill_is_against_the_better_rival_and_short_series_stand_apart():
    row = {"origin": "2024-12", "past": 3, "crps": 1.0, "log_score": 0.0, "inside_50": True, "inside_80": True,
           "inside_90": True, "carry_forward_crps": 2.0, "log_linear_crps": 4.0, "carry_forward_log_score": 1.0,
           "log_linear_log_score": 1.0}  # fmt: skip
    rows = [{**row, "series": "long"}, {**row, "series": "long", "crps": 2.0, "inside_80": False},
            {**row, "series": "short", "past": 1}]  # fmt: skip
    table, overall = summary(rows)
    assert overall["median_ratio"] == pytest.approx(0.75)  # (1 + 2) / 2 over 2
    assert overall["inside_80"] == 0.5 and overall["series"] == 1 and overall["observations"] == 2
    assert table.set_index("series").loc["short", "counts"] == np.False_


def test_an_error_of_observation_is_counted_once():
    """A certain ensemble: what spreads the forecast is what the model leaves out, and one error, partly known."""
    past, future = (of_series("licensed_stock_china_h100e")[at] for at in (0, 3))
    assert past.analyst == future.analyst and future.month == "2025-12"
    middle = {past.series: np.full((2000, 48), np.exp(past.place))}
    months = [month_label(month_number("2022-01") + at) for at in range(48)]
    made = Fit([], np.zeros((0, 2000)), np.zeros((0, 2000)), [past], None, None, None, None, {}, Runs(months, middle))
    found = predicted(made, [past], [future], {}, np.random.default_rng(1))[0]
    # By hand: three years on, e^-3 of what is left out (0.15) is alike, and half of an error's variance is shared.
    left, shared = 0.15**2, 0.5 * past.sd * future.sd
    alike = np.exp(-3.0) * left + shared
    variance = left + 0.5 * past.sd**2 + 0.5 * future.sd**2 - alike**2 / (left + past.sd**2)
    variance *= (BELIEVED + 0.0) / (BELIEVED + 1.0)  # the past observation lies where it was predicted
    assert found.var() == pytest.approx(variance, rel=0.05)
    assert found.mean() == pytest.approx(past.place, abs=0.02)


def test_a_series_that_scatters_less_than_its_stated_errors_is_believed_half_way():
    errors, signs = 0.2**2 * np.eye(12), np.tile([[1.0], [-1.0]], (6, 8))
    # By hand: four stated variances and twelve of a hundredth or of nine times as much.
    assert scatter(0.02 * signs, errors) == pytest.approx((4 + 12 * 0.01) / 16)
    assert scatter(0.6 * signs, errors) == pytest.approx((4 + 12 * 9) / 16)
    assert scatter(np.zeros((0, 8)), np.zeros((0, 0))) == 1.0


# What the data tell


def linear_ensemble(members=256):
    """Ten entries of which two are measured, and what each member predicts."""
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(10, members))
    slope = np.zeros((2, 10))
    slope[0, 0] = slope[1, 1] = 1.0
    return scores, slope @ scores + rng.normal(size=(2, members)) * 0.3, np.diag([0.1, 0.1])


def test_ranks_are_uniform_where_chance_and_errors_are_counted_and_not_where_errors_are_denied():
    scores, predicted, errors = linear_ensemble()
    assert uniform(ranks(scores, predicted, errors, 80, 1)).min() > 0.005
    rng = np.random.default_rng(5)
    lied = predicted + rng.normal(size=predicted.shape)  # chance that the other members do not show
    assert uniform(ranks(scores, np.where(np.arange(256) < 80, lied, predicted), errors, 80, 1))[:2].min() < 0.005


def test_ranks_of_known_truths_are_uniform_in_worlds_made_by_the_model(tmp_path):
    """The model itself, small: 256 runs of the prior to June 2025, sixty of them once as the truth."""
    found = seen_by_the_model(items("2025-06"), "baseline", None)
    told = Setting(tmp_path, "baseline", "2025-06", None, 100, Serial, 1)
    names = [entry.name for entry in load_register().uncertain()]
    series = list(dict.fromkeys(item.series for item in found))
    runs = evaluate("prior", values_at(prior_scores(names, 256, 1), names), series, 1, told)
    kept = study(found, places(runs, found), truths=60, seed=1)
    assert len(kept["rows"]) >= 8, "too few entries are identifiable"
    assert min(row["p"] for row in kept["rows"]) > 0.005 / len(kept["rows"])
    assert sum(row["p"] > 0.05 for row in kept["rows"]) >= 8
    assert kept["all_inside_80"] == pytest.approx(0.8, abs=0.06)


def test_throws_of_one_member_differ_by_luck_and_not_by_developers(tmp_path):
    told = Setting(tmp_path, "baseline", "2023-06", None, 80, Serial, 1)
    names = [entry.name for entry in load_register().uncertain()]
    series = [("hub_downloads_cumulative_m", "", "", "llama")]
    values = {name: np.tile(column, 2) for name, column in values_at(prior_scores(names, 3, 1), names).items()}
    thrown = {"luck.2022-01": np.array([1.0, 2.0, 3.0] * 2), "luck.2023-01": np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])}
    apart = [evaluate(name, values | thrown, series, 1, told, draws).values[series[0]]
             for name, draws in (("own", None), ("shared", 3))]  # fmt: skip
    before = slice(0, 12)  # 2022, whose luck both throws share
    assert not np.allclose(apart[0][:3, before], apart[0][3:, before])
    assert np.array_equal(apart[1][:3, before], apart[1][3:, before])
    assert not np.array_equal(apart[1][:3], apart[1][3:])


def test_the_next_measurement_and_the_widths_name_what_is_measured():
    scores, predicted, errors = linear_ensemble()
    found = [of_series("sales_ledger_stock_mh100e")[0], of_series("licensed_stock_china_h100e")[0]]
    names = [entry.name for entry in load_register().uncertain()][:10]
    after = smooth(scores, np.zeros(2), errors, lambda step, at: at[:2], np.zeros(2), 1)
    made = Fit(names, scores, after, found, predicted, after[:2], errors, np.zeros(2), {}, None)
    told = report(made)
    assert {row["name"] for row in told["widths"][:2]} == set(names[:2])
    assert all(row["width"] > 0.85 for row in told["widths"][2:])
    assert {row["series"] for row in told["next"]} == {item.series[0] for item in found}


def test_pages_say_what_is_kept_or_that_nothing_is(tmp_path, monkeypatch):
    from sim import docs_calibration
    from sim.docs import read_scores, table
    from sim.experiments.calibration import stored

    monkeypatch.setattr(stored, "HINDCAST", tmp_path / "none.json")
    page = docs_calibration.scoreboard_page("", table, read_scores())
    assert "No hindcast has been kept yet" in page
    monkeypatch.setattr(stored, "IDENTIFIABILITY", tmp_path / "some.json")
    told = {"until": "2025-12", "observations": 3, "members": 64, "pairs": [], "next": [],
            "widths": [{"name": "a.b", "title": "A", "width": 0.51234567, "shift": 0.1}]}  # fmt: skip
    stored.keep(stored.IDENTIFIABILITY, told)
    assert "1 of 1 uncertain entries are informed by 3 observations" in docs_calibration.identifiability_page("", table)


def test_pictures_show_every_series_and_the_entries_that_narrowed_most(tmp_path):
    from sim.docs_calibration import SHOWN, write_pictures
    from sim.figures.calibration import forecasts_against_rivals, informed_entries

    assert sorted(path.name for path in write_pictures(tmp_path)) == ["identifiability.png", "scoreboard.png"]
    rows = [{"title": f"Entry {at}", "width": 0.5 + at / 100} for at in range(40)]
    labels = informed_entries(rows, SHOWN, "").axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == [f"Entry {at}" for at in range(SHOWN)]
    picture = forecasts_against_rivals([{"series": "a|b", "carry_forward": 0.5, "log_linear": 2.0}], "").axes[0]
    assert [list(line.get_xdata()) for line in picture.lines[:2]] == [[0.5], [2.0]]


# The model's side

LEAST = runs_of(128, "2022-12")


def test_points_of_the_prior_are_those_that_a_run_draws():
    names = [entry.name for entry in load_register().uncertain()]
    found = values_at(prior_scores(names, 16, seed=1), names)
    drawn = load_register().sample(names, np.arange(16), 1)
    assert all(np.allclose(found[name], np.clip(drawn[name], found[name].min(), found[name].max())) for name in names)


def test_a_run_without_a_value_tells_nothing_and_a_stray_one_little():
    found = of_series("sales_ledger_stock_mh100e")[:1]
    key = found[0].series
    values = np.full((50, 1), 2.0) * np.exp(np.linspace(-0.1, 0.1, 50))[:, None]
    values[0], values[1] = np.nan, 1e9
    row = places(Runs([found[0].month], {key: values}), found)[0]
    assert row[0] == pytest.approx(np.nanmedian(np.log(values)), abs=0.01)
    assert np.abs(row - np.median(row)).max() < 1.0


def test_a_budget_pays_for_a_power_of_two_members_or_is_refused():
    # By hand: four assimilations of 1,024 and a look round; half goes through 8 half-years in 28 groups of actors and 6
    # visits to single ones with four throws each, 8 looks at the start of each and one after; a quarter once more, and
    # then by 43 visits to leaders, with a look before and one run at the end; and three times 32 for chance.
    assert runs_of(1024, "2025-12") == 5 * 1024 + 512 * (34 * 4 + 9) + 256 * ((34 + 43) * 4 + 2) + 96
    assert members_of(runs_of(1024, "2025-12") + 10, "2025-12") == 1024
    assert members_of(LEAST, "2022-12") == 128
    with pytest.raises(InputError, match=f"--budget: 100 is out of range; use at least {LEAST:,} runs"):
        members_of(100, "2022-12")


def test_a_calibration_gives_one_posterior_and_reads_what_is_done(tmp_path):
    def told(folder, workers=1):
        return Setting(tmp_path / folder, "baseline", "2022-12", None, 50, Serial, workers)

    first, _ = calibrate("2022-12", None, LEAST, 1, told("a"))
    again, _ = calibrate("2022-12", None, LEAST, 1, told("a"))  # every run is there already
    assert first.sha256 == again.sha256
    assert first.notes["observations"] > 5 and first.notes["members"] == 128
    assert set(first.names) == {entry.name for entry in load_register().uncertain()} | set(columns("2022-12"))
    assert len(first.table) == 32
    notes = json.loads((tmp_path / "a" / "calibration.json").read_text())
    assert len(notes["items"]) == first.notes["observations"]


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_two_workers_say_the_same(tmp_path):
    def command(folder, workers):
        return [sys.executable, "-m", "sim", "calibrate", "--until", "2022-12", "--budget", str(LEAST), "--developers",
                "50", "--workers", str(workers), "--out", str(tmp_path / folder)]  # fmt: skip

    subprocess.run(command("whole", 2), check=True, cwd=ROOT, capture_output=True)
    process = subprocess.Popen(command("killed", 1), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "killed").glob("step-1/runs/results/*/*.parquet")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    subprocess.run(command("killed", 1), check=True, cwd=ROOT, capture_output=True)
    whole, killed = ((tmp_path / name / "posterior.csv").read_bytes() for name in ("whole", "killed"))
    assert whole == killed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["calibrate", "--until", "2019-12"], "--until: "),
        (["calibrate", "--until", "2022-06"], "--until: 2022-06 is out of range; use 2022-12 or later"),
        (["calibrate", "--budget", "10"], "--budget: 10 is out of range"),
        (["calibrate", "--prefer", "huawei"], "--prefer: 'huawei' is not allowed; expected output=words"),
        (["hindcast", "--until", "2024-12", "--score", "2024-12"], "--score: 2024-12 is not after --until"),
        (["run", "--uncertainty", "posteriour"], 'uncertainty: "posteriour" is not known'),
    ],
)
def test_bad_input_is_one_clear_line(arguments, told, tmp_path, monkeypatch, capsys):
    from sim.cli import main

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    error = capsys.readouterr().err
    assert left.value.code == 2 and told in error and len(error.strip().splitlines()) == 1, error
