"""Licences for exports to China, buyer by buyer: what policy allows, what is licensed, what may be ordered."""

import numpy as np

from ..mechanisms.export_rules import CASE_BY_CASE, DENIAL
from ..mechanisms.trade_gate import decided, expired_licences, licensed_part, new_licences, within_cap
from ..numerics import col, share, shares_of_total, total, weighted_total
from ..units import MONTHS_PER_YEAR
from .order_book import hold
from .seen import Seen
from .structure import DOMESTIC, LICENSED

STAGES = ("announced", "licensed", "ordered", "delivered")
GLOBAL, CHINA = 0, 1  # the lines of a maker that needs licences


class Licences:
    """Grants licences, lets them run out, and holds orders to them.

    A product that is free or notified needs no licence: what buyers want of it counts as announced and as licensed.
    The makers that need licences share one workshop, of which the lines for China are meant here.

    Attributes
    ----------
    lines : int array (lines,), the lines for China
    positions : int array (lines, buyers), who queues for them
    buyers : int array (buyers,), the clouds that buy under licence: every Chinese one
    granted, used, expired, replaced : array (draws, lines, buyers), accelerators since the start: licensed, delivered,
        run out of time, and lapsed because their product left the line
    announced, licensed, ordered : array (draws, lines), accelerators / month
    sold : array (draws, lines, 2, products), packages since the start: elsewhere, under licence
    """

    def __init__(self, world, p, structure):
        self.world = world
        self.shop = next(shop for shop in world.works.shops if shop.lines.shape[1] > 1)
        self.lines = self.shop.lines[:, CHINA]
        self.positions = np.stack([np.flatnonzero((structure.line == line) & (structure.channel == LICENSED))
                                   for line in self.lines])
        self.preference = structure.preference[self.positions]
        self.buyers = structure.cloud[self.positions[0]]
        self.firms = p.clouds.licensed_firms[self.buyers]
        self.at_home = np.stack([np.flatnonzero((structure.cloud == buyer) & (structure.channel == DOMESTIC))
                                 for buyer in self.buyers])
        D, (k, n) = world.draws, self.positions.shape
        self.thrown = world.streams.once("licence_case", n)
        self.granted, self.used, self.expired, self.replaced = np.zeros((4, D, k, n))
        self.history = np.zeros((2, world.end - world.start + 2, D, k, n))  # at month ends: granted, less replaced
        self.opened = np.zeros((D, k))  # announced, needing a licence, and neither used nor lapsed
        self.announced, self.licensed, self.ordered, self.free = np.zeros((4, D, k))
        self.part = np.zeros((D, k, n))  # of each buyer's orders, what needs a licence
        products = self.shop.mix.shape[-1]
        self.mix = np.zeros((1, k, products))  # of what needs a licence
        self.sold = np.zeros((D, k, 2, products))
        self.offered = np.zeros((1, k, products)), np.ones((1, k, products), dtype=bool)
        self._nothing = np.zeros((1, structure.positions))
        self._status, self._open_month = Seen(), None

    def _read_rules(self):
        """Look up again what the rules say of each product, arrays (draws or 1, lines, products), when they change."""
        us = self.world.government["united_states"]
        if not self._status.anew(us.status):
            return
        products, for_all = np.zeros((2, *self.mix.shape[1:]), dtype=np.int64)
        for at, maker in enumerate(self.shop.makers):
            products[at, :len(maker.products)], for_all[at, :len(maker.products)] = maker.products, maker.for_all
        status, granted = np.broadcast_arrays(us.status.take(products, axis=1), us.granted.take(products, axis=1))
        self._needs_licence = (status >= CASE_BY_CASE) * 1.0
        self._parts = np.stack([np.where(status < CASE_BY_CASE, granted, 0.0), status == CASE_BY_CASE,
                                np.where(status > CASE_BY_CASE, granted, 0.0)])
        self._denied = status == DENIAL
        # a part made for China alone has no sales elsewhere to be measured by
        self._measured = (status == CASE_BY_CASE) & (for_all > 0)

    def open(self, p):
        """Share of each line that buyers may have: without licence (draws or 1, lines, 1), with one (..., buyers)."""
        if self._open_month != self.world.month:
            self._read_rules()
            mix, e = self.shop.mix[:, :, CHINA], p.export
            free, case, denied = weighted_total(mix, self._parts)[..., None]
            passing = decided(col(e.licence_case_by_case_share), self.thrown, e.licence_form == "buyer by buyer")
            self._open, self._open_month = (free, denied + case * passing[:, None]), self.world.month
        return self._open

    def grant(self, p, wish_usd, after_fee, price, unit_price):
        """Take this month's applications, and grant what policy, quota and cap allow.

        Parameters
        ----------
        wish_usd : array (draws, buyers), USD / month that buyers would spend on licensed parts with both keys open
        after_fee : array (draws,) or float, share of that left at the price after the fee
        price, unit_price : array (draws, positions), USD before and after the fee
        """
        e, month = p.export, self.world.month - self.world.start
        free, case = self.open(p)
        self.part = licensed_part(case, free)
        spent = wish_usd[:, None] * self.preference
        before = share(spent, price.take(self.positions, axis=1))
        wanted = share(spent * _each(after_fee), unit_price.take(self.positions, axis=1))
        mix = self.shop.mix[:, :, CHINA] * self._needs_licence
        mix = shares_of_total(mix)
        self._expire(month, e.licence_months, mix)
        self.free = total(wanted * free)
        self.announced, self.licensed = total(before * free), self.free
        if (case > 0).any():
            self._review(p, month, mix, case, before * case, wanted * case)
        self.history[0, month + 1] = self.granted
        np.subtract(self.granted, self.replaced, out=self.history[1, month + 1])

    def _review(self, p, month, mix, case, before, wanted):
        """Grant licences for what is applied for, arrays (draws, lines, buyers), packages / month, up to the caps."""
        e, held = p.export, self.held()
        net = self.granted - self.replaced
        last_year = np.maximum(net - self.history[1, max(month - MONTHS_PER_YEAR, 0)], 0.0)
        quota = _each(e.licence_quota_per_buyer) * self.firms - last_year
        cover = _each(e.licence_cover_months)
        elsewhere, here = self.sold[:, :, GLOBAL], self.sold[:, :, CHINA]
        room = np.maximum(_each(e.licence_volume_cap) * elsewhere - here, 0.0)
        new = new_licences(wanted * cover, held, _each(e.licence_review_months), quota)
        asked = total(new)[..., None]
        left = np.maximum(room - total(held)[..., None] * mix, 0.0)
        new = new * share(within_cap(asked, mix, self._measured, left), asked)
        self.granted += new
        most = within_cap(total(before)[..., None] * cover, mix, self._measured, room)[..., 0]
        opened = np.maximum(np.maximum(most, total(held + new)) - self.opened, 0.0) * (case > 0).any(axis=-1)
        self.opened = self.opened + opened
        self.announced, self.licensed = self.announced + opened, self.licensed + total(new)

    def withdrawn(self, p):
        """Share of each licensed queue withdrawn since a rule denies its product, (draws or 1, positions)."""
        self._read_rules()
        found, (mix, before) = self._nothing, self.offered
        if self._denied is not before:
            found = np.zeros_like(self.world.accelerators.backlog)
            gone = total(mix * (self._denied & ~before))[..., None]
            found[:, self.positions] = _each(p.accelerators.withdrawn_at_denial) * gone
        self.offered = self.shop.mix[:, :, CHINA], self._denied
        return found

    def held(self):
        """Licences granted and not yet used or run out, array (draws, lines, buyers), accelerators."""
        return np.maximum(self.granted - self.used - self.expired - self.replaced, 0.0)

    def _expire(self, month, term, mix):
        """Licences granted a term ago and not used run out; a licence names its product, and goes with it."""
        then = np.maximum(month - np.asarray(term, dtype=np.int64), 0)
        granted = self.history[0, then, np.arange(self.world.draws)] if np.ndim(then) else self.history[0, then]
        gone = expired_licences(granted, self.used, self.expired + self.replaced)
        self.expired += gone
        changed = total(np.maximum(self.mix - mix, 0.0))
        self.replaced += self.held() * changed[..., None]
        self.opened = np.maximum(self.opened - total(gone), 0.0) * (1.0 - changed)
        self.mix = mix

    def hold(self, orders_usd, unit_price, backlog, domestic_split):
        """Cancel orders whose licence has lapsed, and move money that finds no licence to domestic parts.

        Parameters
        ----------
        orders_usd, unit_price, backlog : array (draws, positions), USD / month, USD, accelerators
        domestic_split : array (draws, domestic lines), share of money for domestic parts by line

        Returns
        -------
        orders_usd, backlog : array (draws, positions), what is left of them
        """
        orders_usd, backlog, ordered = hold(orders_usd, unit_price, backlog, self.part, self.held(), domestic_split,
                                            self.positions, self.at_home)
        self.ordered = total(ordered)
        ahead = np.maximum(total(ordered * (1.0 - self.part)) - self.free, 0.0)  # orders before a rule bites
        self.announced, self.licensed = self.announced + ahead, self.licensed + ahead
        return orders_usd, backlog

    def count(self, delivered, sold):
        """Take this month's deliveries (draws, positions) off the licences; count sales (draws, lines) by product."""
        used = delivered.take(self.positions, axis=1) * self.part
        self.used += used
        self.opened = np.maximum(self.opened - total(used), 0.0)
        self.sold += sold.take(self.shop.lines, axis=1)[..., None] * self.shop.mix


def _each(value):
    """A per-draw array (draws,) as (draws, 1, 1), so that it broadcasts against lines and buyers; scalars unchanged."""
    value = np.asarray(value)
    return value[:, None, None] if value.ndim else value
