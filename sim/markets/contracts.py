"""Contracts between laboratories and clouds: the record, and where it ends, what each laboratory can pay for."""

import numpy as np

from ..mechanisms.capital_budget import contract_growth
from ..numerics import col, share, total


class Contracts:
    """Shares of each cloud's compute by laboratory.

    Up to the last contract on record shares are data. Afterwards those paid for by a laboratory's revenue move towards
    tenants who earn more per dollar of compute than the others of the same region; what an owner pays for stays.

    Attributes
    ----------
    grown : array (draws, labs, regions of clouds), share over the one on record, from the month after the record ends
    """

    def __init__(self, world, p):
        self.world = world
        self.home_of_cloud = np.array([p.regions.index[r] for r in p.clouds.region])
        self.grown = np.ones((world.draws, len(p.labs), len(p.regions)))
        self._seen, self._started = None, -1
        self._pairs: list[tuple[int, int, float, bool]] = []

    def share_out(self, p, by_cloud):
        """What laboratories use of the clouds: (draws, k, clouds) → (draws, k, labs), same unit."""
        self._read(p)
        labs = np.zeros((*by_cloud.shape[:2], len(p.labs)))
        fits = self._fits(p) if self._answering else None
        for lab, cloud, part, rented in self._pairs:
            if rented and fits is not None:
                part = (part * self.grown[:, lab, self.home_of_cloud[cloud]] * fits[cloud])[:, None]
            labs[:, :, lab] += by_cloud[:, :, cloud] * part
        return labs

    def answer(self, p):
        """Once the record has ended, move what is rented towards who earns more."""
        if not self._answering or not self._tenants:
            return
        world, response = self.world, col(p.budgets.contract_response)
        earned = world.serving.product_revenue_usd + world.serving.call_revenue_usd
        spent = world.laboratories.compute_spend_usd
        for region, labs in self._tenants.items():
            usual = share(total(earned[:, labs]), total(spent[:, labs]))[:, None]
            self.grown[:, labs, region] *= contract_growth(earned[:, labs], spent[:, labs], usual, response)

    def _fits(self, p):
        """By cloud, how far rented shares must be cut to leave room for others, list of arrays (draws,) (share)."""
        owners, rented = ([np.zeros(self.world.draws) for _ in p.clouds.names] for _ in range(2))
        for lab, cloud, part, pays in self._pairs:
            if pays:
                rented[cloud] = rented[cloud] + part * self.grown[:, lab, self.home_of_cloud[cloud]]
            else:
                owners[cloud] = owners[cloud] + part
        room = [np.maximum(p.budgets.contracts_most - owned, 0.0) for owned in owners]
        return [np.where(r > free, share(free, r), 1.0) for r, free in zip(rented, room, strict=True)]

    def _read(self, p):
        """Share of each cloud that each lab uses: the latest contract of each pair; again when one has begun."""
        month, record, begins = self.world.month, p.lab_contracts, getattr(p.lab_contracts, "from")
        self._answering = len(begins) > 0 and month > begins.max()
        started = int((begins <= month).sum())
        if self._seen is record and self._started == started:
            return
        self._seen, self._started = record, started
        table = np.zeros((len(p.labs), len(p.clouds)))
        since, pays = np.full(table.shape, -1), np.zeros(table.shape, dtype=bool)
        for lab, cloud, start, part, payer in zip(record.lab, record.cloud, begins, record.share, record.paid_by,
                                                  strict=True):
            if lab not in p.labs.index:  # not yet known of in a run as of an earlier month
                continue
            at = p.labs.index[lab], p.clouds.index[cloud]
            if since[at] < start <= month:
                table[at], since[at], pays[at] = part, start, payer == "revenue"
        self._pairs = [(lab, cloud, table[lab, cloud], bool(pays[lab, cloud]))
                       for cloud, lab in np.argwhere(table.T).tolist()]
        homes = {(lab, int(self.home_of_cloud[cloud])) for lab, cloud, _, rented in self._pairs if rented}
        self._tenants = {region: sorted(lab for lab, home in homes if home == region)
                         for region in sorted({home for _, home in homes})}
        self.home_of_lab = self.home_of_cloud[self._main_cloud(p, table)]

    def _main_cloud(self, p, table):
        """The main cloud of each lab, int array (labs,); those without a contract: the first of their region."""
        first = {region: p.clouds.region.index(region) for region in dict.fromkeys(p.clouds.region)}
        return np.where(table.any(axis=1), table.argmax(axis=1), [first.get(r, 0) for r in p.labs.region])
