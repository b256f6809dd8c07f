"""A memory maker: HBM stacks."""

import mesa
import numpy as np

from ..markets.production import HBM_ORIGINS
from ..mechanisms.supply import allocate, drawn_evenly, expanded
from ..numerics import share, total

IMPORTED, RUSH, LEAKED, MADE_IN_CHINA = range(len(HBM_ORIGINS))


class MemoryMaker(mesa.Agent):
    """Makes HBM; sells abroad what is ordered, and to China what rules allow, more of it before a deadline.

    Attributes
    ----------
    made : array (draws,), HBM stacks / month
    at_hand : array (draws,), HBM stacks that it can sell this month
    stacks : array (draws, makers, origins), HBM stacks delivered to each chip maker this month
    stock : array (draws,), finished stacks not yet sold; ``other_uses`` : array (draws,), sold outside accelerators
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.memory_makers.names[index]
        self.chinese = p.memory_makers.region[index] == "china"
        self.chinese_makers = np.array([region == "china" for region in p.makers.region])
        self.made, self.at_hand, self.stock, self.other_uses, self.tools = np.zeros((5, world.draws))
        self.stacks = np.zeros((world.draws, len(p.makers), len(HBM_ORIGINS)))

    def produce(self, p):
        """Make this month's stacks."""
        self.made = self._output(p) * p.memory_makers.output[self.index]
        self.at_hand = self.stock + self.made

    def sell(self, p):
        """Deliver: makers of memory abroad serve China by their shares, all others from whoever has most in stock."""
        ordered = np.stack([maker.stacks_ordered for maker in self.model.maker.values()], axis=1)
        self.stacks = np.zeros_like(self.stacks)
        if self.chinese:
            sold = allocate(self.at_hand, p.makers.hbm_share, ordered * self.chinese_makers)
            self.stacks[:, :, MADE_IN_CHINA] = sold
        else:
            to_china, abroad = self._sales_abroad(p, ordered * ~self.chinese_makers)
            self.stacks[:, :, :MADE_IN_CHINA] = to_china[:, None, :] * p.makers.hbm_share[:, None]
            self.stacks[:, :, IMPORTED] += abroad
        left = np.maximum(self.at_hand - total(total(self.stacks)), 0.0)
        self.stock = np.minimum(left, self.made * p.memory.stock_months)
        self.other_uses = left - self.stock

    def _output(self, p):
        """Stacks made this month, array (draws,): as given, or wafers × stacks a wafer."""
        m = p.memory
        if m.output_form == "wafers":
            made = (m.cxmt_wafers if self.chinese else m.trio_wafers) * m.stacks_per_wafer
        else:
            made = m.cxmt_stacks if self.chinese else m.trio_stacks
        if not self.chinese:
            shares = {"sk_hynix": m.sk_hynix_share, "samsung": m.samsung_share, "micron": m.micron_share}
            return made * share(shares[self.name], sum(shares.values())) * np.ones(self.model.draws)
        fabs = self.model.foundry["chinese_fabs"]  # memory needs the same tools
        plan = made * m.cxmt_build_out * fabs.uplift * np.ones(self.model.draws)
        self.tools = expanded(self.tools, plan, np.minimum(fabs.pace * p.foundry.expansion_months, 1.0))
        return np.minimum(self.tools, plan) * fabs.running

    def _sales_abroad(self, p, ordered):
        """Own part of what the makers abroad sell: to China, array (draws, 3), and to others, array (draws, makers)."""
        peers = [m for m in self.model.memory_maker.values() if not m.chinese]
        mine = peers.index(self)
        at_hand, made = (np.stack([getattr(m, what) for m in peers], axis=1) for what in ("at_hand", "made"))
        to_china = self._sales_to_china(p, total(at_hand), total(made))
        china_share = p.memory_makers.china_share[[m.index for m in peers]]
        china_share = share(china_share, total(china_share))
        all_of_it = total(to_china)
        sold = allocate(all_of_it, china_share, at_hand)
        left = np.maximum(at_hand - sold, 0.0)
        others = drawn_evenly(left, made, np.minimum(total(left), total(ordered)))[:, mine]
        return (to_china * share(sold[:, mine], all_of_it)[:, None],
                ordered * share(others, total(ordered))[:, None])

    def _sales_to_china(self, p, at_hand, made):
        """Stacks that all makers abroad together sell to China, array (draws, 3): never more than there is.

        Ordinary sales, a rush before a deadline, leaks after it.
        """
        m, rules, market = p.memory, self.model.government["united_states"], self.model.accelerators
        wish = np.zeros((self.model.draws, MADE_IN_CHINA))
        wish[:, IMPORTED] = np.maximum(m.china_imports, market.chinese_stacks_needed * m.import_margin) * rules.hbm_open
        if rules.hbm_deadline:
            wish[:, RUSH] = rules.hbm_rush * m.stockpiling_before_rule / rules.hbm_deadline * rules.hbm_open
        leak = m.leaked_stacks if m.leak_form == "fixed_flow" else m.leak_share * made
        leak = leak * (1.0 - rules.enforcement * p.diversion.effectiveness)
        wish[:, LEAKED] = leak * (1.0 - rules.hbm_open)
        return wish * np.minimum(share(at_hand, total(wish)), 1.0)[:, None]
