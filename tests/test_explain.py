"""Why two runs differ: shares that sum to the gap, prefer no order, and agree with games solved by hand."""

import itertools
import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from commands import call, refused

from sim import explain
from sim.experiments.mixtures import differences, mixed
from sim.experiments.shapley import exact_shares, sampled_orders, sampled_shares
from sim.scenario import load_scenario

SMALL = {"draws": 3, "developers": 60}


def game(table):
    """A game of per-subset levels, the same in two draws but for a factor of ten."""
    return lambda mask: np.array([table[mask], 10.0 * table[mask]])


def test_two_parts_by_hand():
    # v(∅)=1, v(a)=3, v(b)=4, v(ab)=10: φa = ½(3−1) + ½(10−4) = 4, φb = ½(4−1) + ½(10−3) = 5
    shares = exact_shares(2, game({0: 1.0, 1: 3.0, 2: 4.0, 3: 10.0}))
    assert shares.values[:, 0] == pytest.approx([4.0, 5.0], abs=1e-15)
    assert shares.values[:, 1] == pytest.approx([40.0, 50.0], abs=1e-14)


def test_the_glove_game():
    # One left glove (a), two right ones (b, c); a pair is worth 1: φ = 2/3, 1/6, 1/6 (Shapley 1953)
    pair = {mask: float(bool(mask & 1) and bool(mask & 6)) for mask in range(8)}
    assert exact_shares(3, game(pair)).values[:, 0] == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-15)


def test_shares_do_not_depend_on_the_numbering_by_a_single_bit():
    rng = np.random.default_rng(5)
    levels = {frozenset(s): rng.normal(size=4) for n in range(6) for s in itertools.combinations("abcde", n)}

    def of(order):
        def value(mask):
            return levels[frozenset(order[i] for i in range(5) if mask >> i & 1)]
        return dict(zip(order, exact_shares(5, value).values, strict=True))

    first = of("abcde")
    for order in ("edcba", "bdace"):
        assert all(np.array_equal(first[name], share) for name, share in of(order).items())
    gap = levels[frozenset("abcde")] - levels[frozenset()]
    assert sum(first.values()) == pytest.approx(gap, rel=1e-13)


def test_sampled_orders_sum_to_the_gap_and_cover_the_exact_answer():
    rng = np.random.default_rng(2)
    weights, synergy = rng.normal(size=12), rng.normal(size=(12, 12)) * 0.3

    def value(mask):
        on = np.array([mask >> i & 1 for i in range(12)], dtype=float)
        return np.array([on @ weights + (np.outer(on, on) * np.triu(synergy, 1)).sum()])

    orders = sampled_orders(12, 60, seed=1)
    exact = weights + (np.triu(synergy, 1) + np.triu(synergy, 1).T).sum(axis=1) / 2
    found = sampled_shares(orders, value)
    assert found.values.sum() == pytest.approx(float(value(4095)[0] - value(0)[0]), rel=1e-12)
    # an order and its reverse are exact for pairwise synergies, as by hand
    assert found.values[:, 0] == pytest.approx(exact, abs=1e-12) and found.error.max() < 1e-12

    def triple(mask):
        return value(mask) + 5.0 * float(mask & 7 == 7)

    found = sampled_shares(orders, triple)
    assert np.all(np.abs(found.values[:, 0] - exact - 5 / 3 * (np.arange(12) < 3)) <= 4 * found.error + 1e-12)
    assert found.error[:3].min() > 0


@pytest.fixture(scope="module")
def tight():
    groups = {"Licences": ["export.tpp_threshold", "export.licence_case_by_case_share"], "Enforcement":
              ["diversion.enforcement_budget", "memory.leaked_stacks"], "Other": ["export.cloud_access_rule",
                                                                        "export.tool_control_strength"]}
    return groups, explain("baseline", "tight_controls", "compute_share", "2026-10", groups=groups, **SMALL)


def test_the_shares_of_a_real_difference_sum_to_it_in_every_draw(tight):
    from sim import run

    _, found = tight
    assert found.series == ("compute_share", "owner|all|stock|8bit", "china", "")
    total = sum(found.shares.values())
    assert total == pytest.approx(found.end - found.start, rel=1e-9, abs=1e-15)
    assert sum(row["mean"] for row in found.rows()) == pytest.approx(found.gap, rel=1e-12)
    alone = run("tight_controls", end="2026-10", progress=False, **SMALL).series(*found.series)[1][:, -1]
    assert np.array_equal(found.end, alone)
    assert found.exact and found.evaluations == 8


def test_groups_in_another_order_and_scenarios_the_other_way_round_say_the_same(tight):
    groups, found = tight
    turned = {name: groups[name][::-1] for name in reversed(groups)}
    again = explain("baseline", "tight_controls", "compute_share", "2026-10", groups=turned, **SMALL)
    assert all(np.array_equal(found.shares[name], again.shares[name]) for name in groups)
    assert list(again.shares) == list(found.shares)


