"""What a month's deliveries amount to in every rating, and where they stand: compiled loops."""

import numpy as np
from numba import njit

from ..numerics import share_of_number, total_of_row


@njit("void(f8[:, :, ::1], i8[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], i8, i8[::1], i8[::1], f8[::1], "
      "f8[:, :, ::1], f8[:, ::1])", cache=True)  # fmt: skip
def consign(rating, line, package, delivered, paid_usd, usd, diverted, others, detection, installed, seized):
    """Put down what is installed of the parts delivered, and what is seized of those diverted.

        rating of others = max(of the line + (of the line − of a diverted part) · diverted / others, 0)

    Diverted parts have a rating of their own; the other buyers of the same line get what is left of it.

    Parameters
    ----------
    rating : array (draws, k, lines), of an average part of each line
    line : int array (positions,), whose line it is
    package : array (draws or 1, k), rating of the average diverted part
    delivered, paid_usd : arrays (draws, positions), accelerators, and what was paid for all of them, USD
    usd : int, the rating in which what was paid counts
    diverted, others : int arrays, positions of one line
    detection : array (draws,), share of diverted parts that is seized
    installed : array (draws, k, positions), accelerators × rating, out
    seized : array (draws, k), the same in all, out
    """
    positions, at_others = len(line), np.empty(len(others))
    for draw in range(len(rating)):
        taken = 0.0
        for at in diverted:
            taken += delivered[draw, at]
        for one in range(len(others)):
            at_others[one] = delivered[draw, others[one]]
        more = share_of_number(taken, total_of_row(at_others))
        for kind in range(rating.shape[1]):
            found, of_line = installed[draw, kind], rating[draw, kind, line[others[0]]]
            for at in range(positions):
                found[at] = rating[draw, kind, line[at]] * delivered[draw, at]
            left = max(of_line + more * (of_line - package[draw % len(package), kind]), 0.0)
            for at in others:
                found[at] = left * delivered[draw, at]
            for at in diverted:
                found[at] = package[draw % len(package), kind] * delivered[draw, at]
            if kind == usd:
                found[:] = paid_usd[draw]
            lost = 0.0
            for at in diverted:
                lost += found[at] * detection[draw]
                found[at] -= found[at] * detection[draw]
            seized[draw, kind] = lost


@njit("void(f8[:, :, ::1], i8[::1], i8[::1], f8[:, :, ::1], f8[:, :], f8[:, :])", cache=True)
def resettle(placed, moving, owner, sites, new, held):
    """Blend the places of what is new into the places of all that each holder has.

        placed' = placed + (sites − placed) · min(new / held, 1)

    Parameters
    ----------
    placed : array (draws, regions, holders), where each holder's accelerators stand, shares, changed here
    moving : int array, holders with sites in several regions
    owner : int array (holders,), the owner of each holder
    sites : array (draws, owners, regions), where what is new goes, shares
    new, held : arrays (draws, holders), H100e
    """
    for draw in range(len(placed)):
        for holder in moving:
            weight = min(share_of_number(new[draw, holder], held[draw, holder]), 1.0)
            for region in range(placed.shape[1]):
                before = placed[draw, region, holder]
                placed[draw, region, holder] = before + (sites[draw, owner[holder], region] - before) * weight
