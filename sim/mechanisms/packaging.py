"""Silicon, HBM and packaging → accelerators, whichever runs out first."""

import numpy as np


def packages(resources, shares, needs, wanted):
    """Accelerators built in a month from what is there, and which input stopped one more.

    Parameters
    ----------
    resources : array (draws, 3), good silicon in cm², HBM stacks, packaging wafers / month
    shares : array (draws, offers), share of each resource set aside for each product line, summing to at most 1
    needs : array (draws or 1, 3, offers), of each resource a package, after losses
    wanted : array (draws, offers), packages asked for

    Returns
    -------
    built : array (draws, offers), packages / month
    limit : array (draws, 3, offers), packages / month that each input alone would allow
    binding : int array (draws, offers), 0 silicon, 1 HBM, 2 packaging, 3 orders (dimensionless)
    """
    available = resources[:, :, None] * shares[:, None, :]
    limit = np.divide(available, needs, out=np.full(available.shape, np.inf), where=needs > 0)
    least = np.minimum(np.minimum(limit[:, 0], limit[:, 1]), limit[:, 2])
    built = np.minimum(least, wanted)
    return built, limit, np.where(wanted <= least, 3, limit.argmin(axis=1))
