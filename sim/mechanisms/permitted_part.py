"""What a permitted part is worth to a buyer, and how much of the wish for foreign parts settles for it.

    v = TPP^(1−b) · bandwidth^b / (price + watts · site),   settled = min(1, v / (q · √(v_domestic · v_best)))^ε

A part that does little for its money, with the site it stands in, is passed over: for a domestic one, for a better one
by another route, or to wait.

Leaves out
----------
* Interconnect, memory size and software: a part for a single server and one for a cluster are judged alike.
* Buyers apart: all want the same mix of throughput and bandwidth.
* Stocks that were bought before; parts bought so that nobody else has them.
"""

import numpy as np

from ..numerics import power, share


def worth_per_usd(tpp, bandwidth, price_usd, watts, site_usd_per_watt, weight):
    """What a part does for a dollar of the part and its place.

        v = TPP^(1−b) · bandwidth^b / (price + watts · site)

    Parameters
    ----------
    tpp, bandwidth : array (draws or 1,), H100e by TPP and by memory bandwidth
    price_usd : array (draws or 1,), USD of the accelerator
    watts : array (draws or 1,), W of its share of a system, as rated
    site_usd_per_watt : array (draws or 1,) or float, USD / W for server, network, building and power supply
    weight : float, share b of bandwidth in worth, 0 to 1

    Returns
    -------
    array (draws or 1,), H100e / USD; 0 where there is no part
    """
    return share(power(tpp, 1.0 - weight) * power(bandwidth, weight), price_usd + watts * site_usd_per_watt)


def settled_share(permitted, domestic, best, expected, elasticity):
    """Share of the wish for foreign parts that settles for what is permitted.

        settled = min(1, v / (q · √(v_domestic · v_best)))^ε

    Parameters
    ----------
    permitted, domestic, best : array (draws or 1,), worth per USD of the permitted part, of what domestic makers
        offer at the maturity of its software, and of the best part sold elsewhere
    expected : array (draws,) or float, q, worth over the mean of both from which all of the wish stands
    elasticity : array (draws,) or float, ε, fall of the wish in % per % of worth, ≥ 0

    Returns
    -------
    array (draws,), share, 0 to 1; never higher for a worse part
    """
    asked = expected * np.sqrt(domestic * best)
    return power(np.where(asked > 0, np.minimum(share(permitted, asked), 1.0), 1.0), elasticity)
