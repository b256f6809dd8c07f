"""The only module that calls transcendental functions of arrays, and sums in a fixed order.

Results must not depend on block size, workers or SIMD width, so every array function whose last bit
could move lives here, and a test forbids it anywhere else (no ``np.exp``, ``np.log``, ``np.power``,
``np.tanh``, ``@``, ``dot`` or ``matmul`` in the state path).
"""

import numpy as np
from scipy.special import ndtri

exp = np.exp
expm1 = np.expm1
log = np.log
log1p = np.log1p
log10 = np.log10
power = np.power
normal_quantile = ndtri


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
    return np.divide(part, np.where(np.greater(whole, 1e-290), whole, np.inf))


def logistic(x):
    """1 / (1 + e^-x), elementwise; dimensionless."""
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0)))


def col(value):
    """A per-draw array (draws,) as a column (draws, 1), so that it broadcasts against (draws, k); scalars unchanged."""
    value = np.asarray(value)
    return value[:, None] if value.ndim == 1 else value
