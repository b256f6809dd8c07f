"""A group of memory makers: HBM stacks."""

import mesa
import numpy as np

from ..numerics import share, total


class MemoryMaker(mesa.Agent):
    """Makes HBM; sells abroad by need, and to China what rules allow, more of it before a deadline.

    Attributes
    ----------
    stacks : array (draws, makers), HBM stacks delivered to each chip maker this month
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.memory_makers.names[index]
        self.stacks = np.zeros((world.draws, len(p.makers)))
        self.pulled_forward = np.zeros(world.draws)

    def produce(self, p):
        """Deliver this month's stacks."""
        m, ones = p.memory, np.ones(self.model.draws)
        chinese = p.makers.hbm_share
        if self.name == "cxmt":
            self.stacks = (m.cxmt_stacks * m.cxmt_build_out * ones)[:, None] * chinese
            return
        market = self.model.accelerators
        trio = m.trio_stacks * ones
        need = market.stacks_needed * market.made_at_tsmc
        to_china = self._imports(p, trio)
        left = np.maximum(trio - to_china, 0.0)
        self.stacks = left[:, None] * share(need, total(need)[:, None]) + to_china[:, None] * chinese

    def _imports(self, p, trio):
        """Stacks sold to China: ordinary purchases while allowed, a rush before a deadline, leaks after it."""
        m, rules = p.memory, self.model.government["united_states"]
        wish = np.maximum(m.china_imports, self.model.accelerators.chinese_stacks_needed * m.import_margin)
        if rules.hbm_deadline:
            rush = rules.hbm_rush * m.stockpiling_before_rule / rules.hbm_deadline
            self.pulled_forward = self.pulled_forward + rush
            wish = wish + rush
        leak = m.leaked_stacks if m.leak_form == "fixed_flow" else m.leak_share * trio
        leak = leak * (1.0 - rules.enforcement * p.diversion.effectiveness)
        return wish * rules.hbm_open + leak * (1.0 - rules.hbm_open)
