"""An owner of data centres: how much it spends and what it orders."""

import mesa
import numpy as np

from ..markets.structure import LICENSED, OPEN
from ..mechanisms.front_running import pulled_forward


class Cloud(mesa.Agent):
    """Spends a share of its capital budget on accelerators, as far as power reaches, from whoever may sell to it.

    What it spends stands in `sim.markets.budgets.Budgets`, of whose arrays it has its columns.

    Attributes
    ----------
    capital_spending_usd : array (draws,), USD / month
    budget_usd : array (draws,), USD / month for accelerators
    planned_usd : array (draws,), USD / month, the budget with what is spent ahead of a rule
    ahead_usd : array (draws,), USD spent ahead of a rule and not yet made up
    orders_usd : dict by way of buying of array (draws,), USD / month
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name, self.region = index, p.clouds.names[index], p.clouds.region[index]
        self.chinese = self.region == "china"
        self.orders_usd: dict[int, np.ndarray] = {}

    def settle_in(self, budgets):
        """Take its columns of the budgets' arrays (USD / month: nothing is copied)."""
        self.budgets = budgets
        self.capital_spending_usd, self.budget_usd, self.planned_usd, self.ahead_usd = (
            usd[:, self.index] for usd in (budgets.capital_spending_usd, budgets.budget_usd, budgets.planned_usd,
                                           budgets.ahead_usd))

    def set_budget(self, p):
        """Set what is spent this month, and on accelerators."""
        self.budgets.settle(p)

    def place_orders(self, p):
        """Order from whoever may sell."""
        if self.chinese:
            self._order_in_china(p)
        else:
            self.orders_usd = {OPEN: self.budget_usd}

    def _order_in_china(self, p):
        """Sites abroad where allowed; US parts as far as both keys open, intermediaries for more; then domestic."""
        market, leakage, at = self.model.accelerators, self.model.leakage, self.model.leakage.column[self.index]
        self.orders_usd = {way: usd[:, at] for way, usd in leakage.orders_usd.items()}
        if self.model.government["united_states"].foreseen_months.any():
            ahead = self._ahead_of_rule(p, self.orders_usd[LICENSED], market.terms.keys(p)[2])
            self.orders_usd[LICENSED] = self.orders_usd[LICENSED] + ahead
            self.planned_usd += ahead

    def _ahead_of_rule(self, p, licensed, loss):
        """Orders pulled forward before a rule that is known and does not bite yet, array (draws,), USD / month."""
        b, months = p.budgets, self.model.government["united_states"].foreseen_months
        credit = self.budget_usd * b.borrowing_share * b.borrowing_months
        ahead = pulled_forward(licensed, loss, np.maximum(months, 1), b.front_running_months, self.ahead_usd, credit)
        ahead = np.where(months > 0, ahead, 0.0)
        self.ahead_usd += ahead
        return ahead
