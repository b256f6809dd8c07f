"""What comes out of a run: recorded once, named, saved and read back without a change."""

import hashlib

import numpy as np
import pytest
from synthetic import synthetic

from sim import load
from sim.experiments.ensemble import blocks, check_settings, compare, joined
from sim.outputs import KINDS, Output, OutputError, load_headline, load_outputs, quantiles
from sim.recorder import Recorder
from sim.units import month_number

STOCK = Output("stock", "Stock", "H100e", "stock", "accelerators in service", "clouds")
HOLES = Output("survey", "Survey", "share", "share", "a yearly survey", "nobody", may_be_missing=True)


def recorder(draws=3, months=("2025-01", "2025-03")):
    first, last = (month_number(m) for m in months)
    return Recorder({"stock": STOCK, "survey": HOLES}, draws, (first, last))


def test_a_recorded_value_lands_in_its_month_and_series():
    taken = recorder()
    taken.month += 1
    taken.write("stock", np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), region=["china", "europe"])
    values = taken.series()["stock", "", "europe", ""]
    assert values.shape == (3, 3)
    assert values[:, 1].tolist() == [2.0, 4.0, 6.0]
    assert np.isnan(values[:, [0, 2]]).all()  # nothing was said about the other months


def test_two_axes_of_names_are_written_in_one_call():
    taken = recorder()
    values = np.arange(12.0).reshape(3, 2, 2)  # draws, regions, definitions
    taken.write("stock", values, definition=("a", "b"), region=("china", "europe"))
    found = taken.series()
    assert [key[1:3] for key in found] == [("a", "china"), ("b", "china"), ("a", "europe"), ("b", "europe")]
    assert found["stock", "b", "europe", ""][:, 0].tolist() == [3.0, 7.0, 11.0]
    values[1, 1, 0] = np.nan
    taken.write("stock", values, definition=("a", "b"), region=("china", "europe"))
    with pytest.raises(OutputError, match=r"stock\|a\|europe is nan in 2025-01, draw 1"):
        taken.check()


def test_an_undeclared_output_is_refused_with_the_nearest_name():
    with pytest.raises(OutputError, match="'stok' is not declared.*stock"):
        recorder().write("stok", np.zeros(3))


def test_values_of_the_wrong_shape_are_refused():
    for values, region in ((np.zeros((3, 2)), ""), (np.zeros(4), ""), (np.zeros((3, 2)), ("a", "b", "c"))):
        with pytest.raises(OutputError, match="shape"):
            recorder().write("stock", values, region=region)


def test_a_series_is_written_by_one_call_only():
    taken = recorder()
    taken.write("stock", np.zeros((3, 2)), region=("china", "europe"))
    with pytest.raises(OutputError, match="two calls"):
        taken.write("stock", np.zeros(3), region="china")
    with pytest.raises(OutputError, match="named twice"):
        recorder().write("stock", np.zeros((3, 2)), region=("china", "china"))


def test_not_a_number_is_refused_unless_the_output_says_it_may_be_missing():
    taken = recorder()
    taken.write("survey", np.array([0.1, np.nan, 0.2]))
    taken.check()
    taken.write("stock", np.array([1.0, np.nan, 2.0]))
    with pytest.raises(OutputError, match="stock is nan in 2025-01, draw 1"):
        taken.check()


def test_every_declared_output_is_complete():
    for name, output in load_outputs().items():
        assert output.kind in KINDS and output.title and output.unit and output.definition and output.actor, name


def test_every_headline_entry_is_a_declared_output():
    months, entries = load_headline()
    assert months == ("2025-12", "2027-12", "2030-12")
    assert {entry.output for entry in entries} <= set(load_outputs())


def test_quantiles_leave_missing_draws_out():
    values = np.array([[0.0, np.nan], [1.0, 5.0], [2.0, np.nan]])
    # By hand: P50 of 0, 1, 2 is 1; of the single 5 it is 5.
    assert quantiles(values, (0.5,)).tolist() == [[1.0, 5.0]]


def test_parts_of_a_definition_select_series():
    frame = synthetic(3, end=month_number("2022-06")).frame(
        "compute_share", basis="owner", diverted=False, kind="stock", metric=["tpp", "8bit"], region="china"
    )
    assert set(frame["definition"]) == {"owner|tracked|stock|tpp", "owner|tracked|stock|8bit"}
    assert len(frame) == 2 * 3 * 6
    assert list(frame.columns) == [
        "scenario", "draw", "month", "output", "definition", "region", "detail", "value", "unit",
    ]  # fmt: skip


