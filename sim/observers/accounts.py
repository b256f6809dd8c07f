"""Company accounts: capital spending, what chip makers earn, fees.

Sees
----
Spending of owners of data centres by home country, revenue in China by maker, fees on licensed sales.

Coverage
--------
accounts.huawei_sold_share, clouds.in_capex_gap

Bias
----
Overstates spending on AI: accounts are of the whole company, warehouses and offices included, except where a firm
says so [capex]. The gap between China and the United States depends on which firms are counted; state funds and
unlisted firms are not [capex]. Internal use by a maker is no sale [ascend_ramp].
"""

import numpy as np

from ..markets.rolling import RollingYear
from ..markets.structure import CHINA_LINE
from ..numerics import GroupSums, share


def spending_gap(chinese_usd, us_usd):
    """How much lower Chinese spending is than American, share: 1 − China / US (USD over the same time, (draws,))."""
    return 1.0 - share(chinese_usd, us_usd)


class Books:
    """Sums kept by the accounts: twelve months and, for the gap of capital spending, thirty-six."""

    def __init__(self, world, p):
        clouds, makers = len(p.clouds), len(p.makers)
        self.year = RollingYear(np.zeros((world.draws, clouds + makers + 2)))
        self.spending, self.in_china = slice(0, clouds), slice(clouds, clouds + makers)  # then fees, unspent
        self.history: list[np.ndarray] = []
        self.three_years = np.zeros((world.draws, len(p.clouds)))
        self.by_home = GroupSums([p.regions.index[region] for region in p.clouds.region], len(p.regions))
        self.china, self.us = p.regions.index["china"], p.regions.index["united_states"]
        self.huawei = p.makers.index["huawei"]
        s = world.accelerators.structure
        chinese = np.array([p.makers.region[m] == "china" for m in s.line_maker])
        self.sold_in_china = chinese | np.array([scope == CHINA_LINE for scope in s.line_scope])


def observe(world, p):
    """Write spending, revenue and fees a year, in billion USD."""
    market = world.accelerators
    books = market.__dict__.get("books")
    if books is None:
        books = market.books = Books(world, p)
    spent = market.budgets.capital_spending_usd.copy()
    books.history.append(spent)
    books.three_years = books.three_years + spent
    if len(books.history) > 36:
        books.three_years = books.three_years - books.history.pop(0)
    revenue = market.by_maker(market.prices.revenue * books.sold_in_china)
    revenue[:, books.huawei] *= p.accounts.huawei_sold_share
    books.year.add(np.column_stack((spent, revenue, market.prices.fee, market.purse.unspent_usd)))
    year = books.year.sum() / 1e9
    in_china = year[:, books.in_china]
    write = world.recorder.write
    write("capital_spending_usd_bn_per_year", books.by_home(year[:, books.spending]), region=p.regions.names)
    counted = books.by_home(books.three_years * p.clouds.in_capex_gap)
    write("capex_gap_china_us", spending_gap(counted[:, books.china], counted[:, books.us]))
    write("huawei_revenue_usd_bn_per_year", in_china[:, books.huawei])
    write("fee_usd_bn_per_year", year[:, -2])
    write("unspent_usd_bn_per_year", year[:, -1])
    write("orders_waiting_usd_bn", market.purse.waiting_usd / 1e9)
    write("makers_china_revenue_usd_bn_per_year", in_china, detail=p.makers.names)
