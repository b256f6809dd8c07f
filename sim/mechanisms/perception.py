"""What publics believe about who is ahead: slow, and only weakly tied to use.

Leaves out
----------
* News, elections, sport and diplomacy.
* Differences within a country.
"""

import numpy as np

from ..numerics import col, logistic


def opinion_target(baseline, attitude, chinese_share, use_weight, gap, gap_weight):
    """Where opinion would settle.

        log odds = baseline + attitude + w · Chinese share + g · gap

    Parameters
    ----------
    baseline : array (draws,) or float, log odds of naming China over the US
    attitude : array (regions,), log odds
    chinese_share : array (draws,), Chinese share of use that publics hear of (dimensionless)
    use_weight : array (draws,) or float, log odds per share
    gap : array (draws,), best Chinese minus best American model, ECI points
    gap_weight : array (draws,) or float, log odds per ECI point

    Returns
    -------
    array (draws, regions), log odds
    """
    news = np.asarray(baseline) + use_weight * chinese_share + gap_weight * gap
    return col(news) + attitude


def policy_pressure(opinion, opinion_start, weight):
    """How far a public that sees the rival ahead pushes its government to guard what laboratories know.

    Parameters
    ----------
    opinion, opinion_start : arrays (draws,), log odds of naming China over the US, some time ago and at the start
    weight : array (draws,) or float, share of the leaks blocked per share of the public won over

    Returns
    -------
    array (draws,), share blocked, at least 0
    """
    return np.minimum(weight * np.maximum(logistic(opinion) - logistic(opinion_start), 0.0), 1.0)
