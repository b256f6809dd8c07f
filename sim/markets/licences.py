"""Licences for exports to China, buyer by buyer: what policy allows, what is licensed, what may be ordered."""

import numpy as np

from ..mechanisms.export_rules import CASE_BY_CASE, DENIAL
from ..mechanisms.trade_gate import decided, expired_licences, licensed_part, new_licences, within_cap
from ..numerics import col, share, total
from ..units import MONTHS_PER_YEAR
from .structure import DOMESTIC, LICENSED

STAGES = ("announced", "licensed", "ordered", "delivered")


class Licences:
    """Grants licences, lets them run out, and holds orders to them.

    A product that is free or notified needs no licence: what buyers want of it counts as announced and as licensed.

    Attributes
    ----------
    buyers : int array (buyers,), the clouds that buy under licence
    granted, used, expired, replaced : array (draws, lines, buyers), accelerators since the start: licensed, delivered,
        run out of time, and lapsed because their product left the line
    announced, licensed, ordered : array (draws, lines), accelerators / month
    sold : dict by line of array (2, draws, products), packages since the start: elsewhere, under licence
    """

    def __init__(self, world, p, structure, lines_of):
        self.world, self.structure = world, structure
        self.lines = [
            (maker, lines.start + 1, np.flatnonzero((structure.line == lines.start + 1)
                                                    & (structure.channel == LICENSED)))
            for maker, lines in zip(world.maker.values(), lines_of, strict=True) if len(maker.scopes) > 1]
        self.buyers = structure.cloud[self.lines[0][2]]
        self.firms = p.clouds.licensed_firms[self.buyers]
        self.at_home = [np.flatnonzero((structure.cloud == buyer) & (structure.channel == DOMESTIC))
                        for buyer in self.buyers]
        D, k, n = world.draws, len(self.lines), len(self.buyers)
        self.thrown = world.streams.once("licence_case", n)
        self.granted, self.used, self.expired, self.replaced = np.zeros((4, D, k, n))
        self.history = np.zeros((2, world.end - world.start + 2, D, k, n))  # at month ends: granted, less replaced
        self.opened = np.zeros((D, k))  # announced, needing a licence, and neither used nor lapsed
        self.announced, self.licensed, self.ordered, self.free = np.zeros((4, D, k))
        self.part = np.zeros((D, k, n))  # of each buyer's orders, what needs a licence
        self.mix = [np.zeros((1, len(maker.products))) for maker, _, _ in self.lines]  # of what needs a licence
        self.sold = {line: np.zeros((2, D, len(maker.products))) for maker, line, _ in self.lines}
        self.offered = [(np.zeros((1, len(maker.products))), np.ones((1, len(maker.products)), dtype=bool))
                        for maker, *_ in self.lines]

    def open_to(self, p, maker):
        """Share of a maker's line that buyers may have: without licence (draws, 1), and with one (draws, buyers)."""
        us, e = self.world.government["united_states"], p.export
        status, granted = us.status.take(maker.products, axis=1), us.granted.take(maker.products, axis=1)
        mix = maker.mix[:, 1]
        free = total(mix * np.where(status < CASE_BY_CASE, granted, 0.0))[:, None]
        case = total(mix * (status == CASE_BY_CASE))[:, None]
        denied = total(mix * np.where(status > CASE_BY_CASE, granted, 0.0))[:, None]
        passing = decided(col(e.licence_case_by_case_share), self.thrown, e.licence_form == "buyer by buyer")
        return free, denied + case * passing

    def grant(self, p, wish_usd, after_fee, price, unit_price):
        """Take this month's applications, and grant what policy, quota and cap allow.

        Parameters
        ----------
        wish_usd : array (draws, buyers), USD / month that buyers would spend on licensed parts with both keys open
        after_fee : array (draws, 1) or float, share of that left at the price after the fee
        price, unit_price : array (draws, positions), USD before and after the fee
        """
        e = p.export
        month = self.world.month - self.world.start
        for k, (maker, _, at) in enumerate(self.lines):
            free, case = self.open_to(p, maker)
            self.part[:, k] = licensed_part(case, free)
            spent = wish_usd * self.structure.preference[at]
            before, wanted = share(spent, price[:, at]), share(spent * after_fee, unit_price[:, at])
            mix, measured, room = self._under_cap(p, maker, k)
            self._expire(k, month, e.licence_months, mix)
            self.free[:, k] = total(wanted * free)
            self.announced[:, k], self.licensed[:, k] = total(before * free), self.free[:, k]
            if not (case > 0).any():
                continue
            held = self.held(k)
            net = self.granted[:, k] - self.replaced[:, k]
            last_year = np.maximum(net - self.history[1, max(month - MONTHS_PER_YEAR, 0), :, k], 0.0)
            quota = col(e.licence_quota_per_buyer) * self.firms - last_year
            cover = col(e.licence_cover_months)
            new = new_licences(wanted * case * cover, held, col(e.licence_review_months), quota)
            asked = total(new)[:, None]
            taken = total(held)[:, None] * mix
            new = new * share(within_cap(asked, mix, measured, np.maximum(room - taken, 0.0)), asked)
            self.granted[:, k] += new
            most = within_cap(total(before * case)[:, None] * cover, mix, measured, room)[:, 0]
            opened = np.maximum(np.maximum(most, total(held + new)) - self.opened[:, k], 0.0) * (case > 0).any(axis=-1)
            self.opened[:, k] += opened
            self.announced[:, k] += opened
            self.licensed[:, k] += total(new)
        self.history[0, month + 1], self.history[1, month + 1] = self.granted, self.granted - self.replaced

    def withdrawn(self, p):
        """Share of each licensed queue withdrawn since a rule of this month denies its product, (draws, positions)."""
        found, status = np.zeros_like(self.world.accelerators.backlog), self.world.government["united_states"].status
        for k, (maker, _, at) in enumerate(self.lines):
            mix, before = self.offered[k]
            denied = status.take(maker.products, axis=1) == DENIAL
            found[:, at] = col(p.accelerators.withdrawn_at_denial) * total(mix * (denied & ~before))[:, None]
            self.offered[k] = maker.mix[:, 1], denied
        return found

    def held(self, k):
        """Licences of a line granted and not yet used or run out, array (draws, buyers), accelerators."""
        return np.maximum(self.granted[:, k] - self.used[:, k] - self.expired[:, k] - self.replaced[:, k], 0.0)

    def _under_cap(self, p, maker, k):
        """Mix of the products that need a licence, those that the cap measures, and what is left of each, packages."""
        status = self.world.government["united_states"].status.take(maker.products, axis=1)
        mix = maker.mix[:, 1] * (status >= CASE_BY_CASE)
        measured = (status == CASE_BY_CASE) & maker.for_all  # a part made for China alone has no sales elsewhere
        elsewhere, here = self.sold[self.lines[k][1]]
        room = np.maximum(col(p.export.licence_volume_cap) * elsewhere - here, 0.0)
        return share(mix, total(mix)[:, None]), measured, room

    def _expire(self, k, month, term, mix):
        """Licences granted a term ago and not used run out; a licence names its product, and goes with it."""
        then = np.maximum(month - np.asarray(term, dtype=np.int64), 0)
        granted = self.history[0]
        granted = granted[then, np.arange(self.world.draws), k] if np.ndim(then) else granted[then, :, k]
        gone = expired_licences(granted, self.used[:, k], self.expired[:, k] + self.replaced[:, k])
        self.expired[:, k] += gone
        changed = total(np.maximum(self.mix[k] - mix, 0.0))
        self.replaced[:, k] += self.held(k) * changed[:, None]
        self.opened[:, k] = np.maximum(self.opened[:, k] - total(gone), 0.0) * (1.0 - changed)
        self.mix[k] = mix

    def hold(self, orders_usd, unit_price, backlog, domestic_split):
        """Cancel orders whose licence has lapsed, and move money that finds no licence to domestic parts.

        Parameters
        ----------
        orders_usd, unit_price, backlog : array (draws, positions), USD / month, USD, accelerators; changed in place
        domestic_split : array (draws, domestic lines), share of money for domestic parts by line
        """
        for k, (_, _, at) in enumerate(self.lines):
            part = self.part[:, k]
            if (part > 0).any():
                held = self.held(k)
                waiting = backlog[:, at]
                with_licence = np.minimum(waiting * part, held)
                backlog[:, at] = np.where(part > 0, waiting * (1.0 - part) + with_licence, waiting)
                asked = orders_usd[:, at] * part
                allowed = np.minimum(asked, (held - with_licence) * unit_price[:, at])
                orders_usd[:, at] -= asked - allowed
                for b, home in enumerate(self.at_home):
                    orders_usd[:, home] += (asked - allowed)[:, b, None] * domestic_split
            ordered = share(orders_usd[:, at], unit_price[:, at])
            self.ordered[:, k] = total(ordered)
            ahead = np.maximum(total(ordered * (1.0 - part)) - self.free[:, k], 0.0)  # orders before a rule bites
            self.announced[:, k] += ahead
            self.licensed[:, k] += ahead

    def count(self, delivered, sold):
        """Take this month's deliveries (draws, positions) off the licences; count sales (draws, lines) by product."""
        for k, (maker, line, at) in enumerate(self.lines):
            used = delivered[:, at] * self.part[:, k]
            self.used[:, k] += used
            self.opened[:, k] = np.maximum(self.opened[:, k] - total(used), 0.0)
            so_far = self.sold[line]
            so_far[0] += sold[:, line - 1, None] * maker.mix[:, 0]
            so_far[1] += sold[:, line, None] * maker.mix[:, 1]
