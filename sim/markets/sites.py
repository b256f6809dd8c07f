"""Sites and power: where owners want accelerators to stand, what each region energises, what is drawn and who waits."""

import numpy as np

from ..mechanisms.power import (
    connect,
    facility_gw,
    site_shares,
    subsidised_price,
    system_watts,
    unpowered_share,
    waiting_months,
)
from ..numerics import col, share, shares_of_total, weighted_total
from ..units import MONTHS_PER_YEAR
from .seen import Seen

KW_PER_GW = 1e6
FIRST_YEAR, LAST_YEAR = 2022, 2030  # of the additions in the record; the last holds from then on


def rated_watts(p):
    """Rated power of each product's system for each accelerator in it, from the records; array (products,), W."""
    measured = np.zeros(len(p.products))
    for product, accelerators, kw in zip(p.systems.product, p.systems.accelerators, p.systems.system_kw, strict=True):
        if product in p.products.index:  # an early as-of run knows fewer products
            measured[p.products.index[product]] = 1e3 * kw / accelerators
    return system_watts(p.products.tdp_w, p.power.system_overhead, measured)


class Sites:
    """Takes requests for power, energises a limited amount a month, and places new accelerators as far as it reaches.

    Attributes
    ----------
    wish : array (clouds, regions), share of each owner's accelerators wanted in each region
    shares : array (draws, clouds, regions), where each owner's new accelerators go
    power_share : array (draws, clouds), part of each owner's plan that finds power somewhere
    fits : array (draws, regions), part of the plans for a region that there is power for
    capacity_gw, used_gw, room_gw, queue_gw : array (draws, regions), GW energised, drawn, left, and asked for in vain
    unpowered : array (draws, regions), share of accelerators that stand in a region without power
    usd_per_kwh : array (draws, regions), USD / kWh that owners pay on average, subsidies taken off
    """

    def __init__(self, world, p):
        self.world = world
        D, C, R = world.draws, len(p.clouds), len(p.regions)
        self.wish = np.ascontiguousarray(np.stack([getattr(p.clouds, f"site_{r}") for r in p.regions.names], axis=-1))
        self.wish_by_region = np.ascontiguousarray(self.wish.T)
        self.movable = np.flatnonzero((self.wish > 0).sum(axis=-1) > 1)
        self.shares = np.tile(self.wish, (D, 1, 1))
        self.planned_gw, self.used_gw, self.queue_gw, self.unpowered = np.zeros((4, D, R))
        self.asked_gw = np.zeros((D, R))
        self.fits, self.power_share = np.ones((D, R)), np.ones((D, C))
        self.us, self.china = p.regions.index["united_states"], p.regions.index["china"]
        self.capacity_gw = np.tile(p.power_sites.capacity_start_gw, (D, 1))
        self.room_gw, self.rate_gw = self.capacity_gw.copy(), np.ones((D, R))
        self.usd_per_kwh = np.tile(p.power_sites.usd_per_kwh, (D, 1))
        self._facts = Seen()

    def plan(self, p, watts_by_cloud):
        """Where this month's accelerators are put, and what owners will ask for, given room for power in each region.

        Parameters
        ----------
        watts_by_cloud : array (draws, clouds), W installed this month, systems as rated
        """
        months = p.power.planning_months
        drawn, pue = col(p.power.drawn_share), p.power_sites.pue
        planned = facility_gw(weighted_total(watts_by_cloud[:, None], self.wish_by_region), drawn, pue)
        self.planned_gw = self.planned_gw + (planned - self.planned_gw) / months
        held_back = watts_by_cloud / np.maximum(self.power_share, p.power.least_plan_share)
        asked = facility_gw(weighted_total(held_back[:, None], self.wish_by_region), drawn, pue)
        self.asked_gw = self.asked_gw + (asked - self.asked_gw) / months
        self.fits, placed = site_shares(self.wish[self.movable], self.room_gw / months, self.planned_gw)
        self.shares[:, self.movable] = placed
        self.power_share = weighted_total(self.fits[:, None], self.wish)
        fits = self.power_share.take(self.movable, axis=-1)
        elsewhere = weighted_total(self.fits[:, None], placed)  # of what is moved to where there is room
        self.power_share[:, self.movable] = fits + col(p.budgets.relocation) * (1.0 - fits) * elsewhere

    def energise(self, p, watts, domestic_watts):
        """Connect what was asked for as far as the rate allows, see what accelerators draw, and what power costs.

        Parameters
        ----------
        watts : array (draws, regions), W of accelerators in service, systems as rated
        domestic_watts : array (draws,), W of those in China that were made there: part of their bills is paid back
        """
        demand = facility_gw(watts, col(p.power.drawn_share), p.power_sites.pue)
        headroom = col(p.power.headroom)
        wanted = (demand + self.asked_gw * col(p.power.request_lead_months)) / headroom
        self.rate_gw = self._rate(p)
        energised, self.queue_gw = connect(self.capacity_gw, wanted, self.rate_gw)
        self.capacity_gw = self.capacity_gw + energised
        self.unpowered = unpowered_share(demand, self.capacity_gw * headroom)
        self.used_gw = demand * (1.0 - self.unpowered)
        self.room_gw = np.maximum(self.capacity_gw * headroom - demand, 0.0)
        price, domestic = p.power_sites.usd_per_kwh, np.minimum(share(domestic_watts, watts[:, self.china]), 1.0)
        self.usd_per_kwh[:] = price
        self.usd_per_kwh[:, self.china] = subsidised_price(price[self.china], domestic, p.power.subsidy_china)

    def _rate(self, p):
        """What each region can energise this month, array (draws, regions), GW."""
        year = min(max(self.world.month // MONTHS_PER_YEAR, FIRST_YEAR), LAST_YEAR)
        additions = getattr(p.power_sites, f"additions_{year}_gw")
        if self._facts.anew(p.power, additions):
            build = np.empty_like(self.capacity_gw)
            build[:] = col(p.power.build_out_elsewhere)
            build[:, self.us], build[:, self.china] = p.power.build_out_united_states, p.power.build_out_china
            self._build = additions / MONTHS_PER_YEAR * build
        return self._build

    def record(self, p, recorder):
        """Power drawn, left, asked for and paid by region (units as declared in outputs/power.toml)."""
        here = self.world.ledger.located_h100e
        for name, values in (("power_gw", self.used_gw), ("power_room_gw", self.room_gw),
                             ("power_world_share", shares_of_total(self.used_gw)),
                             ("power_plan_share", self.fits), ("power_queue_gw", self.queue_gw),
                             ("power_waiting_months", waiting_months(self.queue_gw, self.rate_gw)),
                             ("unpowered_h100e", self.unpowered * here),
                             ("kw_per_h100e", share(self.used_gw * KW_PER_GW, here * (1.0 - self.unpowered))),
                             ("power_usd_per_kwh", self.usd_per_kwh)):
            recorder.write(name, values, region=p.regions.names)
