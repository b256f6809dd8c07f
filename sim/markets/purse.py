"""Where the money budgeted for accelerators goes: ordered, waiting, withdrawn, paid; and that none of it vanishes."""

import numpy as np

from ..numerics import total


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
        ordered_usd, unspent_usd, paid_usd : array (draws, positions), USD / month
        revalued_usd : array (draws, positions), USD by which a new price changes what was waiting
        waiting_usd : array (draws, positions), USD in the queue at the end of the month
        """
        ordered, self.unspent_usd = total(ordered_usd), total(unspent_usd)
        due = self.waiting_usd + total(revalued_usd) + ordered - self.unspent_usd - total(paid_usd)
        scale = np.maximum(np.maximum(self.waiting_usd, budgeted_usd), 1.0)
        self.waiting_usd = total(waiting_usd)
        self.residual = np.maximum(np.abs(budgeted_usd - ordered), np.abs(due - self.waiting_usd)) / scale
