"""A real run speaks the same language as the observations and the targets."""

import pytest

from sim import run
from sim.evidence.observations import AXES, observations
from sim.evidence.targets import evaluate, reduce_draws, targets

# definitions no output is recorded under
ONLY_SHOWN = {"plan", "at release", "average of 13 months", "highest week", "all fine-tunes"}


@pytest.fixture(scope="module")
def results():
    return run("baseline", draws=2, developers=200, end="2026-12", progress=False)


def test_every_observation_joins_to_a_series_of_the_run(results):
    for key, _ in observations().groupby(["output", *AXES]):
        assert results.has(*key) or key[1] in ONLY_SHOWN, f"nothing in the run to compare {key} with"


def test_every_part_of_every_target_can_be_scored(results):
    scores = evaluate(results)
    assert scores[scores.problem != ""][["id", "part", "problem"]].values.tolist() == []
    assert scores.p50.notna().all()


def test_scores_take_draws_first_and_quantiles_after(results):
    part = targets()["S1"]["part"][0]
    months, values = results.series(part["output"])
    assert reduce_draws(results, part).tolist() == values[:, months.index(part["month"])].tolist()
