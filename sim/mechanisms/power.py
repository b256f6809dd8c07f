"""Accelerators → facility power, and what limited power lets a region install."""

import numpy as np

from ..numerics import share, total


def facility_gw(chip_watts, server_overhead, pue):
    """Facility power of accelerators in service.

    Parameters
    ----------
    chip_watts : array (draws, regions), W at thermal design power
    server_overhead : array (draws, 1) or float, servers and network over chips, ratio ≥ 1
    pue : array (regions,) or (draws, regions), facility over IT power, ratio ≥ 1

    Returns
    -------
    array (draws, regions), GW
    """
    return chip_watts * server_overhead * pue * 1e-9


def site_shares(wish, room_gw, planned_gw):
    """Where new accelerators go when some regions run short of power, and how much of the plan fits at all.

    Parameters
    ----------
    wish : array (owners, regions), share of new sites wanted in each region, rows summing to 1
    room_gw : array (draws, regions), GW free
    planned_gw : array (draws, regions), GW that all owners together want to add

    Returns
    -------
    fits : array (draws, regions), share of the plan that there is power for, 0 to 1
    placed : array (draws, owners, regions), share of new sites, after moving what does not fit
    """
    fits = np.where(planned_gw > 0, np.minimum(1.0, share(np.maximum(room_gw, 0.0), planned_gw)), 1.0)
    weight = wish[None, :, :] * fits[:, None, :]
    whole = total(weight)[..., None]
    there = whole > 0
    return fits, np.where(there, weight / np.where(there, whole, 1.0), wish)
