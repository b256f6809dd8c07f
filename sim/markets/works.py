"""What all chip makers together order, hold and build, by product line, by maker and by design."""

import numpy as np

from .designs import designs_of
from .workshop import Workshop


class Works:
    """Runs the workshops of the makers and keeps what others ask of them; makers with equally many lines share one.

    Attributes
    ----------
    needs : array (draws, 3, lines), dies, HBM stacks and packaging wafers for one good package of each line
    rating : array (draws, 7, lines), units, H100e by TPP, 8-bit, 16-bit and bandwidth, USD, W, of one package
    built : array (draws, lines), good packages finished this month
    dies_needed : array (draws, designs), good dies wanted beyond the stock, in the line or still to be started
    plan_months : array (draws, makers), months of present use that the plan for dies amounts to
    stacks_ordered, packaging_ordered : arrays (draws, makers), HBM stacks and packaging wafers ordered this month
    packaging_used : array (draws, makers), packaging wafers / month
    started, good, lost : arrays (draws, makers), packages started, finished and lost this month
    bought_share : array (draws, makers), share of this month's dies that was bought abroad
    limit : int array (draws, makers), what stopped one more of the main line: dies, HBM, packaging or orders
    room : array (draws, makers), ratio by which more dies would raise output before something else stops it
    """

    def __init__(self, world, p):
        self.world = world
        makers = list(world.maker.values())
        D, M, lines = world.draws, len(makers), sum(len(m.scopes) for m in makers)
        self.needs, self.rating = np.zeros((D, 3, lines)), np.zeros((D, 7, lines))
        self.built, self.dies_needed = np.zeros((D, lines)), np.zeros((D, len(designs_of(p.products, p.makers).names)))
        self.stacks_ordered, self.packaging_ordered, self.packaging_used, self.bought_share = np.zeros((4, D, M))
        self.started, self.good, self.lost = np.zeros((3, D, M))
        self.room, self.plan_months = np.ones((2, D, M))
        self.limit = np.zeros((D, M), dtype=np.int64)
        first = np.cumsum([0, *(len(m.scopes) for m in makers)])
        self.shops = [Workshop(self, p, [m for m in makers if len(m.scopes) == k], first)
                      for k in sorted({len(m.scopes) for m in makers})]
        for shop in self.shops:
            shop.gather(p)

    def order(self, p):
        """Order dies, HBM and packaging."""
        for shop in self.shops:
            shop.order(p)

    def assemble(self, p):
        """Take in what foundries and memory makers delivered, and package what is ordered."""
        dies = sum(foundry.good_dies for foundry in self.world.foundry.values())
        stacks = sum(self.world.memory.delivered.swapaxes(0, 1))
        for shop in self.shops:
            shop.receive(dies, stacks)
            shop.assemble(p)

    def by_product(self, units, products):
        """Packages by line as packages by product: array (draws, lines) → (draws, products), same unit."""
        found = np.zeros((len(units), products))
        for shop in self.shops:
            shop.count_products(units, found)
        return found
