"""Which laboratories developers consider at all: fame comes from releases near the frontier, from use, and from kin."""

import numpy as np

from ..numerics import exp


def release_news(gap, released, sharpness):
    """News value of a month's releases, laboratory by laboratory.

    Parameters
    ----------
    gap : array (draws, lines), capability of the line minus the frontier before, ECI points
    released : bool array (draws, lines)
    sharpness : array (draws, 1) or float, log points of news per ECI point

    Returns
    -------
    array (draws, lines), news, 1 at the frontier, more above it up to e, less below (dimensionless)
    """
    return np.where(released, exp(np.minimum(sharpness * gap, 1.0)), 0.0)


def awareness_after(awareness, news, reach, use, word_of_mouth, kin, spill_over):
    """Share of developers who would consider a laboratory, a month later.

        a' = 1 − (1 − a) · exp(−(reach · news + word_of_mouth · use + spill_over · kin))

    Parameters
    ----------
    awareness : array (draws, labs), share
    news : array (draws, labs), news value of its releases this month (dimensionless)
    reach, word_of_mouth, spill_over : arrays (draws, 1) or floats, per unit of news, of share of users, of kin
    use : array (draws, labs), share of developers who use it
    kin : array (draws, labs), awareness of the best-known laboratory of the same country

    Returns
    -------
    array (draws, labs), share (dimensionless)
    """
    return 1.0 - (1.0 - awareness) * exp(-(reach * news + word_of_mouth * use + spill_over * kin))
