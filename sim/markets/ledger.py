"""Three ledgers of every accelerator in service: who owns it, where it stands, who uses it; and how it came."""

import numpy as np

from ..mechanisms.installed_base import retire, retirement_hazard
from ..mechanisms.power import facility_gw
from ..numerics import col, share, total
from ..units import MONTHS_PER_YEAR
from .rolling import RollingYear
from .structure import DIVERTED, DOMESTIC, LICENSED, OFFSHORE

METRICS = ("tpp", "8bit", "16bit", "bandwidth", "dollars")
BASES = ("owner", "location", "user")
TOLERANCE = 1e-9
FIRST_YEAR = 2021  # the vintage that stands for everything installed before 2022


class ConservationError(RuntimeError):
    """Accelerators or dollars appeared or vanished."""


class Ledger:
    """Keeps the installed base by holder, vintage and rating, and adds it up under every definition.

    A holder is an owner and a way the accelerators came: bought openly (or made at home), abroad, or diverted.

    Attributes
    ----------
    stock : array (draws, 7, positions), in service: units, H100e on four metrics, USD paid, W
    held : array (draws, 7, holders), the same by holder
    placed : array (draws, regions, holders), where each holder's accelerators stand, shares
    located_h100e : array (draws, regions), dense 8-bit H100e by location
    """

    def __init__(self, world, p):
        self.world = world
        self.structure = s = world.accelerators.structure
        D, N, R = world.draws, s.positions, len(p.regions)
        self.region_index = p.regions.index
        years = world.end // MONTHS_PER_YEAR - FIRST_YEAR + 1
        self.installed = np.zeros((years, D, 7, N))
        self.surviving = np.ones((D, years))
        kind = np.where(s.channel == OFFSHORE, 1, np.where(s.channel == DIVERTED, 2, 0))
        key = s.cloud * 3 + kind
        self.order = np.argsort(key, kind="stable")
        holders, self.starts = np.unique(key[self.order], return_index=True)
        self.holder_cloud, self.holder_kind = holders // 3, holders % 3
        home = np.array([p.regions.index[r] for r in p.clouds.region])[self.holder_cloud]
        self.owner = np.zeros((R, len(holders)))
        self.owner[home, np.arange(len(holders))] = 1.0
        self.foreign = home != p.regions.index["china"]
        self.diverted = np.flatnonzero(self.holder_kind == 2)
        abroad = np.array([p.regions.index[r] for r in ("south_east_asia", "rest_of_world")])
        self.offshore_sites = np.zeros(R)
        self.offshore_sites[abroad] = (0.85, 0.15)
        self.placed = np.ascontiguousarray(np.broadcast_to(self._sites(world.accelerators).swapaxes(-1, -2),
                                                           (D, R, len(holders))))
        self.many_sites = np.flatnonzero((self.placed[0] > 0).sum(axis=0) > 1)
        self.one_site = np.flatnonzero((self.placed[0] > 0).sum(axis=0) == 1)
        self.at_site = self.placed[0, :, self.one_site].argmax(axis=1)
        self.owner_region = home
        self.rentable = np.array([r not in ("united_states", "china") for r in p.regions.names]).astype(float)
        self.capacity_gw = np.broadcast_to(p.power_sites.capacity_start_gw, (D, R)).copy()
        self.power_room_gw, self.used_gw = self.capacity_gw.copy(), np.zeros((D, R))
        self.made, self.seized, self.retired = np.zeros(D), np.zeros(D), np.zeros((D, 7, N))
        self.sold_h100e, self.licensed_sold_h100e = np.zeros(D), np.zeros(D)
        self.flow = RollingYear(np.zeros((D, 5, len(holders))))
        self.licensed = RollingYear(np.zeros(D))
        self.domestic = RollingYear(np.zeros(D))
        self.leaked = RollingYear(np.zeros(D))
        self.located_history: list[np.ndarray] = []
        self._start(p)

    def _start(self, p):
        """Accelerators installed before 2022, split among owners by the record."""
        products, b = p.products, p.installed_base
        first = np.zeros((7, self.structure.positions))
        for product, units in (("a100", b.a100_before_2022), ("v100", b.v100_before_2022)):
            row = products.index[product]
            rating = [1.0, *(x[row] for x in _ratings(products)), products.price_usd[row], products.tdp_w[row]]
            first += np.array(rating)[:, None] * units * self._initial_shares(p)[None, :]
        self.installed[0] = first
        self.stock = np.broadcast_to(first, (self.world.draws, 7, self.structure.positions)).copy()
        self.opening_units = total(self.stock[:, 0])
        self._add_up()

    def _initial_shares(self, p):
        s = self.structure
        shares = np.zeros(s.positions)
        for cloud, part in enumerate(p.clouds.initial_share):
            chinese = p.clouds.region[cloud] == "china"
            line = "nvidia_china" if chinese else "nvidia_global"
            at = [i for i in np.flatnonzero(s.cloud == cloud) if s.line_names[s.line[i]] == line
                  and s.channel[i] in (LICENSED if chinese else 0, LICENSED)]
            shares[at[:1]] = part
        return shares / total(shares)

    def install(self, p):
        """Enter this month's deliveries, retire old accelerators, add up, and check that nothing was lost."""
        world, market, s = self.world, self.world.accelerators, self.structure
        new = market.installed
        year = world.month // MONTHS_PER_YEAR - FIRST_YEAR
        self.installed[year] += new
        gone = self._retire(p, world.month)
        self.stock = np.maximum(self.stock + new - gone, 0.0)
        self.retired = self.retired + gone
        self.made = self.made + total(market.produced)
        self.seized = self.seized + market.seized[:, 0]
        h100e = new[:, 2]
        self.sold_h100e = self.sold_h100e + total(h100e) + market.seized[:, 2]
        licensed = total(h100e[:, s.channel == LICENSED])
        self.licensed_sold_h100e = self.licensed_sold_h100e + licensed
        self.licensed.add(licensed)
        self.leaked.add(total(h100e[:, s.channel == DIVERTED]))
        self.domestic.add(total(h100e[:, s.channel == DOMESTIC]))
        by_holder = self._by_holder(new)
        self.flow.add(by_holder[:, 1:6])
        market.plan_sites(p, self._by_cloud(by_holder[:, 6], len(p.clouds)))
        self._add_up()
        weight = np.clip(share(by_holder[:, 2], self.held[:, 2]), 0.0, 1.0)[:, None, :]
        self.placed = self.placed + (self._sites(market).swapaxes(-1, -2) - self.placed) * weight
        self._locate(p)
        self._check()

    def _retire(self, p, month):
        b = p.installed_base
        old = max(month // MONTHS_PER_YEAR - FIRST_YEAR - 2, 0) + 1  # nothing is retired in its first two years
        ages = month / MONTHS_PER_YEAR - (FIRST_YEAR + np.arange(old)) - 0.5
        ages[0] += 1.0
        hazard = retirement_hazard(ages, b.service_life_years, b.spread_years)
        gone, self.surviving[:, :old] = retire(self.installed[:old], self.surviving[:, :old], hazard)
        return gone

    def _by_holder(self, values):
        return np.add.reduceat(values[:, :, self.order], self.starts, axis=-1)

    def _by_cloud(self, values, clouds):
        return np.add.reduceat(values, np.searchsorted(self.holder_cloud, np.arange(clouds)), axis=-1)

    def _sites(self, market):
        """Where new accelerators of each holder are put, array (draws, holders, regions), shares."""
        sites = market.site_shares[:, self.holder_cloud]
        return np.where((self.holder_kind == 1)[None, :, None], self.offshore_sites, sites)

    def _add_up(self):
        self.held = self._by_holder(self.stock)

    def _where(self, amounts):
        """Amounts by holder (draws, k, holders) added up by where they stand, array (draws, k, regions), same unit."""
        found = np.zeros((*amounts.shape[:2], self.placed.shape[1]))
        for holder, region in zip(self.one_site, self.at_site, strict=True):
            found[:, :, region] += amounts[:, :, holder]
        part = np.empty_like(found)
        for holder in self.many_sites:  # one after another: the order of additions is fixed
            np.multiply(amounts[:, :, holder, None], self.placed[:, None, :, holder], out=part)
            found += part
        return found

    def _whose(self, amounts):
        """Amounts by holder (draws, k, holders) added up by nationality of the owner, array (draws, k, regions)."""
        found = np.zeros((*amounts.shape[:2], self.placed.shape[1]))
        for holder, region in enumerate(self.owner_region):
            found[:, :, region] += amounts[:, :, holder]
        return found

    def _locate(self, p):
        world, us = self.world, self.world.government["united_states"]
        self.year = self.flow.sum()
        self.everything = np.concatenate([self.held[:, 1:], self.year], axis=1)  # 6 of the stock, 5 of the year
        located = self._where(self.everything)
        self.placed_amounts = located
        self.located = located[:, :5]
        self.located_h100e = located[:, 1]
        self.located_history.append(self.located_h100e)
        del self.located_history[:-25]
        self.used_gw = facility_gw(located[:, 5], col(p.power.server_overhead), p.power_sites.pue)
        year = min(max(world.month // MONTHS_PER_YEAR, 2022), 2030)
        build_out = np.empty((world.draws, len(self.region_index)))
        build_out[:] = col(p.power.build_out_elsewhere)
        build_out[:, self.region_index["united_states"]] = p.power.build_out_united_states
        build_out[:, self.region_index["china"]] = p.power.build_out_china
        added = getattr(p.power_sites, f"additions_{year}_gw") / MONTHS_PER_YEAR
        self.capacity_gw = self.capacity_gw + added * build_out
        self.power_room_gw = np.maximum(self.capacity_gw * col(p.power.headroom) - self.used_gw, 0.0)
        gap = share(total(self.located_h100e), self.located_h100e[:, self.region_index["china"]])
        b = p.budgets
        rented = b.rental_share * np.clip(gap / b.rental_reference_gap, 0.0, 2.0) * us.remote_access_open
        abroad = np.zeros_like(self.placed[:, 0])
        for region in np.flatnonzero(self.rentable):
            abroad += self.placed[:, region]
        self.rented = np.clip(rented, 0.0, 0.9)[:, None] * abroad * self.foreign
        self.home_use = b.home_use_share

    def shares(self):
        """Compute by region under every definition: dict basis|scope|kind → array (draws, 5 metrics, regions)."""
        china, home = self.region_index["china"], np.asarray(self.home_use)
        home = home[:, None, None] if home.ndim else home
        rows = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]  # leave out watts
        both = self.everything[:, rows]
        leaked = both[:, :, self.diverted]
        in_china = np.zeros((*both.shape[:2], self.placed.shape[1]))
        for holder in range(len(self.diverted)):  # diverted parts belong to China, stand there and are used there
            in_china[:, :, china] += leaked[:, :, holder]
        owned, located = self._whose(both), self.placed_amounts[:, rows]
        kept = both * (1.0 - self.rented)[:, None, :]
        abroad = np.where(self.foreign, kept, 0.0)
        used = self._whose(abroad) * home + self._where(abroad) * (1.0 - home)
        used[:, :, china] += total(both - abroad)
        found = {}
        for basis, everything in (("owner", owned), ("location", located), ("user", used)):
            for scope, amount in (("all", everything), ("tracked", np.maximum(everything - in_china, 0.0))):
                part = share(amount, total(amount)[..., None])
                found[f"{basis}|{scope}|stock"], found[f"{basis}|{scope}|flow12"] = part[:, :5], part[:, 5:]
        return found

    def _check(self):
        """Made = waiting + seized + in service + retired; paid = received + fee + premium; to 1e-9 relative."""
        market = self.world.accelerators
        here = total(market.inventory) + self.seized + total(self.stock[:, 0]) + total(self.retired[:, 0])
        made = self.made + self.opening_units
        paid = total(market.paid)
        received = total(market.revenue) + market.fee + market.premium
        self.residual = np.maximum(np.abs(here - made) / np.maximum(made, 1.0),
                                   np.abs(paid - received) / np.maximum(paid, 1.0))
        if not self.residual.max() <= TOLERANCE:
            raise ConservationError(f"accelerators or dollars are off by {self.residual.max():.2e} in month "
                                    f"{self.world.month}")

    def record(self, p, recorder):
        """Every definition of the compute share, ratios, stocks and flows (units as declared in supply.toml)."""
        regions = p.regions.names
        found = self.shares()
        keys = tuple(f"{name}|{metric}" for name in found for metric in METRICS)
        table = np.concatenate(list(found.values()), axis=1)  # draws, definitions, regions
        for r, region in enumerate(regions):
            recorder.write("compute_share", table[:, :, r], definition=keys, region=region)
        us, china = (table[:, :, self.region_index[r]] for r in ("united_states", "china"))
        recorder.write("compute_ratio_us_china", share(us, china), definition=keys)
        recorder.write("world_stock_h100e", total(self.stock[:, 2]), definition="all")
        recorder.write("region_stock_h100e", self.located_h100e, region=regions)
        recorder.write("licensed_h100e_per_year", self.licensed.sum())
        recorder.write("diverted_h100e_per_year", self.leaked.sum())
        flow_china = total(self.year[:, 1] * self.owner[self.region_index["china"]])
        recorder.write("self_sufficiency_china", share(self.domestic.sum(), flow_china))
        domestic = total(self.stock[:, 2][:, self.structure.channel == DOMESTIC])
        owned = total(self.held[:, 2] * self.owner[self.region_index["china"]])
        recorder.write("domestic_share_china", share(domestic, owned))
        recorder.write("power_gw", self.used_gw, region=regions)
        recorder.write("power_room_gw", self.power_room_gw, region=regions)


def _ratings(products):
    from ..mechanisms.accelerator_rating import h100_equivalents

    return h100_equivalents(products.tpp, products.tops_8bit, products.tflops_16bit, products.bandwidth_tb_s)
