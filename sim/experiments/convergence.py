"""How exact is a number from so many draws, and how many draws does a wanted exactness take?"""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .levels import output_level

Z90 = 1.6448536269514722  # half-width of a 90 % interval in standard errors
BLOCK = 64
MOST_DRAWS = 65_536


@dataclass(frozen=True)
class Estimate:
    """A statistic with its Monte Carlo error: half-width of its 90 % interval, in the output's unit."""

    value: float
    error: float
    draws: int
    enough: bool = True


def mean_with_error(values) -> Estimate:
    """The mean of values (draws,) with its Monte Carlo error, in their unit; missing draws are left out."""
    y = _some(values)
    return Estimate(float(y.mean()), Z90 * float(y.std(ddof=1)) / np.sqrt(len(y)), len(y))


def quantile_with_error(values, q: float = 0.5) -> Estimate:
    """A quantile of values (draws,) with its Monte Carlo error, in their unit, from order statistics.

    The interval runs between the order statistics whose ranks a binomial count leaves on either side in 90 % of
    samples; nothing is assumed about the distribution. Half of it is the error.
    """
    from scipy.stats import binom

    y = np.sort(_some(values))
    n = len(y)
    low, high = (int(r) for r in binom.ppf(((1 - 0.9) / 2, (1 + 0.9) / 2), n, q))
    return Estimate(float(np.quantile(y, q)), float(y[min(high, n - 1)] - y[max(low - 1, 0)]) / 2, n)


def until(sample, error: float, q: float | None = 0.5, block: int = BLOCK, most: int = MOST_DRAWS) -> Estimate:
    """Draw blocks until a statistic is as exact as asked.

    Parameters
    ----------
    sample : function of draw ids, array (block,) → values, array (block,)
    error : float, half-width of the 90 % interval wanted, in the values' unit
    q : which quantile, or None for the mean
    block, most : draws at a time, and at most (dimensionless); ``enough`` is False if these did not do
    """
    if not error > 0:
        raise InputError(f"error: {error} is out of range; it must be above 0")
    values, at = np.empty(0), 0
    while True:
        values = np.concatenate([values, np.asarray(sample(np.arange(at, at + block)), dtype=float)])
        at += block
        found = mean_with_error(values) if q is None else quantile_with_error(values, q)
        if found.error <= error:
            return found
        if at >= most:
            return Estimate(found.value, found.error, found.draws, enough=False)


def converged(scenario, output: str, date: str, error: float, q: float | None = 0.5, seed: int = 1,
              developers: int = 500, block: int = BLOCK, most: int = 4096, **series) -> Estimate:
    """An output's statistic with as many draws as a wanted error takes (the output's unit); arguments as in `until`."""
    level, _, _ = output_level(scenario, output, date, developers=developers, **series)
    return until(lambda ids: level(0.0, seed, ids), error, q, block, most)


def errors(results) -> list[dict]:
    """The headline of a run with its Monte Carlo error: one row an entry and month, P50 and error in its unit."""
    from ..outputs import load_headline

    rows = []
    for entry in load_headline()[1]:
        values = results.headline_values(entry)
        for month in results.headline_months():
            y = values[:, results.months.index(month)]
            if np.isfinite(y).sum() > 1:
                plain = entry.statistic == "quantiles"
                found = quantile_with_error(y) if plain else mean_with_error(y)
                rows.append({"output": entry.name, "month": month, "value": found.value, "error": found.error,
                             "draws": found.draws})  # fmt: skip
    return rows


def _some(values) -> np.ndarray:
    y = np.asarray(values, dtype=float)
    y = y[np.isfinite(y)]
    if len(y) < 2:
        raise InputError("convergence: fewer than two draws have a value")
    return y
