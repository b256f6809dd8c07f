"""The queue for accelerators through a month: compiled loops over the queue positions."""

import numpy as np
from numba import njit

from ..compiled import guvectorize
from ..numerics import share_of_number, total_of_row, weighted_total_of_row
from .structure import DIVERTED, LICENSED


@guvectorize(["void(f8[:], f8[:], f8, f8, f8, i8[:], i8[:], f8[:], f8[:], f8[:], f8[:])"],
             "(l),(l),(),(),(),(p),(p)->(p),(p),(p),(p)")  # fmt: skip
def _ask(list_price, factor, package_usd, fee, premium, line, channel, asked, markup, price, on_sale):
    """Price a part at every queue position, before and after what is paid on top.

        price = asked · (1 + markup)

    Parameters
    ----------
    list_price, factor : arrays (lines,), USD, and price over list
    package_usd : float, list price of the average diverted part, USD
    fee, premium : float, share of the price paid on top for licensed parts, and for diverted ones
    line, channel : int arrays (positions,), whose line it is and the way of buying
    asked, markup, price : arrays (positions,), out: USD, share, USD
    on_sale : array (positions,), out: 1, or 0 for what may not be sold at all
    """
    for at in range(len(line)):
        own = list_price[line[at]]
        markup[at] = 0.0
        if channel[at] == LICENSED:
            markup[at] = fee
        elif channel[at] == DIVERTED:
            own, markup[at] = package_usd, premium
        asked[at] = own * factor[line[at]]
        price[at] = asked[at] * (1.0 + markup[at])
        on_sale[at] = 0.0 if list_price[line[at]] <= 0.0 else 1.0


@njit("Tuple((f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[::1]))(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], "
      "f8[:, ::1], f8[:, ::1], i8[:, ::1])", cache=True)  # fmt: skip
def revise(waiting, before, price, on_sale, stays, refused, licensed_at):
    """Take withdrawn orders out of the queue, and see what all of them are worth at the prices of the month.

    Parameters
    ----------
    waiting : array (draws, positions), accelerators
    before, price : arrays (draws, positions), USD each, a month ago and now
    on_sale : array (draws, positions), 1, or 0 for what may not be sold at all: orders for it can never be filled
    stays : array (draws or 1, positions), share of orders that nobody cancels
    refused : array (draws or 1, positions), share withdrawn since a rule denies the product
    licensed_at : int array (lines, buyers), positions under licence

    Returns
    -------
    kept : array (draws, positions), accelerators still waited for
    worth : array (draws, positions), USD of what waited, with what can never be filled at the price of a month ago
    returned : array (draws, buyers), USD that comes back to buyers under licence
    revalued : array (draws,), USD by which new prices change what waited
    """
    draws, positions = waiting.shape
    kept, worth = np.empty(waiting.shape), np.empty(waiting.shape)
    returned, revalued = np.zeros((draws, licensed_at.shape[1])), np.empty(draws)
    void, change = np.empty(positions), np.empty(positions)
    for draw in range(draws):
        same, gone = stays[draw % len(stays)], refused[draw % len(refused)]
        for at in range(positions):
            sold = on_sale[draw, at]
            void[at] = waiting[draw, at] * before[draw, at] * (1.0 - sold)
            worth[draw, at] = void[at] + waiting[draw, at] * price[draw, at]
            change[at] = waiting[draw, at] * (price[draw, at] - before[draw, at]) * sold
            kept[draw, at] = waiting[draw, at] * (same[at] * sold) * (1.0 - gone[at])
        revalued[draw] = total_of_row(change)
        for row in range(len(licensed_at)):
            for buyer in range(licensed_at.shape[1]):
                at = licensed_at[row, buyer]
                returned[draw, buyer] += void[at] + waiting[draw, at] * price[draw, at] * gone[at]
    return kept, worth, returned, revalued


@guvectorize(["void(f8[:], f8[:], f8[:], f8[:, :], f8[:, :], f8[:], i8[:, :], i8[:, :], f8[:], f8[:], f8[:, :])"],
             "(p),(p),(p),(k,n),(k,n),(m),(k,n),(n,m)->(p),(p),(k,n)")  # fmt: skip
