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
        old = max(month // MONTHS_PER_YEAR - FIRST_YEAR - 1, 0) + 1  # vintages at least a year old
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

    def _locate(self, p):
        world, us = self.world, self.world.government["united_states"]
        located = total(self.held[:, 1:, None, :] * self.placed[:, None])  # metric, region
        self.located = located[:, :5]
        self.located_h100e = located[:, 1]
        self.located_history.append(self.located_h100e)
        del self.located_history[:-25]
        self.used_gw = facility_gw(located[:, 5], col(p.power.server_overhead), p.power_sites.pue)
        year = min(max(world.month // MONTHS_PER_YEAR, 2022), 2030)
        build_out = np.stack(np.broadcast_arrays(*[
            np.broadcast_to(p.power.build_out_united_states if r == "united_states" else p.power.build_out_china
                            if r == "china" else p.power.build_out_elsewhere, (world.draws,))
            for r in p.regions.names]), axis=-1)
        added = getattr(p.power_sites, f"additions_{year}_gw") / MONTHS_PER_YEAR
        self.capacity_gw = self.capacity_gw + added * build_out
        self.power_room_gw = np.maximum(self.capacity_gw * col(p.power.headroom) - self.used_gw, 0.0)
        gap = share(total(self.located_h100e), self.located_h100e[:, self.region_index["china"]])
        b = p.budgets
        rented = b.rental_share * np.clip(gap / b.rental_reference_gap, 0.0, 2.0) * us.remote_access_open
        self.rented = np.clip(rented, 0.0, 0.9)[:, None] * total(
            self.placed.swapaxes(-1, -2) * self.rentable) * self.foreign
        self.home_use = b.home_use_share

    def shares(self):
        """Compute by region under every definition: dict basis|scope|kind → array (draws, 5 metrics, regions)."""
        china = self.region_index["china"]
        stock, flow = self.held[:, 1:6], self.flow.sum()
        both = np.concatenate([stock, flow], axis=1)
        home = np.asarray(self.home_use)
        home = home[:, None, None] if home.ndim else home
        mixed = (self.owner * home + self.placed * (1.0 - home)) * (1.0 - self.rented[:, None, :])
        mixed = np.where(self.foreign, mixed, self.owner)
        mixed[:, china] += self.rented
        found = {}
        for basis, weight in (("owner", self.owner[None]), ("location", self.placed), ("user", mixed)):
            everything = total(both[:, :, None, :] * weight[:, None])
            leaked = total(both[:, :, None, self.diverted] * weight[:, None, :, self.diverted])
            for scope, amount in (("all", everything), ("tracked", np.maximum(everything - leaked, 0.0))):
                whole = total(amount)[..., None]
                part = np.divide(amount, whole, out=np.zeros_like(amount), where=whole > 0)
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
        flow_china = total(self.flow.sum()[:, 1] * self.owner[self.region_index["china"]])
        recorder.write("self_sufficiency_china", share(self.domestic.sum(), flow_china))
        domestic = total(self.stock[:, 2][:, self.structure.channel == DOMESTIC])
        owned = total(self.held[:, 2] * self.owner[self.region_index["china"]])
        recorder.write("domestic_share_china", share(domestic, owned))
        recorder.write("power_gw", self.used_gw, region=regions)
        recorder.write("power_room_gw", self.power_room_gw, region=regions)


def _ratings(products):
    from ..mechanisms.accelerator_rating import h100_equivalents

    return h100_equivalents(products.tpp, products.tops_8bit, products.tflops_16bit, products.bandwidth_tb_s)
