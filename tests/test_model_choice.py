"""The choice kernel: equal to the reference choice by choice, logit in small cases, lawful in others."""

import numpy as np
import pytest
from choice_month import F32, month, run, shares
from scipy.stats import chi2

from sim.mechanisms import model_choice as kernel
from sim.mechanisms.model_choice_reference import choose_month_reference, exponential, logarithm

MILLION = 1_000_000


@pytest.mark.parametrize("nested", [False, True])
def test_the_kernel_agrees_with_the_reference_choice_by_choice(nested):
    fast, slow = month(draw_ids=(0, 5), nested=nested), month(draw_ids=(0, 5), nested=nested)
    for number in range(4):
        for a in (fast, slow):
            a.month = 24280 + number
            if number == 2:  # one in use is withdrawn, another is succeeded, a third one's place taken
                busiest = np.bincount(fast.people.portfolio[0, :, 0], minlength=65536)[:48].argmax() % 8
                a.offer.access[:, :, busiest] = 0
                a.offer.successor[:, (busiest + 2) % 8] = (busiest + 3) % 8
                a.offer.gone[:, (busiest + 4) % 8] = True
                a.offer.successor[:, (busiest + 4) % 8] = (busiest + 4) % 8
        before = fast.people.portfolio.copy()
        choose_month_reference(slow)
        run(fast)
        assert (fast.people.portfolio == slow.people.portfolio).all()
        assert (fast.people.changed == slow.people.changed).all()
        assert (fast.people.portfolio != before).any()
    assert (fast.people.portfolio[..., 0] != kernel.EMPTY).mean() > 0.7


def test_the_polynomials_are_close_to_the_functions():
    x = np.linspace(-80, 0, 4001, dtype=F32)
    assert np.max(np.abs(exponential(x) / np.exp(x.astype(float)) - 1)) < 1e-5
    assert max(abs(logarithm(F32(v)) - np.log(v)) for v in (1.0, 1.5, 3.0, 100.0, 1e6)) < 2e-5


def chi_square(observed, expected, number):
    """Pearson's statistic of observed shares against expected ones."""
    return number * ((observed - expected) ** 2 / expected).sum()


def test_choices_follow_the_conditional_logit():
    a = month(developers=MILLION, lines=2, hosts=1, noise=False)
    utility = np.array([0.0, 0.5, 1.0, -1.0])
    a.offer.features[:, kernel.APPEAL : kernel.APPEAL + 2] = utility
    run(a)
    # By hand: e^V / Σ e^V, independent draws, so Pearson's statistic is chi-square with 3 degrees of freedom
    expected = np.exp(utility) / np.exp(utility).sum()
    assert chi_square(shares(a), expected, MILLION) < chi2.ppf(0.999, 3)


def test_choices_follow_the_nested_logit():
    a = month(developers=MILLION, lines=1, hosts=3, noise=False, nested=True)
    utility = np.array([[0.3, -0.2], [0.5, 1.0], [0.1, 0.4]])
    a.offer.log_cost[:] = -utility
    a.people.tastes[..., kernel.PRICE] = 1.0
    a.offer.nest[:] = [[0, 0], [1, 1], [1, 1]]
    a.terms.dissimilarity[:, :2] = 0.7, 0.4
    run(a)
    # By hand: nests {first host} and {second, third}; I = λ ln Σ e^(V/λ); P = e^I / Σ e^I · e^(V/λ) / Σ_nest e^(V/λ)
    one, two = np.exp(utility[:1] / 0.7), np.exp(utility[1:] / 0.4)
    inclusive = np.array([one.sum() ** 0.7, two.sum() ** 0.4])
    first, second = inclusive / inclusive.sum()
    expected = np.concatenate([first * one.ravel() / one.sum(), second * two.ravel() / two.sum()])
    assert chi_square(shares(a), expected, MILLION) < chi2.ppf(0.999, 5)


def test_a_nested_logit_with_dissimilarity_one_is_the_conditional_logit():
    found = []
    for nested in (False, True):
        a = month(developers=200_000, lines=2, hosts=3, noise=False, nested=nested)
        a.offer.hosting[:] = np.linspace(-1, 1, 12).reshape(3, 4)
        a.terms.dissimilarity[:] = 1.0
        run(a)
        found.append(shares(a))
    assert found[0] == pytest.approx(found[1], abs=4e-3)


@pytest.mark.parametrize("nested", [False, True])
def test_without_noise_everybody_takes_the_best(nested):
    a = month(developers=500, lines=4, hosts=2, noise=False, nested=nested)
    a.offer.hosting[:] = np.linspace(0, 900, 16).reshape(2, 8)
    run(a)
    assert shares(a)[15] == 1.0


def test_a_lower_price_never_lowers_that_models_demand():
    demand = []
    for log_price in (3.0, 1.0, 0.0, -2.0):
        a = month(developers=4000)
        a.offer.log_cost[:, 0, 0] = log_price
        a.terms.rules[:, kernel.CONTACT] = 0.0  # other things equal: contacts' choices follow price too
        run(a, 3)
        demand.append(a.tally.users[0, :, 0].sum())
    assert demand == sorted(demand)
    assert demand[-1] > demand[0]


