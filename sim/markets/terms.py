"""What every buyer meets this month: the terms of trade for China, and the growth of spending."""

import numpy as np

from ..mechanisms.capital_budget import growth_factor
from ..mechanisms.trade_gate import demand_after_fee
from ..numerics import exp, share, total
from .structure import DOMESTIC


class Terms:
    """Terms that are the same for many buyers, worked out once a month."""

    def __init__(self, world, market, p):
        self.world, self.market = world, market
        s = market.structure
        first = p.clouds.region.index("china")
        self.domestic_lines = s.line[(s.channel == DOMESTIC) & (s.cloud == first)]  # the same for every Chinese buyer
        self._trade_month = self._growth_month = None
        self._trade: tuple = ()
        self._growth: tuple = ()

    def trade(self, p):
        """What all Chinese buyers meet: licence × price after fee, appetite for the rest, network, room.

        Returns
        -------
        tuple of arrays (draws,): exporter's key with demand after the fee (share), permitted over best rating (ratio),
        maturity of the diversion network (share), USD / month that leaks per USD of appetite of all buyers; and of
        array (draws, domestic lines), share of money for domestic parts by what each maker last supplied
        """
        if self._trade_month != self.world.month:
            nvidia, e, market = self.world.maker["nvidia"], p.export, self.market
            after_fee = demand_after_fee(e.fee_share, e.fee_pass_through, p.accelerators.licensed_demand_elasticity)
            quality = share(nvidia.rating[:, 2, 1], nvidia.rating[:, 2, 0])
            maturity = 1.0 - exp(-nvidia.restricted_months[:, 0] / p.diversion.network_months)
            room = share(market.sold_elsewhere_usd, np.maximum(market.chinese_budget_usd, 1.0))
            supplied = (market.recent * market.list_price).take(self.domestic_lines, axis=-1) + 1e6
            split = supplied / total(supplied)[:, None]
            self._trade = nvidia.open_share[:, 0] * after_fee, quality, maturity, room, split
            self._trade_month = self.world.month
        return self._trade

    def growth(self, p):
        """Growth of capital spending this month, elsewhere and in China: two arrays (draws,), factor a month."""
        if self._growth_month != self.world.month:
            c, world = p.budgets, self.world
            earned = world.usage.ai_revenue_usd + total(world.serving.product_revenue_usd)
            short = world.compute.scarcity[:, [world.catalogue.us, world.catalogue.china]] - 1.0
            self._growth = tuple(
                growth_factor(trend, c.revenue_sensitivity, earned, self.market.capital_spending_usd, c.payback_share,
                              short[:, where], c.shortage_sensitivity)
                for where, trend in enumerate((c.trend, c.chinese_trend)))
            self._growth_month = self.world.month
        return self._growth
