"""The capability index: how far behind the best Chinese and the best open model are, in months."""

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
