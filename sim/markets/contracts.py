"""Contracts between laboratories and clouds: the record, and where it ends, what each laboratory can pay for."""

import numpy as np

from ..compiled import guvectorize
from ..mechanisms.capital_budget import contract_growth
from ..numerics import added_by_place, col, share, share_of_number, total
from .seen import Seen


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
        self._seen, self._until = Seen(), -np.inf

    def share_out(self, p, by_cloud):
        """What laboratories use of the clouds: (draws, k, clouds) → (draws, k, labs), same unit."""
        self._read(p)
        parts = self._parts(p) if self.world.month > self._last else self._table
        return np.ascontiguousarray(added_by_place(by_cloud, parts).swapaxes(1, 2))

    def answer(self, p):
        """Once the record has ended, move what is rented towards who earns more."""
        if self.world.month <= self._last or not self._tenants:
            return
        world, response = self.world, col(p.budgets.contract_response)
        earned = world.serving.product_revenue_usd + world.serving.call_revenue_usd
        spent = world.laboratories.compute_spend_usd
        for region, labs in self._tenants.items():
            usual = share(total(earned[:, labs]), total(spent[:, labs]))[:, None]
            self.grown[:, labs, region] *= contract_growth(earned[:, labs], spent[:, labs], usual, response)

    def _parts(self, p):
        """Share of each cloud that each lab uses now, (draws, labs, clouds): what is rented is cut to leave room."""
        room = np.maximum(col(p.budgets.contracts_most) - np.add.reduce(self._owned, axis=0), 0.0)
        return cut_to_fit(self._rented, self._owned, self.grown, self.home_of_cloud, room)

    def _read(self, p):
        """Share of each cloud that each lab uses: the latest contract of each pair; again when one has begun."""
        month, record = self.world.month, p.lab_contracts
        if not (self._seen.anew(record) or month >= self._until):
            return
        begins = getattr(record, "from")
        later = begins[begins > month]
        self._until = later.min() if later.size else np.inf
        self._last = begins.max() if begins.size else np.inf
        table = np.zeros((len(p.labs), len(p.clouds)))
        since, pays = np.full(table.shape, -1), np.zeros(table.shape, dtype=bool)
        for lab, cloud, start, part, payer in zip(record.lab, record.cloud, begins, record.share, record.paid_by,
                                                  strict=True):
            if lab not in p.labs.index:  # not yet known of in a run as of an earlier month
                continue
            at = p.labs.index[lab], p.clouds.index[cloud]
            if since[at] < start <= month:
                table[at], since[at], pays[at] = part, start, payer == "revenue"
        self._table = table
        self._rented, self._owned = np.where(pays, table, 0.0), np.where(pays, 0.0, table)
        homes = {(lab, int(self.home_of_cloud[cloud])) for lab, cloud in np.argwhere(self._rented).tolist()}
        self._tenants = {region: sorted(lab for lab, home in homes if home == region)
                         for region in sorted({home for _, home in homes})}
        self.home_of_lab = self.home_of_cloud[self._main_cloud(p, table)]

    def _main_cloud(self, p, table):
        """The main cloud of each lab, int array (labs,); those without a contract: the first of their region."""
        first = {region: p.clouds.region.index(region) for region in dict.fromkeys(p.clouds.region)}
        return np.where(table.any(axis=1), table.argmax(axis=1), [first.get(r, 0) for r in p.labs.region])


@guvectorize(["void(f8[:, :], f8[:, :], f8[:, :], i8[:], f8[:], f8[:, :])"], "(l,c),(l,c),(l,r),(c),(c)->(l,c)")
def _cut_to_fit(rented, owned, grown, home, room, found):
    """Shares of clouds by laboratory, what is rented grown since the record and then cut to the room that is left.

        share = owned + rented · grown · min(room / Σ rented · grown, 1)

    Parameters
    ----------
    rented, owned : arrays (labs, clouds), shares on record, paid for by revenue and by an owner
    grown : array (labs, regions), share over the one on record
    home : int array (clouds,), region of each cloud
    room : array (clouds,), share that may be rented
    found : array (labs, clouds), out, shares
    """
    for cloud in range(len(home)):
        asked = 0.0
        for lab in range(len(rented)):
            found[lab, cloud] = rented[lab, cloud] * grown[lab, home[cloud]]
            asked += found[lab, cloud]
        fits = share_of_number(room[cloud], asked) if asked > room[cloud] else 1.0
        for lab in range(len(rented)):
            found[lab, cloud] = owned[lab, cloud] + found[lab, cloud] * fits


cut_to_fit = _cut_to_fit.ufunc  # NumPy's own object: a call costs half as much
