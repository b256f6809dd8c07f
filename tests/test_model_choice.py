"""The choice kernel: equal to the reference choice by choice, logit in small cases, lawful in others."""

import inspect

import numpy as np
import pytest
from scipy.stats import chi2

from sim.mechanisms import model_choice as kernel
from sim.mechanisms.model_choice_reference import choose_month_reference, exponential, logarithm
from sim.mechanisms.population import draw_keys

NAMES = list(inspect.signature(kernel.choose_month.py_func).parameters)
F32 = np.float32


def arguments(draw_ids=(0,), developers=200, alternatives=24, seed=1, noise=True):
    """A made-up month; every array of `choose_month` by name. With noise=False all tastes and features are nil."""
    draws, regions, segments = len(draw_ids), 3, 2
    cells, width = regions * segments, -(-alternatives // 8) * 8
    rng = np.random.default_rng(seed)
    one = np.random.default_rng(seed + 1)
    size = (developers, 8)
    cell = rng.integers(0, cells, developers).astype(np.uint16)
    tastes = np.abs(rng.normal(0.7, 0.4, size)).astype(F32)
    tastes[:, kernel.BAR] = rng.random(developers)
    features = one.normal(0, 1.5, (6, width)).astype(F32)
    features[kernel.OPENNESS] = one.random(width) < 0.5
    access = np.where(one.random(width) < 0.8, 2 ** one.integers(0, 5, width), 0).astype(np.int32)
    access[alternatives:] = 0
    access[0] = kernel.NEUTRAL
    rules = np.array([6, 1.4, 2, 0.4, 0.5, 0.25, 1, 2, 1, 50, 0.1], F32)
    if not noise:
        tastes[:], features[:], rules[:] = 0.0, 0.0, 0.0
        rules[kernel.SATURATION], rules[kernel.BREAK_EVEN] = 1.0, 0.0
        access[:alternatives] = kernel.NEUTRAL
    repeat = lambda x: np.repeat(x[None], draws, axis=0)  # noqa: E731
    a = dict(
        seed_keys=draw_keys(7, draw_ids), month=24280, cell=repeat(cell),
        entry=repeat(rng.random(developers).astype(F32)),
        volume=repeat(rng.lognormal(0, 1, developers).astype(F32)),
        size=repeat(rng.integers(1, 5, developers).astype(np.uint8)), tastes=repeat(tastes),
        portfolio=np.full((draws, developers, 4), kernel.EMPTY, np.uint8),
        changed=np.full((draws, developers), -1, np.int32),
        features=repeat(features), access=repeat(access), lab=(np.arange(width) // 6).astype(np.int32),
        self_hosted=(np.arange(width) % 3 == 2).astype(F32), foreign=one.random((regions, width)).astype(F32) * noise,
        hosting=one.normal(0, 0.3, (segments, width)).astype(F32) * F32(noise),
        region=np.repeat(np.arange(regions), segments), segment=np.tile(np.arange(segments), regions),
        market=(np.repeat(np.arange(regions), segments) == 1).astype(np.int64),
        adoption=np.full((draws, cells), 0.9 if noise else 1.0, F32), bars=np.full((draws, cells, 4), 0.3 * noise, F32),
        activity=np.full((draws, cells), 20.0), reconsider=np.tile(np.array([0.1, 0.2], F32), (cells, 1)),
        standing=np.full(cells, 10.0), rules=repeat(rules),
        slot_share=np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0.6, 0.4, 0, 0], [0.5, 0.3, 0.2, 0], [0.5, 0.25, 0.15, 0.1]]),
        offsets=np.array([1, 2, 5, -1, -2, -5]), views=np.ones((1, cells)), surveyed=np.ones(cells),
        length=np.ones((draws, alternatives)),
        by_region=np.zeros((draws, regions, alternatives)), by_segment=np.zeros((draws, segments, alternatives)),
        by_view=np.zeros((draws, 1, alternatives)), users=np.zeros((draws, 2, alternatives)),
        firms=np.zeros((draws, 3)),
    )  # fmt: skip
    assert list(a) == NAMES
    return a


def step(a, months=1):
    for _ in range(months):
        for out in ("by_region", "by_segment", "by_view", "users", "firms"):
            a[out][:] = 0.0
        kernel.choose_month(*a.values())
        a["month"] += 1


