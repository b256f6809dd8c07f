"""Compiled sums give NumPy's own bytes, whatever the layout of the array."""

import numpy as np
import pytest

from sim.numerics import GroupSums, RunSums, total, weighted_total

LENGTHS = (0, 1, 2, 7, 8, 9, 15, 16, 31, 127, 128, 129, 200, 257, 1000)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_total_has_numpys_bytes_in_any_layout(length):
    values = np.random.default_rng(length).standard_cauchy((5, 3, length))
    expected = np.add.reduce(values, axis=-1)
    assert np.array_equal(total(values), expected)
    assert np.array_equal(total(np.asfortranarray(values)), expected)
    assert np.array_equal(total(np.moveaxis(values, -1, 1), axis=1), expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_weighted_total_has_the_bytes_of_the_total_of_products(length):
    values, weights = np.random.default_rng(length).standard_cauchy((2, 5, 3, length))
    expected = np.add.reduce(values * weights, axis=-1)
    assert np.array_equal(weighted_total(values, weights), expected)
    assert np.array_equal(weighted_total(np.asfortranarray(values), weights), expected)
    assert np.array_equal(weighted_total(values, weights[:1]), np.add.reduce(values * weights[:1], axis=-1))


def test_whole_numbers_and_marks_are_added_as_numbers():
    assert total(np.array([[True, True, False]])) == 2.0
    assert total(np.arange(4)) == 6.0


def test_groups_are_added_from_the_last_and_runs_from_the_first():
    values = np.array([[1e16, 1.0, -1e16, 1.0, 5.0]])
    assert GroupSums([0, 0, 0, 1, -1], 3)(values).tolist() == [[(-1e16 + 1.0) + 1e16, 1.0, 0.0]]
    assert RunSums([0, 3], 5)(values).tolist() == [[(1e16 + 1.0) - 1e16, 6.0]]
