"""What labs and regions can use of the accelerators in service, and what it costs them."""

import numpy as np

from ..mechanisms.effective_compute import run_reliability, useful_share
from ..numerics import col, share, total
from ..units import HOURS_PER_MONTH, MONTHS_PER_YEAR
from .contracts import Contracts
from .users import count_compute, pass_on

KW_PER_W = 1e-3


class ComputeMarket:
    """Splits the clouds' accelerators among labs by contract, and prices the hour by cost and scarcity.

    Attributes
    ----------
    lab_h100e : array (draws, labs), dense 8-bit H100e each lab uses
    lab_accelerators : array (draws, labs), packages each lab uses
    training_efficiency, inference_efficiency : array (draws, labs), useful share of peak, training before failures
    usd_per_h100e_hour : array (draws, labs), USD
    region_h100e : array (draws, regions), H100e by location
    independent_usd_per_h100e_hour : array (draws, regions), USD, what an independent host pays
    run_accelerators, run_reliability : array (draws, labs), size of the largest run, share of time it makes progress
    useful_h100e : two arrays (draws, regions), H100e by location times useful share, for training and inference
    scarcity : array (draws, regions), demand for serving over what is there, last month
    """

    def __init__(self, world, p):
        self.world = world
        D, L, R = world.draws, len(p.labs), len(p.regions)
        self._tenants = np.array(world.leakage.clouds, dtype=np.int64)
        self.lab_h100e, self.usd_per_h100e_hour = np.zeros((D, L)), np.full((D, L), 2.0)
        self.training_efficiency, self.inference_efficiency = np.full((D, L), 0.3), np.full((D, L), 0.3)
        self.run_accelerators, self.run_reliability = np.zeros((D, L)), np.ones((D, L))
        self.region_h100e, self.scarcity = np.zeros((D, R)), np.zeros((D, R))
        self.independent_usd_per_h100e_hour = np.full((D, R), 2.0)
        self.contracts = Contracts(world, p)
        self.allocate(p)

    def allocate(self, p):
        """Share out this month's compute."""
        ledger, e, software = self.world.ledger, p.effective_compute, self.world.software
        train = useful_share(col(e.training_utilisation), software.maturity[0], 1.0)
        serve = useful_share(col(e.inference_utilisation), software.maturity[1], e.inference_reliability)
        by_cloud, useful = count_compute(ledger.stock, train, serve, software.of_stack, ledger.cloud, ledger.holder,
                                         len(p.clouds), len(ledger.holder_cloud))
        self._add_up_useful(p, useful)
        powered = (1.0 - ledger.unpowered_by_cloud())[:, None]
        by_cloud[:, :3] *= powered
        by_cloud[:, 4:] *= powered  # what is paid for stands idle too
        self._pass_on_rented(by_cloud)
        labs = self.contracts.share_out(p, by_cloud)
        self.lab_h100e = labs[:, 0]
        world_average = share(total(by_cloud), total(by_cloud[:, :1]))[:, :, None]
        per_h100e = np.where(labs[:, :1] > 0, share(labs, labs[:, :1]), world_average)
        self.lab_accelerators = labs[:, 5]
        self.training_efficiency, self.inference_efficiency = per_h100e[:, 1], per_h100e[:, 2]
        self.region_h100e = ledger.located_h100e
        self._price(p, per_h100e)

    def _pass_on_rented(self, by_cloud):
        """Move what Chinese users rent abroad from its owners to Chinese clouds, in proportion to their own; in place.

        The tenants are platforms: state owners and telecoms are not known to rent abroad.

        ``by_cloud``: array (draws, 6, clouds), H100e and what goes with it.
        """
        leakage = self.world.leakage
        pass_on(by_cloud, leakage.let_by_cloud(), self._tenants, 1.0 - leakage.is_state)

    def hold_together(self, p, run_share):
        """Share of time in which each laboratory's largest run makes progress, array (draws, labs).

        ``run_share``: array (draws, labs), part of its accelerators in that run.
        """
        e = p.effective_compute
        self.run_accelerators = self.lab_accelerators * run_share
        self.run_reliability = run_reliability(self.run_accelerators, col(e.failures_per_million_hours),
                                               col(e.hours_lost))
        return self.run_reliability

    def _add_up_useful(self, p, useful):
        """Useful compute by location, arrays (draws, regions), H100e at peak of which all would be useful.

        ``useful``: array (draws, 2, holders), the same by holder, for training and inference.
        """
        ledger, e = self.world.ledger, p.effective_compute
        here = ledger.where(useful) * (1.0 - self.world.sites.unpowered)[:, :, None]
        together = run_reliability(np.array([[e.reference_run]]), col(e.failures_per_million_hours), col(e.hours_lost))
        self.useful_h100e = here[:, :, 0] * together, here[:, :, 1]

    def _price(self, p, per_h100e):
        e, ledger = p.effective_compute, self.world.ledger
        demand = self.world.serving.region_demand_h100e if hasattr(self.world, "serving") else 0.0
        wanted = share(demand, self.region_h100e * col(e.serving_share))
        self.scarcity = np.minimum(np.maximum(wanted, 0.0), 5.0)
        hours = e.depreciation_years * MONTHS_PER_YEAR * HOURS_PER_MONTH * e.rental_utilisation
        capital = col(e.system_cost_over_chip / hours)
        tight = 1.0 + col(e.scarcity_response) * np.maximum(self.scarcity - 1.0, 0.0)
        usd_per_w_hour = p.power_sites.pue * self.world.sites.usd_per_kwh * col(p.power.drawn_share) * KW_PER_W
        home = self.contracts.home_of_lab
        self.usd_per_h100e_hour = (per_h100e[:, 3] * capital * (1.0 + col(e.rental_margin))
                                   + per_h100e[:, 4] * usd_per_w_hour.take(home, axis=-1)) * tight.take(home, axis=-1)
        here = ledger.located
        usd = share(here[:, :, 4], here[:, :, 1])
        world = share(total(here[:, :, 4]), total(here[:, :, 1]))[:, None]
        watts = share(total(ledger.stock[:, 6]), total(ledger.stock[:, 2]))[:, None]
        self.independent_usd_per_h100e_hour = (np.where(usd > 0, usd, world) * capital
                                               * (1.0 + 2.0 * col(e.rental_margin)) + watts * usd_per_w_hour) * tight

    def record(self, p, recorder):
        """Compute, its useful part and its cost (units as declared in supply.toml and compute.toml)."""
        recorder.write("usd_per_h100e_hour", self.independent_usd_per_h100e_hour, region=p.regions.names)
        recorder.write("serving_scarcity", self.scarcity, region=p.regions.names)
        for use, values in zip(("training", "inference"), self.useful_h100e, strict=True):
            recorder.write("useful_h100e", values, definition=use, region=p.regions.names)
        recorder.write("run_accelerators", self.run_accelerators, detail=p.labs.names)
        recorder.write("run_reliability", self.run_reliability, detail=p.labs.names)
