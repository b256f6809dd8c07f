"""Targets: reductions by hand, ranges against the tables they come from, a hit needs every part."""

import numpy as np
import pytest

from sim.evidence import targets as t
from sim.evidence.loader import load
from sim.units import month_label, month_number


class Tiny:
    """A run made by hand: {(output, definition, region, detail): (first month, values (draws, months))}."""

    def __init__(self, **series):
        self.data = series

    def series(self, output, definition="", region="", detail=""):
        key = "__".join(x for x in (output, definition, region, detail) if x)
        first, values = self.data[key]
        values = np.atleast_2d(np.asarray(values, dtype=float))
        start = month_number(first)
        return [month_label(start + i) for i in range(values.shape[1])], values


def test_there_are_nine_targets_of_supply_and_thirteen_of_demand():
    assert list(t.targets()) == [f"S{i}" for i in range(1, 10)] + [f"D{i}" for i in range(1, 14)]


def test_every_part_is_complete_and_in_order():
    for name, target in t.targets().items():
        assert {"title", "observer", "how", "evidence", "note", "part"} == set(target), name
        assert target["how"] in ("fitted", "emergent", "conditioned")
        for part in target["part"]:
            assert set(part) <= t.PART_KEYS
            low, central, high = t.bounds(part)
            assert low <= central <= high
            assert part["reduce"] in t.REDUCTIONS
            for key in ("month", "from", "to"):
                if key in part:
                    month_number(part[key])


def test_ranges_given_in_words_are_worked_out():
    for target in t.targets().values():
        for part in target["part"]:
            low, central, high = t.bounds(part)
            words = part["range_from"]
            if words == "central ± 20 %":
                assert (low, high) == pytest.approx((0.8 * central, 1.2 * central))
            elif words.endswith("points"):
                points = float(words.split("±")[1].split()[0]) / 100
                assert (low, high) == pytest.approx((central - points, central + points))


def test_licensed_stock_ranges_stand_in_the_table():
    stock = load("compute_stock")
    china = stock[(stock.entity == "China") & (stock.basis == "ownership, Nvidia chips")].set_index("date")
    for part in t.targets()["S4"]["part"]:
        row = china.loc[part["month"] + "-31"]
        assert (part["low"], part["high"]) == (row.low, row.high)
        assert part["central"] == pytest.approx(row.central, rel=0.01)


def part(**keys):
    return {"output": "x", "unit": "", **keys}


def test_reductions_by_hand():
    run = Tiny(x=("2024-01", [[1, 2, 4, 8], [3, 3, np.nan, 6]]))
    assert t.reduce_draws(run, part(reduce="at", month="2024-04")).tolist() == [8, 6]
    window = {"from": "2024-01", "to": "2024-03"}
    assert t.reduce_draws(run, part(reduce="mean", **window)) == pytest.approx([7 / 3, 3])  # a gap is left out
    assert t.reduce_draws(run, part(reduce="max", **window)).tolist() == [4, 3]
    ends = {"from": "2024-01", "to": "2024-04"}
    assert t.reduce_draws(run, part(reduce="fold", **ends)).tolist() == [8, 2]
    assert t.reduce_draws(run, part(reduce="fold_per_year", **ends))[1] == pytest.approx(2**4)  # twofold in a quarter
    assert t.reduce_draws(run, part(reduce="fall_fold_per_year", **ends))[1] == pytest.approx(2**-4)
    assert t.reduce_draws(run, part(reduce="at", month="2024-01", factor=0.5)).tolist() == [0.5, 1.5]


def test_the_crossing_is_the_first_month_above():
    run = Tiny(x__qwen=("2025-08", [[1, 2, 5], [1, 1, 1]]), x__llama=("2025-08", [[2, 2, 2], [3, 3, 3]]))
    months = t.reduce_draws(run, part(reduce="crossing", detail="qwen", against={"detail": "llama"}))
    assert months[0] == month_number("2025-10") and np.isinf(months[1])
    assert t.show_value(months[0], "month") == "2025-10" and t.show_value(months[1], "month") == "never"


def test_a_difference_is_taken_draw_by_draw():
    run = Tiny(x__china=("2025-08", [[0.3], [0.1]]), x__us=("2025-08", [[0.1], [0.2]]))
    gap = t.reduce_draws(run, part(reduce="difference", month="2025-08", detail="china", against={"detail": "us"}))
    assert gap == pytest.approx([0.2, -0.1])


def test_medians_decide_and_a_target_needs_every_part():
    months = 48
    firms = np.full((3, months), 0.81)
    firms[0] = 0.2  # one odd draw does not move the median
    poll = np.full((3, 60), 11.0)
    run = Tiny(
        firms_three_families_share=("2022-01", firms),
        countries_saying_china_leads=("2022-01", poll),
        germany_says_us_share=("2022-01", np.full((3, 60), 0.9)),
    )
    scores = t.evaluate(run)
    assert len(scores) == sum(len(target["part"]) for target in t.targets().values())
    assert scores.columns.tolist() == [
        "id", "title", "part", "observer", "how", "output", "unit", "p10", "p50", "p90",
        "low", "central", "high", "hit", "problem",
    ]  # fmt: skip
    nine = scores[scores.id == "D9"].iloc[0]
    assert nine.hit and nine.p50 == 0.81 and nine.p10 < 0.5
    table = t.summary(scores).set_index("id")
    assert table.loc["D9", "hit"] and not table.loc["D13", "hit"]
    assert (table.loc["D13", "parts_hit"], table.loc["D13", "parts"]) == (1, 2)
    assert not table.loc["S1", "hit"] and scores[scores.id == "S1"].problem.ne("").all()


def test_a_run_that_ends_early_says_so():
    run = Tiny(sales_ledger_stock_mh100e=("2022-01", np.full((2, 36), 6.0)))  # to 2024-12
    first, second = t.evaluate(run)[lambda d: d.id == "S1"].itertuples()
    assert first.hit and not second.hit
    assert "does not cover 2025-12" in second.problem


def test_missing_and_never_in_quantiles():
    assert t._quantiles(np.array([np.nan, 1.0, 3.0]))[1] == 2.0
    assert t._quantiles(np.array([1.0, 2.0, np.inf]))[1] == 2.0
    assert all(np.isnan(t._quantiles(np.array([np.nan]))))
