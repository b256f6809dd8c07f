"""The hub: shares sum to one, early leads decay, fame needs news."""

import numpy as np
import pytest

from sim.mechanisms.ecosystem import decayed, derivative_shares, download_shares, downloads, release_attention
from sim.mechanisms.reputation import awareness_after, release_news
from sim.mechanisms.self_hosting import accelerators_in_use
from sim.mechanisms.token_demand import adoption_share, rebound


def test_attention_goes_to_open_releases_and_fades_with_the_gap():
    attention = release_attention(
        np.array([[True, True, False]]), np.array([[140.0, 130.0, 150.0]]), np.array([140.0]),
        np.array([2.0, 2.0, 2.0]), 0.1, 1.0)  # fmt: skip
    # By hand: 2, 2 · e^(−0.1·10), nothing without a release
    assert attention[0].tolist() == pytest.approx([2.0, 2.0 * np.exp(-1.0), 0.0])


def test_shares_sum_to_one_and_are_not_negative():
    rng = np.random.default_rng(0)
    attention, stock, use = rng.exponential(1, (3, 20, 9))
    for shares in (derivative_shares(attention, stock, 0.5), download_shares(attention, use, stock, (1, 1, 1))):
        assert shares.sum(axis=1) == pytest.approx(np.ones(20))
        assert (shares >= 0).all()


def test_new_derivatives_follow_attention_tempered_by_what_exists():
    # By hand, α = 0.5: attention 0.2 and 0.8, stock 0.9 and 0.1: √(0.2 · 0.901) = 0.4245, √(0.8 · 0.101) = 0.2843
    shares = derivative_shares(np.array([[1.0, 4.0]]), np.array([[90.0, 10.0]]), 0.5)
    assert shares[0] == pytest.approx([0.4245 / 0.7088, 0.2843 / 0.7088], abs=1e-4)
    alone = derivative_shares(np.array([[1.0, 4.0]]), np.array([[90.0, 10.0]]), 0.0)
    assert alone[0] == pytest.approx([0.2, 0.8])  # without attachment attention alone decides


def test_a_stock_of_derivatives_loses_a_share_a_month():
    assert decayed(np.array([[100.0]]), 8.0)[0, 0] == pytest.approx(100 * np.exp(-0.125))  # by hand: 88.25


def test_downloads_go_to_news_to_what_runs_and_to_bases_of_derivatives():
    # By hand, weights 1, 0.5, 2: (1 · 0.75 + 0.5 · 0 + 2 · 0.5) / 3.5 = 0.5 and (0.25 + 0.5 + 1) / 3.5 = 0.5
    shares = download_shares(np.array([[3.0, 1.0]]), np.array([[0.0, 7.0]]), np.array([[5.0, 5.0]]), (1.0, 0.5, 2.0))
    assert shares[0] == pytest.approx([0.5, 0.5])


def test_automated_pulls_multiply_what_developers_pull():
    # By hand: 2 million developers · 0.05 pulls · 4-fold automation = 0.4 million, three quarters of one family
    found = downloads(np.array([[0.75, 0.25]]), np.array([2e6]), 0.05, np.array([np.log(4.0)]))
    assert found[0] == pytest.approx([0.3, 0.1])


def test_a_family_of_many_sizes_draws_more_than_one_of_few():
    # By hand: 8^1.15 / 2^1.15 = 4^1.15 = 4.924 times the attention at the same capability
    drawn = release_attention(np.array([[True, True]]), np.array([[130.0, 130.0]]), np.array([130.0]),
                              np.array([8.0, 2.0]), 0.3, 1.15)
    assert drawn[0, 0] / drawn[0, 1] == pytest.approx(4.924, abs=1e-3)


def test_tools_built_around_open_weights_draw_users_to_them():
    from sim.experiments.ensemble import run

    share = []
    for weight in (0.0, 3.0):
        found = run("baseline", draws=8, developers=400, end="2024-12", progress=False,
                    set={"developers.ecosystem_weight": weight})
        share.append(found.series("open_weight_token_share", "truth")[1][:, -12:].mean())
    assert share[1] > 1.05 * share[0]


def test_an_early_lead_in_derivatives_decays_once_attention_has_moved_on():
    stock, attention = np.array([[900.0, 100.0]]), np.array([[0.1, 1.0]])
    lead = []
    for _ in range(24):
        shares = derivative_shares(attention, stock, 0.5)
        lead.append(shares[0, 0])
        stock = decayed(stock, 12.0) + 300.0 * shares
    assert lead[0] > 0.45 and lead[-1] < 0.2
    assert lead == sorted(lead, reverse=True)


def test_a_laboratory_becomes_known_by_a_release_near_the_frontier():
    news = release_news(np.array([[0.0, -10.0]]), np.array([[True, True]]), 0.5)
    assert news[0].tolist() == pytest.approx([1.0, np.exp(-5.0)])
    known = awareness_after(np.full((1, 2), 0.02), news, 2.0, np.zeros((1, 2)), 1.0)
    # By hand: 1 − 0.98 · e^(−2) and 1 − 0.98 · e^(−2·e^(−5))
    assert known[0].tolist() == pytest.approx([1 - 0.98 * np.exp(-2.0), 1 - 0.98 * np.exp(-2.0 * np.exp(-5.0))])


def test_a_flow_of_tokens_keeps_so_many_accelerators_busy():
    assert accelerators_in_use(730.5, 2.0) == pytest.approx(2.0)  # 1,461 hours of work in a month of 730.5


def test_half_of_developers_have_come_at_the_midpoint_and_cheaper_tokens_are_used_more():
    assert adoption_share(30.0, 0.9, 30.0, np.array([0.0]), 8.0)[0] == pytest.approx(0.45)
    # By hand: a tenth of the price, elasticity 0.5: √10 times the tokens
    assert rebound(np.log([[0.1]]), np.log([[1.0]]), 0.5)[0, 0] == pytest.approx(10**0.5)
