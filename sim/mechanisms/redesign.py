"""How a maker answers a rule: a product just under the line, after a lag; and which products it sells at all.

Leaves out
----------
* What a variant costs to develop, and parts dropped because a rule came too soon.
* Customers who wait for the next product.
"""

import numpy as np

from ..numerics import shares_of_total


def variant_on_offer(introduced, month, refused):
    """Whether a variant made for a restricted market is on offer.

    Parameters
    ----------
    introduced : array (products,), month number of first volume (or of the earliest that is known to be possible)
    month : int, month number
    refused : bool array (draws or 1, 1), whether the maker's best product may not be sold there

    Returns
    -------
    bool array (draws or 1, products), dimensionless
    """
    return (introduced <= month) & refused


def succession(age_months, on_offer, ramp_months):
    """Product mix of one maker: the newest displaces its elders over the ramp.

        ramp = min((age + 1) / months, 1),   share_i = ramp_i · Π over newer j of (1 − ramp_j)

    Parameters
    ----------
    age_months : array (..., products), months since first volume, products in order of introduction
    on_offer : bool array (draws or 1, ..., products), may be sold
    ramp_months : array (draws, ..., 1) or float, months until a product has displaced its elders, > 0

    Returns
    -------
    array (draws or 1, ..., products), share of units, summing to 1 (or 0 where nothing is on offer)
    """
    ramp = np.minimum(np.maximum((age_months + 1.0) / ramp_months, 0.0), 1.0) * on_offer
    mix = ramp.copy()
    mix[..., :-1] *= (1.0 - ramp)[..., :0:-1].cumprod(axis=-1)[..., ::-1]  # what successors leave
    return shares_of_total(mix)
