"""Sales of the month in which a run begins, so that queues and shares do not start from nothing."""

import numpy as np

from ..numerics import col, share
from ..units import MONTHS_PER_YEAR
from .structure import DOMESTIC, LICENSED, OPEN


def opening_sales(p, structure, list_price, month):
    """A month's sales of each line as the run begins, from the first year's budgets, array (draws or 1, lines).

    Parameters
    ----------
    structure : TradeStructure
    list_price : array (draws or 1, lines), USD
    month : int, month number
    """
    s = structure
    usd = dict.fromkeys(range(len(p.clouds)), 0.0)
    for cloud, year, amount in zip(p.capital_spending.cloud, p.capital_spending.year, p.capital_spending.usd_bn,
                                   strict=True):
        if year == month // MONTHS_PER_YEAR:
            usd[p.clouds.index[cloud]] = amount * 1e9 / MONTHS_PER_YEAR
    budget = np.array(list(usd.values())) * p.clouds.accelerator_intensity
    taste = p.clouds.prefers_us_parts[s.cloud]
    lines_of_makers = np.maximum((s.channel == DOMESTIC).sum() / max((p.clouds.prefers_us_parts > 0).sum(), 1), 1)
    way = np.select([s.channel == LICENSED, s.channel == DOMESTIC, s.channel == OPEN],
                    [taste, (1.0 - taste) / lines_of_makers, 1.0], 0.0)
    orders = np.add.reduceat(budget[s.cloud] * s.preference * way, s.starts)
    return share(orders * col(p.budgets.accelerator_share), list_price)
