"""What reaches a restricted buyer all the same: appetite, capacity of the network, seizures."""

import numpy as np

from ..numerics import share


def diverted_orders(appetite_usd, sold_elsewhere_usd, leak_share, network_maturity, enforcement, effectiveness):
    """Orders placed through intermediaries, bounded by what leaks from sales elsewhere.

    Parameters
    ----------
    appetite_usd : array (draws,), USD / month that restricted buyers would spend on parts they may not buy
    sold_elsewhere_usd : array (draws,), USD / month of restricted parts sold to everybody else
    leak_share : array (draws,) or float, share of those sales that intermediaries can redirect without enforcement
    network_maturity : array (draws,) or float, 0 (no network yet) to 1
    enforcement : array (draws,) or float, effort, 0 to 1
    effectiveness : array (draws,) or float, share of the capacity removed at full effort, 0 to 1

    Returns
    -------
    array (draws,), USD / month; smooth in both bounds and below each
    """
    capacity = sold_elsewhere_usd * leak_share * network_maturity * (1.0 - enforcement * effectiveness)
    return share(appetite_usd * capacity, appetite_usd + capacity)


def seized_share(enforcement, detection_at_full_effort):
    """Share of diverted accelerators lost on the way (both arguments and result are shares, (draws,) or float)."""
    return np.minimum(np.maximum(enforcement * detection_at_full_effort, 0.0), 1.0)


def appetite_share(gate_open, permitted_rating, best_rating):
    """How much of a buyer's wish for foreign parts is unmet: nothing if the best part may be bought freely.

    Parameters
    ----------
    gate_open : array (draws,), share of licensed orders that go through
    permitted_rating, best_rating : array (draws or 1,), H100e of the best permitted and of the best part

    Returns
    -------
    array (draws,), share, 0 to 1
    """
    unmet = 1.0 - gate_open * permitted_rating / np.maximum(best_rating, 1e-9)
    return np.minimum(np.maximum(unmet, 0.0), 1.0)
