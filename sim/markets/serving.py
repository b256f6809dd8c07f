"""Serving: what each laboratory is asked to serve, through calls and through its own products, and what it can."""

import numpy as np

from ..mechanisms.compute_split import worth_of_serving
from ..mechanisms.own_products import served_shares, users_by_month
from ..mechanisms.self_hosting import accelerators_in_use
from ..mechanisms.token_demand import log_growth_per_month
from ..numerics import col, exp, power, share, total
from ..units import HOURS_PER_MONTH, MONTHS_PER_YEAR, years_between
from .seen import Seen

MOST_SCARCE = 5.0  # demand over capacity beyond which users have long given up


class Serving:
    """Adds the laboratories' own products to the calls of developers and sets both against the compute that serves.

    Attributes
    ----------
    product_tokens : array (draws, labs), Mtok / month served to users of the laboratory's own products
    product_revenue_usd : array (draws, labs), USD / month
    call_revenue_usd : array (draws, labs), USD / month from developers' calls, as far as capacity can serve them
    demand_h100e : array (draws, labs), H100e needed at the peak for all that is asked
    scarcity : array (draws, labs), demand over what the laboratory puts into serving
    needs, worths : two arrays (draws, labs) each, for calls and for products: accelerators they would take over all
        that the laboratory has, and what a serving accelerator earns over what it costs (ratios)
    region_demand_h100e : array (draws, regions), H100e needed at the peak, independent and own hosts included
    """

    def __init__(self, world, p):
        self.world = world
        shape, regions = (world.draws, len(p.labs)), len(p.regions)
        self.product_tokens, self.product_revenue_usd, self.demand_h100e = np.zeros((3, *shape))
        self.call_revenue_usd = np.zeros(shape)
        self.scarcity, self.served = np.zeros(shape), np.ones(shape)
        self.needs, self.worths = np.zeros((2, 2, *shape))
        self.region_demand_h100e = np.zeros((world.draws, regions))
        self._grown = np.ones(world.draws)  # users over the last count
        self._small = np.array([tier == "small" for tier in p.model_lines.tier])
        self._offered = ~p.model_lines.open_only
        self._counts, self._counts_of = (np.zeros((0, len(p.labs))), world.start), Seen()
        home = world.laboratories.home
        self._by_home = [(region, np.flatnonzero(home == region)) for region in np.unique(home)]

    def settle(self, p):
        """Count this month's demand, ration what cannot be served, and see what serving earns."""
        world, s = self.world, p.serving
        users, worth, paid = self._users(p)
        years = years_between(s.product_use_month, world.month)
        asked = users * p.labs.product_use * col(s.product_mtok_per_user * power(s.product_use_growth, years))
        hours = world.laboratories.hours_per_mtok
        load = world.laboratories.terms(p).load_factor
        calls = world.laboratories.by_lab(world.usage.first_party_h100e) / load
        products = accelerators_in_use(asked * 1e6, self._product_hours(p, hours)) / load
        compute = world.compute
        capacity = world.laboratories.split[0] * compute.lab_h100e
        hour = compute.usd_per_h100e_hour * HOURS_PER_MONTH
        self.worths = (worth_of_serving(world.usage.lab_revenue_usd, calls, hour),
                       worth_of_serving(users * 1e6 * worth, products, hour))
        served_calls, self.served = served_shares(capacity, calls, products, *self.worths)
        self.call_revenue_usd = world.usage.lab_revenue_usd * served_calls
        self.product_tokens = asked * self.served * 1e6
        self.product_revenue_usd = users * 1e6 * paid * self.served
        self.demand_h100e = calls + products
        self.scarcity = np.minimum(share(self.demand_h100e, capacity), MOST_SCARCE)
        self.needs = tuple(share(x, compute.lab_h100e) for x in (calls, products))
        elsewhere = world.usage.serving_demand_h100e / load
        for region, labs in self._by_home:
            elsewhere[:, region] += total(products.take(labs, axis=1))
        self.region_demand_h100e = elsewhere

    def _users(self, p):
        """Users in million, what one is counted as worth, and what one pays: arrays (draws, labs), USD / month."""
        s, month = p.serving, self.world.month
        if self._counts_of.anew(p.own_products):
            self._counts = self._read(p)
        table, last = self._counts
        if month > last:
            self._grown = self._grown * exp(log_growth_per_month(s.product_growth_per_year))
        users = table[min(month, last) - self.world.start] * col(self._grown)
        return users, np.maximum(p.labs.usd_per_user, col(s.free_user_worth_usd)), p.labs.usd_per_user

    def _read(self, p):
        """Counted users by month, array (months, labs) in million, and the month of the last count of all."""
        counts, start = p.own_products, self.world.start
        when = getattr(counts, "from")
        last = max(int(when.max()) if len(counts) else start, start)
        months = np.arange(start, last + 1)
        table = np.zeros((len(months), len(p.labs)))
        for lab in filter(p.labs.index.__contains__, dict.fromkeys(counts.lab)):
            rows = [i for i, name in enumerate(counts.lab) if name == lab]
            rows.sort(key=lambda i: when[i])
            table[:, p.labs.index[lab]] = users_by_month(months, when[rows], counts.users_m[rows])
        return table, last

    def _product_hours(self, p, hours):
        """H100e-hours / Mtok of a laboratory's products, array (draws, labs): small models and large ones mixed."""
        world = self.world
        weight = np.where(self._small, col(p.serving.product_small_share), 1.0 - col(p.serving.product_small_share))
        weights = np.empty((2, *hours.shape))
        np.multiply(weight, (world.catalogue.line_release_month >= 0) & self._offered, out=weights[0])
        np.multiply(weights[0], hours, out=weights[1])
        whole, weighted = world.laboratories.by_lab(weights)
        return share(weighted, whole)

    def record(self, p, recorder):
        """Write shares of compute, scarcity, tokens and revenue of products by laboratory."""
        names = p.labs.names
        for number, use in enumerate(("serving", "training", "research")):
            recorder.write("lab_compute_share", self.world.laboratories.split[number], definition=use, detail=names)
        recorder.write("lab_serving_scarcity", self.scarcity, detail=names)
        recorder.write("product_tokens_t_per_month", self.product_tokens * 1e-6, detail=names)
        recorder.write("product_revenue_usd_bn_per_year", self.product_revenue_usd * (MONTHS_PER_YEAR / 1e9),
                       detail=names)
