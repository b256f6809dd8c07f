"""What is in service: by holder, vintage and place; what retires; and the check that nothing was lost."""

import numpy as np

from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.installed_base import renew, retirement_hazard
from ..numerics import RunSums, added_by_place, total
from ..units import MONTHS_PER_YEAR
from .consignments import resettle
from .rolling import RollingYear
from .sites import rated_watts
from .structure import DIVERTED, DOMESTIC, H100E, LICENSED, OFFSHORE, UNITS, WATTS
from .users import idle

TOLERANCE = 1e-9
FIRST_YEAR = 2021  # the vintage that stands for everything installed before 2022
SPARED_YEARS = 2  # nothing is retired in its first two years
WAYS = (LICENSED, DOMESTIC, DIVERTED)  # ways of buying whose flows are recorded
HISTORY = 25  # months of located compute kept for late observers


class ConservationError(RuntimeError):
    """Accelerators or dollars appeared or vanished."""


class Ledger:
    """Keeps the installed base by holder, vintage and rating, and where it stands.

    A holder is an owner and a way the accelerators came: bought openly (or made at home), abroad, or diverted.
    Positions are kept in the order of their owners.

    Attributes
    ----------
    stock : array (draws, 7, positions), in service: units, H100e on four metrics, USD paid, W of systems as rated
    held : array (draws, 6, holders), the same by holder, without units
    year : array (draws, 5, holders), installed over twelve months, by METRICS
    placed : array (draws, regions, holders), where each holder's accelerators stand, shares
    located : array (draws, regions, 11), by location: stock and twelve months by METRICS, then W in service
    located_h100e : array (draws, regions), dense 8-bit H100e by location
    """

    def __init__(self, world, p):
        self.world = world
        s = world.accelerators.structure
        D, N, R = world.draws, s.positions, len(p.regions)
        self.region_index = p.regions.index
        kind = np.where(s.channel == OFFSHORE, 1, np.where(s.channel == DIVERTED, 2, 0))
        key = s.cloud * 3 + kind
        self.order = np.argsort(key, kind="stable")  # from the market's order to the ledger's
        self.channel, self.cloud, self.line = s.channel[self.order], s.cloud[self.order], s.line[self.order]
        holders, starts, self.holder = np.unique(key[self.order], return_index=True, return_inverse=True)
        self._of_holders = RunSums(starts, N)
        self.holder_cloud, self.holder_kind = holders // 3, holders % 3
        self.cloud_starts = np.searchsorted(self.holder_cloud, np.arange(len(p.clouds)))
        self.owner_region = np.array([p.regions.index[r] for r in p.clouds.region])[self.holder_cloud]
        self.china = p.regions.index["china"]
        is_chinese = self.owner_region == self.china
        self.chinese = np.flatnonzero(is_chinese)
        self.foreign = (~is_chinese).astype(float)
        self.diverted = np.flatnonzero(self.holder_kind == 2)
        self.openly_at_home = (is_chinese & (self.holder_kind == 0)).astype(float)
        self.positions_by_way = [np.flatnonzero(self.channel == way) for way in WAYS]
        self._start_sites(p, D, R)
        self._start_stock(p, D, N)
        self.flow = RollingYear(np.zeros((D, 5, len(holders))))
        self.flow_by_way = RollingYear(np.zeros((D, len(WAYS))))
        self.year = self.flow.sum()
        self.everything = np.zeros((D, 11, len(holders)))  # stock and twelve months by METRICS, then watts in service
        self._history = np.zeros((self.world.end - self.world.start + 2, D, R))
        self._months_known = 0
        self.held = self._by_holder(self.stock)
        self._add_up(p)

    def _start_sites(self, p, D, R):
        abroad, offshore_sites = self.holder_kind == 1, np.zeros(R)
        offshore_sites[[p.regions.index["south_east_asia"], p.regions.index["rest_of_world"]]] = (
            p.offshore.south_east_asia, 1.0 - p.offshore.south_east_asia)
        self.sites = np.where(abroad[:, None], offshore_sites, self.world.sites.wish[self.holder_cloud])
        self.placed = np.tile(np.ascontiguousarray(self.sites.T), (D, 1, 1))
        self.moving = np.flatnonzero(((self.sites > 0).sum(axis=-1) > 1) & ~abroad)

    def _start_stock(self, p, D, N):
        """Accelerators installed before 2022, split among owners by the record."""
        products, b = p.products, p.installed_base
        rating = np.stack([np.ones(len(products)), *h100_equivalents(
            products.tpp, products.tops_8bit, products.tflops_16bit, products.bandwidth_tb_s),
            products.price_usd, rated_watts(p)])
        shares = self._initial_shares(p, N)
        first = np.zeros((7, N))
        for product, units in (("a100", b.a100_before_2022), ("v100", b.v100_before_2022)):
            first += rating[:, products.index[product], None] * units * shares
        years = self.world.end // MONTHS_PER_YEAR - FIRST_YEAR + 1
        self.installed, self.surviving = np.zeros((years, D, 7, N)), np.ones((D, years))
        self.installed[0] = first
        self.stock = np.tile(first, (D, 1, 1))
        self.opening_units = total(self.stock[:, UNITS])
        self.made, self.seized_units, self.retired_units = np.zeros((3, D))
        self.sold_h100e, self.sold_by_way = np.zeros(D), np.zeros((D, len(WAYS)))
        self.licensed_sold_h100e, self.domestic_sold_h100e, self.diverted_sold_h100e = self.sold_by_way.T

    def _initial_shares(self, p, N):
        names = self.world.accelerators.structure.line_names
        shares = np.zeros(N)
        for cloud, part in enumerate(p.clouds.initial_share):
            line = names.index("nvidia_china" if p.clouds.region[cloud] == "china" else "nvidia_global")
            shares[np.flatnonzero((self.cloud == cloud) & (self.line == line))[:1]] = part
        return shares / total(shares)

    def install(self, p):
        """Enter this month's deliveries, retire old accelerators, add up, and check that nothing was lost."""
        market, month = self.world.accelerators, self.world.month
        new, vintage = market.installed, month // MONTHS_PER_YEAR - FIRST_YEAR
        retired, held, added = renew(self.stock, new, self.order, self.installed, vintage, self._lost(p, month),
                                     self.holder, len(self.holder_cloud))
        self.retired_units = self.retired_units + retired
        self.held, added = held[:, 1:], added[:, 1:]
        self.made = self.made + total(market.produced)
        self.seized_units = self.seized_units + market.seized[:, UNITS]
        h100e = new[:, H100E].take(self.order, axis=-1)
        self.sold_h100e = self.sold_h100e + total(h100e) + market.seized[:, H100E]
        by_way = np.empty((len(h100e), len(WAYS)))
        for way, at in enumerate(self.positions_by_way):
            by_way[:, way] = total(h100e.take(at, axis=-1))
        self.sold_by_way += by_way
        self.diverted_sold_h100e += market.seized[:, H100E]
        self.flow_by_way.add(by_way)
        self.flow.add(added[:, :5].copy())
        self.year = self.flow.sum()
        self.world.sites.plan(p, np.add.reduceat(added[:, WATTS - 1], self.cloud_starts, axis=-1))
        self._place(added[:, H100E - 1])
        self._add_up(p)
        self._check()

    def _lost(self, p, month):
        """Share of what was installed in each year that is retired this month, array (draws, years)."""
        b = p.installed_base
        old = max(month // MONTHS_PER_YEAR - FIRST_YEAR - SPARED_YEARS, 0) + 1
        ages = month / MONTHS_PER_YEAR - (FIRST_YEAR + np.arange(old)) - 0.5
        ages[0] += 1.0  # what was there before 2022 is older than its label
        lost = self.surviving[:, :old] * retirement_hazard(ages, b.service_life_years, b.spread_years,
                                                           b.retirement_months)
        self.surviving[:, :old] -= lost
        return lost

    def _place(self, new_h100e):
        """Blend the places of new accelerators into those of each holder with sites in several regions."""
        resettle(self.placed, self.moving, self.holder_cloud, self.world.sites.shares, new_h100e,
                 self.held[:, H100E - 1])

    def _by_holder(self, amounts):
        """A rating by position (draws, 7, positions) added up by holder, without units, array (draws, 6, holders)."""
        return self._of_holders(amounts[:, 1:])

    @property
    def located_history(self):
        """Dense 8-bit H100e by location at the ends of the last months, array (months, draws, regions), newest last."""
        return self._history[max(self._months_known - HISTORY, 0):self._months_known]

    def where(self, amounts):
        """Amounts by holder (draws, k, holders) added up by where they stand, array (draws, regions, k), same unit."""
        return added_by_place(amounts, self.placed)

    def _add_up(self, p):
        """Stocks by holder, location and use, and the power they draw."""
        self.everything[:, :5], self.everything[:, 5:10] = self.held[:, :5], self.year
        self.everything[:, 10] = self.held[:, WATTS - 1]
        self.located = self.where(self.everything)
        self.located_h100e = np.ascontiguousarray(self.located[:, :, 1])
        self._history[self._months_known] = self.located_h100e
        self._months_known += 1
        at_home = self.stock[:, WATTS].take(self.positions_by_way[WAYS.index(DOMESTIC)], axis=-1)
        self.world.sites.energise(p, self.located[:, :, 10], total(at_home))

    def unpowered_by_cloud(self):
        """Share of each owner's accelerators that stand where power does not reach, array (draws, clouds)."""
        return idle(self.world.sites.unpowered, self.placed, self.held[:, H100E - 1], self.cloud_starts)

    def _check(self):
        """Made = waiting + seized + in service + retired; paid = received + fee + premium; budgets as in purse.py."""
        market = self.world.accelerators
        here = total(market.inventory) + self.seized_units + total(self.stock[:, UNITS]) + self.retired_units
        made = self.made + self.opening_units
        paid = market.prices.all_paid
        received = total(market.prices.revenue) + market.prices.fee + market.prices.premium
        self.residual = np.maximum(np.abs(here - made) / np.maximum(made, 1.0),
                                   np.abs(paid - received) / np.maximum(paid, 1.0))
        self.residual = np.maximum(self.residual, market.purse.residual)
        if not self.residual.max() <= TOLERANCE:
            raise ConservationError(f"accelerators or dollars are off by {self.residual.max():.2e} in month "
                                    f"{self.world.month}")
