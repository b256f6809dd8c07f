"""The census of known clusters: shares by location, seen in part and late.

Sees
----
Accelerators in service by location of the site, some months before.

Coverage
--------
census.coverage_united_states, census.coverage_china, census.coverage_elsewhere, census.lag_months

Bias
----
Understates regions with spread-out sites and overstates those that announce large ones: its makers put it at 10 to
20 % of the world, Chinese entries are anonymised, and entries after spring 2025 are thin [compute_stock]. By location,
so what Chinese owners bought abroad counts elsewhere. Above ownership ledgers for China [compute_stock].
"""

import numpy as np

from ..compiled import guvectorize
from ..numerics import col, shares_of_total


def reading(located_h100e, coverage):
    """Shares of the clusters that a census sees.

    Parameters
    ----------
    located_h100e : array (draws, regions), H100e in service by location, as of the census's lag
    coverage : array (draws, regions) or (regions,), share of each region's compute that is seen

    Returns
    -------
    array (draws, regions), share of all that is seen
    """
    seen = located_h100e * coverage
    return shares_of_total(seen)


@guvectorize(["void(float64[:, :], float64, float64[:])"], "(m,k),()->(k)")
def _lagged(history, lag_months, found):
    lag = min(lag_months, len(history) - 1.0)
    here, weight = len(history) - 1 - int(lag), lag - int(lag)
    before = max(here - 1, 0)
    for kind in range(len(found)):
        found[kind] = history[here, kind] * (1 - weight) + history[before, kind] * weight


def lagged(history, lag_months):
    """A past state between two months: ``history`` array (months, draws, k), newest last; lag (draws,) in months."""
    return _lagged.ufunc(history.swapaxes(0, 1), lag_months)


def observe(world, p):
    """Write the census of the month: shares, what it sees (H100e), and how late it is (months)."""
    c = p.census
    coverage = np.empty((world.draws, len(p.regions)))
    coverage[:] = col(c.coverage_elsewhere)
    coverage[:, p.regions.index["united_states"]] = c.coverage_united_states
    coverage[:, p.regions.index["china"]] = c.coverage_china
    past = lagged(world.ledger.located_history, c.lag_months)
    world.recorder.write("census_share", reading(past, coverage), region=p.regions.names)
    world.recorder.write("census_seen_h100e", past * coverage, region=p.regions.names)
    world.recorder.write("census_lag_months", c.lag_months)
