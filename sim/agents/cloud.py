"""An owner of data centres: how much it spends and what it orders."""

import mesa
import numpy as np

from ..markets.structure import CHANNELS, DIVERTED, DOMESTIC, LICENSED, OFFSHORE
from ..mechanisms.front_running import made_up, pulled_forward
from ..numerics import log, total
from ..units import MONTHS_PER_YEAR


class Cloud(mesa.Agent):
    """Spends a share of its capital budget on accelerators, as far as power reaches, from whoever may sell to it.

    Attributes
    ----------
    capital_spending_usd : array (draws,), USD / month
    budget_usd : array (draws,), USD / month for accelerators
    planned_usd : array (draws,), USD / month, the budget with what is spent ahead of a rule
    orders_usd : array (draws, positions), USD / month by queue position
    scale, meant : arrays (draws,), spending over the record (ratio), and share of it meant for accelerators
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
        self.licensed_wish_usd, self.ahead_usd, self.planned_usd = np.zeros((3, world.draws))
        self.orders_usd = np.zeros((world.draws, 0))
        self.scale, self.meant = np.ones((2, world.draws))
        self._read: tuple = (None, None)
        self._seen: tuple | None = None
        self._plan = (0.0, 0.0)

    def place_orders(self, p):
        """Order from whoever may sell."""
        market = self.model.accelerators
        mine = market.positions_of[self.index]
        if self.chinese:
            self._order_in_china(p, market, mine)
        else:
            self.planned_usd = self.budget_usd
            self.orders_usd = self.budget_usd[:, None] * market.structure.preference[mine]

    def set_budget(self, p):
        """Set what is spent this month, and on accelerators."""
        month, market = self.model.month, self.model.accelerators
        self._read_budgets(p)
        year, at = divmod(month, MONTHS_PER_YEAR)
        if year in self.rows:
            usd, tilt = self._year(p.capital_spending, year)
            self.capital_spending_usd = (usd * (1.0 + tilt * (at - 5.5) / 12.0)) * self.scale
        else:
            self.capital_spending_usd = self.capital_spending_usd * market.terms.growth(p)[self.chinese]
        self.budget_usd = self.capital_spending_usd * self.meant * self.model.sites.power_share[:, self.index]
        if self.chinese:
            self._make_up(p, market)

    def _read_budgets(self, p):
        """Scale of its spending and share meant for accelerators, arrays (draws,); anew when values change."""
        c, clouds = p.budgets, p.clouds
        if c is self._read[0] and clouds is self._read[1]:
            return
        self._read, ones = (c, clouds), np.ones(self.model.draws)
        self.scale = (c.chinese_scale if self.chinese else c.scale) * ones
        meant = c.accelerator_share * clouds.accelerator_intensity[self.index]
        self.meant = np.minimum(meant, c.most_for_accelerators) * ones
        market = self.model.accelerators
        mine = market.positions_of[self.index]
        self._licensed = mine[market.structure.channel[mine] == LICENSED]

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
        came_back = total(market.returned_usd.take(self._licensed, axis=1))
        self.ahead_usd = np.maximum(self.ahead_usd - came_back, 0.0)
        made = made_up(self.ahead_usd, self.budget_usd, p.budgets.digestion_months)
        soon = self.model.government["united_states"].foreseen_months
        if soon.any():
            made = np.where(soon > 0, 0.0, made)
        self.ahead_usd, self.budget_usd = self.ahead_usd - made, self.budget_usd - made

    def _ahead_of_rule(self, p, licensed, loss):
        """Orders pulled forward before a rule that is known and does not bite yet, array (draws,), USD / month."""
        b, months = p.budgets, self.model.government["united_states"].foreseen_months
        credit = self.budget_usd * b.borrowing_share * b.borrowing_months
        ahead = pulled_forward(licensed, loss, np.maximum(months, 1), b.front_running_months, self.ahead_usd, credit)
        ahead = np.where(months > 0, ahead, 0.0)
        self.ahead_usd = self.ahead_usd + ahead
        return ahead

    def _order_in_china(self, p, market, mine):
        """Sites abroad where allowed; US parts as far as both keys open, intermediaries for more; then domestic."""
        s, leakage, us = market.structure, self.model.leakage, self.model.government["united_states"]
        at = leakage.column[self.index]
        offshore, diverted = leakage.offshore_usd[:, at], leakage.diverted_usd[:, at]
        foreign = leakage.foreign_usd[:, at] - diverted
        settled = foreign * market.terms.settled(p)
        licensed = settled * leakage.gate[:, at]
        self.licensed_wish_usd = settled * leakage.allowed[:, at]  # what a quota bars is not applied for
        channel = s.channel[mine]
        split = np.empty((self.model.draws, len(mine)))  # of each channel's money among its lines
        split[:] = s.preference[mine]
        split[:, channel == DOMESTIC] = market.terms.trade(p)[-1]
        usd = np.zeros((len(CHANNELS), self.model.draws))
        usd[LICENSED], usd[OFFSHORE], usd[DIVERTED] = licensed, offshore, diverted
        usd[DOMESTIC] = np.maximum(self.budget_usd - offshore - licensed - diverted, 0.0)
        self.planned_usd = self.budget_usd
        if us.foreseen_months.any():
            ahead = self._ahead_of_rule(p, licensed, market.terms.keys(p)[2])
            usd[LICENSED] += ahead
            self.planned_usd = self.planned_usd + ahead
        self.orders_usd = usd[channel].T * split


def _slope(before, now, after):
    """Log growth a year around a known year, from its neighbours (dimensionless); the year's sum stays exact."""
    logs = [float(log(b / a)) for a, b in ((before, now), (now, after)) if a and b]
    return sum(logs) / len(logs) if logs else 0.0
