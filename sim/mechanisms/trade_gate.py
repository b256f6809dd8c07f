"""The two keys: exporter's licence × importer's approval × price after fee × quota."""

import numpy as np

from ..numerics import power
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


def demand_after_fee(fee_share, pass_through, elasticity):
    """Demand left when part of a fee on the sale is passed on in the price.

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

    Parameters
    ----------
    exporter, importer, after_fee, quota : array (draws, ...) or float, shares, 0 to 1

    Returns
    -------
    array (draws, ...), share; announced is not delivered: one closed key closes the gate
    """
    return exporter * importer * after_fee * quota
