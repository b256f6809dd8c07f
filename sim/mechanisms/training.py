"""From compute to capability: the run in progress, algorithmic progress, the index.

Leaves out
----------
* Data: no limit and no quality.
* Failed runs, and restarts after a change of mind.
* Capability as more than one number.
"""

import numpy as np

from ..numerics import log10, power
from ..units import H100_TOPS_8BIT, HOURS_PER_MONTH, MONTHS_PER_YEAR, SECONDS_PER_MONTH

FLOP_PER_H100E_MONTH = H100_TOPS_8BIT * 1e12 * SECONDS_PER_MONTH  # dense 8-bit, at peak


def run_flop_per_month(lab_h100e, run_share, efficiency, precision_factor):
    """Training compute that goes into a laboratory's largest run in a month.

    Parameters
    ----------
    lab_h100e : array (draws,), H100e the laboratory uses for everything
    run_share : array (draws,) or float, share of them in the largest run (dimensionless)
    efficiency : array (draws,) or float, useful share of the peak of the training format (dimensionless)
    precision_factor : float, throughput of the training format over dense 8-bit (dimensionless)

    Returns
    -------
    array (draws,), FLOP / month
    """
    return lab_h100e * (run_share * efficiency * precision_factor * FLOP_PER_H100E_MONTH)


def programme_scale(months, ramp_months):
    """How much of its full scale a programme of large training runs has reached: the square of its age over the ramp.

    Parameters
    ----------
    months : int or array (labs,), months since the laboratory began to train large models
    ramp_months : float, months until full scale

    Returns
    -------
    as ``months``, share in [0.01, 1] (dimensionless)
    """
    return np.minimum(np.maximum(months / ramp_months, 0.1), 1.0) ** 2


def run_in_progress(run_flop, flow, run_months):
    """Compute of a laboratory's current largest run: a memory of about ``run_months`` of the monthly flow.

        R' = R · (1 − 1/length) + flow          steady state R = flow · length

    Parameters
    ----------
    run_flop : array (draws,), FLOP, last month's
    flow : array (draws,), FLOP / month
    run_months : float, months, ≥ 1

    Returns
    -------
    array (draws,), FLOP
    """
    return run_flop * (1.0 - 1.0 / run_months) + flow


def own_progress(relative_compute, relative_staff, leader_decades_per_month, exponent, staff_exponent):
    """Algorithmic progress a laboratory makes by itself in a month.

        progress = leader · compute^a · staff^b          both relative to whoever has most

    Parameters
    ----------
    relative_compute : array (draws, labs), research compute over that of the best-equipped laboratory, in [0, 1]
    relative_staff : array (labs,), people over those of the largest laboratory, in [0, 1]
    leader_decades_per_month : array (draws, 1) or float, progress of who has most of both, decades / month
    exponent, staff_exponent : arrays (draws, 1) or float, responses to compute and to staff (dimensionless)

    Returns
    -------
    array (draws, labs), decades of effective compute / month
    """
    compute, staff = (np.minimum(np.maximum(x, 1e-6), 1.0) for x in (relative_compute, relative_staff))
    return leader_decades_per_month * power(compute, exponent) * power(staff, staff_exponent)


def progress_decades_per_month(fold_per_year):
    """Decades a month (log10) of a yearly rate (fold / year)."""
    return log10(fold_per_year) / MONTHS_PER_YEAR


def capability(run_flop, algorithm_decades, anchor_flop, anchor_capability, points_per_decade):
    """Capability of a model from its training run: a straight line in log effective compute.

        C = C₀ + s · (log₁₀(R / R₀) + a)

    Parameters
    ----------
    run_flop : array (draws,), FLOP
    algorithm_decades : array (draws,), log10 of effective over physical FLOP, relative to the anchor run
    anchor_flop : float, FLOP
    anchor_capability : float, ECI points
    points_per_decade : array (draws,) or float, ECI points / decade

    Returns
    -------
    array (draws,), ECI points (Epoch Capabilities Index scale)
    """
    effective = log10(np.maximum(run_flop, 1e20) / anchor_flop) + algorithm_decades
    return anchor_capability + points_per_decade * effective


def reasoning_gain(months_since, first_points, points_per_year, ceiling):
    """What the reasoning recipe adds to a model's capability, after a laboratory first used it.

        g = f + (c − f) · t / (t + (c − f) / r)          slope r points a year at first, then towards c

    Parameters
    ----------
    months_since : array, months since the laboratory's first reasoning model; negative gives 0
    first_points, ceiling : arrays (draws,) or float, ECI points at first use and at most
    points_per_year : array or float, ECI points / year

    Returns
    -------
    array, ECI points
    """
    years = np.maximum(months_since, 0.0) / MONTHS_PER_YEAR
    room = np.maximum(ceiling - first_points, 1e-9)
    gain = first_points + room * years / (years + room / np.maximum(points_per_year, 1e-9))
    return np.where(months_since >= 0, gain, 0.0)


def compute_spend(lab_h100e, usd_per_h100e_hour):
    """What a laboratory's compute costs in a month: arrays (draws,), H100e × USD / H100e-hour → USD / month."""
    return lab_h100e * usd_per_h100e_hour * HOURS_PER_MONTH
