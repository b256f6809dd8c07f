"""Analyses on functions whose answer is known by hand: Ishigami, a planted box, a regret matrix, a root, an error."""

import math
import re

import numpy as np
import pytest
from studies import HEAD, SMALL, Serial, written

from sim.errors import InputError
from sim.experiments import convergence, designs, discovery, inverse, outcomes, robustness, sensitivity
from sim.experiments.batch import batch
from sim.experiments.designs import Factor

PI = math.pi
THREE = [Factor(f"x{k}", f"x{k}", low=-PI, high=PI) for k in (1, 2, 3)]
NAMES = [factor.name for factor in THREE]


def ishigami(x1, x2, x3, a=7.0, b=0.1):
    return np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1)


# Ishigami and Homma (1990), by hand: V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2, V1 = ½(1 + bπ⁴/5)², V2 = a²/8, V13 = 8b²π⁸/225
VARIANCE = 49 / 8 + 0.1 * PI**4 / 5 + 0.01 * PI**8 / 18 + 0.5
FIRST = np.array([0.5 * (1 + 0.1 * PI**4 / 5) ** 2, 49 / 8, 0.0]) / VARIANCE
JOINT = 8 * 0.01 * PI**8 / 225 / VARIANCE
TOTAL = FIRST + np.array([JOINT, 0.0, JOINT])


@pytest.mark.parametrize("second_order", [False, True])
def test_sobol_indices_of_ishigami_lie_within_their_intervals(second_order):
    points = designs.sobol(THREE, 4096, seed=3, second_order=second_order)
    found = sensitivity.sobol(NAMES, ishigami(*points.columns.values()), seed=1, second_order=second_order)
    for index, first, total in zip(found, FIRST, TOTAL, strict=True):
        assert abs(index.index - first) <= index.error
        assert abs(index.total - total) <= index.total_error
        assert index.error < 0.1 and index.total_error < 0.1


def test_indices_from_a_plain_hypercube_agree_with_the_analytic_ones():
    points = designs.latin_hypercube(THREE, 4000, seed=1)
    x = np.column_stack(list(points.columns.values()))
    found = sensitivity.given_data(NAMES, x, ishigami(*x.T))
    assert [index.index for index in found] == pytest.approx(list(FIRST), abs=0.05)


def test_morris_ranks_a_linear_function_by_its_slopes_and_sees_no_spread():
    points = designs.morris(THREE, 12, 4, seed=1)
    y = 1.0 * points.unit[:, 0] + 4.0 * points.unit[:, 1] - 2.0 * points.unit[:, 2]
    found = sensitivity.morris(NAMES, points.unit, y)
    assert [index.index for index in found] == pytest.approx([1.0, 4.0, 2.0])
    assert [index.total for index in found] == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)


def test_variance_splits_into_structure_parameters_and_chance():
    rng = np.random.default_rng(4)
    structure, parameter, chance = rng.normal(size=(40, 1, 1)), 2 * rng.normal(size=(1, 300, 1)), rng.normal(
        size=(40, 300, 8))  # fmt: skip
    split = sensitivity.variance_split(3 * structure + parameter + chance)
    truth = np.array([9 * structure.var(), parameter.var(), 0.0, 1.0])
    assert list(split) == ["structure", "parameters", "both", "chance"]
    assert list(split.values()) == pytest.approx(list(truth / truth.sum()), abs=0.02)
    assert sum(split.values()) == pytest.approx(1.0)
    pure = sensitivity.variance_split(np.broadcast_to(parameter, (1, 300, 2)))
    assert pure["parameters"] == pytest.approx(1.0) and pure["chance"] == 0.0


def planted(seed, runs=2000, inputs=8, noise=0.03):
    """Runs in the unit cube, and a box x0 ≤ 0.4, x3 ≥ 0.5 in which the condition holds but for a little noise."""
    rng = np.random.default_rng(seed)
    x = rng.random((runs, inputs))
    inside = (x[:, 0] <= 0.4) & (x[:, 3] >= 0.5)
    return x, np.where(rng.random(runs) < noise, ~inside, inside)


