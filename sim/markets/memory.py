"""The market for HBM: what memory makers have at hand, and which chip maker gets it."""

import numpy as np

from ..mechanisms.supply import allocate, drawn_evenly
from ..numerics import col, share, shares_of_total, total
from .designs import neighbours
from .production import HBM_ORIGINS

IMPORTED, RUSH, LEAKED, MADE_IN_CHINA = range(len(HBM_ORIGINS))


class MemoryMarket:
    """Sells abroad what is ordered, and to China what rules allow, more of it before a deadline.

    Attributes
    ----------
    made : array (draws, memory makers), HBM stacks / month
    delivered : array (draws, memory makers, makers, origins), HBM stacks to each chip maker this month
    sold : array (draws, memory makers), HBM stacks / month, to all chip makers together
    stock, other_uses : arrays (draws, memory makers), finished stacks not yet sold, and sold outside accelerators
    """

    def __init__(self, world, p):
        self.world, makers = world, len(p.makers)
        shape = world.draws, len(p.memory_makers)
        self.made, self.sold, self.stock, self.other_uses = np.zeros((4, *shape))
        self.delivered = np.zeros((*shape, makers, len(HBM_ORIGINS)))
        self.chinese = np.array([region == "china" for region in p.makers.region])
        at_home = np.array([region == "china" for region in p.memory_makers.region])
        self.at_home, self.abroad = np.flatnonzero(at_home), neighbours(np.flatnonzero(~at_home))

    def sell(self, p):
        """Deliver: makers of memory abroad serve China by their shares, all others from whoever has most in stock."""
        ordered = self.world.works.stacks_ordered
        at_hand = self.stock + self.made
        for one in self.at_home:
            sold = allocate(at_hand[:, one], p.makers.hbm_share, ordered * self.chinese)
            self.delivered[:, one, :, MADE_IN_CHINA] = sold
        to_china, elsewhere = self._sales_abroad(p, ordered * ~self.chinese, at_hand[:, self.abroad])
        sold = to_china[:, :, None, :] * p.makers.hbm_share[:, None]
        sold[..., IMPORTED] += elsewhere
        self.delivered[:, self.abroad, :, :MADE_IN_CHINA] = sold
        self.sold = total(total(self.delivered))
        left = np.maximum(at_hand - self.sold, 0.0)
        self.stock[:] = np.minimum(left, self.made * col(p.memory.stock_months))
        self.other_uses[:] = left - self.stock

    def _sales_abroad(self, p, ordered, at_hand):
        """What each maker abroad sells: to China, array (draws, k, 3), and to others, array (draws, k, makers)."""
        made = self.made[:, self.abroad]
        to_china = self._sales_to_china(p, total(at_hand), total(made))
        china_share = p.memory_makers.china_share[self.abroad]
        all_of_it, wanted = total(to_china), total(ordered)
        sold = allocate(all_of_it, shares_of_total(china_share), at_hand)
        left = np.maximum(at_hand - sold, 0.0)
        others = drawn_evenly(left, made, np.minimum(total(left), wanted))
        return (to_china[:, None, :] * share(sold, all_of_it[:, None])[:, :, None],
                ordered[:, None, :] * share(others, wanted[:, None])[:, :, None])

    def _sales_to_china(self, p, at_hand, made):
        """Stacks that all makers abroad together sell to China, array (draws, 3): never more than there is.

        Ordinary sales, a rush before a deadline, leaks after it.
        """
        m, rules, market = p.memory, self.world.government["united_states"], self.world.accelerators
        wish = np.zeros((len(at_hand), MADE_IN_CHINA))
        wish[:, IMPORTED] = np.maximum(m.china_imports, market.chinese_stacks_needed * m.import_margin) * rules.hbm_open
        if rules.hbm_deadline:
            wish[:, RUSH] = rules.hbm_rush * m.stockpiling_before_rule / rules.hbm_deadline * rules.hbm_open
        leak = m.leaked_stacks if m.leak_form == "fixed_flow" else m.leak_share * made
        leak = leak * (1.0 - rules.enforcement * p.diversion.effectiveness)
        wish[:, LEAKED] = leak * (1.0 - rules.hbm_open)
        return wish * np.minimum(share(at_hand, total(wish)), 1.0)[:, None]
