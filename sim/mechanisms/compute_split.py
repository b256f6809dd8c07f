"""How a laboratory divides its compute between serving, training and research: where the next hour is worth most.

Leaves out
----------
* Accelerators that suit one use better than another.
* Commitments to serve, and runs that cannot be stopped halfway.
"""

import numpy as np

from ..numerics import log, share


def worth_of_serving(revenue_usd, busy_h100e, usd_per_h100e_month):
    """What an accelerator earns while it serves, over what it costs.

    Parameters
    ----------
    revenue_usd : array (draws, labs), USD / month from calls and products, at today's prices
    busy_h100e : array (draws, labs), H100e that this demand takes
    usd_per_h100e_month : array (draws, labs), USD / H100e-month

    Returns
    -------
    array (draws, labs), ratio, 0 where nothing is asked for
    """
    return share(revenue_usd, busy_h100e * usd_per_h100e_month)


def serving_target(needs, worths, value_of_being_ahead, least, most):
    """Share of compute that a laboratory wants to put into serving.

    What training and research bring grows with the logarithm of their compute, so the marginal value of an hour there
    falls as 1 / share; serving earns its ``worth`` an hour until that demand is met. Setting the two equal keeps a
    share of value / worth back. Demand of higher worth comes first; the second is served if it is worth that too:

        s = max(min(n₁, 1 − v / w₁), min(n₁ + n₂, 1 − v / w₂)),  w₁ ≥ w₂          held within [least, most]

    Parameters
    ----------
    needs : two arrays (draws, labs), compute that each kind of demand takes over all of the laboratory's (ratio)
    worths : two arrays (draws, labs), earnings of a serving hour of each kind over its cost (ratio)
    value_of_being_ahead : array (draws, 1) or float, what all compute would be worth in training, over its cost (ratio)
    least, most : float, share

    Returns
    -------
    array (draws, labs), share
    """
    swap = worths[1] > worths[0]
    first = np.where(swap, needs[1], needs[0])
    room = [1.0 - value_of_being_ahead / np.maximum(w, 1e-9) for w in (
        np.maximum(worths[0], worths[1]), np.minimum(worths[0], worths[1]))]
    wanted = np.maximum(np.minimum(first, room[0]), np.minimum(needs[0] + needs[1], room[1]))
    return np.minimum(np.maximum(wanted, least), most)


def research_over_training(exponent, leader_decades_per_month, horizon_months):
    """Research compute per unit of training compute at which an hour of either adds as much capability.

    A run gains 1 / ln 10 decades from an e-fold of compute, once; research gains exponent × decades a month, for as
    long as a laboratory looks ahead.

    Parameters
    ----------
    exponent, leader_decades_per_month : arrays (draws, 1) or float, dimensionless and decades / month
    horizon_months : float, months

    Returns
    -------
    array (draws, 1) or float, ratio
    """
    return exponent * leader_decades_per_month * horizon_months * float(log(10.0))


def split_after(split, serving, research_ratio, speed):
    """Shares after a month of moving towards what is wanted.

    Parameters
    ----------
    split : array (3, draws, labs), shares that serve, train and do research now; they add up to one
    serving : array (draws, labs), wanted share in serving
    research_ratio : array (draws, 1) or float, research over training compute (ratio)
    speed : float, share of the distance closed in a month

    Returns
    -------
    array (3, draws, labs), shares
    """
    after = np.empty_like(split)
    after[0] = split[0] + speed * (serving - split[0])
    training = 1.0 / (1.0 + research_ratio)
    after[1] = (1.0 - after[0]) * training
    after[2] = (1.0 - after[0]) * (1.0 - training)
    return after
