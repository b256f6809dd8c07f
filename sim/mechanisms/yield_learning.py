"""Cumulative output or elapsed time → defect density on the advanced node.

Leaves out
----------
* Forgetting, moves of staff, and help from suppliers of tools.
* Learning across nodes and products.
"""

import numpy as np

from ..numerics import exp, log, power


def by_volume(start, cumulative_wafers, reference_wafers, learning_share, years):
    """Defect density falls by a fixed share with each doubling of cumulative wafers (a learning curve).

        D = D₀ · (1 − s) ^ log₂(wafers / reference)

    Parameters
    ----------
    start : array (draws,) or float, defects / cm² at the reference volume
    cumulative_wafers, reference_wafers : array (draws,) or float, wafers, > 0
    learning_share : array (draws,) or float, share lost per doubling, 0 to 1
    years : ignored (years), so that both forms are called alike

    Returns
    -------
    array (draws,), defects / cm²
    """
    doublings = log(np.maximum(cumulative_wafers, reference_wafers) / reference_wafers) / log(2.0)
    return start * power(1.0 - np.asarray(learning_share, dtype=float), doublings)


def by_time(start, cumulative_wafers, reference_wafers, learning_share, years):
    """Defect density falls at a fixed rate a year, whatever the volume.

        D = D₀ · (1 − s) ^ (years / 2)

    Parameters
    ----------
    start : array (draws,) or float, defects / cm² at the start
    cumulative_wafers, reference_wafers : ignored (wafers)
    learning_share : array (draws,) or float, share lost per two years (one doubling at 41 % growth a year), 0 to 1
    years : float, years since the start

    Returns
    -------
    array (draws,), defects / cm²
    """
    return start * exp(log(1.0 - np.asarray(learning_share, dtype=float)) * (years / 2.0))


LEARNING_FORMS = {"volume": by_volume, "time": by_time}
