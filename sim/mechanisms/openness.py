"""Open or closed: the inclination of a laboratory to publish the weights of its next vintage.

Leaves out
----------
* Parts of a decision: licences with conditions, delayed weights, and data or code withheld.
* Learning from what past openings earned.
"""

from dataclasses import dataclass

import numpy as np

from ..numerics import log10


@dataclass(frozen=True)
class OpennessWeights:
    """How strongly each trigger pulls, all in utils: per 10 ECI points behind, per 5 ECI points of an open rival
    above, per unit of scarcity, per tenfold revenue, per tenfold spending, for full state support, for a full ban;
    floats or (draws, 1)."""

    rank: float | np.ndarray
    rival_open: float | np.ndarray
    shortage: float | np.ndarray
    revenue: float | np.ndarray
    spending: float | np.ndarray
    state: float | np.ndarray
    limit: float | np.ndarray


def inclination(weights, disposition, behind, open_rival_gap, sells, shortage, revenue_usd_per_year,
                spending_usd_per_year, state_pull, limit):
    """Inclination to open; above zero the weights are published.

        u = stance + Σ weight · trigger

    An open rival as good as one's own model takes away what a seller could earn by keeping it closed. Who does not sell
    opens for a following instead, and gets none behind an open rival; so for them the sign turns.

    Parameters
    ----------
    weights : OpennessWeights
    disposition : array (lines,), utils, the founding stance
    behind : array (draws, lines), ECI points behind the best model of others, ≥ 0
    open_rival_gap : array (draws, lines), ECI points by which the best open model of others is above, either sign
    sells : bool array (lines,), whether the laboratory sells calls to its own models
    shortage : array (draws, lines), scarcity of own serving capacity above one (dimensionless)
    revenue_usd_per_year : array (draws, lines), USD / year that the line earns now and would put at risk
    spending_usd_per_year : array (draws, lines), USD / year of training and research that it has to help earn back
    state_pull : array (draws, 1) or float, support × how far the laboratory follows it, share
    limit : array (draws, 1) or float, limits on open release, share of a full ban

    Returns
    -------
    array (draws, lines), utils
    """
    dependence = log10(np.maximum(revenue_usd_per_year, 1e8) / 1e8)  # counted from 100 M USD a year
    burden = log10(np.maximum(spending_usd_per_year, 3e9) / 3e9)  # and spending from 3 bn USD a year
    rival = np.minimum(np.maximum(open_rival_gap, -5.0), 5.0) / 5.0
    return (
        disposition
        + weights.rank * np.minimum(behind, 20.0) / 10.0
        + weights.rival_open * np.where(sells, rival, -rival)
        + weights.shortage * np.minimum(np.maximum(shortage, 0.0), 2.0)
        - weights.revenue * dependence
        - weights.spending * burden
        + weights.state * state_pull
        - weights.limit * limit
    )
