"""Runs that share a beginning give the bytes of runs from the beginning."""

import os
import sys

import numpy as np
import pytest

from sim import run
from sim.app.levers import front
from sim.errors import InputError
from sim.experiments.branches import COPIES, Trunk, in_a_copy
from sim.scenario import load_scenario
from sim.units import month_label

BUDGET = "diversion.enforcement_budget"
pytestmark = pytest.mark.skipif(not COPIES, reason="a process is copied on Linux alone")
DRAWS, DEVELOPERS, MONTH = 3, 50, "2027-01"


@pytest.fixture(scope="module")
def trunk():
    return Trunk(load_scenario("baseline"), np.arange(DRAWS), MONTH, DEVELOPERS)


def moved(name, value, month=MONTH):
    return load_scenario("baseline").with_changes({f"{name}@{month}": value})


@pytest.mark.slow
@pytest.mark.parametrize("entry", front(load_scenario("baseline").register), ids=lambda entry: entry.name)
def test_a_branch_is_the_run_from_the_beginning(trunk, entry):
    stands = entry.value if not isinstance(entry.value, float) else float(entry.value)
    value = (not stands if isinstance(stands, bool) else next(v for v in (*entry.choices,) if v != stands)
             if entry.choices else next(v for v in entry.levels.values() if v != stands))  # fmt: skip
    scenario = moved(entry.name, value)
    found = trunk.series(scenario, lambda key: True)
    whole = run(scenario, draws=DRAWS, developers=DEVELOPERS, progress=False)
    assert set(found) == set(whole._series)
    assert not [key for key in found if not np.array_equal(found[key], whole._series[key], equal_nan=True)]


@pytest.mark.slow
def test_the_world_still_waits_after_a_branch(trunk):
    month = trunk.world.month
    one, two = (trunk.series(moved(BUDGET, 500.0), lambda key: key[0] == "compute_share") for _ in range(2))
    assert trunk.world.month == month
    assert all(np.array_equal(one[key], two[key]) for key in one)


@pytest.mark.slow
def test_a_change_before_the_world_waits_is_not_served(trunk):
    assert not trunk.serves(moved(BUDGET, 500.0, "2026-12")) and not trunk.serves(load_scenario("no_controls"))
    with pytest.raises(ValueError, match="before the world waits"):
        trunk.series(moved(BUDGET, 500.0, "2026-12"), bool)


@pytest.mark.slow
def test_the_world_waits_earlier_where_changes_are_announced_ahead():
    early = load_scenario("baseline").with_changes({"export.announcement_months": 5.0})
    waits = Trunk(early, np.arange(1), "2023-01", 20)
    assert month_label(waits.world.month) == "2022-08"


def test_a_copy_tells_what_it_found_and_what_was_wrong():
    def wrong():
        raise InputError("not allowed")

    assert in_a_copy(lambda: {"a": np.arange(3)})["a"].tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="not allowed"):
        in_a_copy(wrong)
    with pytest.raises(RuntimeError, match="status 7"):
        in_a_copy(lambda: os._exit(7))
    with pytest.raises(RuntimeError, match="status 1"):
        in_a_copy(lambda: sys.exit(3))
