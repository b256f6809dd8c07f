"""The ledger of production: wafers, dies, HBM stacks and packages, from where they come to where they go."""

import numpy as np

from ..numerics import share, total
from .designs import NODES, designs_of
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
        self.into, self.out = np.zeros((D, len(ACCOUNTS))), np.zeros((D, len(ACCOUNTS)))
        self.residual = np.zeros(D)

    def settle(self, p):
        """Enter the month and check every account to 1e-9 relative."""
        makers, foundries = self.world.maker.values(), self.world.foundry.values()
        memories = self.world.memory_maker.values()
        stock = np.zeros_like(self.into)
        self.into[:, WAFERS] = sum(f.line.entered for f in foundries)
        self.out[:, WAFERS] = sum(f.line.left for f in foundries)
        for f in foundries:
            stock[:, WAFERS] += total(sum(f.line.due))
            self._enter(DIES, total(f.good_dies), 0.0)
            self._enter(GROSS_DIES, f.gross_dies, total(f.good_dies) + total(f.scrapped_dies))
        for m in memories:
            sold = total(m.stacks.reshape(len(m.stacks), -1))
            self._enter(STACKS_MADE, m.made, sold + m.other_uses)
            stock[:, STACKS_MADE] += m.stock
            self._enter(STACKS, sold, 0.0)
        self._enter(DIES, _all(makers, "dies_bought"), _all(makers, "dies_used") + _all(makers, "dies_let_go"))
        stock[:, DIES] = _all(makers, "dies")
        banks = [m for m in makers if m.has_bank]
        self._enter(BANK, _all(banks, "dies_bought"), _all(banks, "bank_used") + _all(banks, "bank_let_go"))
        stock[:, BANK] = _all(banks, "bank")
        self._enter(STACKS, 0.0, sum(m.stacks_used for m in makers))
        stock[:, STACKS] = _all(makers, "stacks")
        self._enter(PACKAGES, sum(m.packages_started for m in makers),
                    sum(m.packages_good for m in makers) + sum(m.packages_lost for m in makers))
        gap = np.abs(self.into - self.out - stock)
        self.residual = (gap / np.maximum(self.into, 1.0)).max(axis=1)
        if not self.residual.max() <= TOLERANCE:
            account = ACCOUNTS[int((gap / np.maximum(self.into, 1.0)).max(axis=0).argmax())]
            raise ConservationError(f"{account} are off by {self.residual.max():.2e} in month {self.world.month}")

    def _enter(self, account, into, out):
        self.into[:, account] += into
        self.out[:, account] += out

    def record(self, p, recorder):
        """Stocks, origins and what capacity was not used for accelerators (units as declared in supply.toml)."""
        world, write = self.world, recorder.write
        for maker in world.maker.values():
            if not maker.chinese:
                continue
            where = {"definition": maker.name, "region": "china"}
            bought = total(maker.bank)
            write("die_stock", np.stack([total(maker.dies) - bought, bought], axis=1), detail=DIE_ORIGINS, **where)
            write("hbm_stock", maker.stacks, detail=HBM_ORIGINS, **where)
            used = total(maker.bank_used)
            write("dies_used", np.stack([total(maker.dies_used) - used, used], axis=1), detail=DIE_ORIGINS, **where)
            write("hbm_used", maker.stacks_used_by_origin, detail=HBM_ORIGINS, **where)
        node = designs_of(p.products, p.makers).node
        for name, f in world.foundry.items():
            by_node = np.stack([total(f.started[:, node == i]) for i in range(len(NODES))], axis=1)
            write("wafers_started_by_node", by_node, definition=name, detail=NODES)
            write("wafers_started", np.stack([total(f.started), f.other_uses], axis=1), definition=name, detail=USES)
            at_work = sum(m.packaging_used for m in world.maker.values() if m.foundry == name) + 0.0
            write("packaging_idle_share", 1.0 - share(np.minimum(at_work, f.packaging_starts), f.packaging_starts),
                  definition=name)
        for name, m in world.memory_maker.items():
            write("hbm_made", np.stack([total(total(m.stacks)), m.other_uses], axis=1), definition=name,
                  detail=USES)


def _all(makers, name):
    """An amount (draws, k) of every maker, added up, array (draws,), same unit."""
    return total(np.concatenate([getattr(m, name) for m in makers], axis=1))
