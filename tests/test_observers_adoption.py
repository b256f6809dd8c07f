"""Instruments that watch adoption: the same world looks different to each, and each is a function of the truth."""

import numpy as np
import pytest

from sim.observers.enterprise_survey import workload_shares
from sim.observers.hub import all_model_shares
from sim.observers.poll import answers
from sim.observers.provider_totals import visit_share
from sim.observers.router import router_shares

CHINESE = np.array([True, True, False, False])
OPEN = np.array([[True, False, True, False]])


def test_a_router_and_a_survey_see_the_same_models_in_different_shares():
    # By hand: hobbyists' 13 of 100 tokens on Chinese open weights, firms' 1 of 100
    router = router_shares(np.array([[13.0, 2.0, 20.0, 65.0]]), CHINESE, OPEN)
    assert [x[0] for x in router] == pytest.approx([0.13, 0.15, 0.33, 0.67])
    survey = workload_shares(np.array([[1.0, 0.0, 10.0, 89.0]]), CHINESE, OPEN, 0.0)
    assert [x[0] for x in survey] == pytest.approx([0.01, 0.11])


def test_what_respondents_leave_out_lowers_the_surveyed_share():
    # By hand: half of 20 left out, 10 of 90 remain
    chinese, opened = workload_shares(np.array([[20.0, 0.0, 0.0, 80.0]]), CHINESE, OPEN, 0.5)
    assert chinese[0] == pytest.approx(10 / 90)
    assert opened[0] == pytest.approx(10 / 90)


def test_other_models_dilute_the_hubs_shares():
    # By hand: 30 + 50 language models, 160 others of which 5 % American: (30 + 8) / 240, 50 / 240
    shares = all_model_shares(np.array([[30.0, 50.0, 0.0, 0.0]]), 2.0, 0.05, 0.0)
    assert shares[0].tolist() == pytest.approx([38 / 240, 50 / 240, 0.0, 0.0])


def test_a_poll_leaves_room_for_the_undecided():
    china, us = answers(np.array([[0.0]]), np.array([0.0]), 0.4)
    assert (china[0, 0], us[0, 0]) == pytest.approx((0.3, 0.3))


def test_news_of_a_release_raises_the_share_of_visits():
    quiet = visit_share(np.array([5.0]), np.array([100.0]), np.array([0.0]), np.array([1.0]), 1.0)
    loud = visit_share(np.array([5.0]), np.array([100.0]), np.array([1.0]), np.array([1.0]), 1.0)
    assert quiet[0] < loud[0] <= 1.0
