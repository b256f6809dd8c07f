"""How good a forecast was: CRPS, coverage and log score, of the model and of two rivals that know no model."""

from collections.abc import Sequence

import numpy as np

LEVELS = (0.5, 0.8, 0.9)


def crps_of_sample(sample: np.ndarray, truth: float) -> float:
    """Continuous ranked probability score of an ensemble, in its unit: E|X − y| − E|X − X'| / 2.

    Source: Gneiting & Raftery (2007), Journal of the American Statistical Association 102(477), 359–378.
    """
    ranked = np.sort(np.asarray(sample, dtype=float))
    n = len(ranked)
    apart = 2.0 * np.sum(ranked * (2.0 * np.arange(1, n + 1) - n - 1.0)) / n**2
    return float(np.mean(np.abs(ranked - truth)) - apart / 2.0)


def crps_of_normal(mean: float, sd: float, truth: float) -> float:
    """The same of a normal forecast, in its unit: σ (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π) (Gneiting & Raftery 2007)."""
    from scipy.stats import norm

    z = (truth - mean) / sd
    return float(sd * (z * (2.0 * norm.cdf(z) - 1.0) + 2.0 * norm.pdf(z) - 1.0 / np.sqrt(np.pi)))


def log_score(mean: float, sd: float, truth: float) -> float:
    """Negative log density of a normal forecast at the truth (smaller is better; of one unit of the scale)."""
    return float(0.5 * np.log(2.0 * np.pi * sd**2) + (truth - mean) ** 2 / (2.0 * sd**2))


def covered(sample: np.ndarray, truth: float) -> dict[str, bool]:
    """Whether the truth lies inside each central interval of an ensemble."""
    found = {}
    for level in LEVELS:
        low, high = np.quantile(sample, ((1.0 - level) / 2.0, (1.0 + level) / 2.0))
        found[f"inside_{level * 100:.0f}"] = bool(low <= truth <= high)
    return found


def carry_forward(months: Sequence[float], values: Sequence[float], at: float, error: float) -> tuple[float, float]:
    """Mean and standard deviation of a random walk from the last value, at a later month, on the series' scale.

    Parameters
    ----------
    months : month numbers of the values, rising, two at least
    values : on the scale of the series
    at : month number of the forecast
    error : standard deviation of one observation; the forecast is never surer
    """
    x, y = np.asarray(months, dtype=float), np.asarray(values, dtype=float)
    a_month = np.mean(np.diff(y) ** 2 / np.diff(x))
    return float(y[-1]), float(np.sqrt(a_month * (at - x[-1]) + error**2))


def log_linear(months: Sequence[float], values: Sequence[float], at: float, error: float) -> tuple[float, float]:
    """Mean and standard deviation of a straight line through the values, as in `carry_forward`."""
    x, y = np.asarray(months, dtype=float), np.asarray(values, dtype=float)
    centre = x.mean()
    spread = np.sum((x - centre) ** 2)
    slope = np.sum((x - centre) * y) / spread
    left = y - y.mean() - slope * (x - centre)
    variance = max(np.sum(left**2) / max(len(x) - 2, 1), error**2)
    widen = 1.0 + 1.0 / len(x) + (at - centre) ** 2 / spread
    return float(y.mean() + slope * (at - centre)), float(np.sqrt(variance * widen))


RIVALS = {"carry_forward": carry_forward, "log_linear": log_linear}
