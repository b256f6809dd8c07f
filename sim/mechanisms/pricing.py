"""List prices: a mark-up over cost from lead, rivals, scarcity and price wars; open weights near cost.

Leaves out
----------
* Discounts, contracts, free tiers and credits: prices are list prices.
* Anticipation: no laboratory prices for the reaction of a rival.
* Costs of sales and support.
"""

import numpy as np

from ..numerics import exp, log, power
from ..units import MONTHS_PER_YEAR


def markup(leader_markup, lead, lead_response, lead_cap, close_rivals, rival_pressure, war):
    """Price over marginal cost.

        m = 1 + (m₀ − 1) · exp(k · min(lead, cap)) / (1 + c · rivals) · (1 − war)

    Parameters
    ----------
    leader_markup : array (draws, 1) or float, ratio of a lone model level with the best of others
    lead : array (draws, lines), ECI points over the best model of other laboratories, negative when behind
    lead_response : array (draws, 1) or float, 1 / ECI point
    lead_cap : float, ECI points
    close_rivals : array (draws, lines), other laboratories within reach (count)
    rival_pressure : array (draws, 1) or float, 1 / rival
    war : array (draws, 1) or float, share of the mark-up given up

    Returns
    -------
    array (draws, lines), ratio, at least 1
    """
    margin = (leader_markup - 1.0) * exp(lead_response * np.minimum(lead, lead_cap))
    return 1.0 + margin / (1.0 + rival_pressure * close_rivals) * (1.0 - war)


def scarcity_factor(scarcity, response, tolerated):
    """How far scarce serving capacity raises a price: 1 while queues and limits on free use can absorb the shortage.

    Parameters
    ----------
    scarcity : array (draws, ...), demand over capacity (dimensionless)
    response : array or float, dimensionless
    tolerated : float, demand over capacity up to which a seller rations and leaves its price (ratio)

    Returns
    -------
    array (draws, ...), ratio, at least 1
    """
    return power(np.minimum(np.maximum(scarcity / tolerated, 1.0), 10.0), response)


def clearing_premium(log_premium, scarcity, tolerated, speed_per_year):
    """What a lasting shortage adds to prices: they rise until it has passed and then fall back, a step a month.

        ln m' = max(ln m + v / 12 · ln(scarcity / tolerated), 0),   the logarithm held within one either way

    Parameters
    ----------
    log_premium : array (draws, labs), ln of the premium so far, at least 0
    scarcity : array (draws, labs), demand over capacity (ratio)
    tolerated : float, demand over capacity up to which a seller rations and leaves its price (ratio)
    speed_per_year : array (draws, 1) or float, log points a year per log of the shortage

    Returns
    -------
    array (draws, labs), ln of the premium
    """
    short = np.minimum(np.maximum(log(np.maximum(scarcity / tolerated, 1e-3)), -1.0), 1.0)
    return np.maximum(log_premium + speed_per_year / MONTHS_PER_YEAR * short, 0.0)


def list_price(target, current, adjustment, new_vintage):
    """This month's list price: a new vintage is listed at its target, an old one moves a share of the way in logs.

    Parameters
    ----------
    target, current : arrays (draws, lines), USD / Mtok, > 0
    adjustment : float, share / month
    new_vintage : bool array (draws, lines)

    Returns
    -------
    array (draws, lines), USD / Mtok
    """
    return np.where(new_vintage, target, current * power(target / current, adjustment))


def peak_tariff(load_factor, surcharge, moved_per_surcharge, peak_share):
    """What a dearer peak does: calls move to idle hours, so fewer accelerators need be kept ready; who stays pays.

    Parameters
    ----------
    load_factor : array (draws,) or float, average load over accelerators kept ready, without it (share)
    surcharge : float, price at the peak over the list price, less one (share)
    moved_per_surcharge : float, share of the peak above the average that moves per unit of surcharge
    peak_share : float, share of calls at the peak, without it

    Returns
    -------
    tuple: load factor (share) and average price over list price (ratio), shaped as ``load_factor``
    """
    moved = np.minimum(moved_per_surcharge * surcharge, 1.0)
    return load_factor + (1.0 - load_factor) * moved, 1.0 + surcharge * peak_share * (1.0 - moved)
