"""What reaches a restricted user all the same: what enforcement finds, what it costs, and how much gets through.

Leaves out
----------
* Countries of passage, front companies and single cases: a network is one number.
* Accelerators resold years later, and parts taken from systems.
"""

import numpy as np
from numba.extending import register_jitable  # leaves them plain functions that compiled loops may call

from ..numerics import exp


def enforcement_reach(budget, scale):
    """Share of what enforcement could find that a budget finds, with diminishing returns.

        reach = 1 − exp(−budget / scale)

    Parameters
    ----------
    budget : array (draws,) or float, million USD / year, ≥ 0
    scale : array (draws,) or float, million USD / year, > 0; the first finds 63 %, the next 63 % of the rest

    Returns
    -------
    array (draws,) or float, share, 0 to below 1

    Source: the law of random search, Koopman (1956), Operations Research 4(5), 503-531 [koopman_1956].
    """
    return 1.0 - exp(-np.maximum(budget, 0.0) / scale)


@register_jitable
def expected_cost(handling, detection, penalty):
    """Premium at which an intermediary just breaks even.

        (1 − d) · (1 + premium) = 1 + handling + d · penalty

    Parameters
    ----------
    handling : array (draws,) or float, freight, papers and commissions, share of the price
    detection : array (draws,) or float, share d of the deals found, of which nothing is paid, 0 to below 1
    penalty : array (draws,) or float, expected fine or sentence for a deal found, share of its price

    Returns
    -------
    array (draws,) or float, share of the price
    """
    return (handling + detection * (1.0 + penalty)) / np.maximum(1.0 - detection, 1e-3)


@register_jitable
def leakage_market(wish, capacity, cost, willingness, margin):
    """The premium at which what restricted users still want equals what intermediaries provide, and that volume.

        wanted = wish · (1 − premium / 2w)        provided = capacity · m / (m + margin),  m = premium − cost

    Parameters
    ----------
    wish : array (draws,), what is wanted at list price (USD / month, or H100e rented)
    capacity : array (draws,), most that can be redirected, same unit
    cost : array (draws,) or float, premium at which intermediaries break even, share of the price
    willingness : array (draws,) or float, premium w that halves what is wanted, > 0; at twice that nothing is
    margin : array (draws,) or float, margin over cost at which half of the capacity is used, > 0

    Returns
    -------
    volume : array (draws,), same unit as ``wish``; below both ``wish`` and ``capacity``
    premium : array (draws,), share of the price; the positive root of the equality, which is quadratic in m
    """
    fall = 0.5 / willingness
    left = np.maximum(1.0 - cost * fall, 0.0)  # of the wish, at cost
    square = wish * fall
    line = capacity + square * margin - wish * left
    rest = wish * left * margin
    root = np.sqrt(line * line + 4.0 * square * rest)
    m = 2.0 * rest / np.maximum(line + root, 1e-30)  # square · rest is never small beside line², so nothing cancels
    return capacity * m / (m + margin), cost + m


def divertible_share(in_servers, rack):
    """How easily a product can be moved on, against one that comes in servers of eight accelerators.

    Parameters
    ----------
    in_servers : array (products,), share of its units sold in such servers, the rest in liquid-cooled racks
    rack : array (draws,) or float, how easily a unit in a rack is moved on, against one in a server

    Returns
    -------
    array (draws or 1, products), share
    """
    rack = np.atleast_1d(np.asarray(rack, dtype=float))[:, None]
    return in_servers + (1.0 - in_servers) * rack


def unmet_share(gate_open, permitted_rating, best_rating):
    """How much of a buyer's wish for foreign parts is unmet: nothing if the best part may be bought freely.

    Parameters
    ----------
    gate_open : array (draws, k), share of licensed orders that go through
    permitted_rating, best_rating : array (draws or 1, 1), H100e of the best permitted and of the best part

    Returns
    -------
    array (draws, k), share, 0 to 1
    """
    unmet = 1.0 - gate_open * permitted_rating / np.maximum(best_rating, 1e-9)
    return np.minimum(np.maximum(unmet, 0.0), 1.0)


@register_jitable
def pushed_wish(wish, closed_elsewhere, substitution):
    """A route's wish with what other routes turn away: those who fail there try here, in part.

    Parameters
    ----------
    wish : array (draws,), of those who try this route first, any unit
    closed_elsewhere : array (draws,), share of the wish for the other route that is not served
    substitution : array (draws,) or float, share of the unserved who try here

    Returns
    -------
    array (draws,), same unit as ``wish``
    """
    return wish * (1.0 + substitution * closed_elsewhere)
