"""Where the money budgeted for accelerators goes: ordered, waiting, withdrawn, paid; and that none of it vanishes."""

import numpy as np


class Purse:
    """Follows orders in dollars from month to month.

    Attributes
    ----------
    waiting_usd : array (draws,), USD of orders in the queue, at the price of the month
    unspent_usd : array (draws,), USD / month of orders withdrawn, lapsed, or for what may not be sold
    residual : array (draws,), dollars unaccounted for, relative to what was budgeted and waiting
    """

    def __init__(self, draws):
        self.waiting_usd, self.unspent_usd, self.residual = np.zeros((3, draws))

    def follow(self, budgeted_usd, ordered_usd, revalued_usd, unspent_usd, paid_usd, waiting_usd):
        """Enter one month, and compare what came in with what went out.

            budgeted = ordered          waiting = waiting before + revalued + ordered − unspent − paid

        Parameters
        ----------
        budgeted_usd : array (draws,), USD / month of all budgets, with what is spent ahead of a rule
        ordered_usd, unspent_usd, paid_usd : array (draws,), USD / month
        revalued_usd : array (draws,), USD by which a new price changes what was waiting
        waiting_usd : array (draws,), USD in the queue at the end of the month
        """
        due = self.waiting_usd + revalued_usd + ordered_usd - unspent_usd - paid_usd
        scale = np.maximum(np.maximum(self.waiting_usd, budgeted_usd), 1.0)
        self.waiting_usd, self.unspent_usd = waiting_usd, unspent_usd
        self.residual = np.maximum(np.abs(budgeted_usd - ordered_usd), np.abs(due - waiting_usd)) / scale
