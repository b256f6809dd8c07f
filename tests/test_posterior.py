"""A posterior is a table of joint draws: every run of a seed visits its rows in the same order, and never peeks."""

import json

import numpy as np
import pytest

from sim.errors import InputError
from sim.experiments.ensemble import run
from sim.parameters.posterior import read_posterior, shipped, write_posterior
from sim.parameters.register import load_register
from sim.scenario import load_scenario
from sim.units import month_number

NAMES = ["foundry.chinese_defect_density", "diversion.leak_share"]
TABLE = np.column_stack([np.linspace(0.2, 0.3, 64), np.linspace(0.1, 0.5, 64)])


def written(folder, until="2025-12", as_of=None, table=TABLE):
    return write_posterior(folder / f"{until}.csv", NAMES, table, {"until": until, "as_of": as_of})


def test_draws_visit_every_row_once_and_evenly(tmp_path):
    posterior = written(tmp_path)
    assert sorted(posterior.rows(np.arange(64), seed=1)) == list(range(64))
    assert sorted(posterior.rows(np.arange(8), seed=1) // 8) == list(range(8))
    assert not np.array_equal(posterior.rows(np.arange(64), 1), posterior.rows(np.arange(64), 2))


def test_columns_stay_together_and_draw_17_is_the_same_alone(tmp_path):
    posterior = written(tmp_path)
    found = posterior.samples(np.arange(64), seed=1)
    rows = posterior.rows(np.arange(64), seed=1)
    assert found[NAMES[0]] == pytest.approx(TABLE[rows, 0], rel=1e-5)
    assert found[NAMES[1]] == pytest.approx(TABLE[rows, 1], rel=1e-5)
    assert posterior.samples([17], seed=1)[NAMES[1]] == found[NAMES[1]][17]


def test_an_as_of_run_takes_only_a_posterior_that_knew_no_more(tmp_path):
    written(tmp_path, "2025-12", None)
    written(tmp_path, "2024-12", "2024-12")
    written(tmp_path, "2023-12", "2023-12")

    def chosen(as_of):
        found = shipped(None if as_of is None else month_number(as_of), tmp_path)
        return found and found.notes["until"]

    assert chosen(None) == "2025-12"
    assert chosen("2026-06") == "2024-12"  # the latest of all also saw what became known later
    assert chosen("2024-12") == "2024-12"
    assert chosen("2024-11") == "2023-12"
    assert chosen("2023-11") is None


def test_without_a_posterior_the_prior_is_taken():
    early = month_number("2022-06")
    assert shipped(early) is None
    prior, posterior = (load_scenario().resolve(np.arange(4), 1, early, how).samples for how in ("prior", "posterior"))
    assert all(np.array_equal(prior[name], posterior[name]) for name in prior)


@pytest.mark.skipif(shipped() is not None, reason="a posterior comes with the program")
def test_a_posterior_that_is_not_there_is_refused_and_not_replaced():
    with pytest.raises(InputError, match='no "posterior" comes with this version'):
        load_scenario().resolve(np.arange(2), 1, None, "posterior")


def test_a_run_takes_a_posterior_file_and_the_prior_for_what_it_lacks(tmp_path):
    posterior = written(tmp_path)
    settings = {"draws": 2, "developers": 60, "end": "2022-03", "progress": False}
    found = run(uncertainty=str(tmp_path / "2025-12.csv"), **settings)
    same = run(uncertainty=posterior.samples(np.arange(2), 1), **settings)
    assert found.run_id == same.run_id
    other = load_register().sample(["budgets.scale"], np.arange(2), 1)["budgets.scale"]
    samples = load_scenario().resolve(np.arange(2), 1, None, posterior.samples(np.arange(2), 1)).samples
    assert np.array_equal(samples["budgets.scale"], other)


def test_a_changed_file_a_missing_manifest_and_a_strange_column_are_refused(tmp_path):
    posterior = written(tmp_path)
    path = tmp_path / "2025-12.csv"
    path.write_text(path.read_text().replace("0.2,", "0.9,", 1))
    with pytest.raises(InputError, match="another SHA-256"):
        read_posterior(path)
    path.with_suffix(".json").unlink()
    with pytest.raises(InputError, match="manifest 2025-12.json is missing"):
        read_posterior(path)
    samples = {"foundry.chinese_defect_densty": posterior.table[:2, 0]}
    with pytest.raises(InputError, match="unknown parameter; .*chinese_defect_density"):
        load_scenario().resolve(np.arange(2), uncertainty=samples)


def test_every_shipped_posterior_fits_the_register():
    from sim.parameters.posterior import FOLDER

    uncertain = {entry.name: entry for entry in load_register().uncertain()}
    for path in FOLDER.glob("*.csv"):
        posterior = read_posterior(path)
        entries = [name for name in posterior.names if not name.startswith("luck.")]
        assert set(entries) <= set(uncertain), f"{path.name}: refit it, aicompute calibrate --ship"
        notes = json.loads(path.with_suffix(".json").read_text())
        assert notes["until"] == path.stem
        for name, column in zip(posterior.names, posterior.table.T, strict=True):
            if name in entries and not uncertain[name].prior.as_factor:
                low, high = uncertain[name].range
                assert low <= column.min() and column.max() <= high, name


# What chance did in years that were observed

LUCKY = {"luck.2022-01": np.array([5.0, 6.0]), "luck.2023-01": np.array([7.0, 7.0])}


def test_luck_decides_its_half_year_and_no_other():
    from sim.randomness import Streams

    plain, lucky = Streams(1, [0, 1]), Streams(1, [0, 1], luck=LUCKY)
    late, other = Streams(2, [8, 9]), Streams(2, [8, 9], luck=LUCKY)
    inside, outside = month_number("2023-06"), month_number("2023-07")
    assert not np.array_equal(lucky.uniform("a", 3, inside), plain.uniform("a", 3, inside))
    assert np.array_equal(lucky.uniform("a", 3, inside), other.uniform("a", 3, inside))  # whatever seed and draw are
    assert np.array_equal(lucky.uniform("a", 3, inside)[0], lucky.uniform("a", 3, inside)[1])  # one luck, one history
    assert not np.array_equal(lucky.once("a", 3)[0], lucky.once("a", 3)[1])
    assert not np.array_equal(lucky.uniform("a", 3, inside), lucky.uniform("b", 3, inside))
    assert np.array_equal(lucky.uniform("a", 3, outside), plain.uniform("a", 3, outside))
    assert not np.array_equal(other.uniform("a", 3, outside), lucky.uniform("a", 3, outside))
    assert late.uniform("a", 3, outside).shape == (2, 3)


def test_luck_is_uniform():
    from scipy.stats import kstest

    from sim.randomness import Streams

    found = Streams(1, np.arange(400), luck={"luck.2024-07": np.arange(400.0)}).uniform("a", 5, month_number("2024-07"))
    assert kstest(found.ravel(), "uniform").pvalue > 0.01


def test_two_draws_of_one_history_part_when_it_ends():
    """Draws that share a row of a posterior share what chance did until its end, and go their own ways after it."""
    fixed = {f"luck.{year}-{month}": np.array([3.0, 3.0]) for year in (2022, 2023) for month in ("01", "07")}
    values = {name: np.repeat(v[:1], 2) for name, v in load_register().sample(
        [e.name for e in load_register().uncertain()], np.arange(1), 1).items()}  # fmt: skip
    found = run(draws=2, developers=1000, end="2025-12", uncertainty=values | fixed, progress=False)
    months, level = found.series("frontier_capability", region="united_states", detail="all")
    at = months.index("2023-12")
    supply = found.series("sales_ledger_stock_mh100e")[1]
    assert np.array_equal(supply[0, : at + 1], supply[1, : at + 1])
    assert np.allclose(level[0, : at + 1], level[1, : at + 1], atol=0.2)  # developers differ, and what they pay
    assert np.abs(level[0] - level[1])[-1] > 0.2


@pytest.mark.parametrize(("name", "value", "told"), [("luck.2021-07", 1.0, "half a year"),
                                                     ("luck.2022-02", 1.0, "half a year, 2022-01 to 2040-07"),
                                                     ("luck.2022-01", -1.0, "whole"),
                                                     ("luck.2022-01", 0.5, "whole number")])  # fmt: skip
def test_bad_luck_is_refused(name, value, told):
    with pytest.raises(InputError, match=told):
        load_scenario().resolve(np.arange(1), uncertainty={name: np.array([value])})
