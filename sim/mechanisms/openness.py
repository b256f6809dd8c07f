"""Open or closed: the inclination of a laboratory to publish the weights of its next vintage."""

from dataclasses import dataclass

import numpy as np

from ..numerics import log10


@dataclass(frozen=True)
class OpennessWeights:
    """How strongly each trigger pulls, all in utils: per 10 ECI points behind, per 5 ECI points of an open rival
    above, per unit of scarcity, per tenfold revenue, for full state support, for a full ban; floats or (draws, 1)."""

    rank: float | np.ndarray
    rival_open: float | np.ndarray
    shortage: float | np.ndarray
    revenue: float | np.ndarray
    state: float | np.ndarray
    limit: float | np.ndarray


def inclination(weights, disposition, behind, open_rival_gap, shortage, revenue_usd_per_year, state_pull, limit):
    """Inclination to open; above zero the weights are published.

    Parameters
    ----------
    weights : OpennessWeights
    disposition : array (lines,), utils, the founding stance
    behind : array (draws, lines), ECI points behind the best model of others, ≥ 0
    open_rival_gap : array (draws, lines), ECI points by which the best open model of others is above, either sign
    shortage : array (draws, 1), scarcity of own serving capacity above one (dimensionless)
    revenue_usd_per_year : array (draws, lines), USD / year that the line earns now and would put at risk
    state_pull : array (draws, 1) or float, support × how far the laboratory follows it, share
    limit : array (draws, 1) or float, limits on open release, share of a full ban

    Returns
    -------
    array (draws, lines), utils
    """
    dependence = log10(np.maximum(revenue_usd_per_year, 1e8) / 1e8)  # counted from 100 M USD a year
    return (
        disposition
        + weights.rank * np.minimum(behind, 20.0) / 10.0
        + weights.rival_open * np.minimum(np.maximum(open_rival_gap, -5.0), 5.0) / 5.0
        + weights.shortage * np.minimum(np.maximum(shortage, 0.0), 2.0)
        - weights.revenue * dependence
        + weights.state * state_pull
        - weights.limit * limit
    )
