"""Which option to take when the future is not known: regret, satisficing, small portfolios, what to measure first."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError

BINS = 8  # of an indicator, for the value of knowing it
RESAMPLES = 200
SEED = 1


@dataclass(frozen=True)
class Score:
    """How one option does over all futures, in the outcome's unit (shares are dimensionless)."""

    policy: str
    mean: float
    mean_regret: float
    p90_regret: float
    worst_regret: float
    best_share: float
    satisficing: float


def regret(values, goal: str = "high") -> np.ndarray:
    """What each option falls short of the best one in every future: array (policies, futures), the outcome's unit.

    Parameters
    ----------
    values : array (policies, futures), the outcome; a future without a value in any option is NaN throughout
    goal : "high" or "low", which outcome is wanted
    """
    y = _better(values, goal)
    return np.where(np.isfinite(y).all(axis=0), y.max(axis=0) - y, np.nan)


def scores(policies: Sequence[str], values, goal: str = "high", threshold: float | None = None) -> list[Score]:
    """One row an option, best by its 90th percentile of regret first; ``threshold`` in the outcome's unit."""
    y, short = np.asarray(values, dtype=float), regret(values, goal)
    keep = np.isfinite(short).all(axis=0)
    if not keep.any():
        raise InputError("robustness: no future has a value under every option")
    y, short = y[:, keep], short[:, keep]
    enough = meets(y, goal, threshold)
    rows = [Score(name, float(y[k].mean()), float(short[k].mean()), float(np.quantile(short[k], 0.9)),
                  float(short[k].max()), float((short[k] == 0).mean()), float(enough[k].mean()))
            for k, name in enumerate(policies)]  # fmt: skip
    return sorted(rows, key=lambda row: (row.p90_regret, row.mean_regret, row.policy))


def meets(values, goal: str, threshold: float | None) -> np.ndarray:
    """Whether each outcome is good enough: bool array like ``values``; ``threshold`` in their unit, None for never."""
    y = np.asarray(values, dtype=float)
    if threshold is None:
        return np.zeros(y.shape, dtype=bool)
    return y >= threshold if goal == "high" else y <= threshold


def portfolios(policies: Sequence[str], values, goal: str, threshold: float, most: int = 3) -> list[tuple]:
    """For each number of options up to ``most``, those that together are good enough in most futures.

    Returns
    -------
    list of (names, share of futures in which at least one of them is good enough), dimensionless
    """
    enough, found = meets(values, goal, threshold), []
    for size in range(1, min(most, len(policies)) + 1):
        sets = itertools.combinations(range(len(policies)), size)
        best = max(sets, key=lambda chosen: (enough[list(chosen)].any(axis=0).mean(), [-k for k in chosen]))
        found.append((tuple(policies[k] for k in best), float(enough[list(best)].any(axis=0).mean())))
    return found


def value_of_knowing(values, indicator, goal: str = "high", bins: int = BINS) -> tuple[float, float]:
    """What knowing an indicator before choosing adds to the expected outcome, and its standard error (outcome's unit).

    The best option is chosen in each of ``bins`` equally filled bins of the indicator, on one half of the futures, and
    valued on the other half, both ways round; so an indicator that tells nothing is worth nothing on average.

    Parameters
    ----------
    values : array (policies, futures)
    indicator : array (futures,), any unit
    """
    y, z = _better(values, goal), np.asarray(indicator, dtype=float)
    keep = np.isfinite(z) & np.isfinite(y).all(axis=0)
    y, z = y[:, keep], z[keep]
    rng, gains = np.random.default_rng(SEED), []
    if len(z) < 4 * bins:
        raise InputError(f"robustness: {len(z)} futures are too few for {bins} bins of an indicator")
    edges = np.quantile(z, np.arange(1, bins) / bins)
    bin_of = np.searchsorted(edges, z, side="right")
    for _ in range(RESAMPLES // 10):
        half = rng.permutation(len(z)) < len(z) // 2
        for train, test in ((half, ~half), (~half, half)):
            usual = int(np.argmax(y[:, train].mean(axis=1)))
            informed = np.empty(int(test.sum()))
            for b in range(bins):
                mine = train & (bin_of == b)
                choice = int(np.argmax(y[:, mine].mean(axis=1))) if mine.any() else usual
                informed[bin_of[test] == b] = y[choice][test & (bin_of == b)]
            gains.append(float(informed.mean() - y[usual][test].mean()))
    return float(np.mean(gains)), float(np.std(gains, ddof=1))


def _better(values, goal):
    if goal not in ("high", "low"):
        raise InputError(f'goal: "{goal}" is not known; use "high" or "low"')
    y = np.asarray(values, dtype=float)
    if y.ndim != 2:
        raise InputError("robustness: the outcome needs one row an option and one column a future")
    return y if goal == "high" else -y
