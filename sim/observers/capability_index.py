"""The capability index: how far behind the best Chinese and the best open model are, in months.

Sees
----
Released models on one scale, without error, and the path of the best. The lag is standing: months since the leaders'
path first reached what the follower has on offer today.

Coverage
--------
training.capability_noise

Bias
----
A standing lag is longer than a lag at release: it grows month by month until the follower's next model, and falls at
once with it [capability_gap]. What a laboratory keeps unreleased is not seen, so the lag between laboratories may be
longer than that between products. One number hides strengths: coding and agents are apart, languages and safety are
absent [models]. The published index has an interval of one to three points a model, several months of lag; here
there is none [capability_gap].
"""

import numpy as np

from ..numerics import total


def standing_lag_months(leader_path, level):
    """Months since a path first reached a level, read off the path: 0 while it has not.

    Parameters
    ----------
    leader_path : array (draws, months), ECI points, never falling, the last column is this month
    level : array (draws,), ECI points of the follower's best released model

    Returns
    -------
    array (draws,), months
    """
    return np.maximum(total(leader_path >= level[:, None]) - 1.0, 0.0)


def observe(world, p):
    """Write the standing lags of China behind the United States and of open behind closed models."""
    catalogue, months = world.catalogue, world.month - world.start + 1
    china = standing_lag_months(catalogue.path_us[:, :months], catalogue.best_china)
    opened = standing_lag_months(catalogue.path_closed[:, :months], catalogue.best_open)
    for who, lag in (("china", china), ("open", opened)):
        world.recorder.write("capability_lag_months", lag, detail=who)
