"""The ledger of production: wafers, dies, HBM stacks and packages, from where they come to where they go."""

import numpy as np

from ..numerics import share, total
from .designs import NODES, designs_of, neighbours
from .ledger import TOLERANCE, ConservationError

ACCOUNTS = ("wafers", "gross dies", "good dies", "bank dies", "HBM stacks made", "HBM stacks", "packages")
WAFERS, GROSS_DIES, DIES, BANK, STACKS_MADE, STACKS, PACKAGES = range(len(ACCOUNTS))
HBM_ORIGINS = ("imported", "rush", "leaked", "made_in_china")
DIE_ORIGINS = ("made_at_home", "bought_abroad")
USES = ("accelerators", "other_uses")


class ProductionLedger:
    """Adds up what was made and bought against what was used, is in stock, was scrapped or went to other uses.

    Attributes
    ----------
    residual : array (draws,), largest relative gap of any account since the start (dimensionless)
    """

    def __init__(self, world, p):
        self.world = world
        D = world.draws
        self.into, self.out = np.zeros((2, len(ACCOUNTS), D))
        self.residual = np.zeros(D)
        self.chinese = [(shop, neighbours(np.flatnonzero(shop.chinese)),
                         tuple(maker.name for maker in shop.makers if maker.chinese))
                        for shop in world.works.shops if shop.chinese.any()]
        self.served = {name: neighbours([m.index for m in world.maker.values() if m.foundry == name])
                       for name in world.foundry}

    def settle(self, p):
        """Enter the month and check every account to 1e-9 relative."""
        foundries, memory, works = self.world.foundry.values(), self.world.memory, self.world.works
        stock = np.zeros_like(self.into)
        self.into[WAFERS] = sum(f.line.entered for f in foundries)
        self.out[WAFERS] = sum(f.line.left for f in foundries)
        for f in foundries:
            stock[WAFERS] += total(f.line.all_due())
            good, scrapped = total(f.good_dies[:, f.mine]), total(f.scrapped_dies[:, f.mine])
            self._enter(DIES, good, 0.0)
            self._enter(GROSS_DIES, f.gross_dies, good + scrapped)
        self._enter(STACKS_MADE, total(memory.made), total(memory.sold + memory.other_uses))
        stock[STACKS_MADE] = total(memory.stock)
        self._enter(STACKS, total(memory.sold), 0.0)
        for shop in works.shops:
            self._enter(DIES, 0.0, _all(shop.dies_used) + _all(shop.dies_let_go))
            stock[DIES] += _all(shop.dies)
            for at in shop.bank_at:  # others buy no dies
                self._enter(DIES, shop.dies_bought[at], 0.0)
                self._enter(BANK, shop.dies_bought[at], shop.bank_used[at] + shop.bank_let_go[at])
                stock[BANK] += shop.bank[at]
            self._enter(STACKS, 0.0, total(shop.stacks_used))
            stock[STACKS] += _all(shop.stacks)
        self._enter(PACKAGES, total(works.started), total(works.good) + total(works.lost))
        gap = np.abs(self.into - self.out - stock) / np.maximum(self.into, 1.0)
        self.residual = gap.max(axis=0)
        if not self.residual.max() <= TOLERANCE:
            account = ACCOUNTS[int(gap.max(axis=1).argmax())]
            raise ConservationError(f"{account} are off by {self.residual.max():.2e} in month {self.world.month}")

    def _enter(self, account, into, out):
        self.into[account] += into
        self.out[account] += out

    def record(self, p, recorder):
        """Stocks, origins and what capacity was not used for accelerators (units as declared in supply.toml)."""
        world, write = self.world, recorder.write
        for shop, own, names in self.chinese:
            where = {"definition": names, "region": "china"}
            bought, used = total(shop.bank), total(shop.bank_used)
            write("die_stock", _pair(total(shop.dies) - bought, bought)[:, own], detail=DIE_ORIGINS, **where)
            write("hbm_stock", shop.stacks[:, own], detail=HBM_ORIGINS, **where)
            write("dies_used", _pair(total(shop.dies_used) - used, used)[:, own], detail=DIE_ORIGINS, **where)
            write("hbm_used", shop.stacks_used_by_origin[:, own], detail=HBM_ORIGINS, **where)
        by_node = designs_of(p.products, p.makers).by_node
        for name, f in world.foundry.items():
            write("wafers_started_by_node", by_node(f.started), definition=name, detail=NODES)
            write("wafers_started", _pair(total(f.started), f.other_uses), definition=name, detail=USES)
            at_work = total(world.works.packaging_used[:, self.served[name]])
            write("packaging_idle_share", 1.0 - share(np.minimum(at_work, f.packaging_starts), f.packaging_starts),
                  definition=name)
        write("hbm_made", _pair(world.memory.sold, world.memory.other_uses), definition=p.memory_makers.names,
              detail=USES)


def _pair(first, second):
    """Two amounts (draws, ...) side by side, array (draws, ..., 2), same unit."""
    found = np.empty((*first.shape, 2))
    found[..., 0], found[..., 1] = first, second
    return found


def _all(amounts):
    """An amount by maker and kind, (draws, makers, k), added up, array (draws,), same unit."""
    return total(amounts.reshape(len(amounts), -1))
