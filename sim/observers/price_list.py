"""Price lists: flagship prices by country of the laboratory, and the cheapest price at fixed capability.

Sees
----
List prices on laboratories' own services and at independent hosts, blended at three tokens read to one written, for
whichever model leads its country, and the lowest at a fixed level of the capability index.

Coverage
--------
serving.peak_surcharge, training.reasoning_tokens_per_task, training.agent_tokens_per_task

Bias
----
Overstates what is paid: discounts, cached input, batches and committed spending are not listed [prices]. A ratio of
flagships by token overstates the Chinese discount when the American model is the better one: 0.04 to 0.09 for pairs of
flagships against about 1.1 for the cheapest model at equal measured capability [prices]. By task it is smaller or
larger as answers are longer. The fall at fixed capability is the faster, the shorter the window: 10-fold a year over
two years, thousands over a few months [prices].
"""

import numpy as np

from ..compiled import guvectorize
from ..markets.alternatives import FIRST_PARTY, INDEPENDENT
from ..markets.standing import best_line
from ..numerics import exp, log, power, share, total
from ..units import MONTHS_PER_YEAR

THRESHOLDS = (126.0, 130.0, 135.0, 140.0)  # ECI points, the levels of the published series
SHORTEST_WINDOW = 18  # months; the launch price of a lone leader makes a yearly rate over less meaningless
NAMES = tuple(f"eci_{t:.0f}" for t in THRESHOLDS)


@guvectorize(["void(float64[:, :], float64[:], boolean[:, :], float64[:], float64[:])"], "(h,v),(v),(h,v),(t)->(t)")
def _cheapest(price, capability, listed, thresholds, found):
    found[:] = np.inf
    lowest = thresholds.min()
    for vintage in range(price.shape[1]):
        if capability[vintage] >= lowest:
            cheapest = np.inf
            for host in range(price.shape[0]):
                if listed[host, vintage]:
                    cheapest = min(cheapest, price[host, vintage])
            for at in range(thresholds.shape[0]):
                if capability[vintage] >= thresholds[at]:
                    found[at] = min(found[at], cheapest)


def cheapest_at_capability(price, capability, listed, thresholds):
    """The lowest list price among models of at least some capability.

    Parameters
    ----------
    price : array (draws, hosts, models), USD / Mtok, blended three input to one output
    capability : array (draws, models), ECI points
    listed : bool array (draws, hosts, models)
    thresholds : sequence of ECI points

    Returns
    -------
    array (draws, thresholds), USD / Mtok, infinite where no model is good enough
    """
    return _cheapest.ufunc(price, capability, listed, thresholds)


def fall_fold_per_year(first_price, price, months):
    """Yearly fall of a price since it was first listed.

    Parameters
    ----------
    first_price, price : arrays, USD / Mtok
    months : array, months between them, ≥ 1

    Returns
    -------
    array, fold / year
    """
    return power(first_price / price, MONTHS_PER_YEAR / np.maximum(months, 1.0))


def observe(world, p):
    """Write flagship prices, their ratio, cheapest prices at fixed capability and how fast they fall."""
    catalogue, recorder, a = world.catalogue, world.recorder, world.catalogue.alternatives
    available = a.by_host(catalogue.available)
    listed = catalogue.of_newest(available[:, a.hosts_of(FIRST_PARTY)[0]])
    line, any_listed = best_line(listed & catalogue.line_of_blocs[:, None], catalogue.line_capability)
    line += np.arange(world.draws) * a.lines
    found = np.where(any_listed, catalogue.line_price.take(line), np.nan)
    per_task = found * catalogue.line_tokens.take(line)
    for at, region in enumerate(("united_states", "china")):
        recorder.write("flagship_price_usd_per_mtok", found[at], region=region)
        recorder.write("flagship_price_usd_per_task", per_task[at], region=region)
    recorder.write("flagship_price_ratio_china_us", found[1] / found[0])

    hosts = a.run_of(FIRST_PARTY, INDEPENDENT)
    cheapest = cheapest_at_capability(a.by_host(catalogue.price_usd_per_mtok)[:, hosts], catalogue.capability,
                                      available[:, hosts], THRESHOLDS)
    reached = np.isfinite(cheapest)
    recorder.write("price_at_capability_usd_per_mtok", np.where(reached, cheapest, np.nan), detail=NAMES)

    archive = catalogue.archive
    if not archive:
        archive["first_month"], archive["first_price"] = np.full(cheapest.shape, -1.0), np.ones(cheapest.shape)
    first_month, first_price = archive["first_month"], archive["first_price"]
    new = reached & (first_month < 0)
    np.copyto(first_month, world.month, where=new)
    np.copyto(first_price, cheapest, where=new)
    months = np.where(first_month >= 0, world.month - first_month, 0.0)
    counted = reached & (months >= SHORTEST_WINDOW)
    fold = fall_fold_per_year(first_price, np.where(reached, cheapest, 1.0), months)
    recorder.write("price_fall_fold_per_year", np.where(counted, fold, np.nan), detail=NAMES)
    number = total(counted)
    mean = exp(share(total(np.where(counted, log(fold), 0.0)), number))
    recorder.write("price_fall_fold_per_year", np.where(number > 0, mean, np.nan))
