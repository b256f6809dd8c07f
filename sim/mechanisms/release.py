"""When a new vintage comes out, and with which active size.

Leaves out
----------
* Failed runs and models that are held back for safety.
* Names and marketing: a release is a release.
"""

import numpy as np

from ..numerics import exp, power


def months_to_next(cadence_months, jitter, normal):
    """Time until the next release of a line.

        months = max(cadence · exp(jitter · z), 1)

    Parameters
    ----------
    cadence_months : array (lines,), months, the usual interval
    jitter : float, log standard deviation (dimensionless)
    normal : array (draws, lines), standard normal numbers

    Returns
    -------
    array (draws, lines), months, at least 1
    """
    return np.maximum(cadence_months * exp(jitter * normal), 1.0)


def due(month, next_release, last_release, early, gain, early_gain):
    """Whether a line is due: its time has come, or a gain as large as a new recipe brings it forward.

    Parameters
    ----------
    month : int, month number
    next_release, last_release : arrays (draws, lines), month numbers, planned and past
    early : float, share of the planned interval after which a release can be brought forward
    gain : array (draws, lines), ECI points over the vintage on offer
    early_gain : float, ECI points that are worth it

    Returns
    -------
    bool array (draws, lines), dimensionless
    """
    soonest = last_release + early * (next_release - last_release)
    return (month >= next_release) | ((last_release >= 0) & (gain >= early_gain) & (month >= soonest))


def ready(candidate, current, minimum_gain, due, permitted):
    """Whether a line releases this month: it is due, may be released, and gains enough over the vintage on offer.

    Parameters
    ----------
    candidate, current : arrays (draws, lines), ECI points; ``current`` is -inf before the first release
    minimum_gain : float, ECI points
    due, permitted : bool arrays (draws, lines)

    Returns
    -------
    bool array (draws, lines), dimensionless
    """
    return due & permitted & (candidate >= current + minimum_gain)


def active_parameters(month, sparse_from, early_billion, later_billion):
    """Active parameters of a vintage released in a month.

    Parameters
    ----------
    month : int, month number
    sparse_from : int array (lines,), month number from which releases have the later size; -1 is never
    early_billion, later_billion : arrays (lines,), billion

    Returns
    -------
    array (lines,), billion
    """
    return np.where((sparse_from >= 0) & (month >= sparse_from), later_billion, early_billion)


def size_growth(years, fold_per_year, grows):
    """How much larger a vintage is than the size in the table of lines.

        size = fold ^ years

    Parameters
    ----------
    years : float, years since the table ends; before that the size is as listed
    fold_per_year : array (draws, 1) or float, fold / year
    grows : bool array (lines,), whether the line follows (small lines stay small)

    Returns
    -------
    array (draws, lines), ratio
    """
    return np.where(grows, power(fold_per_year, max(years, 0.0)), 1.0)