def test_an_unknown_selection_or_output_is_answered_with_the_nearest():
    results = synthetic(2, end=month_number("2022-03"))
    with pytest.raises(OutputError, match="compute_share"):
        results.frame("compute_shares")
    with pytest.raises(OutputError, match="metric"):
        results.frame("compute_share", metrics="tpp")
    with pytest.raises(OutputError, match="owner"):
        results.series("compute_share", "owners|all|stock|8bit", "china")


def test_saved_results_read_back_exactly_and_give_the_same_bytes_twice(tmp_path):
    results = synthetic(5)
    hashes = []
    for name in ("one", "two"):
        folder = results.save(tmp_path / name)
        hashes.append(hashlib.sha256((folder / "results.parquet").read_bytes()).hexdigest())
    assert hashes[0] == hashes[1]
    again = load(tmp_path / "one")
    assert sorted(again.keys()) == sorted(results.keys())
    for key in results.keys():
        assert np.array_equal(again._series[key], results._series[key], equal_nan=True), key


def test_a_damaged_table_is_noticed(tmp_path):
    folder = synthetic(2, end=month_number("2023-12")).save(tmp_path)
    table = folder / "results.parquet"
    damaged = bytearray(table.read_bytes())
    for at in range(len(damaged) // 3, len(damaged) // 3 + 40):
        damaged[at] ^= 0xFF
    table.write_bytes(bytes(damaged))
    with pytest.raises((OutputError, OSError)):
        load(folder)


def test_blocks_of_draws_join_into_the_same_series():
    assert [ids.tolist() for ids in blocks(5, 2)] == [[0, 1], [2, 3], [4]]
    whole = np.arange(10.0).reshape(5, 2)
    parts = [{("x", "", "", ""): whole[ids]} for ids in blocks(5, 2)]
    assert np.array_equal(joined(parts)["x", "", "", ""], whole)


def test_the_difference_of_two_runs_is_taken_draw_by_draw():
    a, b = synthetic(9, tilt=1.2), synthetic(9)
    frame = compare(a, b, "compute_share", "owner|all|stock|8bit", "china", month="2027-12")
    x, y = (r.series("compute_share", "owner|all|stock|8bit", "china")[1][:, 71] for r in (a, b))
    assert frame.loc[0, ["p10", "p50", "p90"]].tolist() == pytest.approx(np.quantile(x - y, (0.1, 0.5, 0.9)))


def test_runs_that_are_not_pairs_are_not_compared():
    with pytest.raises(ValueError, match="same seed, draws and months"):
        compare(synthetic(3), synthetic(4), "compute_share")


def test_settings_are_checked_against_the_register():
    from sim.scenario import load_scenario

    base = load_scenario("baseline")
    good = {"draws": 4, "developers": 100, "start": "2022-01", "end": "2022-12", "as_of": None, "seed": 1}
    assert check_settings(base, **good) == (month_number("2022-01"), month_number("2022-12"))
    for wrong in ({"draws": 0}, {"draws": 2.5}, {"developers": 0}, {"seed": -1}, {"end": "2021-12"}, {"end": "2050-01"},
                  {"start": "2022-13"}, {"end": "2022-01"}, {"as_of": "soon"}, {"draws": 10**6}):  # fmt: skip
        with pytest.raises(ValueError):
            check_settings(base, **(good | wrong))


def test_a_draw_is_the_same_alone_in_blocks_and_among_others():
    from sim import run

    size = {"developers": 80, "end": "2024-06", "progress": False}
    whole, split, fewer = run(draws=9, **size), run(draws=9, block=4, **size), run(draws=5, **size)
    assert list(whole.keys()) == list(split.keys()) == list(fewer.keys())
    for key in whole.keys():
        assert np.array_equal(whole.series(*key)[1], split.series(*key)[1], equal_nan=True), key
        assert np.array_equal(whole.series(*key)[1][:5], fewer.series(*key)[1], equal_nan=True), key


def test_two_runs_of_one_seed_give_the_same_bytes_and_another_seed_does_not(tmp_path):
    from sim import run

    size = {"draws": 2, "developers": 60, "end": "2022-09", "progress": False}
    runs = [run(**size), run(**size), run(**size, seed=2)]
    files = [(r.save(tmp_path / str(at)) / "results.parquet").read_bytes() for at, r in enumerate(runs)]
    assert files[0] == files[1] != files[2]
    assert runs[0].run_id == runs[1].run_id != runs[2].run_id
