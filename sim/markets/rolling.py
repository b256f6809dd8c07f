"""Sums over the last twelve months."""

import numpy as np

from ..units import MONTHS_PER_YEAR


class RollingYear:
    """A twelve-month sum of arrays (draws, ...), unit / year; before a year has passed, what there is, scaled up."""

    def __init__(self, zero):
        self.months = np.stack([zero] * MONTHS_PER_YEAR)
        self.count = 0

    def add(self, value):
        """Enter one month, array (draws, ...), unit / month."""
        self.months[self.count % MONTHS_PER_YEAR] = value
        self.count += 1
        self._sum = None

    def sum(self):
        """The last twelve months, array (draws, ...), unit / year."""
        if self._sum is None:
            whole = self.months[0].copy()
            for month in self.months[1:]:
                whole += month
            self._sum = whole * (MONTHS_PER_YEAR / min(max(self.count, 1), MONTHS_PER_YEAR))
        return self._sum
