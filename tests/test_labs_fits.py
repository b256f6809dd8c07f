"""What the laboratories' numbers were fitted to: capability to compute, openness to the record of releases."""

import numpy as np
import pytest

from sim.experiments.capability_fit import fit, least_squares
from sim.experiments.ensemble import run
from sim.experiments.openness_history import releases, table
from sim.parameters.register import load_register


def test_least_squares_finds_a_line_and_its_error():
    # y = 1 + 2x with errors +1, −1, −1, +1 at x = 0 … 3: slope 2, intercept 1, variance 4/2, se of slope √(2/5)
    x = np.arange(4.0)
    found, errors, spread = least_squares(np.stack([np.ones(4), x], axis=1), 1 + 2 * x + [1.0, -1.0, -1.0, 1.0])
    assert found == pytest.approx([1.0, 2.0])
    assert errors[1] == pytest.approx((2 / 5) ** 0.5) and spread == pytest.approx(2**0.5)


def test_the_register_holds_the_fitted_slope_and_its_error():
    slope, error = fit()[0]["points_per_decade"]
    entry = load_register()["training.points_per_decade"]
    assert entry.value == pytest.approx(slope, abs=0.05)
    low, high = entry.prior.numbers
    assert [low, high] == pytest.approx([slope - 1.645 * error, slope + 1.645 * error], abs=0.1)


def test_most_releases_are_open_or_closed_as_they_were():
    found = releases(run("baseline", draws=16, developers=200, end="2026-06", progress=False))
    assert len(found) > 80 and np.mean([r.hit for r in found]) > 0.85, table(found)
    turns = {r.model: r.simulated > 0.5 for r in found if r.hit}
    assert turns["Llama 4 Maverick"] and turns["GLM-4.5"] and not turns["GLM-4-Plus"]  # one that changed its mind
