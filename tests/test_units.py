"""Months, conversions and keyed random numbers."""

import numpy as np
import pytest

from sim import units
from sim.numerics import RunSums, share, total
from sim.randomness import Streams


def test_months_count_across_the_turn_of_a_year():
    assert units.month_number("2023-01") - units.month_number("2022-11") == 2
    assert units.month_label(units.month_number("2030-12")) == "2030-12"


@pytest.mark.parametrize("label", ["2026-13", "26-01", "2026-1", "2026-07-01", "", None, 202607])
def test_a_month_that_is_not_yyyy_mm_is_refused(label):
    with pytest.raises(ValueError, match="is not a month"):
        units.month_number(label)


def test_a_rule_effective_after_the_fifteenth_bites_from_the_next_month():
    assert units.month_in_force("2023-11-17") == units.month_number("2023-12")
    assert units.month_in_force("2026-01-15") == units.month_number("2026-01")
    assert units.month_in_force("2024-12") == units.month_number("2024-12")


def test_monthly_growth_compounds_to_the_yearly_fold():
    assert units.growth_per_month(8.0) ** 12 == pytest.approx(8.0)


def test_a_draw_has_the_same_numbers_in_any_block_and_over_any_horizon():
    month = units.month_number("2025-06")
    alone = Streams(1, [17]).uniform("yield", 3, month)
    among = Streams(1, range(64)).uniform("yield", 3, month)
    assert (alone[0] == among[17]).all()
    assert not (among[16] == among[17]).any()


def test_a_table_has_the_numbers_of_numpys_generator():
    ids, first, months = [0, 17, 2**40], units.month_number("2022-01"), 19 * 12
    streams = Streams(2**62 + 5, ids)
    for draw, draw_id in enumerate(ids):
        expected = streams.generator("yield", draw_id).random((3, months))
        for month in (0, 6, months - 1):
            assert np.array_equal(streams.uniform("yield", 3, first + month)[draw], expected[:, month])


@pytest.mark.parametrize("luck", ({}, {"luck.2022-01": np.arange(5.0)}), ids=("by seed", "by luck"))
def test_a_few_numbers_are_those_of_the_table(luck):
    streams, first = Streams(7, range(5), luck=luck), units.month_number("2022-01")
    draws, rows = np.array([0, 3, 3]), np.array([[0, 2], [1, 4], [5, 0]])
    for month in (0, 5, 6, 90):
        few = streams.few_normal("yield", 6, first + month, draws, rows)
        assert np.array_equal(few, streams.normal("yield", 6, first + month)[draws[:, None], rows])


def test_streams_seeds_months_and_entities_are_different_numbers():
    month = units.month_number("2025-06")
    streams = Streams(1, [0])
    numbers = [
        streams.uniform("yield", 3, month)[0],
        streams.uniform("policy", 3, month)[0],
        streams.uniform("yield", 3, month + 1)[0],
        Streams(2, [0]).uniform("yield", 3, month)[0],
    ]
    assert len(np.unique(np.concatenate(numbers))) == 12


def test_uniform_numbers_are_uniform():
    values = Streams(3, range(500)).uniform("check", 8, units.month_number("2024-01")).ravel()
    assert abs(values.mean() - 0.5) < 4 * np.sqrt(1 / 12 / values.size)
    assert abs((values < 0.1).mean() - 0.1) < 4 * np.sqrt(0.09 / values.size)


def test_a_total_does_not_depend_on_the_number_of_draws():
    rows = np.random.default_rng(0).lognormal(0, 5, (256, 37))
    assert (total(rows)[17] == total(rows[17:18])[0]).all()
    assert (total(rows)[:18] == total(rows[:18])).all()


def test_a_share_of_nothing_is_none():
    assert share([1.0, 0.0], [2.0, 0.0]).tolist() == [0.5, 0.0]


def test_sums_over_runs_of_neighbours():
    values = np.array([[1.0, 2.0, 4.0, 8.0, 16.0]])
    assert RunSums([0, 1, 4], 5)(values).tolist() == [[1.0, 14.0, 16.0]]
    with pytest.raises(ValueError, match="runs must start at 0"):
        RunSums([1, 2], 5)
