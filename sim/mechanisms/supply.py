"""How capacity and stocks are shared among those who ordered, and what is left for other uses.

Leaves out
----------
* Prices as a way to share capacity, and deposits.
* Orders placed twice in a shortage.
"""

import numpy as np

from ..compiled import guvectorize
from ..numerics import col, power, share, share_of_number, total, total_of_row


@guvectorize(["void(float64, float64[:], float64[:], float64[:])"], "(),(k),(k)->(k)")
def _allocate(capacity, entitled, ordered, given):
    for at in range(len(ordered)):
        given[at] = min(capacity * entitled[at], ordered[at])
    left = max(capacity - total_of_row(given), 0.0)
    for at in range(len(ordered)):
        given[at] = ordered[at] - given[at]  # the open order
    part = min(share_of_number(left, total_of_row(given)), 1.0)
    for at in range(len(ordered)):
        given[at] = min(capacity * entitled[at], ordered[at]) + given[at] * part


def allocate(capacity, entitled, ordered):
    """Share capacity: everybody up to the order, first by entitlement, then what others leave in proportion.

        given = min(order, entitlement) + open orders · min(1, left / Σ open orders)

    Parameters
    ----------
    capacity : array (draws,), unit / month
    entitled : array (draws or 1, k) or (k,), share of the capacity that each may claim first, summing to at most 1
    ordered : array (draws, k), unit / month

    Returns
    -------
    array (draws, k), unit / month: never more than ordered, in all never more than the capacity
    """
    return _allocate.ufunc(capacity, entitled, ordered)


def within_limits(ordered, group, limits):
    """Cut the orders of each group alike to what the group can take.

        given = order · min(1, limit of the group / Σ orders of the group)

    Parameters
    ----------
    ordered : array (draws, k), unit / month
    group : int array (k,), which group an order is of
    limits : list of float, array (draws,) or None (no limit), unit / month, by group

    Returns
    -------
    array (draws, k), unit / month
    """
    for i, limit in enumerate(limits):
        here = group == i
        if limit is not None and here.any():
            cut = np.minimum(share(limit, total(ordered[:, here])), 1.0)
            ordered = np.where(here, ordered * cut[:, None], ordered)
    return ordered


@guvectorize(["void(float64[:], float64[:], float64, float64[:])"], "(k),(k),()->(k)")
def _drawn_evenly(stocks, weights, taken, found):
    left, weight = max(total_of_row(stocks) - taken, 0.0), total_of_row(weights)
    for at in range(len(stocks)):
        found[at] = max(stocks[at] - left * share_of_number(weights[at], weight), 0.0)
    part = share_of_number(taken, total_of_row(found))
    for at in range(len(stocks)):
        found[at] *= part


def drawn_evenly(stocks, weights, taken):
    """What to take of each stock so that what is left is as near as it can be to the same months of output for all.

        left_i = weight_i / Σ weight · (Σ stock − taken)        take_i ∝ max(stock_i − left_i, 0)

    Parameters
    ----------
    stocks : array (draws, k), unit
    weights : array (draws, k), unit / month
    taken : array (draws,), unit, at most the sum of the stocks

    Returns
    -------
    array (draws, k), unit: summing to ``taken``, never more than the stock
    """
    return _drawn_evenly.ufunc(stocks, weights, taken)


@guvectorize(["void(float64[:], float64, float64[:], float64[:])"], "(k),()->(k),(k)")
def _taken_alike(stocks, taken, used, left):
    whole = total_of_row(stocks)
    for at in range(len(stocks)):
        used[at] = taken * share_of_number(stocks[at], whole)
        left[at] = max(stocks[at] - used[at], 0.0)


def taken_alike(stocks, taken):
    """What is taken of each part of a stock, of all alike, and what is left.

        taken_i = taken · stock_i / Σ stock

    Parameters
    ----------
    stocks : array (draws, ..., k), unit
    taken : array (draws, ...), unit, at most the sum of the stocks

    Returns
    -------
    tuple of two arrays (draws, ..., k), unit: taken and left, never negative
    """
    return _taken_alike.ufunc(stocks, taken)


def expanded(capacity, plan, pace):
    """Capacity after a month of growth towards a plan, array (draws,), unit / month; what stands is not torn down.

        capacity' = capacity + max(plan − capacity, 0) · pace

    ``pace``: share of the gap closed in a month, array (draws,) or float.
    """
    return capacity + np.maximum(plan - capacity, 0.0) * pace


def planned_months(months_ahead, spacing, horizon_months, growth_per_year):
    """Months of present use that each stretch of time up to a horizon amounts to, with steady growth.

    Parameters
    ----------
    months_ahead : array (k,), months from now at which each stretch begins
    spacing : float, months of a stretch
    horizon_months : array (draws,) or float, months
    growth_per_year : array (draws,) or float, ratio a year

    Returns
    -------
    array (draws or 1, k), months
    """
    horizon = np.atleast_1d(np.asarray(horizon_months, dtype=float))[:, None]
    return np.clip(horizon - months_ahead, 0.0, spacing) * power(col(growth_per_year), months_ahead / 12.0)


def restock(needed, in_hand):
    """What is ordered to bring stock and work in progress up to what is needed, any unit, never negative."""
    return np.maximum(needed - in_hand, 0.0)