@pytest.mark.parametrize("seed", [1, 2])
def test_prim_finds_a_planted_box(seed):
    x, holds = planted(seed)
    names = [f"input {k}" for k in range(8)]
    box = discovery.find_box(names, x, holds, seed=seed)
    probe = np.random.default_rng(9).random((200_000, 8))
    mine, truth = box.holds(names, probe), (probe[:, 0] <= 0.4) & (probe[:, 3] >= 0.5)
    assert (mine & truth).sum() / (mine | truth).sum() >= 0.9
    assert set(box.limits) >= {"input 0", "input 3"} and len(box.limits) <= 3
    assert box.coverage > 0.8 and box.density > 0.9 and box.checked_density > 0.85
    assert "input 0 is at most 0." in box.words() and " and " in box.words()


def test_where_a_policy_fails_is_said_with_what_it_is_worth_elsewhere():
    from types import SimpleNamespace

    from sim.experiments.failures import failures

    x, fails = planted(1)
    names = ["memory.cxmt_stacks", *(f"input {k}" for k in range(1, 8))]
    y = np.where(fails, 1.0, 3.0) + 0.1 * x[:, 1]
    plan = SimpleNamespace(policies={name: {"title": name.title()} for name in ("mixed", "always", "never")})
    found = outcomes.Outcome("y", "ratio", list(plan.policies), np.stack([y, y * 0, y + 9])[:, :, None], plan)
    mixed, always, never = failures(found, names, x, found.values[:, :, 0], "high", 2.0)
    box = mixed.box
    assert set(box.limits) >= {"memory.cxmt_stacks", "input 3"} and box.density > 0.9
    assert f"fails in {100 * fails.mean():.0f} % of futures" in mixed.lines[0]
    assert f"It fails in {100 * box.checked_density:.0f} % ({100 * box.density:.0f} %)" in mixed.lines[0]
    line = next(line for line in mixed.lines if "HBM made in China is at most 0." in line)
    usual = (x[:, 0] <= box.limits["memory.cxmt_stacks"][1]).mean()
    assert f"so in {100 * usual:.0f} % of all futures, found again in 100 %" in line
    assert always.box is never.box is None and "in every future" in always.lines[0] and "in no future" in never.lines[0]


def test_the_tree_agrees_with_the_box():
    x, holds = planted(1)
    leaf = discovery.tree_boxes([f"input {k}" for k in range(8)], x, holds, mass_min=0.15)[0]
    assert {"input 0", "input 3"} <= set(leaf.limits) and leaf.density > 0.9 and leaf.coverage > 0.75


def test_a_condition_that_never_holds_has_no_box():
    with pytest.raises(InputError, match="holds in 0 of 50 runs"):
        discovery.find_box(["a"], np.random.default_rng(1).random((50, 1)), np.zeros(50, dtype=bool))


def test_a_regret_matrix_by_hand():
    values = np.array([[10.0, 0.0, 5.0], [8.0, 4.0, 5.0], [np.nan, 9.0, 1.0]])
    table = robustness.regret(values[:2])
    assert table.tolist() == [[0.0, 4.0, 0.0], [2.0, 0.0, 0.0]]
    assert np.isnan(robustness.regret(values)[:, 0]).all()
    low = robustness.regret(values[:2], "low")
    assert low.tolist() == [[2.0, 0.0, 0.0], [0.0, 4.0, 0.0]]
    rows = robustness.scores(["bold", "safe"], values[:2], "high", threshold=4.0)
    assert [row.policy for row in rows] == ["safe", "bold"]
    assert rows[0].mean_regret == pytest.approx(2 / 3) and rows[0].worst_regret == 2.0
    assert rows[0].satisficing == 1.0 and rows[1].satisficing == pytest.approx(2 / 3)
    assert rows[0].best_share == pytest.approx(2 / 3)
    assert robustness.portfolios(["bold", "safe"], values[:2], "high", 9.0) == [
        (("bold",), pytest.approx(1 / 3)), (("bold", "safe"), pytest.approx(1 / 3))]  # fmt: skip


def test_knowing_the_indicator_that_decides_is_worth_what_it_should_be():
    rng = np.random.default_rng(6)
    z, noise = rng.normal(size=4000), rng.normal(size=4000)
    values = np.stack([np.where(z > 0, 1.0, 0.0), np.where(z > 0, 0.0, 1.0)])  # each is right half of the time
    gain, error = robustness.value_of_knowing(values, z)
    assert gain == pytest.approx(0.5, abs=0.03) and error < 0.05
    nothing, error = robustness.value_of_knowing(values, noise)
    assert abs(nothing) < 3 * error + 0.01


