"""What a million tokens cost to serve: active parameters, hardware, utilisation, context.

Leaves out
----------
* Speculative decoding, caching and other tricks apart; they are in the growth of utilisation.
* Memory bandwidth as a limit of its own.
* Networks, storage and staff beyond the margin of a host.
"""

import numpy as np

from ..numerics import power, share
from ..units import H100_TOPS_8BIT

FLOP_PER_H100E_HOUR = H100_TOPS_8BIT * 1e12 * 3600.0  # dense 8-bit, at peak


def serving_utilisation(base, growth_per_year, years, ceiling):
    """Useful share of peak while serving.

    Parameters
    ----------
    base : array (draws,) or float, share at the base date
    growth_per_year : array (draws,) or float, fold / year
    years : float, years since the base date
    ceiling : float, share

    Returns
    -------
    array (draws,) or float, share (dimensionless)
    """
    return np.minimum(base * power(growth_per_year, years), ceiling)


def h100e_hours_per_mtok(active_billion, flop_per_parameter, overhead, utilisation):
    """Accelerator time a million tokens take, blended over input and output.

        hours = 10⁶ · parameters · FLOP per parameter · overhead / (peak per hour · utilisation)

    Parameters
    ----------
    active_billion : array (draws, lines), billion parameters active for a token
    flop_per_parameter : float, FLOP per parameter and token
    overhead : array (draws, lines) or float, work beyond the dense arithmetic (ratio)
    utilisation : array (draws, 1) or float, useful share of dense 8-bit peak

    Returns
    -------
    array (draws, lines), H100e-hours / Mtok
    """
    return active_billion * (flop_per_parameter * 1e15) * overhead / (FLOP_PER_H100E_HOUR * utilisation)


def hour_worth(own_usd, market_usd, pass_through):
    """What an hour of a laboratory's accelerators counts for in its prices: what it would rent for, if that is more.

        w = own · max(market / own, 1)^(1 − pass-through)

    Parameters
    ----------
    own_usd : array (draws, labs), USD / H100e-hour, what it costs the laboratory
    market_usd : array (draws, labs), USD / H100e-hour, rent where the laboratory stands
    pass_through : array (labs,) or float, part of an advantage that buyers get (share, in logs)

    Returns
    -------
    array (draws, labs), USD / H100e-hour
    """
    return own_usd * power(np.maximum(share(market_usd, own_usd), 1.0), 1.0 - pass_through)


def serving_cost(hours_per_mtok, usd_per_h100e_hour):
    """Marginal cost of serving: H100e-hours / Mtok × USD / H100e-hour (power included) → USD / Mtok."""
    return hours_per_mtok * usd_per_h100e_hour
