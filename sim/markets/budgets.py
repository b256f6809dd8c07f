"""What owners of data centres spend, and on accelerators: worked out for all of them together, once a month."""

import numpy as np

from ..mechanisms.front_running import made_up
from ..numerics import col, log
from ..units import MONTHS_PER_YEAR
from .seen import Seen


class Budgets:
    """Spending by the record while it lasts and by the growth of spending after it, as far as power reaches.

    Attributes
    ----------
    capital_spending_usd : array (draws, clouds), USD / month
    budget_usd : array (draws, clouds), USD / month for accelerators
    planned_usd : array (draws, clouds), USD / month, the budget with what is spent ahead of a rule
    ahead_usd : array (draws, clouds), USD spent ahead of a rule and not yet made up
    """

    def __init__(self, world, market, p):
        self.world, self.market = world, market
        self.chinese = np.array([region == "china" for region in p.clouds.region])
        self.capital_spending_usd, self.budget_usd, self.planned_usd, self.ahead_usd = np.zeros(
            (4, world.draws, len(self.chinese)))
        self._buyers = np.flatnonzero(self.chinese)
        self._month = None
        self._facts, self._record = Seen(), Seen()
        for cloud in world.cloud.values():
            cloud.settle_in(self)

    def settle(self, p):
        """Set what is spent this month, and on accelerators; asked by every owner, done once."""
        if self._month == self.world.month:
            return
        self._month = self.world.month
        year, at = divmod(self._month, MONTHS_PER_YEAR)
        usd, tilt, known = self._year(p, year)
        self._read_budgets(p)
        if not known.all():
            self.capital_spending_usd *= self.market.terms.growth(p)[self.chinese * 1].T
        if known.any():
            recorded = (usd * (1.0 + tilt * (at - 5.5) / 12.0)) * self._scale
            np.copyto(self.capital_spending_usd, recorded, where=known)
        np.multiply(self.capital_spending_usd, self._for_accelerators, out=self.budget_usd)
        self.budget_usd *= self.world.sites.power_share
        if self.ahead_usd.any():
            self._make_up(p)
        self.planned_usd[:] = self.budget_usd

    def _make_up(self, p):
        """Take off this month's budget what was spent ahead of a rule, less what came back unfilled."""
        at = self._buyers
        ahead = np.maximum(self.ahead_usd[:, at] - self.market.returned_usd, 0.0)
        made = made_up(ahead, self.budget_usd[:, at], col(p.budgets.digestion_months))
        made = np.where(col(self.world.government["united_states"].foreseen_months) > 0, 0.0, made)
        self.ahead_usd[:, at] = ahead - made
        self.budget_usd[:, at] -= made

    def _read_budgets(self, p):
        """Scale of recorded spending and share of it for accelerators, arrays (draws or 1, clouds)."""
        b, clouds = p.budgets, p.clouds
        if self._facts.anew(b, clouds):
            self._scale = np.where(self.chinese, col(b.chinese_scale), col(b.scale))
            meant = col(b.accelerator_share) * clouds.accelerator_intensity
            self._for_accelerators = np.minimum(meant, col(b.most_for_accelerators))

    def _year(self, p, year):
        """Recorded spending a month in a year (USD), its slope over the year, and whose is known: arrays (clouds,)."""
        spending = p.capital_spending
        if self._record.anew(year, spending):
            record = {(cloud, int(y)): float(usd) for cloud, y, usd in
                      zip(spending.cloud, spending.year, spending.usd_bn, strict=True)}
            plans = []
            for cloud in self.world.cloud:
                before, now, after = (record.get((cloud, y)) for y in (year - 1, year, year + 1))
                plans.append((0.0, 0.0, False) if now is None else
                             (now * 1e9 / MONTHS_PER_YEAR, _slope(before, now, after), True))
            self._plans = tuple(np.array(column) for column in zip(*plans, strict=True))
        return self._plans


def _slope(before, now, after):
    """Log growth a year around a known year, from its neighbours (dimensionless); the year's sum stays exact."""
    logs = [float(log(b / a)) for a, b in ((before, now), (now, after)) if a and b]
    return sum(logs) / len(logs) if logs else 0.0
