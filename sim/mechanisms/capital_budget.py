"""What owners spend: known plans, then growth that answers to what AI earns.

Leaves out
----------
* Debt, interest, tax and the balance sheet of any owner.
* Plans that are revised before their year; known years are taken as they were published.
* Differences in hope between owners: all read the same revenue.
"""

import numpy as np

from ..numerics import exp, log, share
from ..units import MONTHS_PER_YEAR


def growth_factor(trend_per_year, sensitivity, ai_revenue_usd, capital_spending_usd, payback_share, shortage=0.0,
                  shortage_sensitivity=0.0):
    """Growth of capital spending over one month, after the last year that is known.

        factor = exp((trend + sensitivity · ln(revenue / (spending · payback))) / 12)

    Parameters
    ----------
    trend_per_year : array (draws,) or float, log growth a year without news from revenue
    sensitivity : array (draws,) or float, log growth a year per log of earnings over what was hoped for
    ai_revenue_usd : array (draws,), USD / month earned by all labs; 0 means nothing is known of it yet
    capital_spending_usd : array (draws,), USD / month spent by all owners
    payback_share : array (draws,) or float, revenue over spending at which the trend just holds
    shortage : array (draws,) or float, demand for serving over capacity, above one (ratio)
    shortage_sensitivity : array (draws,) or float, log growth a year per unit of shortage

    Returns
    -------
    array (draws,), factor a month
    """
    coverage = share(ai_revenue_usd, capital_spending_usd * payback_share)
    news = np.where(coverage > 0, np.minimum(np.maximum(log(np.maximum(coverage, 1e-6)), -2.0), 2.0), 0.0)
    short = np.minimum(np.maximum(shortage, 0.0), 2.0)
    return exp((trend_per_year + sensitivity * news + shortage_sensitivity * short) / MONTHS_PER_YEAR)


def contract_growth(earned_usd, spent_usd, usual, response):
    """Growth over one month of what a laboratory rents: towards who earns more per dollar of compute than others do.

        factor = exp(response · ln((earned / spent) / usual) / 12),   the logarithm held within one either way

    Parameters
    ----------
    earned_usd, spent_usd : arrays (draws, labs), USD / month from models, and for compute
    usual : array (draws, 1), earnings over spending of all who rent in the region (ratio); 0 means nobody earns yet
    response : array (draws, 1) or float, log growth a year per log of the difference

    Returns
    -------
    array (draws, labs), factor a month
    """
    better = share(share(earned_usd, spent_usd), usual)
    news = np.minimum(np.maximum(log(np.maximum(better, 1e-6)), -1.0), 1.0)
    return exp(response * np.where(usual > 0, news, 0.0) / MONTHS_PER_YEAR)
