"""How far a statistic over draws may be off because the draws are few: its Monte Carlo error."""

import numpy as np

Z90 = 1.6448536269514722  # half-width of a 90 % interval in standard errors


def mean_error(values) -> float:
    """Half-width of the 90 % interval of the mean of values (draws,), in their unit; NaN for fewer than two draws."""
    y = _known(values)
    return Z90 * float(y.std(ddof=1)) / np.sqrt(len(y)) if len(y) > 1 else float("nan")


def quantile_error(values, q: float = 0.5) -> float:
    """Half of the 90 % interval of a quantile of values (draws,), in their unit; NaN for fewer than two draws.

    The interval runs between the order statistics whose ranks a binomial count leaves on either side in 90 % of
    samples; nothing is assumed about the distribution.
    """
    from scipy.special import bdtr

    y = np.sort(_known(values))
    n = len(y)
    if n < 2:
        return float("nan")
    below = bdtr(np.arange(n + 1, dtype=float), n, q)  # P(count ≤ k)
    low, high = (int(np.searchsorted(below, p)) for p in (0.05, 0.95))
    return float(y[min(high, n - 1)] - y[max(low - 1, 0)]) / 2


def _known(values) -> np.ndarray:
    y = np.asarray(values, dtype=float)
    return y[np.isfinite(y)]
