"""Downloads and derivatives on the hub: attention to releases, automated pulls, preferential attachment with decay.

Leaves out
----------
* Which model a derivative merges or distils besides its base.
* Downloads outside the hub, mirrors in China among them.
* Quality of derivatives; their number stands for their worth.
"""

import numpy as np

from ..numerics import col, exp, power, shares_of_total


def release_attention(released, capability, best_open, breadth, quality, breadth_exponent):
    """Attention a month's open releases draw.

    Parameters
    ----------
    released : bool array (draws, lines), new open-weight vintages of this month
    capability : array (draws, lines), ECI points; best_open : array (draws,), ECI points of the best open model
    breadth : array (lines,), repositories at a release, relative
    quality : array (draws,) or float, log points of attention per ECI point
    breadth_exponent : float

    Returns
    -------
    array (draws, lines), attention (dimensionless)
    """
    weight = power(breadth, breadth_exponent) * exp(col(quality) * np.minimum(capability - best_open[:, None], 0.0))
    return np.where(released, weight, 0.0)


def decayed(stock, months):
    """What is left of a stock after a month: (draws, families), any unit; mean life ``months`` (draws,) or float."""
    return stock * exp(-1.0 / col(months))


def derivative_shares(attention, stock, attachment):
    """Shares of families in new derivatives: attention tempered by attachment to existing derivatives.

        share_f ∝ attention_f^(1 − α) · stock_f^α

    Parameters
    ----------
    attention, stock : arrays (draws, families), attention (dimensionless) and models
    attachment : array (draws,) or float, α between 0 and 1

    Returns
    -------
    array (draws, families), shares summing to one over families (dimensionless)
    """
    part, held = shares_of_total(attention), shares_of_total(stock)
    return shares_of_total(power(part, 1.0 - col(attachment)) * power(held + 1e-3, col(attachment)))


def downloads(shares, active_developers, per_developer, log_automation):
    """Downloads of the month: what developers pull, times what build systems and test runs pull again.

        d_f = share_f · active · pulls · e^a / 10⁶

    Parameters
    ----------
    shares : array (draws, families), shares summing to one (dimensionless)
    active_developers : array (draws,), developers who build on models
    per_developer : array (draws,) or float, downloads / developer / month at the start
    log_automation : array (draws,), growth of automated pulls since the start (log points)

    Returns
    -------
    array (draws, families), million downloads / month
    """
    return shares * col(active_developers * 1e-6) * col(per_developer * exp(log_automation))


def download_shares(attention, use, stock, weights):
    """Shares of families in downloads: new releases, deployments in use, and derivatives that pull their base.

    Parameters
    ----------
    attention, use, stock : arrays (draws, families), attention (dimensionless), Mtok / month, models
    weights : (float, float, float), weight of each of the three

    Returns
    -------
    array (draws, families), shares summing to one over families (dimensionless)
    """
    return shares_of_total(
        sum(w * shares_of_total(part) for w, part in zip(weights, (attention, use, stock), strict=True)))