def test_sampled_orders_sum_to_the_gap_of_the_model_too(monkeypatch):
    monkeypatch.setattr("sim.experiments.explain.EXACT", 1)  # as with more than ten groups
    told = []
    words = {"uncertainty": "none", "permutations": 2, "groups": "section", "progress": told.append, **SMALL}
    found = explain("baseline", "tight_controls", "compute_share", "2026-03", **words)
    assert not found.exact and found.evaluations <= 8 and told[-1] == 1.0 and told == sorted(told)
    assert sum(found.shares.values()) == pytest.approx(found.end - found.start, rel=1e-9, abs=1e-15)
    with ThreadPoolExecutor(1) as pool:
        again = explain("baseline", "tight_controls", "compute_share", "2026-03", executor=pool, **words)
    assert all(np.array_equal(found.shares[name], again.shares[name]) for name in found.shares)


def test_the_uncertainty_is_the_one_asked_for():
    words = ("baseline", "tight_controls", "compute_share", "2026-03")
    spread = {how: np.ptp(explain(*words, groups="section", uncertainty=how, **SMALL).start)
              for how in ("prior", "none")}
    assert spread["none"] < 1e-6 * spread["prior"]


def test_a_group_that_changes_nothing_gets_nothing():
    base = load_scenario("baseline")
    other = base.with_changes({"diversion.enforcement_budget@2022-03": 500.0, "export.tpp_threshold@2022-12": 1600.0})
    found = explain(base, other, "compute_share", "2022-10", **SMALL)  # the second change comes after the date
    assert [float(np.abs(found.shares[name]).max()) for name in sorted(found.shares)][0] == 0.0
    assert len(found.shares) == 2


def test_a_mixture_of_all_is_the_other_scenario():
    a, b = load_scenario("tight_controls"), load_scenario("taiwan_disruption")
    changed = differences(a, b)
    assert "diversion.enforcement_budget" in changed and not differences(a, a)
    assert differences(mixed(a, b, set(changed)), b) == [] and differences(mixed(a, b, set()), a) == []
    for name in changed:
        assert differences(mixed(a, b, {name}), a) == [name]


def test_the_picture_names_every_group_and_both_ends(tight):
    figure = tight[1].figure()
    texts = " ".join(t.get_text() for axis in figure.axes for t in axis.get_yticklabels())
    assert all(word in texts for word in ("baseline", "tight_controls", "Licences", "Enforcement", "Other"))
    assert "Share of compute, China, 2026-10" in figure.texts[0].get_text()


def test_by_command(capsys, tmp_path):
    code, out, _ = call(capsys, "explain", "baseline", "tight_controls", "--output", "compute_share",
                        "--date", "2026-03", "--draws", "2", "--developers", "50", "--workers", "1", "--by", "section",
                        "--format", "json", "--out", str(tmp_path))
    assert code == 0
    found = json.loads(out)
    assert {row["group"] for row in found["groups"]} == {"diversion", "export", "memory"}
    assert math.isclose(found["sum_of_shares"], found["gap"], rel_tol=1e-9, abs_tol=1e-15)
    assert len(list(tmp_path.glob("explain_*.png"))) == len(list(tmp_path.glob("explain_*.csv"))) == 1


@pytest.mark.parametrize(("arguments", "words"), [
    (["baselin", "tight_controls"], "did you mean 'baseline'?"),
    (["baseline", "baseline"], "there is nothing to explain"),
    (["baseline", "tight_controls", "--output", "compute_shares"], "did you mean 'compute_share'?"),
    (["baseline", "tight_controls", "--date", "2028-13"], "is not a month"),
    (["baseline", "tight_controls", "--date", "2022-01"], "is not after the beginning"),
    (["baseline", "tight_controls", "--date", "2050-01"], "out of range"),
    (["baseline", "tight_controls", "--region", "chna"], "did you mean 'china'?"),
    (["baseline", "tight_controls", "--definition", "owner"], "has no definition 'owner'"),
    (["baseline", "tight_controls", "--group", "diversion.enforcement_budget"], "write --group"),
    (["baseline", "tight_controls", "--group", "A=export.fee_share"], "does not differ"),
    (["baseline", "tight_controls", "--group", "A=diversion.enforcement_budget", "--group", "B=diversion.enforcement_budget"],  # noqa: E501
     "stands in two groups"),
    (["baseline", "tight_controls", "--workers", "0"], "--workers"),
    (["baseline", "tight_controls", "--draws", "0"], "draws"),
])
def test_a_mistake_is_one_line(capsys, arguments, words):
    need = ["--output", "compute_share", "--date", "2028-12", "--workers", "1"]
    given = [n for pair in zip(need[::2], need[1::2], strict=True) if pair[0] not in arguments for n in pair]
    assert refused(capsys, words, "explain", *arguments, *given)