def _hold(orders_usd, price, waiting, part, held, split, licensed_at, at_home, kept_usd, kept, ordered):
    """Cancel orders whose licence has lapsed, and move money that finds no licence to domestic parts.

    Parameters
    ----------
    orders_usd, price, waiting : arrays (positions,), USD / month, USD each, accelerators
    part, held : arrays (lines, buyers), share of orders that needs a licence, and licences unused, accelerators
    split : array (domestic lines,), share of money for domestic parts by line
    licensed_at, at_home : int arrays (lines, buyers) and (buyers, domestic lines), positions
    kept_usd, kept : arrays (positions,), out, orders and waiting after that
    ordered : array (lines, buyers), out, accelerators / month ordered under licence or where none is needed
    """
    kept_usd[:], kept[:] = orders_usd, waiting
    for row in range(licensed_at.shape[0]):
        for buyer in range(licensed_at.shape[1]):
            at, needs = licensed_at[row, buyer], part[row, buyer]
            licensed = min(waiting[at] * needs, held[row, buyer])
            kept[at] = waiting[at] * (1.0 - needs) + licensed
            barred = max(orders_usd[at] * needs - (held[row, buyer] - licensed) * price[at], 0.0)
            kept_usd[at] = orders_usd[at] - barred
            ordered[row, buyer] = share_of_number(kept_usd[at], price[at])
            for domestic in range(len(split)):
                kept_usd[at_home[buyer, domestic]] += barred * split[domestic]


@njit("Tuple((f8[:, ::1], f8[::1]))(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1])", cache=True)
def join(kept, worth, orders_usd, price, on_sale):
    """Add this month's orders to the queue.

    Parameters
    ----------
    kept, worth : arrays (draws, positions), accelerators still waited for, and USD of all that waited (see `revise`)
    orders_usd, price : arrays (draws, positions), USD / month, and USD each
    on_sale : array (draws, positions), 1, or 0 for what may not be sold at all

    Returns
    -------
    waiting : array (draws, positions), accelerators waited for
    unspent : array (draws,), USD / month of orders withdrawn, and of those for what may not be sold
    """
    draws, positions = kept.shape
    waiting, unspent, left = np.empty(kept.shape), np.empty(draws), np.empty(positions)
    for draw in range(draws):
        for at in range(positions):
            sold, usd, each = on_sale[draw, at], orders_usd[draw, at], price[draw, at]
            left[at] = worth[draw, at] - kept[draw, at] * each + usd * (1.0 - sold)
            waiting[draw, at] = kept[draw, at] + share_of_number(usd, each) * sold
        unspent[draw] = total_of_row(left)
    return waiting, unspent


@njit("Tuple((f8[:, ::1], f8[:, ::1], f8[::1], f8[::1]))(f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1])", cache=True)
def pay(delivered, asked, markup, ways):
    """What is paid for deliveries, and what of it goes to makers, treasuries and intermediaries.

    Parameters
    ----------
    delivered, asked, markup : arrays (draws, positions), accelerators / month, USD each, and share paid on top
    ways : array (2, positions), 1 where parts are licensed, and where they are diverted, 0 elsewhere

    Returns
    -------
    before, paid : arrays (draws, positions), USD / month without and with what is paid on top
    fee, premium : arrays (draws,), USD / month paid on top for licensed parts, and for diverted ones
    """
    draws, positions = delivered.shape
    before, paid, on_top = np.empty(delivered.shape), np.empty(delivered.shape), np.empty(positions)
    fee, premium = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        for at in range(positions):
            before[draw, at] = delivered[draw, at] * asked[draw, at]
            paid[draw, at] = before[draw, at] * (1.0 + markup[draw, at])
            on_top[at] = before[draw, at] * markup[draw, at]
        fee[draw], premium[draw] = weighted_total_of_row(on_top, ways[0]), weighted_total_of_row(on_top, ways[1])
    return before, paid, fee, premium


ask, hold = _ask.ufunc, _hold.ufunc  # NumPy's own objects: a call costs half as much
