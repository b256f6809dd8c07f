"""Assistants that laboratories offer themselves: users, tokens and money beside the calls of developers.

Leaves out
----------
* Why users come: counts are an input, and prices and advertising of the products are absent.
* Business products of laboratories, which are part of developers' calls.
"""

import numpy as np
from numba.extending import register_jitable

from ..compiled import guvectorize
from ..numerics import exp, interpolate, log, share_of_number


def users_by_month(months, dates, users):
    """Users of a product between its counts: straight in logs, none before the first count, the last one after it.

        ln users(t) = straight line between the logs of two counts

    Parameters
    ----------
    months : int array (months,), month numbers, rising
    dates : int array (counts,), month numbers, rising
    users : array (counts,), million, > 0

    Returns
    -------
    array (months,), million
    """
    path = exp(interpolate(months, dates, log(np.asarray(users, dtype=float))))
    return np.where(np.asarray(months) < dates[0], 0.0, path)


@register_jitable
def _fits(room, wanted):
    return min(share_of_number(max(room, 0.0), wanted), 1.0) if wanted > 0 else 1.0


@guvectorize(["void(float64, float64, float64, float64, float64, float64[:], float64[:])"], "(),(),(),(),()->(),()")
def _served(capacity, calls, products, worth_calls, worth_products, calls_served, products_served):
    worth = worth_calls + worth_products
    calls_first = share_of_number(worth_calls, worth) if worth > 0 else 1.0
    products_first = 1.0 - calls_first
    calls_served[0] = (calls_first * _fits(capacity, calls)
                       + products_first * _fits(capacity - products, calls))
    products_served[0] = (products_first * _fits(capacity, products)
                          + calls_first * _fits(capacity - calls, products))


def served_shares(capacity_h100e, calls_h100e, products_h100e, worth_calls, worth_products):
    """Shares of calls and of own products that a laboratory serves: what both want goes by what an hour of each earns.

        served = φ · (calls first) + (1 − φ) · (products first),   φ = worth of calls / worth of both

    Parameters
    ----------
    capacity_h100e, calls_h100e, products_h100e : arrays (draws, labs), H100e that may serve, and that each would take
    worth_calls, worth_products : arrays (draws, labs), what a serving hour of each earns over its cost (ratio)

    Returns
    -------
    tuple of arrays (draws, labs): shares of calls and of products served; 1 where nothing is asked for
    """
    return _served.ufunc(capacity_h100e, calls_h100e, products_h100e, worth_calls, worth_products)
