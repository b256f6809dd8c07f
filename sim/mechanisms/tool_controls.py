"""Tool controls → capacity: what may be added, how fast, and what still runs without servicing.

Leaves out
----------
* Tools by type and maker: one pressure stands for all.
* Secondary markets, and technicians who move.
"""

import numpy as np


def uplift(pressure, gain):
    """Capacity relative to the evidence's where controls are lighter than they were.

    Parameters
    ----------
    pressure : array (draws,) or float, strength of controls less that under which the evidence's capacity was reached
    gain : array (draws,) or float, share added with no controls at all

    Returns
    -------
    array (draws,) or float, ratio of at least 1
    """
    return 1.0 + gain * np.minimum(np.maximum(-pressure, 0.0), 1.0)


def pace_left(pressure, domestic):
    """Pace of expansion left where controls are stricter: tools that nobody at home makes do not come.

        pace = 1 − (1 − domestic) · pressure

    Parameters
    ----------
    pressure : as in `uplift`
    domestic : array (draws,) or float, share of tools and parts that domestic suppliers can replace

    Returns
    -------
    array (draws,) or float, share
    """
    return np.minimum(np.maximum(1.0 - (1.0 - domestic) * np.maximum(pressure, 0.0), 0.0), 1.0)


def still_running(pressure, lost, domestic):
    """Share of capacity that runs where servicing is cut, once spare parts in store are used up.

        running = 1 − lost · (1 − domestic) · pressure

    Parameters
    ----------
    pressure, domestic : as in `pace_left`
    lost : array (draws,) or float, share lost when servicing ends and nothing replaces it
    """
    return np.maximum(1.0 - lost * (1.0 - domestic) * np.maximum(pressure, 0.0), 0.0)
