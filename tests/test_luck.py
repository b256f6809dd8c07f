"""Histories: whose luck there is, how it is learnt, and which members go on."""

import numpy as np
import pytest

from sim.experiments.calibration import luck, selection
from sim.randomness import Streams
from sim.units import month_number

INSIDE = month_number("2023-09")


def test_an_actor_with_luck_of_its_own_is_moved_by_it_alone():
    def numbers(**keys):
        given = {f"luck.2023-07.{actor}": np.array([key, key + 1.0]) for actor, key in keys.items()}
        return Streams(1, [0, 1], luck=given).uniform("a", ("meta", "qwen", "qwen"), INSIDE)

    both, other = numbers(meta=5.0, qwen=9.0), numbers(meta=6.0, qwen=9.0)
    assert np.array_equal(both[:, 1:], other[:, 1:]) and not np.array_equal(both[:, 0], other[:, 0])
    assert both[0, 1] != both[0, 2]
    given = {"luck.2023-07.qwen": np.array([9.0, 10.0])}
    alone = Streams(7, [3, 4], luck=given).uniform("a", ("qwen", "x", "qwen"), INSIDE)
    assert np.array_equal(alone[:, [0, 2]], both[:, 1:])  # whoever else is there, and whatever seed and draw are


def test_everybody_without_luck_of_their_own_shares_that_of_the_half_year():
    given = {"luck.2023-07": np.array([3.0]), "luck.2023-07.qwen": np.array([9.0])}
    found = Streams(1, [0], luck=given).uniform("a", ("meta", "qwen"), INSIDE)
    plain = Streams(1, [0]).uniform("a", ("meta", "qwen"), INSIDE)
    assert (found != plain).all()
    assert np.array_equal(found[:, 0], Streams(2, [8], luck=given).uniform("a", ("meta",), INSIDE)[:, 0])


def test_laboratories_have_luck_when_they_have_models_and_all_of_them_in_the_first_half_year():
    assert "qwen" in luck.actors("2022-01", "2025-12") and "qwen" not in luck.actors("2022-07", "2025-12")
    assert "qwen" in luck.actors("2023-07", "2025-12") and luck.actors("2023-07", "2025-12")[0] == ""
    assert luck.columns("2022-12")[0] == "luck.2022-01" and "luck.2022-07.openai" in luck.columns("2022-12")


def test_everybody_is_visited_in_groups_and_leaders_one_by_one_in_later_sweeps():
    everybody = [luck.name_of("2024-01", actor) for actor in luck.actors("2024-01", "2025-12")]
    for number in (None, 0):
        groups = luck.visits(number, "2024-01", "2025-12", np.random.default_rng(1))
        assert sorted(name for group in groups for name in group) == sorted(everybody)
        assert max(map(len, groups)) == luck.TOGETHER
    later = luck.visits(1, "2024-01", "2025-12")
    assert ["luck.2024-01.qwen"] in later and all(len(group) == 1 and group[0] in everybody for group in later)
    assert luck.visits(1, "2022-07", "2025-12") == [[f"luck.2022-07.{who}"] for who in ("openai", "google", "meta")]
    assert luck.visits(0, "2023-07", "2025-12").count(["luck.2022-01.qwen"]) == luck.TIMES
    assert set(luck.columns("2025-12")) >= {luck.LUCK + name for names in luck.ALONE.values() for name in names}


def test_a_walk_brings_members_near_what_was_observed_and_moves_no_parameter():
    """A world in which the level of a month is the parameter plus what chance gives one laboratory in its half-year."""
    months, members = ["2022-06", "2022-12"], 64
    values = {"a.b": np.linspace(-0.1, 0.1, members)}

    def look(_name, points, _end, _members):
        given = {name: column for name, column in points.items() if name.startswith("luck.")}
        thrown = Streams(1, np.arange(len(points["a.b"])), luck=given)
        level = [thrown.normal("x", ("openai",), month_number(month))[:, 0] for month in months]
        return points["a.b"] + np.array(level)

    walk = luck.Walk("2022-12", values, 1, months, np.array([1.0, -1.0]), 0.04 * np.eye(2), look)
    walk.look_round("start")
    start = walk.present
    walk.forward()
    walk.look_round("walked")
    walk.sweep(0)
    assert np.median(walk.present) > np.median(start) + 5.0
    predicted = look("", walk.values | walk.luck, "2022-12", 0)
    assert np.abs(np.median(predicted, axis=1) - [1.0, -1.0]).max() < 0.3
    assert np.array_equal(walk.values["a.b"], values["a.b"])
    walk.select(members // 2)
    assert len(walk.members) == len(walk.present) == len(walk.values["a.b"]) == members // 2
    assert np.array_equal(walk.values["a.b"], values["a.b"][walk.members])
    assert len(walk.path) == 2 + sum(len(luck.visits(0, spell, "2022-12")) for spell in luck.spells("2022-12"))


def test_one_of_several_throws_is_taken_in_proportion_to_its_likelihood():
    # By hand: e^0 : e^1 : e^1 is 1 : 2.718 : 2.718, so the present one stays in 15.5 % of cases.
    scores = np.repeat([[0.0], [1.0], [1.0]], 20_000, axis=1)
    pick = luck.chosen(scores, np.random.default_rng(1))
    assert np.bincount(pick, minlength=3) / 20_000 == pytest.approx([0.155, 0.4225, 0.4225], abs=0.01)


def test_half_of_the_members_keep_a_say():
    scores = np.random.default_rng(1).normal(-300.0, 30.0, 512)
    weights = np.exp(selection.power(scores) * (scores - scores.max()))
    assert weights.sum() ** 2 / (weights**2).sum() == pytest.approx(256, rel=1e-6)
    assert selection.power(np.full(8, -3.0)) == 1.0


def test_better_members_go_on_more_often_and_none_twice():
    scores = np.repeat([-300.0, -270.0], 256)
    found = selection.kept(scores, 256, np.random.default_rng(1))
    assert len(set(found)) == 256 and (np.diff(found) > 0).all()
    assert (found >= 256).mean() > 0.6
    even = selection.kept(np.zeros(512), 256, np.random.default_rng(1))
    assert 0.4 < (even >= 256).mean() < 0.6
