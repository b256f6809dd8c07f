"""How many tokens developers use: entry of new developers, new uses, and the rebound to lower prices.

Leaves out
----------
* Which work is automated: tokens by task and length stand for it.
* Limits of what people can read, check or pay in all.
"""

import numpy as np

from ..numerics import exp, log, logistic


def adoption_share(months, ceiling, midpoint, lag, width):
    """Share of developers who build on models, spreading as a logistic curve.

        share = ceiling / (1 + exp(−(t − midpoint − lag) / width))

    Parameters
    ----------
    months : float, months since the start of the clock
    ceiling : array (draws, 1) or float, share in the end
    midpoint : array (draws, 1) or float, months
    lag : array (regions,), months behind the first region
    width : float, months

    Returns
    -------
    array (draws, regions), share (dimensionless)
    """
    return ceiling * logistic((months - midpoint - lag) / width)


def rebound(log_price, log_price_start, elasticity):
    """Tokens relative to what they would be at the price of the start.

        tokens / tokens at the first price = exp(−elasticity · Δ ln price)

    Parameters
    ----------
    log_price, log_price_start : array (draws, segments), ln USD per Mtok of task, as habit remembers it
    elasticity : array (draws, 1) or float, positive

    Returns
    -------
    array (draws, segments), ratio (dimensionless)
    """
    return exp(-elasticity * (log_price - log_price_start))


def remembered(memory, news, speed):
    """Exponential memory: arrays of any shape and one unit; speed is the share of the distance closed a month."""
    return memory + speed * (news - memory)


def log_growth_per_month(fold_per_year):
    """Monthly growth in log points of a yearly fold: array (draws,) or float → same shape, log points / month."""
    return log(np.asarray(fold_per_year, dtype=float)) / 12.0
