"""Deliveries and retirement → stock in service, by vintage.

Leaves out
----------
* Retirement for economic reasons: power prices, rent, or a better use of the slot.
* Resale and second lives in other regions or for other uses.
* Failures early in life; what waits for power ages like the rest.
"""

import numpy as np
from numba import njit

from ..numerics import exp, total_of_row


def retirement_hazard(age_years, service_life_years, spread_years, retirement_months):
    """Chance that an accelerator of some age is retired in a month.

        h = (1 / months) / (1 + exp(−(age − life) / spread))

    Parameters
    ----------
    age_years : array (vintages,), years since installation
    service_life_years : array (draws,) or float, age at which half of the highest rate is reached
    spread_years : float, how gradual retirement is, years, > 0
    retirement_months : float, months, > 0; the highest rate is one over it

    Returns
    -------
    array (draws or 1, vintages), share retired a month: logistic in age
    """
    life = np.atleast_1d(np.asarray(service_life_years, dtype=float))[:, None]
    late = np.minimum(np.maximum((age_years - life) / spread_years, -40.0), 40.0)
    return (1.0 / retirement_months) / (1.0 + exp(-late))


@njit("Tuple((f8[::1], f8[:, :, ::1], f8[:, :, ::1]))(f8[:, :, ::1], f8[:, :, ::1], i8[::1], f8[:, :, :, ::1], i8, "
      "f8[:, ::1], i8[::1], i8)", cache=True)  # fmt: skip
def renew(stock, new, order, installed, vintage, lost, holder, holders):
    """Take out of service what is retired this month, put in what is new, and add both up by holder.

        retired = Σ installed · surviving · h        in service' = max(in service + new − retired, 0)

    Parameters
    ----------
    stock : array (draws, k, positions), accelerators and ratings of them in service, changed here
    new : array of that shape, installed this month, in an order of its own
    order : int array (positions,), where each position stands in ``new``
    installed : array (vintages or more, draws, k, positions), installed by vintage, to which the new are added here
    vintage : int, the vintage of what is new
    lost : array (draws, vintages), share of what was installed that is retired this month
    holder : int array (positions,), who holds it, neighbours side by side
    holders : int, how many holders there are

    Returns
    -------
    tuple of arrays: accelerators retired (draws,), in service by holder (draws, k, holders), and new by holder
    """
    draws, kinds, positions = stock.shape
    retired, gone, entered = np.empty(draws), np.empty(positions), np.empty(positions)
    held, added = np.zeros((draws, kinds, holders)), np.zeros((draws, kinds, holders))
    for draw in range(draws):
        for kind in range(kinds):
            gone[:] = 0.0
            for old in range(lost.shape[1]):
                part = lost[draw, old]
                for at in range(positions):
                    gone[at] += installed[old, draw, kind, at] * part
            if kind == 0:
                retired[draw] = total_of_row(gone)
            for at in range(positions):
                entered[at] = new[draw, kind, order[at]]
            for at in range(positions):
                installed[vintage, draw, kind, at] += entered[at]
                left = stock[draw, kind, at] + (entered[at] - gone[at])
                stock[draw, kind, at] = left if left > 0.0 else 0.0
            in_service, fresh = 0.0, 0.0  # of one holder, whose positions are neighbours
            for at in range(positions):
                in_service, fresh = in_service + stock[draw, kind, at], fresh + entered[at]
                if at + 1 == positions or holder[at + 1] != holder[at]:
                    held[draw, kind, holder[at]], added[draw, kind, holder[at]] = in_service, fresh
                    in_service, fresh = 0.0, 0.0
    return retired, held, added
