"""The two routes round a refusal in a month: accelerators shipped by intermediaries, and accelerators rented abroad.

Leaves out
----------
* Countries of passage, front companies and single cases: each route is one market.
* What users abroad do with rented accelerators, and data that may not leave a country.
"""

from typing import Any, NamedTuple

import numpy as np
from numba.extending import register_jitable

from .diversion import expected_cost, leakage_market, pushed_wish


class Route(NamedTuple):
    """What a route costs and who uses it; each an array (draws,) or float, shares of the price.

    Attributes
    ----------
    handling, penalty : costs of intermediaries, always and if found
    detection : share of deals found by the largest enforcement
    willingness, margin : premium that halves what is wanted, margin that brings half of what can be had
    """

    handling: Any
    detection: Any
    penalty: Any
    willingness: Any
    margin: Any


class Around(NamedTuple):
    """What surrounds the routes in a month; each an array (draws,) or float.

    Attributes
    ----------
    unmet_usd : USD / month that restricted buyers would spend on parts they may not buy
    turned_usd, turned_share : USD / month, and share, of wanted purchases abroad that the parent test turns away
    servers_usd, racks_usd : USD / month of restricted parts sold to everybody else, in servers and in racks
    maturity : how far the network has grown, 0 to 1
    reach : share of what enforcement could find that it finds
    unmet_h100e : H100e that restricted users hold at home by legal ways, times the share of their wish that is unmet
    abroad_h100e : H100e of other owners in countries that rent to anybody
    rental_open : 1 if they may rent openly, 0 if only through front users
    """

    unmet_usd: Any
    turned_usd: Any
    turned_share: Any
    servers_usd: Any
    racks_usd: Any
    maturity: Any
    reach: Any
    unmet_h100e: Any = 0.0
    abroad_h100e: Any = 0.0
    rental_open: Any = 1.0


class Terms(NamedTuple):
    """What is believed about the routes; each an array (draws,) or float.

    Attributes
    ----------
    shipping, cloud : Route
    appetite : share of the unmet wish offered to intermediaries
    leak_share : share of sales elsewhere, in servers, that could be redirected at most
    rack : the same for racks, against servers
    effectiveness : share of the network that the largest enforcement takes out
    substitution : share of those turned away by one route who try the other
    rental_wish : H100e wanted for rent, per H100e held and unmet
    rental_supply : share of what stands abroad that could be rented
    rental_front : share of the wish that goes on through front users under a rule
    rental_months : months in which contracts follow the market
    """

    shipping: Route
    cloud: Route
    appetite: Any
    leak_share: Any
    rack: Any
    effectiveness: Any
    substitution: Any
    rental_wish: Any
    rental_supply: Any
    rental_front: Any
    rental_months: Any


class Routes(NamedTuple):
    """State of both routes; each an array (draws,).

    Attributes
    ----------
    shipped_usd : USD / month at list price, seizures not yet taken off
    premium, rent_premium : share of the price above list, and above the going rent
    detection : share of shipments seized
    unserved, rent_unserved : share of each route's wish that was not served
    rented_h100e : H100e rented abroad
    """

    shipped_usd: Any
    premium: Any
    detection: Any
    unserved: Any
    rented_h100e: Any
    rent_premium: Any
    rent_unserved: Any


def no_routes(draws):
    """Both routes before anybody uses them, for a number of draws (H100e, USD and shares: all nil)."""
    nil = np.zeros(draws)
    return Routes(nil, nil, nil, nil, nil, nil, nil)


@register_jitable
def found(route, reach):
    """Share of a route's deals that are found, array (draws,) or float, and the premium that covers it, a share.

        found = reach · detection, from 0 to 1
    """
    detection = np.minimum(np.maximum(reach * route.detection, 0.0), 1.0)
    return detection, expected_cost(route.handling, detection, route.penalty)


@register_jitable
def ship(before, around, terms):
    """This month's shipments by intermediaries.

        wish = unmet · appetite + what the rental route turned away,   capacity = (servers + rack · racks)
               · leak · maturity · (1 − reach · effectiveness),   volume where the premium clears both

    Parameters
    ----------
    before : Routes of last month
    around : Around
    terms : Terms

    Returns
    -------
    tuple of arrays (draws,): USD / month at list price, premium, share seized, and share of the wish left unserved
    """
    wish = pushed_wish(around.unmet_usd * terms.appetite, before.rent_unserved, terms.substitution)
    wish = np.minimum(wish + terms.substitution * around.turned_usd, around.unmet_usd)
    within_reach = (around.servers_usd + terms.rack * around.racks_usd) * terms.leak_share * around.maturity
    capacity = within_reach * (1.0 - around.reach * terms.effectiveness)
    detection, cost = found(terms.shipping, around.reach)
    volume, premium = leakage_market(wish, capacity, cost, terms.shipping.willingness, terms.shipping.margin)
    return volume, premium, detection, (wish - volume) / np.maximum(wish, 1e-30)


@register_jitable
def rent(before, around, terms, premium, unserved):
    """What is rented abroad at the end of the month.

        wish = unmet · rental wish + what shipping and the parent test turned away,   under a rule · front users
        capacity = compute abroad · rental supply · (1 − found),   target where the premium clears both
        rented += (target − rented) / months of a contract, at most nine tenths of what stands there

    Parameters
    ----------
    before : Routes of last month
    around : Around
    terms : Terms
    premium, unserved : arrays (draws,), of this month's shipments: the dearer they are, the more a tenant pays

    Returns
    -------
    tuple of arrays (draws,): H100e rented, premium over the going rent, and share of the wish left unserved
    """
    elsewhere = unserved + around.turned_share
    wish = pushed_wish(around.unmet_h100e * terms.rental_wish, elsewhere, terms.substitution)
    shut = 1.0 - around.rental_open
    detection, cost = found(terms.cloud, around.reach * shut)  # nothing is illegal before there is a rule
    tried = wish * (1.0 - shut * (1.0 - terms.rental_front))
    capacity = around.abroad_h100e * terms.rental_supply * (1.0 - detection)
    target, rent_premium = leakage_market(tried, capacity, cost, terms.cloud.willingness + premium, terms.cloud.margin)
    rented = before.rented_h100e + (target - before.rented_h100e) / np.maximum(terms.rental_months, 1.0)
    return np.minimum(rented, 0.9 * around.abroad_h100e), rent_premium, (wish - target) / np.maximum(wish, 1e-30)
