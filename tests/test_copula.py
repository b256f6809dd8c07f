"""Uncertain entries that lean on the same analysts are drawn together, and nobody else is moved."""

import numpy as np
import pytest

from sim.errors import InputError
from sim.parameters.copula import Group, joint_uniforms, read_groups
from sim.parameters.priors import prior_uniforms
from sim.parameters.register import load_register

NAMES = ["foundry.a", "foundry.b", "foundry.c", "memory.d"]
GROUP = Group("fabs", "Fabs", 0.4, {"foundry.a": 1, "foundry.b": 1, "foundry.c": -1}, ("assumption",), "low", "a test")


def scores(draws=4096):
    from scipy.special import ndtri

    return ndtri(joint_uniforms(NAMES, np.arange(draws), 1, [GROUP]))


def test_members_correlate_as_told_and_strangers_do_not():
    # By hand: z = s √r f + √(1 − r) e, so corr(z_i, z_j) = s_i s_j r.
    found = np.corrcoef(scores())
    assert found[0, 1] == pytest.approx(0.4, abs=0.03)
    assert found[0, 2] == pytest.approx(-0.4, abs=0.03)
    assert found[0, 3] == pytest.approx(0.0, abs=0.03)


def test_each_prior_stays_what_it_was():
    from scipy.stats import kstest

    for row in joint_uniforms(NAMES, np.arange(4096), 1, [GROUP]):
        assert kstest(row, "uniform").pvalue > 0.01


def test_one_draw_by_hand():
    from scipy.special import ndtr, ndtri

    own = ndtri(prior_uniforms(["foundry.c"], [17], 1)[0, 0])
    common = ndtri(prior_uniforms(["group:fabs"], [17], 1)[0, 0])
    by_hand = ndtr(-np.sqrt(0.4) * common + np.sqrt(0.6) * own)
    assert joint_uniforms(NAMES, [17], 1, [GROUP])[2, 0] == pytest.approx(by_hand, abs=1e-15)


def test_draw_17_is_the_same_alone_and_a_stranger_is_not_moved():
    whole = joint_uniforms(NAMES, np.arange(64), 1, [GROUP])
    assert np.array_equal(whole[:, [17]], joint_uniforms(NAMES, [17], 1, [GROUP]))
    assert np.array_equal(whole[[2]], joint_uniforms(["foundry.c"], np.arange(64), 1, [GROUP]))
    assert np.array_equal(whole[[3]], prior_uniforms(["memory.d"], np.arange(64), 1))


def test_yields_memory_and_diversion_are_correlated_in_the_register():
    register = load_register()
    sections = {member.split(".")[0] for group in register.groups for member in group.members}
    assert {"foundry", "memory", "diversion"} <= sections
    names = ["foundry.chinese_defect_density", "foundry.chinese_package_yield"]
    found = register.sample(names, np.arange(1024), 1)
    assert np.corrcoef(np.log(found[names[0]]), np.log(found[names[1]]))[0, 1] < -0.3


GOOD = """[fabs]
title = "Fabs"
correlation = 0.4
members = { "foundry.a" = 1, "foundry.b" = -1 }
sources = ["assumption"]
confidence = "low"
why = "They read the same teardowns."
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("correlation = 0.4", "correlation = 1.4", "correlation: 1.4"),
        ('"foundry.b" = -1', '"foundry.b" = 2', "foundry.b: 2"),
        ('"foundry.b" = -1', '"foundry.bb" = 1', "foundry.bb: unknown parameter"),
        ('"foundry.b" = -1', '"foundry.lever" = 1', "foundry.lever: has no prior"),
        (', "foundry.b" = -1', "", "expected two or more"),
        ("title", "titel", "titel: unknown key"),
        ('why = "They read the same teardowns."', "", "why: missing"),
        ('confidence = "low"', 'confidence = "lowish"', "confidence"),
    ],
)
def test_a_bad_group_is_refused_by_name(tmp_path, old, new, told):
    path = tmp_path / "correlated.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match="correlated.toml: .*fabs") as error:
        read_groups(path, {"foundry.a": True, "foundry.b": True, "foundry.lever": False})
    assert told in str(error.value)


def test_one_entry_belongs_to_one_group(tmp_path):
    path = tmp_path / "correlated.toml"
    path.write_text(GOOD + GOOD.replace("[fabs]", "[yields]"), encoding="utf-8")
    with pytest.raises(InputError, match=r"foundry.a: is already in \[fabs\]"):
        read_groups(path, {"foundry.a": True, "foundry.b": True})
