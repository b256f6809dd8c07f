"""Accelerators → facility power; what a region energises, who waits for it, and what stands without power.

Owners ask for the capacity that their plans need; a region energises at most a given amount a month, and the rest
waits. Where power is short, owners order less or place accelerators elsewhere; what arrives all the same waits
unpowered.

Leaves out
----------
* Generation, transmission, transformers and turbines: one rate a region and year stands for the slowest of them.
* Speculative requests: a published queue holds many that are withdrawn; ours holds only what plans need.
* Sites within a region, on-site generation bought at a premium, curtailment, and hours of the day.
* Competition with other data centres and other loads: capacity here is what accelerators can get.
"""

import numpy as np

from ..compiled import guvectorize
from ..numerics import share, share_of_number, total_of_row

NEVER = 600.0  # months: beyond any horizon


def system_watts(tdp_w, overhead, measured_w):
    """Rated IT power of a system for each accelerator in it: servers, switches and fans included.

        W = measured, where a system is on record;  else  W = TDP · overhead

    Parameters
    ----------
    tdp_w : array (products,), W of one accelerator at thermal design power
    overhead : float, rated power of systems without a record over the TDP of their accelerators, ratio ≥ 1
    measured_w : array (products,), W of the system on record for each accelerator in it, 0 where there is none

    Returns
    -------
    array (products,), W
    """
    return np.where(measured_w > 0, measured_w, tdp_w * overhead)


def facility_gw(rated_watts, drawn_share, pue):
    """Facility power of accelerators in service.

        G = W · d · PUE · 10⁻⁹

    Parameters
    ----------
    rated_watts : array (draws, regions), W of their systems as rated
    drawn_share : array (draws, 1) or float, power provided for over rated power, 0 to 1
    pue : array (regions,) or (draws, regions), facility over IT power, ratio ≥ 1

    Returns
    -------
    array (draws, regions), GW
    """
    return rated_watts * drawn_share * pue * 1e-9


def connect(capacity_gw, wanted_gw, rate_gw):
    """One month of connecting sites: what is energised, and what goes on waiting.

        energised = min(max(wanted − capacity, 0), rate),  queue = max(wanted − capacity, 0) − energised

    Parameters
    ----------
    capacity_gw, wanted_gw : array (draws, regions), GW energised so far, and GW that owners' plans need
    rate_gw : array (draws, regions), GW that can be energised this month

    Returns
    -------
    energised, queue : arrays (draws, regions), GW; a request is withdrawn when plans fall
    """
    asked = np.maximum(wanted_gw - capacity_gw, 0.0)
    energised = np.minimum(asked, rate_gw)
    return energised, asked - energised


def waiting_months(queue_gw, rate_gw):
    """How long a request made now waits: queue / rate, at most NEVER months.

    Parameters
    ----------
    queue_gw, rate_gw : array (draws, regions), GW asked for and not energised, and GW that can be energised a month

    Returns
    -------
    array (draws, regions), months
    """
    return np.minimum(np.where(queue_gw > 0, queue_gw / np.maximum(rate_gw, 1e-12), 0.0), NEVER)


def unpowered_share(demand_gw, capacity_gw):
    """Share of a region's accelerators that power does not reach: max(0, 1 − capacity / demand).

    Parameters
    ----------
    demand_gw, capacity_gw : array (draws, regions), GW

    Returns
    -------
    array (draws, regions), share
    """
    return np.where(demand_gw > capacity_gw, 1.0 - share(capacity_gw, demand_gw), 0.0)


def site_shares(wish, room_gw, planned_gw):
    """Where new accelerators go when some regions run short of power, and how much of the plan fits at all.

        fits = min(1, room / planned),  placed_r = wish_r · fits_r / Σ wish · fits

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
    return _share_sites(wish, room_gw, planned_gw)


@guvectorize(["void(f8[:, :], f8[:], f8[:], f8[:], f8[:, :])"], "(o,r),(r),(r)->(r),(o,r)")
def _sites(wish, room, planned, fits, placed):
    for region in range(len(room)):
        there = max(room[region], 0.0)
        fits[region] = min(1.0, share_of_number(there, planned[region])) if planned[region] > 0 else 1.0
    for owner in range(len(wish)):
        for region in range(len(room)):
            placed[owner, region] = wish[owner, region] * fits[region]
        whole = total_of_row(placed[owner])
        for region in range(len(room)):
            placed[owner, region] = share_of_number(placed[owner, region], whole) if whole > 0 else wish[owner, region]


_share_sites = _sites.ufunc


def subsidised_price(usd_per_kwh, domestic_share, subsidy):
    """Average price of power where bills for domestic accelerators are subsidised: price · (1 − domestic · subsidy).

    Parameters
    ----------
    usd_per_kwh : float or array (draws,), USD / kWh before subsidy
    domestic_share : array (draws,), domestic accelerators over all in the power drawn, 0 to 1
    subsidy : float or array (draws,), share of the bill that is paid back, 0 to 1

    Returns
    -------
    array (draws,), USD / kWh
    """
    return usd_per_kwh * (1.0 - domestic_share * subsidy)
