"""The two keys: exporter's licence × importer's approval × price after fee × quota.

    ordered = wanted × after fee × licensed share × approval × (1 − domestic quota), at most the licences held
    delivered ≤ ordered
    licences granted = min((applied − held) / review, quota a buyer, cap on all)

Licences are a stock a buyer: granted by review, used by deliveries, gone with their term or their product.

Leaves out
----------
Conditions and end-use checks, appeals, transfers between buyers, and what one government does because the other acts.
"""

import numpy as np

from ..numerics import power, share, total
from .export_rules import CASE_BY_CASE, FREE, NOTIFY


def granted_share(status, notify_share, case_by_case_share, denial_share):
    """Share of applications that the exporting government lets through, by licence status.

    Parameters
    ----------
    status : int array (draws or 1, products), FREE to DENIAL, dimensionless
    notify_share, case_by_case_share, denial_share : array (draws, 1) or float, share granted, 0 to 1

    Returns
    -------
    array (draws or 1, products), share
    """
    restricted = np.where(status == CASE_BY_CASE, case_by_case_share, denial_share)
    return np.where(status == FREE, 1.0, np.where(status == NOTIFY, notify_share, restricted))


def decided(chance, thrown, one_by_one):
    """How much of a buyer's applications is let through: a share of each buyer's, or all of some buyers' and no other.

    Parameters
    ----------
    chance : array (draws, buyers) or float, share let through on average, 0 to 1
    thrown : array (draws, buyers), uniform numbers, the same in every scenario
    one_by_one : bool, whether a government decides buyer by buyer

    Returns
    -------
    array (draws, buyers), share; with the same throw, a higher chance never lets through less
    """
    return (thrown < chance) * 1.0 if one_by_one else chance + np.zeros_like(thrown)


def demand_after_fee(fee_share, pass_through, elasticity):
    """Demand left when part of a fee on the sale is passed on in the price.

        demand = (1 + fee · passed on) ^ −elasticity

    Parameters
    ----------
    fee_share : array (draws,) or float, fee over price before fee
    pass_through : array (draws,) or float, share of the fee paid by the buyer
    elasticity : array (draws,) or float, fall of demand in % per % of price, ≥ 0

    Returns
    -------
    array (draws,), share of demand without fee
    """
    return power(1.0 + np.asarray(fee_share, dtype=float) * pass_through, -np.asarray(elasticity, dtype=float))


def two_keys(exporter, importer, after_fee, quota):
    """Share of what buyers ask for that both governments and the price let through.

        let through = licence · approval · demand after fee · share left by the quota

    Parameters
    ----------
    exporter, importer, after_fee, quota : array (draws, ...) or float, shares, 0 to 1

    Returns
    -------
    array (draws, ...), share; announced is not delivered: one closed key closes the gate
    """
    return exporter * importer * after_fee * quota


def within_cap(asked, mix, measured, room):
    """How much of a volume of a mixed line stays within caps on single products.

    Parameters
    ----------
    asked : array (draws, 1), accelerators of the line
    mix : array (draws or 1, products), share of each product in them
    measured : bool array (draws or 1, products), products that a cap is measured by
    room : array (draws, products), accelerators left under the cap, ≥ 0

    Returns
    -------
    array (draws, 1), accelerators
    """
    volume = mix * asked
    return total(np.where(measured, np.minimum(volume, room), volume))[..., None]


def new_licences(applied, held, review_months, quota_left):
    """Licences granted to each buyer in a month, before any cap on all buyers together.

    Parameters
    ----------
    applied : array (draws, buyers), accelerators that applicants who pass want licences for in all
    held : array (draws, buyers), accelerators licensed and not yet delivered
    review_months : array (draws, 1) or float, mean time from application to licence, months, ≥ 1
    quota_left : array (draws, buyers), accelerators that a buyer may still be licensed

    Returns
    -------
    array (draws, buyers), accelerators / month
    """
    return np.minimum(np.maximum(applied - held, 0.0) / review_months, np.maximum(quota_left, 0.0))


def expired_licences(granted_until_then, used, expired):
    """Licences that run out this month, oldest first: those granted a term ago and neither used nor expired since.

    Parameters
    ----------
    granted_until_then : array (draws, buyers), accelerators licensed from the start to one term ago
    used, expired : array (draws, buyers), accelerators delivered under licence and lapsed so far

    Returns
    -------
    array (draws, buyers), accelerators / month
    """
    return np.maximum(granted_until_then - used - expired, 0.0)


def licensed_part(with_licence, without):
    """Share of a line's orders that needs a licence, given what passes with one and without (both shares of demand)."""
    return share(with_licence, with_licence + without)