def normal_by_draw(seed, ids):
    return np.array([np.random.default_rng([seed, int(d)]).normal() for d in ids])


def test_an_inverse_question_by_hand():
    # Y = 2x + N(0, 1): P(Y ≥ 3) = 0.8 where 2x − 3 = 0.8416, x = 1.9208
    found = inverse.solve_level(lambda x, seed, ids: 2 * x + normal_by_draw(seed, ids), 0.0, 4.0, 3.0, draws=2000)
    assert found.side == "at least" and found.value == pytest.approx(1.9208, abs=0.06)
    assert found.interval[0] <= 1.9208 <= found.interval[1] and found.interval[1] - found.interval[0] < 0.15
    assert found.probability == pytest.approx(0.8, abs=0.002)
    assert found.fresh_probability == pytest.approx(0.8, abs=0.03)
    assert found.fresh_interval[0] < found.fresh_probability < found.fresh_interval[1]
    falling = inverse.solve_level(lambda x, s, i: -2 * x + normal_by_draw(s, i), 0.0, 4.0, -3.0, "at least", draws=500)
    assert falling.side == "at most"


def test_an_inverse_question_without_an_answer_says_why():
    found = inverse.solve_level(lambda x, s, i: x + normal_by_draw(s, i), 0.0, 1.0, 9.0, draws=200)
    assert found.value is None and "no such value in the range" in found.why and "at 1" in found.why
    found = inverse.solve_level(lambda x, s, i: x + normal_by_draw(s, i), 0.0, 1.0, -9.0, draws=200)
    assert found.value is None and "every value in the range" in found.why
    with pytest.raises(InputError, match="probability: 1.5"):
        inverse.solve_level(lambda x, s, i: i, 0.0, 1.0, 0.0, probability=1.5)


def test_an_inverse_question_to_the_model(tmp_path):
    found = inverse.solve("baseline", "foundry.chinese_build_out@2022-02", 0.2, 3.0, "compute_share", "2023-06", 0.0001,
                          draws=4, developers=50)
    assert found.tried and (found.value is None or 0.2 <= found.value <= 3.0)


def test_monte_carlo_errors_of_known_distributions():
    rng, misses = np.random.default_rng(8), 0
    for _ in range(300):
        found = convergence.quantile_with_error(rng.normal(size=400))
        misses += abs(found.value) > found.error
    assert misses / 300 == pytest.approx(0.1, abs=0.05)  # a 90 % interval misses one time in ten
    found = convergence.mean_with_error(rng.normal(size=10_000))
    assert found.error == pytest.approx(1.645 / 100, rel=0.05)
    # the median's standard error of a normal is sqrt(π / 2n)
    assert convergence.quantile_with_error(rng.normal(size=10_000)).error == pytest.approx(
        1.645 * math.sqrt(PI / 20_000), rel=0.15)  # fmt: skip


def test_draws_stop_when_the_error_is_small_enough():
    found = convergence.until(lambda ids: normal_by_draw(1, ids), 0.1, q=None)
    assert found.enough and found.error <= 0.1 and found.draws == pytest.approx((1.645 / 0.1) ** 2, rel=0.35)
    found = convergence.until(lambda ids: normal_by_draw(1, ids), 0.0001, most=128)
    assert not found.enough and found.draws == 128
    model = convergence.converged("baseline", "compute_share", "2022-06", 1.0, developers=50, block=4)
    assert model.draws == 4 and model.enough


@pytest.mark.parametrize("kind", ["sobol", "morris"])
def test_a_batch_of_a_sampled_design_is_analysed_as_it_is(kind, tmp_path):
    size = "points = 4" if kind == "sobol" else "trajectories = 3"
    text = SMALL.replace('"latin_hypercube"\npoints = 3', f'"{kind}"\n{size}').replace("draws = 4", "draws = 1")
    text = text.replace('scenarios = ["baseline", "tight_controls"]', 'scenarios = ["baseline"]')
    batch(written(tmp_path, text.replace("block = 4", "block = 32")), tmp_path / "out", Serial)
    found = outcomes.outcome(tmp_path / "out", "compute_share", "2022-12", "owner|all|stock|8bit", "china")
    assert np.isfinite(found.values).all() and found.unit == "share"
    indices = sensitivity.of_batch(found)
    assert [index.name for index in indices] == ["export.licence_denial_share@2022-02", "foundry.yield_form"]
    assert all(np.isfinite(index.index) for index in indices)


