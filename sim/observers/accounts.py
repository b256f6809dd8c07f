"""Company accounts: capital spending, what chip makers earn, fees."""

import numpy as np

from ..markets.rolling import RollingYear
from ..markets.structure import CHINA_LINE
from ..numerics import share, total


def spending_gap(chinese_usd, us_usd):
    """How much lower Chinese spending is than American, share: 1 − China / US (USD over the same time, (draws,))."""
    return 1.0 - share(chinese_usd, us_usd)


class Books:
    """Sums kept by the accounts: twelve months and, for the gap of capital spending, thirty-six."""

    def __init__(self, world, p):
        zero = np.zeros(world.draws)
        self.spending = RollingYear(np.zeros((world.draws, len(p.clouds))))
        self.huawei, self.fee = RollingYear(zero), RollingYear(zero)
        self.in_china = RollingYear(np.zeros((world.draws, len(p.makers))))
        self.history: list[np.ndarray] = []
        self.three_years = np.zeros((world.draws, len(p.clouds)))
        home = np.array(p.clouds.region)
        self.by_region = [np.flatnonzero(home == region) for region in p.regions.names]
        s = world.accelerators.structure
        self.line_maker = np.array(s.line_maker)
        chinese = np.array([p.makers.region[m] == "china" for m in s.line_maker])
        self.sold_in_china = chinese | np.array([scope == CHINA_LINE for scope in s.line_scope])


def observe(world, p):
    """Write spending, revenue and fees a year, in billion USD."""
    market = world.accelerators
    books = market.__dict__.get("books")
    if books is None:
        books = market.books = Books(world, p)
    spent = np.stack([cloud.capital_spending_usd for cloud in world.cloud.values()], axis=-1)
    books.spending.add(spent)
    books.history.append(spent)
    books.three_years = books.three_years + spent
    if len(books.history) > 36:
        books.three_years = books.three_years - books.history.pop(0)
    books.fee.add(market.fee)
    revenue = np.zeros((world.draws, len(p.makers)))
    here = market.revenue * books.sold_in_china
    for maker, lines in enumerate(market.lines_of):
        revenue[:, maker] = total(here[:, lines])
    sold_share = p.accounts.huawei_sold_share
    revenue[:, p.makers.index["huawei"]] *= sold_share
    books.huawei.add(revenue[:, p.makers.index["huawei"]])
    books.in_china.add(revenue)
    year = books.spending.sum()
    write = world.recorder.write
    by_region = np.stack([total(year[:, rows]) for rows in books.by_region], axis=-1)
    write("capital_spending_usd_bn_per_year", by_region / 1e9, region=p.regions.names)
    counted = books.three_years * p.clouds.in_capex_gap
    sums = {r: total(counted[:, rows]) for r, rows in zip(p.regions.names, books.by_region, strict=True)}
    write("capex_gap_china_us", spending_gap(sums["china"], sums["united_states"]))
    write("huawei_revenue_usd_bn_per_year", books.huawei.sum() / 1e9)
    write("fee_usd_bn_per_year", books.fee.sum() / 1e9)
    write("makers_china_revenue_usd_bn_per_year", books.in_china.sum() / 1e9, detail=p.makers.names)
