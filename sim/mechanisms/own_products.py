"""Assistants that laboratories offer themselves: users, tokens and money beside the calls of developers.

Leaves out
----------
* Why users come: counts are an input, and prices and advertising of the products are absent.
* Business products of laboratories, which are part of developers' calls.
"""

import numpy as np

from ..numerics import exp, interpolate, log, share


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


def served_calls(capacity_h100e, calls_h100e):
    """Share of calls that capacity can serve: arrays (draws, labs), H100e that may serve and that calls take."""
    return np.where(calls_h100e > 0, np.minimum(share(capacity_h100e, calls_h100e), 1.0), 1.0)


def served_share(capacity_h100e, calls_h100e, products_h100e):
    """Share of the demand of a laboratory's own products that it serves: calls that are paid for come first.

    Parameters
    ----------
    capacity_h100e, calls_h100e, products_h100e : arrays (draws, labs), H100e that may serve, and that each would take

    Returns
    -------
    array (draws, labs), share
    """
    left = np.maximum(capacity_h100e - calls_h100e, 0.0)
    return np.where(products_h100e > 0, np.minimum(share(left, products_h100e), 1.0), 1.0)
