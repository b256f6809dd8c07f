"""Sites and power: where owners want accelerators to stand, what each region can energise, and what is used."""

import numpy as np

from ..mechanisms.power import facility_gw, site_shares
from ..numerics import col, total
from ..units import MONTHS_PER_YEAR


class Sites:
    """Places new accelerators region by region as far as power reaches.

    Attributes
    ----------
    wish : array (clouds, regions), share of each owner's accelerators wanted in each region
    shares : array (draws, clouds, regions), where each owner's new accelerators go
    power_share : array (draws, clouds), part of each owner's plan that finds power somewhere
    fits : array (draws, regions), part of the plans for a region that there is power for
    capacity_gw, used_gw, room_gw : array (draws, regions), GW energised, drawn, and left
    """

    def __init__(self, world, p):
        self.world = world
        D, C, R = world.draws, len(p.clouds), len(p.regions)
        self.wish = np.ascontiguousarray(np.stack([getattr(p.clouds, f"site_{r}") for r in p.regions.names], axis=-1))
        self.wish_by_region = np.ascontiguousarray(self.wish.T)
        self.several = (self.wish > 0).sum(axis=-1) > 1
        self.movable = np.flatnonzero(self.several)
        self.shares = np.tile(self.wish, (D, 1, 1))
        self.planned_gw, self.used_gw = np.zeros((2, D, R))
        self.fits, self.power_share = np.ones((D, R)), np.ones((D, C))
        self.us, self.china = p.regions.index["united_states"], p.regions.index["china"]
        self.capacity_gw = np.tile(p.power_sites.capacity_start_gw, (D, 1))
        self.room_gw = self.capacity_gw.copy()

    def plan(self, p, watts_by_cloud):
        """Where this month's accelerators are put, given room for power in each region.

        Parameters
        ----------
        watts_by_cloud : array (draws, clouds), W installed this month
        """
        planned = facility_gw(total(watts_by_cloud[:, None, :] * self.wish_by_region),
                              col(p.power.server_overhead), p.power_sites.pue)
        self.planned_gw = self.planned_gw + (planned - self.planned_gw) / 3.0
        self.fits, placed = site_shares(self.wish[self.movable], self.room_gw / 3.0, self.planned_gw)
        self.shares[:, self.movable] = placed
        fits = total(self.fits[:, None, :] * self.wish)
        self.power_share = fits + np.where(self.several, col(p.budgets.relocation) * (1.0 - fits), 0.0)

    def energise(self, p, watts):
        """Add what is connected this month, and take off what accelerators draw.

        Parameters
        ----------
        watts : array (draws, regions), W at thermal design power of accelerators in service
        """
        build = np.empty_like(self.capacity_gw)
        build[:] = col(p.power.build_out_elsewhere)
        build[:, self.us], build[:, self.china] = p.power.build_out_united_states, p.power.build_out_china
        year = min(max(self.world.month // MONTHS_PER_YEAR, 2022), 2030)
        self.capacity_gw = self.capacity_gw + getattr(p.power_sites, f"additions_{year}_gw") / MONTHS_PER_YEAR * build
        self.used_gw = facility_gw(watts, col(p.power.server_overhead), p.power_sites.pue)
        self.room_gw = np.maximum(self.capacity_gw * col(p.power.headroom) - self.used_gw, 0.0)

    def record(self, p, recorder):
        """Power drawn and left by region (units as declared in outputs/supply.toml)."""
        recorder.write("power_gw", self.used_gw, region=p.regions.names)
        recorder.write("power_room_gw", self.room_gw, region=p.regions.names)
