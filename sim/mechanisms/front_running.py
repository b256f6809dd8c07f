"""Orders pulled forward before a rule that is known and does not bite yet, and the thinner months after it.

    ahead = min((monthly × loss × aim − spent ahead) / months left, credit − spent ahead)
    made up = min(spent ahead / months, budget)

Leaves out
----------
Waiting for a rule to be eased, doubt whether an announced rule will come, and stock kept idle at the buyer.
"""

import numpy as np


def pulled_forward(monthly_usd, loss, months_left, aim_months, ahead_usd, credit_usd):
    """Orders of this month on top of the usual ones, before a deadline.

        pulled = min(what is left to buy, credit − what was bought ahead)

    Parameters
    ----------
    monthly_usd : array (draws,), USD / month that a buyer orders of what the rule will refuse
    loss : array (draws,) or float, share of it that will be refused
    months_left : int array (draws or 1,), months until the rule bites, ≥ 1
    aim_months : array (draws,) or float, months of lost purchases that a buyer tries to bring in before
    ahead_usd : array (draws,), USD already spent ahead and not yet made up
    credit_usd : array (draws,), USD that may be spent ahead at most

    Returns
    -------
    array (draws,), USD / month; never beyond the credit
    """
    left = np.maximum(monthly_usd * loss * aim_months - ahead_usd, 0.0) / months_left
    return np.minimum(left, np.maximum(credit_usd - ahead_usd, 0.0))


def made_up(ahead_usd, budget_usd, months):
    """What is taken off this month's budget for money spent ahead, USD / month, array (draws,).

        taken off = min(ahead / months, budget)

    Parameters
    ----------
    ahead_usd, budget_usd : array (draws,), USD, and USD / month
    months : array (draws,) or float, mean time over which it is made up
    """
    return np.minimum(ahead_usd / months, budget_usd)
