"""What starts now and comes out after a lag: a production line, or news that takes time to be felt.

Leaves out
----------
* Hot lots, scrapped lots and lots that wait between stages.
* Lags that depend on how full a line is.
"""

from functools import lru_cache

import numpy as np
from numba import njit

from ..numerics import total


def due_shares(lag_months, longest):
    """When what starts this month comes out: all of it after the lag, split between two months if that is no whole one.

        share of month m = max(1 − |m − lag|, 0)

    Parameters
    ----------
    lag_months : array (draws,) or float, months, 0 to ``longest``
    longest : int, months

    Returns
    -------
    array (draws or 1, longest + 1), share that comes out after 0, 1, ... months, summing to 1
    """
    lag = np.clip(np.atleast_1d(np.asarray(lag_months, dtype=float)), 0.0, longest)
    return np.maximum(1.0 - np.abs(np.arange(longest + 1) - lag[:, None]), 0.0)


@njit("void(f8[:, :, ::1], f8[:, :], f8[:, ::1], i8)", cache=True)
def _enter(due, started, shares, now):
    """Add what starts (draws, k) to what is due, by the shares of its draw that come out after 0, 1, ... months."""
    for draw in range(len(started)):
        for after, part in enumerate(shares[draw % len(shares)]):  # the lag may be the same in all draws
            if part > 0.0:
                month = (now + after) % len(due)
                for one in range(started.shape[1]):
                    due[month, draw, one] += started[draw, one] * part


class Line:
    """Work in progress by the month in which it is finished; nothing is lost on the way.

    Parameters
    ----------
    shape : tuple, (draws, k)
    longest : int, longest lag in months

    Attributes
    ----------
    due : array (months, draws, k), what is finished in each month, from the place of this month round to it again
    inside : array (draws, k), all that is in the line
    entered, left : array (draws,), all that was ever started, and all that was ever finished
    """

    def __init__(self, shape, longest):
        self.longest, self._now, self._lag = int(longest), 0, None
        self._shares = np.zeros((1, self.longest + 1))
        self.due = np.zeros((self.longest + 1, *shape))  # any unit
        self.inside, self.entered, self.left = np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[0])

    def enter(self, started, lag_months):
        """Put in what starts this month: array (draws, k), any unit; lag in months, array (draws,) or float."""
        if lag_months is not self._lag:  # the lag seldom changes
            self._lag, self._shares = lag_months, due_shares(lag_months, self.longest)
        _enter(self.due, started, self._shares, self._now)
        self.inside += started
        self.entered += total(started)

    def leave(self):
        """Take out what is finished this month, array (draws, k), and move on to the next."""
        finished = self.due[self._now].copy()
        self.due[self._now] = 0.0
        self._now = (self._now + 1) % (self.longest + 1)
        self.left += total(finished)
        self.inside -= finished
        np.maximum(self.inside, 0.0, out=self.inside)
        return finished

    def all_due(self):
        """All that is still to be finished, array (draws, k): what is ``inside``, counted by month."""
        return np.add.reduce(self.due, axis=0)


def felt(history, lag_months, longest):
    """What was so some months ago; before the first month, what was so then.

    Parameters
    ----------
    history : list of array (draws,) or float, by month, any unit
    lag_months : array (draws,) or float, months
    longest : int, months

    Returns
    -------
    array (draws or 1,), same unit
    """
    seen = np.zeros(1)
    for k, part in _parts(lag_months, longest):
        seen = seen + part * history[max(len(history) - 1 - k, 0)]
    return seen


def _parts(lag_months, longest):
    """`due_shares` above 0, list of (month, share as array (draws or 1,))."""
    return _parts_of_number(lag_months, longest) if np.ndim(lag_months) == 0 else _parts_of_each(lag_months, longest)


def _parts_of_each(lag_months, longest):
    shares = due_shares(lag_months, longest)
    return [(int(k), shares[:, k]) for k in np.flatnonzero(shares.max(axis=0) > 0)]


_parts_of_number = lru_cache(maxsize=64)(_parts_of_each)
