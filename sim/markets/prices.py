"""Prices of accelerators: list price, scarcity, fees and premiums, and who gets what of the money."""

import numpy as np

from ..numerics import col, log, share, total
from .order_book import ask, pay
from .structure import DIVERTED, LICENSED


class Prices:
    """Moves prices with the queue, and splits what buyers pay.

    Attributes
    ----------
    factor : array (draws, lines), price over list price
    paid, all_paid, revenue, fee, premium : USD / month by position, in all, by line, in all, in all
    """

    def __init__(self, draws, structure):
        self.draws, self.structure = draws, structure
        self.factor = np.ones((draws, len(structure.line_names)))
        self.is_licensed, self.is_diverted = structure.channel == LICENSED, structure.channel == DIVERTED
        self.diverted = np.flatnonzero(self.is_diverted)
        self._ways = np.stack([self.is_licensed, self.is_diverted]).astype(float)
        self.paid, self.revenue = np.zeros((draws, structure.positions)), np.zeros_like(self.factor)
        self.all_paid, self.fee, self.premium = np.zeros(draws), np.zeros(draws), np.zeros(draws)

    def ask(self, p, list_price, package_usd, diverted):
        """What makers ask, what buyers pay above that, both together, and whether a part may be sold at all (1 or 0).

        Four arrays (draws, positions): USD, share, USD, dimensionless.

        Parameters
        ----------
        list_price : array (draws, lines), USD
        package_usd : array (draws,), list price of the average diverted part, USD
        diverted : array (draws,), what is paid above for diverted parts, share; for licensed ones it is the fee
        """
        s = self.structure
        return ask(list_price, self.factor, package_usd, p.export.fee_share, diverted, s.line, s.channel)

    def settle(self, asked, delivered, markup):
        """What buyers pay for deliveries at the price asked, and what of it goes to treasuries and intermediaries.

        Parameters
        ----------
        asked : array (draws, positions), USD before fee and premium
        delivered, markup : array (draws, positions), packages / month and share
        """
        before, self.paid, self.fee, self.premium = pay(delivered, asked, markup, self._ways)
        self.all_paid = total(self.paid)
        self.revenue = np.add.reduceat(before, self.structure.starts, axis=-1)

    def answer(self, p, waiting, recent):
        """Move prices towards what the queue asks; waiting and recent: array (draws, lines), packages, and a month."""
        a = p.accelerators
        months = share(waiting, np.maximum(recent, 1.0))
        target = 1.0 + col(a.price_response) * log(np.maximum(months, a.shortest_queue_months) / a.normal_queue_months)
        target = np.minimum(np.maximum(target, a.price_floor), a.price_ceiling)
        self.factor = self.factor + (target - self.factor) / a.price_adjustment_months
