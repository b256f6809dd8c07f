"""How capacity and stocks are shared among those who ordered, and what is left for other uses."""

import numpy as np

from ..numerics import col, share, total


def allocate(capacity, entitled, ordered):
    """Share capacity: everybody up to the order, first by entitlement, then what others leave in proportion.

    Parameters
    ----------
    capacity : array (draws,), unit / month
    entitled : array (draws or 1, k) or (k,), share of the capacity that each may claim first, summing to at most 1
    ordered : array (draws, k), unit / month

    Returns
    -------
    array (draws, k), unit / month: never more than ordered, in all never more than the capacity
    """
    given = np.minimum(capacity[:, None] * entitled, ordered)
    left = np.maximum(capacity - total(given), 0.0)
    open_orders = ordered - given
    return given + open_orders * np.minimum(share(left, total(open_orders)), 1.0)[:, None]


def expanded(capacity, plan, pace):
    """Capacity after a month of growth towards a plan, array (draws,), unit / month; what stands is not torn down.

    ``pace``: share of the gap closed in a month, array (draws,) or float.
    """
    return capacity + np.maximum(plan - capacity, 0.0) * pace


def planned_use(mix_ahead, months_ahead, spacing, horizon_months, growth_per_year):
    """Packages of each product from now to a horizon, for one package a month now and steady growth.

    Parameters
    ----------
    mix_ahead : list of array (draws or 1, products), planned share of each product, by month ahead
    months_ahead : list of float, months from now that each mix stands for the beginning of
    spacing : float, months that each mix stands for
    horizon_months : array (draws,) or float, months
    growth_per_year : float, ratio a year

    Returns
    -------
    array (draws or 1, products), packages
    """
    whole = 0.0
    for mix, ahead in zip(mix_ahead, months_ahead, strict=True):
        months = np.clip(np.asarray(horizon_months, dtype=float) - ahead, 0.0, spacing)
        whole = whole + mix * col(months * growth_per_year ** (ahead / 12.0))
    return whole


def restock(needed, in_hand):
    """What is ordered to bring stock and work in progress up to what is needed, any unit, never negative."""
    return np.maximum(needed - in_hand, 0.0)
