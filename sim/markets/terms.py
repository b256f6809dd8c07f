"""What every buyer meets this month: the terms of trade for China, and the growth of spending."""

import numpy as np

from ..mechanisms.capital_budget import growth_factor
from ..mechanisms.permitted_part import settled_share, worth_per_usd
from ..mechanisms.trade_gate import decided, demand_after_fee
from ..numerics import col, exp, share, total
from .seen import Seen
from .structure import DOMESTIC

TPP, BANDWIDTH, USD, WATTS = 1, 4, 5, 6  # of a rating


class Terms:
    """Terms that are the same for many buyers, worked out once a month."""

    def __init__(self, world, market, p):
        self.world, self.market = world, market
        s = market.structure
        first = p.clouds.region.index("china")
        self.domestic_lines = s.line[(s.channel == DOMESTIC) & (s.cloud == first)]  # the same for every Chinese buyer
        self._trade_month = self._keys_month = self._settled_month = None
        self.thrown = world.streams.once("import_approval", len(market.licences.buyers))
        self._trade: tuple = ()
        self._keys: tuple = ()
        self._settled = np.ones(world.draws)
        self._fee_for = Seen()

    def trade(self, p):
        """What all Chinese buyers meet: licence × price after fee, what is permitted, maturity of the network.

        Returns
        -------
        tuple of arrays (draws,): exporter's key with demand after the fee (share), permitted over best rating (ratio),
        maturity of the diversion network (share); and of array (draws, domestic lines), share of money for domestic
        parts by what each maker last supplied
        """
        if self._trade_month != self.world.month:
            nvidia, market = self.world.maker["nvidia"], self.market
            quality = share(nvidia.rating[:, 2, 1], nvidia.rating[:, 2, 0])
            maturity = 1.0 - exp(-nvidia.restricted_months[:, 0] / p.diversion.network_months)
            supplied = (market.recent * market.list_price).take(self.domestic_lines, axis=-1) + 1e6
            split = supplied / total(supplied)[:, None]
            self._trade = nvidia.open_share[:, 0] * self.after_fee(p), quality, maturity, split
            self._trade_month = self.world.month
        return self._trade

    def after_fee(self, p):
        """Share of Chinese demand left at the price after the fee, array (draws,) or float."""
        e, a = p.export, p.accelerators
        if self._fee_for.anew(e, a):
            self._after_fee = demand_after_fee(e.fee_share, e.fee_pass_through, a.licensed_demand_elasticity)
        return self._after_fee

    def settled(self, p):
        """Share of Chinese wishes for foreign parts that settles for what is permitted, array (draws,)."""
        if self._settled_month != self.world.month:
            b, r, nvidia = p.budgets, p.redesign, self.world.maker["nvidia"].rating
            best, permitted = nvidia[:, :, 0], nvidia[:, :, 1]
            domestic = self.world.maker["huawei"].rating[:, :, 0]
            site = share(best[:, USD], best[:, WATTS]) * (p.effective_compute.system_cost_over_chip - 1.0)
            weight = r.worth_of_bandwidth / (r.worth_of_tpp + r.worth_of_bandwidth)
            parts = np.array((permitted, domestic, best))
            allowed, home, abroad = worth_per_usd(parts[..., TPP], parts[..., BANDWIDTH], parts[..., USD],
                                                  parts[..., WATTS], site, weight)
            home = home * self.world.software.domestic_maturity
            self._settled = settled_share(allowed, home, abroad, b.expected_worth, b.worth_elasticity)
            self._settled_month = self.world.month
        return self._settled

    def keys(self, p):
        """The two keys for each Chinese buyer, and what is known of the exporter's to come.

        Returns
        -------
        exporter : array (draws, buyers), share of demand let through by licence and price after fee
        importer : array (draws, buyers), share that China lets in, quotas for domestic parts apart
        loss : array (draws or 1,), share of today's sales that a rule already announced will refuse
        """
        if self._keys_month != self.world.month:
            nvidia, e, licences = self.world.maker["nvidia"], p.export, self.market.licences
            free, case = (part[:, nvidia.place] for part in licences.open(p))
            approval = col(self.world.government["china"].import_approval)
            importer = decided(approval, self.thrown, e.importer_form == "buyer by buyer")
            us, loss = self.world.government["united_states"], np.zeros(1)
            if us.foreseen_months.any():
                now, later = (g.take(nvidia.products, axis=1) for g in (us.granted, us.foreseen_granted))
                mix = nvidia.mix[:, 1]
                loss = 1.0 - share(total(mix * np.minimum(now, later)), total(mix * now))
                loss = np.where(us.foreseen_months > 0, loss, 0.0)
            self._keys = (free + case) * col(self.after_fee(p)), importer, loss
            self._keys_month = self.world.month
        return self._keys

    def growth(self, p):
        """Growth of capital spending this month, elsewhere and in China: array (2, draws), factor a month."""
        c, world = p.budgets, self.world
        sold = world.serving.product_revenue_usd + world.serving.call_revenue_usd - world.usage.lab_revenue_usd
        earned = world.usage.ai_revenue_usd + total(sold)
        short = world.compute.scarcity.take([world.catalogue.us, world.catalogue.china], axis=1).T - 1.0
        trend = np.array(np.broadcast_arrays(c.trend, c.chinese_trend)).reshape(2, -1)
        return growth_factor(trend, c.revenue_sensitivity, earned, self.market.capital_spending_usd, c.payback_share,
                             short, c.shortage_sensitivity)
