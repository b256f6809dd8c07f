"""Which laboratories developers consider at all: fame comes from releases near the frontier, from use, and from kin.

Leaves out
----------
* Scandals, security findings and trust apart from use and news.
* Media of different reach by country.
"""

import numpy as np

from ..numerics import exp


def release_news(gap, released, sharpness):
    """News value of a month's releases, laboratory by laboratory.

    Parameters
    ----------
    gap : array (draws, lines), capability of the line minus the frontier, ECI points, ≤ 0
    released : bool array (draws, lines)
    sharpness : array (draws, 1) or float, log points of news per ECI point

    Returns
    -------
    array (draws, lines), news, 1 at the frontier, less below (dimensionless)
    """
    return np.where(released, exp(sharpness * gap), 0.0)


def awareness_after(awareness, news, reach, use, word_of_mouth):
    """Share of developers who would consider a laboratory, a month later.

        a' = 1 − (1 − a) · exp(−(reach · news + word_of_mouth · use))

    Parameters
    ----------
    awareness : array (draws, labs), share
    news : array (draws, labs), news value of this month's releases, its own and in part its kin's (dimensionless)
    reach, word_of_mouth : arrays (draws, 1) or floats, log points per unit of news and per share of users
    use : array (draws, labs), share of developers who use it

    Returns
    -------
    array (draws, labs), share (dimensionless)
    """
    return 1.0 - (1.0 - awareness) * exp(-(reach * news + word_of_mouth * use))
