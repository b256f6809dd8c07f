"""What publics believe about who is ahead: slow, and only weakly tied to use."""

import numpy as np

from ..numerics import col


def opinion_target(baseline, attitude, chinese_share, use_weight, gap, gap_weight):
    """Where opinion would settle.

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
