"""A group of memory makers: HBM stacks."""

import mesa
import numpy as np

from ..markets.production import HBM_ORIGINS
from ..mechanisms.supply import allocate, expanded
from ..numerics import share, total

IMPORTED, RUSH, LEAKED, MADE_IN_CHINA = range(len(HBM_ORIGINS))


class MemoryMaker(mesa.Agent):
    """Makes HBM; sells abroad what is ordered, and to China what rules allow, more of it before a deadline.

    Attributes
    ----------
    made : array (draws,), HBM stacks / month
    stacks : array (draws, makers, origins), HBM stacks delivered to each chip maker this month
    stock : array (draws,), finished stacks not yet sold; ``other_uses`` : array (draws,), sold outside accelerators
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.memory_makers.names[index]
        self.chinese_makers = np.array([region == "china" for region in p.makers.region])
        self.made, self.stock, self.other_uses, self.pulled_forward, self.tools = np.zeros((5, world.draws))
        self.stacks = np.zeros((world.draws, len(p.makers), len(HBM_ORIGINS)))

    def produce(self, p):
        """Deliver this month's stacks."""
        m = p.memory
        self.made = self._output(p)
        ordered = np.stack([maker.stacks_ordered for maker in self.model.maker.values()], axis=1)
        self.stacks = np.zeros_like(self.stacks)
        at_hand = self.stock + self.made
        if self.name == "cxmt":
            sold = allocate(at_hand, p.makers.hbm_share, ordered * self.chinese_makers)
            self.stacks[:, :, MADE_IN_CHINA] = sold
        else:
            to_china = self._sales_to_china(p, at_hand)
            self.stacks[:, :, :MADE_IN_CHINA] = to_china[:, None, :] * p.makers.hbm_share[:, None]
            abroad = ordered * ~self.chinese_makers
            left = np.maximum(at_hand - total(to_china), 0.0)
            sold = abroad * np.minimum(share(left, total(abroad)), 1.0)[:, None]
            self.stacks[:, :, IMPORTED] += sold
        left = np.maximum(at_hand - total(total(self.stacks)), 0.0)
        self.stock = np.minimum(left, self.made * m.stock_months)
        self.other_uses = left - self.stock

    def _output(self, p):
        """Stacks made this month, array (draws,): as given, or wafers × stacks a wafer."""
        m, chinese = p.memory, self.name == "cxmt"
        if m.output_form == "wafers":
            made = (m.cxmt_wafers if chinese else m.trio_wafers) * m.stacks_per_wafer
        else:
            made = m.cxmt_stacks if chinese else m.trio_stacks
        if not chinese:
            return made * np.ones(self.model.draws)
        fabs = self.model.foundry["chinese_fabs"]  # memory needs the same tools
        plan = made * m.cxmt_build_out * fabs.uplift * np.ones(self.model.draws)
        self.tools = expanded(self.tools, plan, np.minimum(fabs.pace * p.foundry.expansion_months, 1.0))
        return np.minimum(self.tools, plan) * fabs.running

    def _sales_to_china(self, p, at_hand):
        """Stacks sold to China, array (draws, 3): ordinary, in a rush before a deadline, leaked after it.

        Never more than there is.
        """
        m, rules, market = p.memory, self.model.government["united_states"], self.model.accelerators
        wish = np.zeros((self.model.draws, MADE_IN_CHINA))
        wish[:, IMPORTED] = np.maximum(m.china_imports, market.chinese_stacks_needed * m.import_margin) * rules.hbm_open
        if rules.hbm_deadline:
            rush = rules.hbm_rush * m.stockpiling_before_rule / rules.hbm_deadline * rules.hbm_open
            self.pulled_forward = self.pulled_forward + rush
            wish[:, RUSH] = rush
        leak = m.leaked_stacks if m.leak_form == "fixed_flow" else m.leak_share * self.made
        leak = leak * (1.0 - rules.enforcement * p.diversion.effectiveness)
        wish[:, LEAKED] = leak * (1.0 - rules.hbm_open)
        return wish * np.minimum(share(at_hand, total(wish)), 1.0)[:, None]
