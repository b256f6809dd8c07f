"""Sums over the last twelve months."""

import numpy as np

from ..units import MONTHS_PER_YEAR


class RollingYear:
    """A twelve-month sum of arrays (draws, ...), unit / year; before a year has passed, what there is, scaled up."""

    def __init__(self, zero):
        self.months = [zero] * MONTHS_PER_YEAR
        self.whole = np.array(zero, dtype=float)
        self.count = 0

    def add(self, value):
        """Enter one month, array (draws, ...), unit / month."""
        at = self.count % MONTHS_PER_YEAR
        self.whole += value
        self.whole -= self.months[at]
        np.maximum(self.whole, 0.0, out=self.whole)  # rounding must not leave a negative flow
        self.months[at] = value
        self.count += 1

    def sum(self):
        """The last twelve months, array (draws, ...), unit / year."""
        return self.whole * (MONTHS_PER_YEAR / min(max(self.count, 1), MONTHS_PER_YEAR))
