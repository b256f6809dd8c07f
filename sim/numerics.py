"""The only module that calls transcendental functions of arrays, and sums in a fixed order.

Results must not depend on block size, workers or SIMD width, so every array function whose last bit
could move lives here, and a test forbids it anywhere else (no ``np.exp``, ``np.log``, ``np.power``,
``np.tanh``, ``@``, ``dot`` or ``matmul`` in the state path).
"""

import numpy as np
from scipy.special import ndtr, ndtri

from . import sums
from .sums import gather, largest, parts, run_shares, share_of, spread, total_of_rows, weighted_total_of_rows

exp = np.exp
expm1 = np.expm1
log = np.log
log1p = np.log1p
log10 = np.log10
power = np.power
normal_quantile = ndtri
normal_probability = ndtr
# for compiled functions
share_of_number, total_of_row, weighted_total_of_row = (
    sums.share_of_number, sums.total_of_row, sums.weighted_total_of_row)


def total(values, axis=-1):
    """Sum along the last (or a given) non-draw axis, in an order that does not depend on the other axes.

    Parameters
    ----------
    values : array (draws, ..., k), any unit

    Returns
    -------
    array (draws, ...), same unit
    """
    return total_of_rows(values, axis=axis) if axis != -1 else total_of_rows(values)


def weighted_total(values, weights):
    """``total(values * weights)`` to the last bit, without the array of products.

    Parameters
    ----------
    values, weights : arrays (draws, ..., k), any units

    Returns
    -------
    array (draws, ...), unit of the product
    """
    return weighted_total_of_rows(values, weights)


def added_by_place(amounts, places):
    """Amounts of holders added up by where they are, one holder after another.

    Parameters
    ----------
    amounts : array (draws, k, holders), any unit
    places : array (draws, places, holders) or (places, holders), shares

    Returns
    -------
    array (draws, places, k), same unit
    """
    return spread(amounts, places)


def largest_of_groups(values, group, least):
    """The largest value of each group along the last axis.

    Parameters
    ----------
    values : array (draws, ..., k), any unit
    group : int array (k,), the group of each place
    least : array (groups,), same unit, what a group has that has nothing larger

    Returns
    -------
    array (draws, ..., groups), same unit
    """
    return largest(values, group, least)


def share(part, whole):
    """``part / whole``, and 0 where the whole is 0 (shares of nothing are reported as none). Dimensionless."""
    return share_of(part, whole)


def shares_of_runs(part, whole, starts):
    """Shares of sums in sums, both over runs of neighbours along the last axis; 0 where there is no whole.

    Parameters
    ----------
    part, whole : arrays (draws, ..., k), same unit
    starts : int array (runs,), where each run begins, rising from 0

    Returns
    -------
    array (draws, ..., runs), dimensionless
    """
    return run_shares(part, whole, starts)


def shares_of_total(values):
    """Each value over the total of its row, 0 where that is 0: (draws, ..., k) → same shape, dimensionless."""
    return parts(values)


def logistic(x):
    """1 / (1 + e^-x), elementwise; dimensionless."""
    return 1.0 / (1.0 + np.exp(-np.minimum(np.maximum(x, -60.0), 60.0)))


def interpolate(at, places, values):
    """``values`` at ``places`` (rising), straight in between and flat outside: arrays (k,) → array like ``at``."""
    return np.interp(at, places, values)


def col(value):
    """A per-draw array (draws,) as a column (draws, 1), so that it broadcasts against (draws, k); scalars unchanged."""
    value = np.asarray(value)
    return value[:, None] if value.ndim == 1 else value


class GroupSums:
    """Sums over groups along the last axis, same unit: in each group from the last member to the first.

    Parameters
    ----------
    group : int array (size,), the group of each place, negative for none
    groups : int, how many groups there are
    """

    def __init__(self, group, groups):
        self.size, group = len(group), np.asarray(group, np.int64)
        self._source = np.flatnonzero(group >= 0)[::-1].copy()
        self._target, self._groups = group[self._source], np.arange(groups)

    def __call__(self, values):
        """Array (draws, ..., size) → array (draws, ..., groups), same unit."""
        return gather(values, self._source, self._target, self._groups)


class OrderedSums(GroupSums):
    """Sums over groups along the last axis, same unit: in each group from the first member to the last.

    Parameters
    ----------
    group : int array (size,), the group of each place
    groups : int, how many groups there are
    """

    def __init__(self, group, groups):
        self.size, self._target = len(group), np.asarray(group, np.int64)
        self._source, self._groups = np.arange(self.size), np.arange(groups)


class FirstLastSums(OrderedSums):
    """As `OrderedSums`, but in each group the first member last."""

    def __init__(self, group, groups):
        super().__init__(group, groups)
        first = np.unique(self._target, return_index=True)[1]
        self._source = np.append(np.delete(self._source, first), first)
        self._target = self._target[self._source]


class RunSums(GroupSums):
    """Sums over runs of neighbours along the last axis, same unit, left to right.

    Parameters
    ----------
    starts : int array (runs,), where each run begins, rising from 0
    size : int, length of the last axis
    """

    def __init__(self, starts, size):
        starts = np.asarray(starts)
        lengths = np.diff(np.append(starts, size))
        if len(starts) == 0 or starts[0] != 0 or (lengths < 1).any():
            raise ValueError(f"runs must start at 0 and rise to below {size}, got {starts.tolist()}")
        self.size, self._groups = int(size), np.arange(len(starts))
        self._source, self._target = np.arange(size), np.repeat(self._groups, lengths)


def mix(key, i):
    """A 64-bit hash (SplitMix64's finaliser): uint64 arrays, broadcast; dimensionless."""
    with np.errstate(over="ignore"):
        z = np.asarray(key, np.uint64) + np.asarray(i, np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
