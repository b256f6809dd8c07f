"""What followers gain from others: publications, open weights, distillation; and when they copy a recipe.

Leaves out
----------
* People who move between laboratories, and theft.
* What a follower learns from being told that something is possible.
* Detection of distillation case by case; limits on access block a share of it.
"""

import numpy as np

from ..numerics import exp


def publication_gain(algorithm_decades, best_decades, strength):
    """Algorithmic progress learned from publications in a month.

        gain = strength · max(best − own, 0)

    Parameters
    ----------
    algorithm_decades, best_decades : arrays (draws,), decades, own level and the leader's
    strength : array (draws,) or float, share of the gap closed / month

    Returns
    -------
    array (draws,), decades / month, never negative
    """
    return strength * np.maximum(best_decades - algorithm_decades, 0.0)


def learned_capability(own, open_teacher, closed_teacher, open_strength, distillation):
    """Capability after building on open weights, then distilling from closed models.

        built = own + o · max(open − own, 0),   learned = built + d · max(closed − built, 0)

    Each closes a share of what is left of the distance to its teacher, so that either alone still helps, and the
    second works on what the first left.

    Parameters
    ----------
    own : array (draws,), ECI points from own compute and algorithms
    open_teacher, closed_teacher : arrays (draws,), ECI points of the best model that could be learned from
    open_strength, distillation : arrays (draws,) or float, share of the distance closed

    Returns
    -------
    array (draws,), ECI points, at least ``own``
    """
    built = own + open_strength * np.maximum(open_teacher - own, 0.0)
    return built + distillation * np.maximum(closed_teacher - built, 0.0)


def distillation_share(strength, controls):
    """Share of the distance to closed models that distillation closes, where limits on access block some of it.

        share = strength · (1 − controls)

    Parameters
    ----------
    strength : array (draws,) or float, share closed without any limit
    controls : array (draws,) or float, share blocked

    Returns
    -------
    array (draws,) or float, share (dimensionless)
    """
    return strength * (1.0 - controls)


def adoption_delay(months, speed, spread, normal):
    """Months until a laboratory copies a recipe: ``months × speed``, lognormally spread.

    Parameters
    ----------
    months : array (draws,) or float, months
    speed, spread : floats, dimensionless ratio and log standard deviation
    normal : array (draws,), standard normal numbers

    Returns
    -------
    array (draws,), months
    """
    return months * speed * exp(spread * normal)


def at_lag(history, lag_months):
    """The value some months ago, each draw with its own lag.

    Parameters
    ----------
    history : array (draws, months), any unit, the last column is the latest
    lag_months : array (draws,) or float, months, rounded to whole ones

    Returns
    -------
    array (draws,), unit of ``history``; the earliest value where the history is shorter than the lag
    """
    months = history.shape[1]
    column = months - 1 - np.rint(lag_months).astype(np.int64)
    return history[np.arange(len(history)), np.minimum(np.maximum(column, 0), months - 1)]
