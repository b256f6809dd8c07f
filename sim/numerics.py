"""The only module that calls transcendental functions of arrays, and sums in a fixed order.

Results must not depend on block size, workers or SIMD width, so every array function whose last bit
could move lives here, and a test forbids it anywhere else (no ``np.exp``, ``np.log``, ``np.power``,
``np.tanh``, ``@``, ``dot`` or ``matmul`` in the state path).
"""

import numpy as np
from scipy.special import ndtr, ndtri

from .sums import gather, share_of, spread, total_of_products, total_of_rows

exp = np.exp
expm1 = np.expm1
log = np.log
log1p = np.log1p
log10 = np.log10
power = np.power
normal_quantile = ndtri
normal_probability = ndtr


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


def total_product(x, y):
    """``total(x * y)`` along the last axis, to the last bit, without the products in between.

    Parameters
    ----------
    x, y : arrays (draws, ..., k), any unit; other axes broadcast

    Returns
    -------
    array (draws, ...), unit of x times unit of y
    """
    return total_of_products(x, y)


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


def share(part, whole):
    """``part / whole``, and 0 where the whole is 0 (shares of nothing are reported as none). Dimensionless."""
    return share_of(part, whole)


def logistic(x):
    """1 / (1 + e^-x), elementwise; dimensionless."""
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0)))


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