def test_a_partial_batch_is_not_analysed(tmp_path):
    from sim.experiments.catalogue import Catalogue

    text = HEAD + 'scenarios = ["baseline"]\ndraws = 3\ndevelopers = 50\nend = "2022-03"\n'
    batch(written(tmp_path, text), tmp_path / "out", Serial)
    names, x = outcomes.inputs(tmp_path / "out", outcomes.whole_plan(tmp_path / "out"))
    assert x.shape == (3, len(names)) and "foundry.defect_density_start" not in names[:0]
    with pytest.raises(InputError, match="was not kept"):
        outcomes.outcome(tmp_path / "out", "compute_share", "2022-03", "owner")
    catalogue = Catalogue(tmp_path / "out")
    catalogue.pending(0)
    catalogue.close()
    with pytest.raises(InputError, match="1 of 1 units are missing"):
        outcomes.whole_plan(tmp_path / "out")


def test_a_study_tells_parameters_from_chance_when_every_prior_is_a_factor(tmp_path):
    from sim.parameters.register import load_register

    text = HEAD + 'scenarios = ["baseline"]\ndraws = 3\nblock = 32\ndevelopers = 50\nend = "2023-06"\n'
    text += '[design]\nkind = "latin_hypercube"\npoints = 8\n[[factor]]\nparameter = "*"\n'
    batch(written(tmp_path, text), tmp_path / "out", Serial)
    found = outcomes.outcome(tmp_path / "out", "compute_share", "2023-06", "owner|all|stock|8bit", "china")
    assert set(found.plan.factors) == {entry.name for entry in load_register().uncertain()}
    split = sensitivity.variance_split(found.values)
    assert sum(split.values()) == pytest.approx(1.0) and split["parameters"] > split["chance"]


REPORTED = HEAD + """draws = 100
block = 50
developers = 50
end = "2023-03"
[[policy]]
name = "open"
scenario = "no_controls"
[[policy]]
name = "shut"
scenario = "baseline"
title = "Rules as they are"
[keep]
months = ["2022-12", "2023-03"]
[[keep.series]]
output = "compute_share"
definition = "owner|all|stock|8bit"
region = "china"
[report]
output = "compute_share"
definition = "owner|all|stock|8bit"
region = "china"
month = "2023-03"
goal = "low"
threshold = 0.19
[[report.indicator]]
output = "compute_share"
definition = "owner|all|stock|8bit"
region = "china"
month = "2022-12"
"""


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A small study of two policies whose outcome has a report."""
    place = tmp_path_factory.mktemp("reported")
    batch(written(place, REPORTED), place / "out", Serial)
    return place / "out"


def test_a_study_of_policies_ends_with_a_report(reported, tmp_path):
    from sim.experiments.report import write_report

    path = write_report(reported)
    text = path.read_text(encoding="utf-8")
    heads = ["In short", "How the policies do", "What moves the outcome", "Where the policies fail",
             "Keeping more than one policy", "What would be worth knowing", "How exact"]
    assert [line for line in heads if f"## {line}" not in text] == []
    assert "`shut`: Rules as they are" in text and "same 100 futures" in text and not re.search(r"\bnan\b", text)
    assert text.index("## In short") < text.index("## How the policies do") and " ± " in text
    y = outcomes.outcome(reported, "compute_share", "2023-03", "owner|all|stock|8bit", "china").values[:, 0]
    stored = np.loadtxt(path.parent / "regret.csv", delimiter=",", skiprows=1)
    assert stored[:, 1:].T == pytest.approx(y - y.min(axis=0), rel=1e-6, abs=1e-12)
    assert all((path.parent / name).stat().st_size > 10_000 for name in ("regret.png", "sensitivity.png"))
    again = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    write_report(reported)
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == again
    with pytest.raises(InputError, match=r"no \[report\] table"):
        batch(written(tmp_path, REPORTED.split("[report]")[0].replace("100", "2"), "b.toml"), tmp_path / "b", Serial)
        write_report(tmp_path / "b")
