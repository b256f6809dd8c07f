"""A foundry: wafers to good silicon for each chip maker."""

import mesa
import numpy as np

from ..mechanisms.pipeline import advance
from ..mechanisms.wafer_output import die_yield, gross_dies_per_wafer
from ..mechanisms.yield_learning import LEARNING_FORMS
from ..numerics import col, share, total
from ..units import years_between


class Foundry(mesa.Agent):
    """Runs the wafers it has capacity for, shares them among makers by what they wait for, and learns yield.

    Attributes
    ----------
    good_silicon : array (draws, makers), cm² of good dies finished this month
    packaging : array (draws, makers), packaging wafers set aside this month
    yield_share : array (draws,), yield of the reference die
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.foundries.names[index]
        self.chinese = p.foundries.region[index] == "china"
        D, M = world.draws, len(p.makers)
        self.good_silicon, self.packaging = np.zeros((D, M)), np.zeros((D, M))
        self.wafer_starts, self.packaging_starts = self._wafer_target(p), self._packaging_target(p)
        self.cumulative_wafers = np.full(D, 1.0)
        self.line = np.zeros((D, 3, M))
        self.defect_density = self._learn(p)
        self.yield_share = np.ones(D)
        self._fill = True

    def produce(self, p):
        """Expand, run wafers through the line, test dies; import the die bank where it still can be."""
        f, world = p.foundry, self.model
        pace = 1.0 / f.expansion_months
        self.wafer_starts = self.wafer_starts + (self._wafer_target(p) - self.wafer_starts) * pace
        self.packaging_starts = self.packaging_starts + (self._packaging_target(p) - self.packaging_starts) * pace
        shares = self._shares(p)
        self.packaging = self.packaging_starts[:, None] * shares
        started = self.wafer_starts[:, None] * shares
        if self._fill:  # the line is already running when the run starts
            self.line += (started * col(f.lag_months) / 3.0)[:, None, :]
            self._fill = False
        self.line, finished = advance(self.line, started, col(f.lag_months))
        self.cumulative_wafers = self.cumulative_wafers + total(finished)
        self.defect_density = self._learn(p)
        area = world.accelerators.die_area  # (draws, makers) cm² a die
        works = die_yield(self.defect_density[:, None], area, f.yield_form, f.clustering)
        self.good_silicon = finished * gross_dies_per_wafer(area) * works * area
        self.yield_share = die_yield(self.defect_density, f.reference_die_area, f.yield_form, f.clustering)
        if self.chinese:
            still_open = world.government["united_states"].die_bank_open
            self.bought_dies = f.die_bank_inflow * still_open * np.ones(world.draws)

    def _wafer_target(self, p):
        f, ones = p.foundry, np.ones(self.model.draws)
        if self.name == "tsmc":
            return f.tsmc_wafer_starts * ones
        if self.name == "samsung":
            return f.samsung_wafer_starts * ones
        return f.chinese_wafer_starts * self._freedom(p) * f.chinese_build_out * ones

    def _freedom(self, p):
        """Chinese capacity relative to the evidence's: more without tool controls, less if servicing is cut too."""
        pressure = self.model.government["united_states"].tool_strength
        lifted = 1.0 + p.foundry.uplift_without_tool_controls * np.maximum(1.0 - pressure, 0.0)
        return lifted * np.maximum(1.0 - p.foundry.servicing_effect * np.maximum(pressure - 1.0, 0.0), 0.05)

    def _packaging_target(self, p):
        f, ones = p.foundry, np.ones(self.model.draws)
        if self.name == "tsmc":
            return f.tsmc_packaging_wafers * ones
        return (f.chinese_packaging_wafers * self._freedom(p) * f.chinese_build_out if self.chinese else 0.0) * ones

    def _learn(self, p):
        f, world = p.foundry, self.model
        if not self.chinese:
            return (f.tsmc_defect_density if self.name == "tsmc" else f.samsung_defect_density) * np.ones(world.draws)
        form = LEARNING_FORMS[f.learning_form]
        return form(f.chinese_defect_density, self.cumulative_wafers, f.chinese_reference_wafers,
                    f.chinese_learning_share, years_between(world.start, world.month)) * np.ones(world.draws)

    def _shares(self, p):
        """Share of capacity for each maker: abroad by what it needs for its orders, in China by the state's split."""
        market = self.model.accelerators
        if self.name == "tsmc":
            need = market.packaging_wafers_needed * market.made_at_tsmc
            return share(need, total(need)[:, None])
        if self.chinese:
            return p.makers.foundry_share[None, :]
        only = np.zeros((self.model.draws, len(p.makers)))
        only[:, p.makers.index["other_chinese"]] = self.model.government["united_states"].die_bank_open
        return only
