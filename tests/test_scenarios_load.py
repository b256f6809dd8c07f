"""Every scenario of the library loads, resolves in every month, cites listed sources, and keeps to the register."""

import pytest

from sim.cli_check import known_sources, scenario_problems
from sim.scenario import library, load_scenario

LIBRARY = ("baseline", "no_controls", "tight_controls", "fast_ascend_ramp", "hbm_wall", "us_open_weight_push",
           "chinese_models_barred", "founding_picture")


def test_the_first_library_is_complete():
    assert set(LIBRARY) <= set(library())


@pytest.mark.parametrize("name", library())
def test_a_scenario_loads_and_resolves_in_every_month(name):
    scenario = load_scenario(name)
    values = scenario.resolve([0, 17])
    for month in range(scenario.settings["start"], scenario.settings["end"] + 1):
        values.at(month)
    assert scenario_problems(scenario, known_sources()) == []


@pytest.mark.parametrize("name", library())
def test_a_scenario_asks_a_question_and_argues_every_change(name):
    scenario = load_scenario(name)
    assert scenario.question.endswith("?")
    assert all(len(change.why) >= 30 for change in (*scenario.changes, *scenario.shocks))
    assert bool(scenario.changes or scenario.shocks) == (name != "baseline")
