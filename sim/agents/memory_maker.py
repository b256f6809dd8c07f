"""A memory maker: HBM stacks."""

import mesa
import numpy as np

from ..markets.seen import Seen
from ..mechanisms.supply import expanded
from ..numerics import share


class MemoryMaker(mesa.Agent):
    """Makes HBM as planned, in China as far as its tools go; `sim.markets.memory.MemoryMarket` sells what it has.

    Arrays are this maker's columns of those of the market.

    Attributes
    ----------
    made : array (draws,), HBM stacks / month
    stacks : array (draws, makers, origins), HBM stacks delivered to each chip maker this month
    stock : array (draws,), finished stacks not yet sold; ``other_uses`` : array (draws,), sold outside accelerators
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.memory_makers.names[index]
        self.chinese = p.memory_makers.region[index] == "china"
        market = world.memory
        self.made, self.stock, self.other_uses = (x[:, index] for x in (market.made, market.stock, market.other_uses))
        self.stacks, self.tools = market.delivered[:, index], np.zeros(world.draws)
        self._seen = Seen()

    def produce(self, p):
        """Make this month's stacks; outside China as many as last month, unless values have changed."""
        if self.chinese or self._seen.anew(p.memory, p.memory_makers):
            self.made[:] = self._output(p) * p.memory_makers.output[self.index]

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
