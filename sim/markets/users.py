"""What is in service, added up for those who use it: compiled loops over the ledger's positions and over clouds."""

import numpy as np
from numba import njit

from ..compiled import guvectorize
from ..numerics import share_of_number, total_of_row
from .structure import H100E, UNITS, USD, WATTS

OWN, TRAINING, SERVING, PAID, DRAWN, COUNT = range(6)  # what is added up by cloud
KINDS = 6


@njit("Tuple((f8[:, :, ::1], f8[:, :, ::1]))(f8[:, :, ::1], f8[:, ::1], f8[:, ::1], i8[::1], i8[::1], i8[::1], i8, i8)",
      cache=True)  # fmt: skip
def count_compute(stock, trains, serves, stack, cloud, holder, clouds, holders):
    """Add up what is in service by cloud, and its useful part by holder.

    Parameters
    ----------
    stock : array (draws, 7, positions), in service: units, H100e on four metrics, USD paid, W of systems as rated
    trains, serves : arrays (draws, stacks), useful share of peak in training and in serving
    stack, cloud, holder : int arrays (positions,), software, owner, and owner by the way accelerators came
    clouds, holders : int, how many there are

    Returns
    -------
    by_cloud : array (draws, 6, clouds), H100e, those useful in training and in serving, USD, W, accelerators
    useful : array (draws, 2, holders), H100e useful in training and in serving
    """
    draws, _, positions = stock.shape
    by_cloud, useful = np.zeros((draws, KINDS, clouds)), np.zeros((draws, 2, holders))
    for draw in range(draws):
        here, of_holder = by_cloud[draw], useful[draw]
        for at in range(positions):
            owner, by_way, h100e = cloud[at], holder[at], stock[draw, H100E, at]
            training, serving = h100e * trains[draw, stack[at]], h100e * serves[draw, stack[at]]
            here[OWN, owner] += h100e
            here[TRAINING, owner] += training
            here[SERVING, owner] += serving
            here[PAID, owner] += stock[draw, USD, at]
            here[DRAWN, owner] += stock[draw, WATTS, at]
            here[COUNT, owner] += stock[draw, UNITS, at]
            of_holder[0, by_way] += training
            of_holder[1, by_way] += serving
    return by_cloud, useful


@njit("void(f8[:, :, ::1], f8[:, ::1], i8[::1], f8[::1])", cache=True)
def pass_on(by_cloud, let, tenants, rents):
    """Move what is let from its owners to their tenants, in proportion to what those own.

    Parameters
    ----------
    by_cloud : array (draws, k, clouds), H100e and what goes with it, changed here
    let : array (draws, clouds), share of each owner's accelerators that is let
    tenants : int array (tenants,), the clouds that may rent
    rents : array (tenants,), 1, or 0 for those not known to rent
    """
    own, rented = np.empty(len(tenants)), np.empty(by_cloud.shape[2])
    for draw in range(len(by_cloud)):
        for one in range(len(tenants)):
            own[one] = by_cloud[draw, 0, tenants[one]] * rents[one]
        all_own = total_of_row(own)
        for kind in range(by_cloud.shape[1]):
            amounts = by_cloud[draw, kind]
            for cloud in range(len(rented)):
                rented[cloud] = amounts[cloud] * let[draw, cloud]
                amounts[cloud] -= rented[cloud]
            moved = total_of_row(rented)
            for one in range(len(tenants)):
                amounts[tenants[one]] += moved * share_of_number(own[one], all_own)


@guvectorize(["void(f8[:], f8[:, :], f8[:], i8[:], f8[:])"], "(r),(r,h),(h),(c)->(c)")
def _idle(unpowered, placed, h100e, starts, found):
    """Share of each owner's accelerators that stand where power does not reach.

    Parameters
    ----------
    unpowered : array (regions,), share of accelerators there without power
    placed : array (regions, holders), where each holder's accelerators stand, shares
    h100e : array (holders,), what each holds
    starts : int array (clouds,), the first holder of each owner
    found : array (clouds,), out, shares
    """
    for cloud in range(len(starts)):
        first, end = starts[cloud], starts[cloud + 1] if cloud + 1 < len(starts) else len(h100e)
        part, whole = 0.0, 0.0
        for step in range(first + 1, end + 1):  # the first one last
            holder, without = step if step < end else first, 0.0
            for region in range(len(unpowered)):
                without += unpowered[region] * placed[region, holder]
            part, whole = part + h100e[holder] * without, whole + h100e[holder]
        found[cloud] = share_of_number(part, whole)


idle = _idle.ufunc  # NumPy's own object: a call costs half as much
