"""The only module that calls transcendental functions of arrays, and sums in a fixed order.

Results must not depend on block size, workers or SIMD width, so every array function whose last bit
could move lives here, and a test forbids it anywhere else (no ``np.exp``, ``np.log``, ``np.power``,
``np.tanh``, ``@``, ``dot`` or ``matmul`` in the state path).
"""

import numpy as np
from scipy.special import ndtr, ndtri

exp = np.exp
expm1 = np.expm1
log = np.log
log1p = np.log1p
log10 = np.log10
power = np.power
normal_quantile = ndtri
_LEAST, _NONE = np.array(1e-290), np.array(np.inf)  # as arrays: a plain number is turned into one at every call
normal_probability = ndtr


def total(values, axis=-1):
    """Sum along the last (or a given) non-draw axis, in an order that does not depend on the other axes.

    Parameters
    ----------
    values : array (draws, ..., k), any unit; made C-contiguous first, so that numpy adds each row alone

    Returns
    -------
    array (draws, ...), same unit
    """
    if axis != -1:
        values = np.moveaxis(values, axis, -1)
    return np.add.reduce(np.ascontiguousarray(values, dtype=float), axis=-1)


def share(part, whole):
    """``part / whole``, and 0 where the whole is 0 (shares of nothing are reported as none). Dimensionless."""
    return np.divide(part, np.where(np.greater(whole, _LEAST), whole, _NONE))


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
    """Sums over groups along the last axis, same unit: takes of whole columns, from each group's last to its first.

    ``np.add.reduceat`` adds one short run at a time, which costs more when there are many draws.

    Parameters
    ----------
    group : int array (size,), the group of each place, negative for none
    groups : int, how many groups there are
    """

    def __init__(self, group, groups):
        members = [np.flatnonzero(np.equal(group, g))[::-1] for g in range(groups)]
        self.size = len(group)
        self._columns = [np.array([m[k] if k < len(m) else self.size for m in members])
                         for k in range(max(len(m) for m in members))]

    def __call__(self, values):
        """Array (draws, ..., size) → array (draws, ..., groups), same unit."""
        padded = np.empty((*values.shape[:-1], self.size + 1))
        padded[..., :-1], padded[..., -1] = values, 0.0
        summed = padded.take(self._columns[0], axis=-1)
        for column in self._columns[1:]:
            summed += padded.take(column, axis=-1)
        return summed


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
        self.size = int(size)
        self._columns = [np.where(lengths > k, starts + k, size) for k in range(lengths.max())]
