"""An owner of data centres: how much it spends and what it orders."""

import mesa
import numpy as np

from ..markets.structure import LICENSED, OPEN
from ..mechanisms.front_running import made_up, pulled_forward
from ..numerics import log
from ..units import MONTHS_PER_YEAR


class Cloud(mesa.Agent):
    """Spends a share of its capital budget on accelerators, as far as power reaches, from whoever may sell to it.

    Attributes
    ----------
    capital_spending_usd : array (draws,), USD / month
    budget_usd : array (draws,), USD / month for accelerators
    planned_usd : array (draws,), USD / month, the budget with what is spent ahead of a rule
    orders_usd : dict by way of buying of array (draws,), USD / month
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
        self.ahead_usd, self.planned_usd = np.zeros((2, world.draws))
        self.orders_usd: dict[int, np.ndarray] = {}
        self._ones = np.ones(world.draws)
        self._seen: tuple | None = None
        self._plan = (0.0, 0.0)
        self._share_of: tuple = (None, None, 0.0)

    def place_orders(self, p):
        """Order from whoever may sell."""
        self.planned_usd = self.budget_usd
        if self.chinese:
            self._order_in_china(p)
        else:
            self.orders_usd = {OPEN: self.budget_usd}

    def set_budget(self, p):
        """Set what is spent this month, and on accelerators."""
        month, c, market = self.model.month, p.budgets, self.model.accelerators
        year, at = divmod(month, MONTHS_PER_YEAR)
        if year in self.rows:
            usd, tilt = self._year(p.capital_spending, year)
            scale = c.chinese_scale if self.chinese else c.scale
            self.capital_spending_usd = (usd * (1.0 + tilt * (at - 5.5) / 12.0)) * scale * self._ones
        else:
            self.capital_spending_usd = self.capital_spending_usd * market.terms.growth(p)[self.chinese]
        for_accelerators = self.capital_spending_usd * self._share_for_accelerators(p)
        self.budget_usd = for_accelerators * self.model.sites.power_share[:, self.index]
        if self.chinese:
            self._make_up(p, market)

    def _share_for_accelerators(self, p):
        """Share of spending meant for accelerators, array (draws,) or float, worked out when a section changes."""
        b, clouds = p.budgets, p.clouds
        if b is not self._share_of[0] or clouds is not self._share_of[1]:
            meant = b.accelerator_share * clouds.accelerator_intensity[self.index]
            self._share_of = b, clouds, np.minimum(meant, b.most_for_accelerators)
        return self._share_of[2]

    def _year(self, spending, year):
        """Spending a month in a known year, USD, and its slope over the year."""
        if self._seen != (year, id(spending)):
            before, after = (spending.usd_bn[self.rows[y]] if y in self.rows else None for y in (year - 1, year + 1))
            now = float(spending.usd_bn[self.rows[year]])
            self._plan = now * 1e9 / MONTHS_PER_YEAR, _slope(before, now, after)
            self._seen = (year, id(spending))
        return self._plan

    def _make_up(self, p, market):
        """Take off this month's budget what was spent ahead of a rule, less what came back unfilled."""
        if not self.ahead_usd.any():
            return
        came_back = market.returned_usd[:, self.model.leakage.column[self.index]]
        self.ahead_usd = np.maximum(self.ahead_usd - came_back, 0.0)
        made = made_up(self.ahead_usd, self.budget_usd, p.budgets.digestion_months)
        made = np.where(self.model.government["united_states"].foreseen_months > 0, 0.0, made)
        self.ahead_usd, self.budget_usd = self.ahead_usd - made, self.budget_usd - made

    def _ahead_of_rule(self, p, licensed, loss):
        """Orders pulled forward before a rule that is known and does not bite yet, array (draws,), USD / month."""
        b, months = p.budgets, self.model.government["united_states"].foreseen_months
        credit = self.budget_usd * b.borrowing_share * b.borrowing_months
        ahead = pulled_forward(licensed, loss, np.maximum(months, 1), b.front_running_months, self.ahead_usd, credit)
        ahead = np.where(months > 0, ahead, 0.0)
        self.ahead_usd = self.ahead_usd + ahead
        return ahead

    def _order_in_china(self, p):
        """Sites abroad where allowed; US parts as far as both keys open, intermediaries for more; then domestic."""
        market, leakage, at = self.model.accelerators, self.model.leakage, self.model.leakage.column[self.index]
        self.orders_usd = {way: usd[:, at] for way, usd in leakage.orders_usd.items()}
        if self.model.government["united_states"].foreseen_months.any():
            ahead = self._ahead_of_rule(p, self.orders_usd[LICENSED], market.terms.keys(p)[2])
            self.orders_usd[LICENSED] = self.orders_usd[LICENSED] + ahead
            self.planned_usd = self.planned_usd + ahead


def _slope(before, now, after):
    """Log growth a year around a known year, from its neighbours (dimensionless); the year's sum stays exact."""
    logs = [float(log(b / a)) for a, b in ((before, now), (now, after)) if a and b]
    return sum(logs) / len(logs) if logs else 0.0
