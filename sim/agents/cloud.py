"""An owner of data centres: how much it spends and what it orders."""

import mesa
import numpy as np

from ..markets.structure import CHANNELS, DIVERTED, DOMESTIC, LICENSED, OFFSHORE
from ..mechanisms.diversion import appetite_share, diverted_orders
from ..mechanisms.trade_gate import two_keys
from ..numerics import log
from ..units import MONTHS_PER_YEAR


class Cloud(mesa.Agent):
    """Spends a share of its capital budget on accelerators, as far as power reaches, from whoever may sell to it.

    Attributes
    ----------
    capital_spending_usd : array (draws,), USD / month
    budget_usd : array (draws,), USD / month for accelerators
    orders_usd : array (draws, positions), USD / month by queue position
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.clouds.names[index]
        self.chinese = p.clouds.region[index] == "china"
        spending = p.capital_spending
        self.rows = {int(y): i for i, (c, y) in enumerate(zip(spending.cloud, spending.year, strict=True))
                     if c == self.name}
        self.region = p.clouds.region[index]
        self.capital_spending_usd, self.budget_usd = np.zeros(world.draws), np.zeros(world.draws)
        self.orders_usd = np.zeros((world.draws, 0))
        self._ones = np.ones(world.draws)
        self._seen: tuple | None = None
        self._plan = (0.0, 0.0)

    def place_orders(self, p):
        """Set this month's budget and order."""
        self._set_budget(p)
        market = self.model.accelerators
        mine = market.positions_of[self.index]
        if self.chinese:
            self._order_in_china(p, market, mine)
        else:
            self.orders_usd = self.budget_usd[:, None] * market.structure.preference[mine]

    def _set_budget(self, p):
        month, c, market = self.model.month, p.budgets, self.model.accelerators
        year, at = divmod(month, MONTHS_PER_YEAR)
        if year in self.rows:
            usd, tilt = self._year(p.capital_spending, year)
            scale = c.chinese_scale if self.chinese else c.scale
            self.capital_spending_usd = (usd * (1.0 + tilt * (at - 5.5) / 12.0)) * scale * self._ones
        else:
            self.capital_spending_usd = self.capital_spending_usd * market.terms.growth(p)[self.chinese]
        intensity = p.clouds.accelerator_intensity[self.index]
        share_of = np.minimum(c.accelerator_share * intensity, 0.9)
        self.budget_usd = self.capital_spending_usd * share_of * self.model.sites.power_share[:, self.index]

    def _year(self, spending, year):
        """Spending a month in a known year, USD, and its slope over the year."""
        if self._seen != (year, id(spending)):
            before, after = (spending.usd_bn[self.rows[y]] if y in self.rows else None for y in (year - 1, year + 1))
            now = float(spending.usd_bn[self.rows[year]])
            self._plan = now * 1e9 / MONTHS_PER_YEAR, _slope(before, now, after)
            self._seen = (year, id(spending))
        return self._plan

    def _order_in_china(self, p, market, mine):
        """Sites abroad where allowed; US parts as far as both keys open, intermediaries for more; then domestic."""
        c, d, s, world = p.budgets, p.diversion, market.structure, self.model
        us, home = world.government["united_states"], world.government["china"]
        exporter, quality, maturity, room, domestic_split = market.terms.trade(p)
        tilt = np.minimum(c.offshore_share * p.clouds.offshore_share[self.index], 0.5)
        offshore = self.budget_usd * tilt * us.offshore_open
        left = self.budget_usd - offshore
        quota = home.state_quota if p.clouds.kind[self.index] == "state" else 0.0
        gate = two_keys(exporter, home.import_approval, 1.0, 1.0 - quota)
        taste = np.minimum(p.clouds.prefers_us_parts[self.index] * c.taste_for_us_parts, 0.95)
        foreign = left * world.software.foreign_taste(p, taste)
        appetite = foreign * (d.appetite * (1.0 - quota)) * appetite_share(gate, quality, 1.0)
        diverted = diverted_orders(appetite, room * appetite, d.leak_share, maturity, us.enforcement,
                                   d.effectiveness)
        licensed = (foreign - diverted) * gate
        channel = s.channel[mine]
        split = np.empty((world.draws, len(mine)))  # of each channel's money among its lines
        split[:] = s.preference[mine]
        split[:, channel == DOMESTIC] = domestic_split
        usd = np.zeros((len(CHANNELS), world.draws))
        usd[LICENSED], usd[OFFSHORE], usd[DIVERTED] = licensed, offshore, diverted
        usd[DOMESTIC] = np.maximum(left - licensed - diverted, 0.0)
        self.orders_usd = usd[channel].T * split


def _slope(before, now, after):
    """Log growth a year around a known year, from its neighbours (dimensionless); the year's sum stays exact."""
    logs = [float(log(b / a)) for a, b in ((before, now), (now, after)) if a and b]
    return sum(logs) / len(logs) if logs else 0.0
