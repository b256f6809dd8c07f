"""What a vintage is offered for at each host: from when, at what price, and what it takes of accelerators.

    first party    until retired                       its own price, held down by hosts where weights are open
    independent    where hosting is licensed           cost · (1 + margin) · scarcity · luck, after the host's lag
    derivative     where renaming is licensed too      as an independent host
    self-hosted    where own use is licensed           the rent of what it takes

Leaves out
----------
* Hosts that sell out, and contracts at other than list prices.
* Users who keep a vintage for themselves after it is retired.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable  # leaves them plain functions that compiled loops may call

from ..compiled import guvectorize

FIRST_PARTY, INDEPENDENT, DERIVATIVE, SELF_HOSTED = range(4)  # kinds of host
HOSTING, RENAMING, OWN_USE = range(3)  # what a licence of weights may permit


class Vintages(NamedTuple):
    """What is offered; arrays (draws, vintages) unless said otherwise.

    Attributes
    ----------
    release_month, succeeded_month : month numbers, negative if not released, infinite if not succeeded
    permits : bool array (draws, 3, vintages), what its licence permits
    hours : H100e-hours / Mtok at the laboratory
    own_price : USD / Mtok that the laboratory asks where nobody else serves it
    premium : most that it can ask above hosts of the same weights, ratio
    """

    release_month: np.ndarray
    succeeded_month: np.ndarray
    permits: np.ndarray
    hours: np.ndarray
    own_price: np.ndarray
    premium: np.ndarray


class Hosts(NamedTuple):
    """Who offers them; arrays (hosts,) unless said otherwise.

    Attributes
    ----------
    kind, region : int arrays, kind of host, and where it rents accelerators
    lag_months : months from release to offer
    price_ratio : its rent over what is usual in the region
    carried : bool array (hosts, vintages), of which lines a host would take on a vintage
    factor : array (draws, hosts, vintages), what it asks over what a host of its costs asks in the middle
    efficiency, self_host_load, margin : float or arrays (draws,), hours at the laboratory over those at hosts and at
        users (ratios), margin over cost (share)
    rents, scarcity : arrays (draws, regions), USD per H100e-hour, and how far a shortage raises prices (ratio)
    user_region : int, where users rent accelerators for themselves
    """

    kind: np.ndarray
    region: np.ndarray
    lag_months: np.ndarray
    price_ratio: np.ndarray
    carried: np.ndarray
    factor: np.ndarray
    efficiency: np.ndarray
    self_host_load: np.ndarray
    margin: np.ndarray
    rents: np.ndarray
    scarcity: np.ndarray
    user_region: int


@register_jitable
def host_price(cost, margin, scarcity):
    """What independent hosts ask for an open model: cost × (1 + margin) × scarcity factor (floats, USD / Mtok)."""
    return cost * (1.0 + margin) * scarcity


@register_jitable
def open_price(own_price, hosts_price, premium, is_open):
    """A laboratory's own price for a model, which hosts of the same weights hold down where it is open.

    Parameters
    ----------
    own_price, hosts_price : float, USD / Mtok
    premium : float, ratio, most it can ask above the hosts
    is_open : bool

    Returns
    -------
    float, USD / Mtok
    """
    return min(own_price, hosts_price * premium) if is_open else own_price


@guvectorize(["void(float64[:], float64[:], boolean[:, :], float64[:], float64[:], float64[:], "
              "int64[:], int64[:], float64[:], float64[:], boolean[:, :], float64[:, :], float64, float64, float64, "
              "float64[:], float64[:], int64, float64, float64, "
              "float64[:], boolean[:, :], float64[:, :], float64[:, :])"],
             "(v),(v),(t,v),(v),(v),(v),(h),(h),(h),(h),(h,v),(h,v),(),(),(),(r),(r),(),(),()->(v),(h,v),(h,v),(h,v)")
def _offers(released, succeeded, permits, hours, own_price, premium,
            kind, region, lag, price_ratio, carried, factor, efficiency, load, margin, rents, scarcity, home,
            month, retirement, age, available, takes, price):  # fmt: skip
    for vintage in range(len(age)):
        age[vintage] = month - released[vintage] if released[vintage] >= 0 else 0.0
    for host in range(len(kind)):
        offered, needed, asked = available[host], takes[host], price[host]
        if kind[host] == FIRST_PARTY:
            for vintage in range(len(age)):
                offered[vintage] = (carried[host, vintage] and released[vintage] >= 0
                                    and month - succeeded[vintage] < retirement)
                needed[vintage] = hours[vintage]
                at_hosts = host_price(hours[vintage] / efficiency * rents[home], margin, scarcity[home])
                asked[vintage] = open_price(own_price[vintage], at_hosts, premium[vintage], permits[HOSTING, vintage])
        elif kind[host] == SELF_HOSTED:
            for vintage in range(len(age)):
                offered[vintage] = permits[OWN_USE, vintage]
                needed[vintage] = hours[vintage] / load
                asked[vintage] = needed[vintage] * rents[home]
        else:
            rent, scarce = rents[region[host]] * price_ratio[host], scarcity[region[host]]
            named = kind[host] != DERIVATIVE
            for vintage in range(len(age)):
                offered[vintage] = (carried[host, vintage] & (age[vintage] >= lag[host]) & permits[HOSTING, vintage]
                                    & (named | permits[RENAMING, vintage]))
                needed[vintage] = hours[vintage] / efficiency
                asked[vintage] = host_price(needed[vintage] * rent, margin, scarce) * factor[host, vintage]


_put_down = _offers.ufunc


def offer(vintages, hosts, month, retirement_months, available, takes, price):
    """Put down where each vintage is on offer this month, what it takes of accelerators there, and at what price.

    Parameters
    ----------
    vintages : Vintages
    hosts : Hosts
    month : int, month number
    retirement_months : float or array (draws,), months from which a succeeded vintage is no longer sold
    available : bool array (draws, hosts, vintages), filled here
    takes : array of that shape, H100e-hours / Mtok, filled here
    price : array of that shape, USD / Mtok, filled here

    Returns
    -------
    array (draws, vintages), months since release; 0 for what is not released
    """
    return _put_down(*vintages, *hosts, month, retirement_months,
                     out=(None, available, takes, price))[0]
