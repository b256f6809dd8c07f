"""How many good dies, or how much good silicon, a foundry gets out of its wafers.

Leaves out
----------
* Yield by type of defect, by position on the wafer and by lot.
* Binning and spare units, except as a lower density of defects.
* Other sizes of wafer, and dies that share a reticle.
"""

import numpy as np

from ..numerics import exp, expm1, power

WAFER_DIAMETER_CM = 30.0


def gross_dies_per_wafer(die_area):
    """Whole dies on a 300 mm wafer, less those lost at the rim.

        N = π (d/2)² / A − π d / √(2A)

    Parameters
    ----------
    die_area : array (k,) or float, cm² a die, > 0

    Returns
    -------
    array (k,), dies / wafer
    """
    area = np.asarray(die_area, dtype=float)
    d = WAFER_DIAMETER_CM
    return np.pi * d * d / (4.0 * area) - np.pi * d / np.sqrt(2.0 * area)


def murphy_1964(defects_per_die, clustering=None):
    """Murphy's yield ((1 − e^−x) / x)², x defects a die (dimensionless). Source: [murphy_1964]."""
    x = np.asarray(defects_per_die, dtype=float)
    return (-expm1(-x) / x) ** 2  # expm1: exact for tiny x


def poisson(defects_per_die, clustering=None):
    """Poisson yield e^−x: defects fall independently; x defects a die (dimensionless)."""
    return exp(-np.asarray(defects_per_die, dtype=float))


def negative_binomial(defects_per_die, clustering=2.0):
    """Negative binomial yield (1 + x/α)^−α: defects cluster, more so for small α; all dimensionless."""
    return power(1.0 + np.asarray(defects_per_die, dtype=float) / clustering, -clustering)


YIELD_FORMS = {"murphy_1964": murphy_1964, "poisson": poisson, "negative_binomial": negative_binomial}


def die_yield(defect_density, die_area, form="murphy_1964", clustering=2.0):
    """Share of dies that work, by the yield model of the given name.

    Parameters
    ----------
    defect_density : array (draws,) or (draws, k), defects / cm², > 0
    die_area : float or array (k,), cm² a die, > 0
    form : str, key of YIELD_FORMS
    clustering : float, α of the negative binomial form, dimensionless

    Returns
    -------
    array, share in (0, 1]

    Raises
    ------
    ValueError : if a defect density or die area is not positive
    """
    x = np.asarray(defect_density, dtype=float) * np.asarray(die_area, dtype=float)
    if (x <= 0).any():
        raise ValueError(f"defects per die must be positive, got {x.min()}")
    return YIELD_FORMS[form](x, clustering)
