"""Running open weights on one's own accelerators: when it pays, and how many it takes."""

import numpy as np

from ..units import HOURS_PER_MONTH


def self_hosting_cost_ratio(volume, break_even):
    """Cost of self-hosting over its cost at full load.

        ratio = 1 + break_even / volume

    Parameters
    ----------
    volume : array, own use, Mtok / month, > 0
    break_even : array or float, use at which fixed costs double the cost, Mtok / month

    Returns
    -------
    array of the same shape, ratio ≥ 1 (dimensionless)
    """
    return 1.0 + np.asarray(break_even) / np.asarray(volume)


def accelerators_in_use(mtok_per_month, h100e_hours_per_mtok):
    """Accelerators that a flow of tokens keeps busy: Mtok / month × H100e-hours / Mtok → H100e, any shape."""
    return np.asarray(mtok_per_month) * h100e_hours_per_mtok / HOURS_PER_MONTH