def shares(a):
    main = a["portfolio"][..., 0].ravel()
    return np.bincount(main[main != kernel.EMPTY], minlength=a["features"].shape[2]) / main.size


def test_the_kernel_agrees_with_the_reference_choice_by_choice():
    fast, slow = arguments(draw_ids=(0, 5)), arguments(draw_ids=(0, 5))
    for month in range(4):
        if month == 2:  # a model in use is withdrawn: its users must choose again
            for a in (fast, slow):
                a["access"][:, np.bincount(a["portfolio"][0, :, 0], minlength=256)[:24].argmax()] = 0
        fast["month"] = slow["month"] = 24280 + month
        kernel.choose_month(*fast.values())
        choose_month_reference(slow)
        assert (fast["portfolio"] == slow["portfolio"]).all()
        assert (fast["changed"] == slow["changed"]).all()
    assert (fast["portfolio"][..., 0] != kernel.EMPTY).mean() > 0.8


def test_the_polynomials_are_close_to_the_functions():
    x = np.linspace(-80, 0, 4001, dtype=F32)
    assert np.max(np.abs(exponential(x) / np.exp(x.astype(float)) - 1)) < 1e-5
    assert max(abs(logarithm(F32(v)) - np.log(v)) for v in (1.0, 1.5, 3.0, 100.0, 1e6)) < 2e-5


def test_choices_follow_the_conditional_logit():
    a = arguments(developers=60_000, alternatives=4, noise=False)
    utility = np.array([0.0, 0.5, 1.0, -1.0])
    a["features"][:, kernel.APPEAL : kernel.APPEAL + 2, :4] = utility
    step(a)
    # By hand: e^V / Σ e^V, independent draws, so Pearson's statistic is chi-square with 3 degrees of freedom
    expected = np.exp(utility) / np.exp(utility).sum()
    observed = shares(a)[:4]
    statistic = 60_000 * ((observed - expected) ** 2 / expected).sum()
    assert statistic < chi2.ppf(0.999, 3)


def test_without_noise_everybody_takes_the_best():
    a = arguments(developers=500, alternatives=12, noise=False)
    a["features"][:, kernel.APPEAL : kernel.APPEAL + 2] = np.linspace(0, 900, a["features"].shape[2], dtype=F32)
    step(a)
    assert shares(a)[11] == 1.0


def test_a_lower_price_never_lowers_that_models_demand():
    demand = []
    for log_price in (3.0, 1.0, 0.0, -2.0):
        a = arguments(developers=4000)
        a["features"][:, kernel.LOG_COST, 0] = log_price
        a["rules"][:, kernel.CONTACT] = 0.0  # other things equal: contacts' choices follow price too
        step(a, 3)
        demand.append(a["users"][0, :, 0].sum())
    assert demand == sorted(demand)
    assert demand[-1] > demand[0]


def test_draw_17_is_the_same_alone_and_in_a_block():
    alone, among = arguments(draw_ids=(17,)), arguments(draw_ids=range(20))
    for a in (alone, among):
        step(a, 6)
    assert (alone["portfolio"][0] == among["portfolio"][17]).all()
    assert (alone["by_region"][0] == among["by_region"][17]).all()
    assert not (among["portfolio"][16] == among["portfolio"][17]).all()


def test_tokens_are_conserved_over_the_views():
    a = arguments(draw_ids=(0, 1), developers=800)
    step(a, 5)
    active = (a["portfolio"] != kernel.EMPTY).any(axis=2)
    expected = (a["volume"].astype(float) * active).sum(axis=1) * 20.0 * 10.0
    for out in ("by_region", "by_segment", "by_view"):
        assert a[out].sum(axis=(1, 2)) == pytest.approx(expected, rel=1e-9)
        assert (a[out] >= 0).all()


def test_nobody_uses_what_is_barred_or_withdrawn():
    a = arguments(developers=1000)
    a["bars"][:, :, 1] = 1.0  # class of bit 4
    step(a, 3)
    barred = (a["access"][0] == 4) | (a["access"][0] == 0)
    used = np.bincount(a["portfolio"].ravel(), minlength=256)[: barred.size]
    assert used[barred].sum() == 0 and used.sum() > 0
