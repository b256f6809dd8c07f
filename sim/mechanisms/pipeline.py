"""A production line as three stages: what goes in comes out later, and nothing is lost."""

import numpy as np


def advance(stages, inflow, lag_months):
    """One month of a three-stage line.

    Parameters
    ----------
    stages : array (draws, 3, k), work in progress, any unit
    inflow : array (draws, k), unit / month
    lag_months : array (draws, 1) or float, mean months from start to finish, ≥ 3

    Returns
    -------
    stages : array (draws, 3, k), after the month
    outflow : array (draws, k), unit / month
    """
    rate = 3.0 / np.maximum(lag_months, 3.0)
    flow = stages * (rate[:, None, :] if np.ndim(rate) else rate)
    after = stages - flow
    after[:, 0] += inflow
    after[:, 1:] += flow[:, :-1]
    return after, flow[:, -1]
