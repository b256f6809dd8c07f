"""Deliveries and retirement → stock in service, by vintage.

Leaves out
----------
* Retirement for economic reasons: power prices, rent, or a better use of the slot.
* Resale and second lives in other regions or for other uses.
* Failures early in life; what waits for power ages like the rest.
"""

import numpy as np

from ..numerics import added_by_place, exp


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


def retire(installed, surviving, hazard):
    """What leaves service this month, and how much of each vintage is left.

        retired = Σ installed · surviving · h

    Parameters
    ----------
    installed : array (vintages, draws, ...), accelerators (or any rating of them) installed by vintage
    surviving : array (draws, vintages), share still in service
    hazard : array (draws or 1, vintages), share retired a month

    Returns
    -------
    retired : array (draws, ...), same unit as installed, a month
    surviving : array (draws, vintages), share
    """
    lost = surviving * hazard
    by_vintage = installed.reshape(len(installed), len(lost), -1).transpose(1, 2, 0)
    retired = added_by_place(by_vintage, lost[:, None])  # one place: out of service
    return retired.reshape(installed.shape[1:]), surviving - lost