def test_draw_17_is_the_same_alone_and_in_a_block():
    alone, among = month(draw_ids=(17,)), month(draw_ids=range(20))
    for a in (alone, among):
        run(a, 6)
    assert (alone.people.portfolio[0] == among.people.portfolio[17]).all()
    assert (alone.tally.by_group[0] == among.tally.by_group[17]).all()
    assert not (among.people.portfolio[16] == among.people.portfolio[17]).all()


def test_tokens_are_conserved_over_the_views():
    a = month(draw_ids=(0, 1), developers=800)
    run(a, 5)
    active = (a.people.portfolio != kernel.EMPTY).any(axis=2)
    expected = (a.people.volume.astype(float) * active).sum(axis=1) * 20.0 * 10.0
    assert a.tally.by_view.sum(axis=(1, 2)) == pytest.approx(expected, rel=1e-9)
    assert a.tally.by_group[:, :, kernel.TOKENS].sum(axis=1) == pytest.approx(expected, rel=1e-9)
    assert (a.tally.by_view >= 0).all()


def test_each_counts_for_as_many_as_one_stands_for():
    a, rng = month(draw_ids=(0, 1), developers=800), np.random.default_rng(3)
    a.people.stands[:] = rng.lognormal(0, 1, a.people.stands.shape)
    run(a, 5)
    slots, weight = a.people.portfolio, 10.0 * a.people.stands.astype(float)  # 10 developers each in the mean
    active = (slots != kernel.EMPTY).any(axis=2)
    tokens = (a.people.volume.astype(float) * weight * active).sum(axis=1) * 20.0
    assert a.tally.by_view.sum(axis=(1, 2)) == pytest.approx(tokens, rel=1e-9)
    assert a.tally.by_group[:, :, kernel.TASKS].sum(axis=1) == pytest.approx(tokens, rel=1e-9)
    assert a.tally.users.sum(axis=(1, 2)) == pytest.approx((weight * (slots[..., 0] != kernel.EMPTY)).sum(axis=1))
    moved = (a.people.changed >= 0) & active
    assert a.tally.firms[:, 0] == pytest.approx((weight * active).sum(axis=1))
    assert (a.tally.firms[:, 1] == 0).all()  # there are two laboratories
    assert a.tally.firms[:, 2] == pytest.approx((weight * moved).sum(axis=1))


def test_nobody_uses_what_is_barred_or_withdrawn():
    a = month(developers=1000)
    a.groups.bars[:, :, 1] = 1.0  # class of bit 4
    run(a, 3)
    access = a.offer.access[0].ravel()
    barred = (access == kernel.CHINESE_OPEN) | (access == 0)
    used = np.bincount(a.people.portfolio.ravel(), minlength=65536)[: barred.size]
    assert used[barred].sum() == 0 and used.sum() > 0


def settled(successor=None, gone=False, upgrade=1.0):
    """Everybody uses the first vintage; then a month in which it has a successor or loses its place."""
    a = month(developers=2000, lines=2, hosts=1, noise=False)
    a.people.portfolio[..., 0], a.people.size[:] = 0, 1
    a.groups.reconsider[:] = 0.0
    a.terms.rules[:, kernel.UPGRADE] = upgrade
    if successor is not None:
        a.offer.successor[:, 0] = successor
    a.offer.gone[:, 0] = gone
    run(a)
    return shares(a)


def test_a_stated_share_moves_on_when_a_vintage_is_succeeded_and_the_rest_stay():
    assert settled(successor=1)[1] == 1.0
    moved = settled(successor=1, upgrade=0.66)
    assert moved[1] == pytest.approx(0.66, abs=0.04) and moved[0] + moved[1] == pytest.approx(1.0)


def test_retirement_forces_everybody_to_choose_again():
    found = settled(gone=True, upgrade=0.0)
    assert found == pytest.approx([0.25] * 4, abs=0.05)  # nothing tells the four apart


def test_being_first_above_a_need_earns_a_preference():
    a = month(developers=20_000, lines=4, hosts=1, noise=False)
    a.offer.first[:] = 1  # laboratory 1 has vintages 4 to 7
    a.terms.rules[:, kernel.FIRST] = 1.0
    run(a)
    # By hand: e / (e + 1) of choices
    assert shares(a)[4:].sum() == pytest.approx(np.e / (np.e + 1), abs=0.01)


def test_who_does_not_consider_a_host_never_uses_it():
    a = month(developers=4000, lines=2, hosts=3, noise=False)
    a.offer.reach[:, :, 1], a.terms.rules[:, kernel.LOOKS_BACK] = 0.0, 0.0
    run(a)
    used = shares(a).reshape(3, 4)
    assert used[1].sum() == 0.0 and used[:, 1::2].sum() == 0.0  # odd places hold former vintages
