"""A foundry: wafers to good dies of each design."""

import mesa
import numpy as np

from ..markets.designs import designs_of
from ..markets.licensing import ever
from ..markets.seen import Seen
from ..mechanisms.pipeline import Line, felt
from ..mechanisms.supply import allocate, expanded, restock, within_limits
from ..mechanisms.tool_controls import pace_left, still_running, uplift
from ..mechanisms.wafer_output import die_yield
from ..mechanisms.yield_learning import LEARNING_FORMS
from ..numerics import GroupSums, col, share, shares_of_total, total
from ..units import years_between

LONGEST_LAG, LONGEST_MEMORY = 18, 60  # months; the upper ends of the ranges of the lags in the register


class Foundry(mesa.Agent):
    """Starts the wafers that makers order, as far as capacity goes; what nobody orders serves other uses.

    Attributes
    ----------
    wafer_starts, packaging_starts : array (draws,), capacity for accelerators, wafers / month
    started : array (draws, designs), wafers started this month
    in_line : array (draws, designs), good dies to be expected of the wafers in the line
    good_dies, scrapped_dies : array (draws, designs), finished this month
    packaging : array (draws, makers), packaging wafers set aside this month
    bought_dies : array (draws,), dies bought abroad that can be packaged from this month
    other_uses : array (draws,), wafers of this month's capacity that no maker ordered
    yield_share : array (draws,), yield of the reference die
    good_share, bad_share : arrays (draws, designs served), yield of each design, and what is scrapped
    dies_a_wafer : array (draws, designs served), good dies to be expected of a wafer
    uplift, pace, running : float or array (draws,), what tool controls leave of plans (ratio), of growth (share a
        month of the gap to the plan) and of what is there (share)
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.foundries.names[index]
        self.chinese = p.foundries.region[index] == "china"
        D, M = world.draws, len(p.makers)
        self.serves = self._customers(p)
        self.pressure: list = []
        self.uplift, self.pace, self.running = 1.0, 1.0, 1.0
        self.tools, self.packaging_tools = np.zeros(D), np.zeros(D)
        self.cumulative_wafers = np.full(D, 1.0)
        designs = designs_of(p.products, p.makers)
        own = np.flatnonzero(self.serves[designs.maker])  # makers served stand side by side
        self.mine = slice(own[0], own[-1] + 1) if len(own) else slice(0, 0)
        self._by_maker = GroupSums(designs.maker[self.mine], M)
        n = len(designs.names)
        self.good_dies, self.scrapped_dies, self.in_line, self.started = np.zeros((4, D, n))
        self.packaging = np.zeros((D, M))
        self.line = Line((D, len(own) + 1), LONGEST_LAG)  # last: wafers for other uses
        self.bank_line = Line((D, 1), LONGEST_LAG)
        self.other_uses, self.bought_dies, self.gross_dies = np.zeros((3, D))
        self.yield_share = np.ones(D)
        self._fill, self._rivals, self._limits, self._lowest = True, [], [], np.inf
        self._yield_of, self._limits_of, self._learnt_from = Seen(), Seen(), Seen()
        self._set_capacity(p)
        self.pressure = []
        self.defect_density = self._learn(p)

    def _customers(self, p):
        """Which makers it works for, bool array (makers,)."""
        if self.name == "samsung":
            return np.array([name == "other_chinese" for name in p.makers.names])
        return np.array([(region == "china") == self.chinese for region in p.makers.region])

    def produce(self, p):
        """Expand, start what is ordered, test what is finished; buy for the die bank where it still can be done."""
        f, world = p.foundry, self.model
        self._set_capacity(p)
        designs, mine = designs_of(p.products, p.makers), self.mine
        if self._at_rest():
            self.defect_density = self._learn(p)
            self._set_yield(p, designs)
            self._count_line(designs)
            return
        self._set_yield(p, designs)
        if self._fill:  # the line is already running when the run starts
            self._rivals = [f for f in world.foundry.values() if f is not self and (f.serves & self.serves).any()]
            self._fill_line(p, designs, self._orders())
            self._fill = False
        started = self._share_out(p, designs, self._orders())
        self.other_uses = np.maximum(self.wafer_starts - total(started), 0.0)
        self.started[:, mine] = started
        self.line.enter(np.concatenate([started, self.other_uses[:, None]], axis=1), f.lag_months)
        finished = self.line.leave()
        self.cumulative_wafers = self.cumulative_wafers + total(finished)  # whatever runs on the node, it learns from
        self.defect_density = self._learn(p)
        self._set_yield(p, designs)
        gross = finished[:, :-1] * designs.gross[mine]
        np.multiply(gross, self.good_share, out=self.good_dies[:, mine])
        np.multiply(gross, self.bad_share, out=self.scrapped_dies[:, mine])
        self.gross_dies = total(gross)
        self._count_line(designs)
        self.packaging = self._set_packaging_aside(p)
        if self.chinese:
            bought = f.die_bank_inflow * world.government["united_states"].die_bank_open * np.ones(world.draws)
            self.bank_line.enter(bought[:, None], f.bank_to_sale_months)
            self.bought_dies = self.bank_line.leave()[:, 0]

    def _at_rest(self):
        """Whether nothing may be started, nothing is in the line and nothing came out last month in any draw."""
        return not (self.chinese or self.wafer_starts.any() or self.other_uses.any() or self.gross_dies.any()
                    or self.line.due.any())

    def _orders(self):
        """Wafers by design that makers want started, array (draws, designs served)."""
        needed = self.model.works.dies_needed[:, self.mine]
        coming = self.in_line[:, self.mine]
        for other in self._rivals:
            coming = coming + other.in_line[:, self.mine]
        return share(restock(needed, coming), self.dies_a_wafer)

    def _count_line(self, designs):
        """Good dies to be expected of the wafers in the line."""
        gross = self.line.inside[:, :-1] * designs.gross[self.mine]
        np.multiply(gross, self.good_share, out=self.in_line[:, self.mine])

    def _fill_line(self, p, designs, ordered):
        """Put wafers into every month of the line, at the pace that the first orders would keep up."""
        lag = p.foundry.lag_months
        months = self.model.works.plan_months.take(designs.maker[self.mine], axis=-1)
        a_month = self._share_out(p, designs, ordered / months)
        spare = np.maximum(self.wafer_starts - total(a_month), 0.0)[:, None]
        a_month = np.concatenate([a_month, spare], axis=1)
        for ahead in range(LONGEST_LAG):
            self.line.enter(a_month * col(np.clip(lag - ahead, 0.0, 1.0) * np.ones(self.model.draws)), ahead)
        self._count_line(designs)

    def _share_out(self, p, designs, ordered):
        """Wafers started by design: in China first by the state's split of capacity, elsewhere by what is ordered."""
        maker = designs.maker[self.mine]
        ordered = self._within_nodes(p, designs.node[self.mine], ordered)
        if not self.chinese:
            return ordered * np.minimum(share(self.wafer_starts, total(ordered)), 1.0)[:, None]
        by_maker = self._by_maker(ordered)
        given = allocate(self.wafer_starts, p.makers.foundry_share, by_maker)
        return ordered * share(given, by_maker).take(maker, axis=-1)

    def _within_nodes(self, p, node, ordered):
        """Orders (wafers, array (draws, designs served)) cut, where a node has a limit, to what it can start."""
        f = p.foundry
        if self._limits_of.anew(f):
            limits = {"tsmc": [f.tsmc_n12_wafers, f.tsmc_n7_wafers, f.tsmc_n5_wafers, f.tsmc_n3_wafers,
                               f.tsmc_n2_wafers],
                      "chinese_fabs": [None, f.chinese_n7_wafers, f.chinese_n5_wafers]}.get(self.name, [])
            self._limits = limits
            self._lowest = min((np.min(limit) for limit in limits if limit is not None), default=np.inf)
        if total(ordered).max() <= self._lowest:
            return ordered
        return within_limits(ordered, node, self._limits)

    def _set_packaging_aside(self, p):
        """Packaging wafers for each maker: in China first by the state's split, then all of it by what is ordered."""
        ordered = self.model.works.packaging_ordered * self.serves
        if not self.chinese:
            return self.packaging_starts[:, None] * shares_of_total(ordered)
        given = allocate(self.packaging_starts, p.makers.foundry_share, ordered)
        return given + np.maximum(self.packaging_starts - total(given), 0.0)[:, None] * p.makers.foundry_share

    def _set_capacity(self, p):
        """Tools are added over some months; what they can run falls at once when materials, parts or power do."""
        self.pace = 1.0 / p.foundry.expansion_months
        if self.chinese:
            self._note_pressure(p)
        wafers, packaging = self._plan(p)
        if self._fill:
            self.tools, self.packaging_tools = (x + np.zeros(self.model.draws) for x in (wafers, packaging))
        self.tools = expanded(self.tools, wafers, self.pace)
        self.packaging_tools = expanded(self.packaging_tools, packaging, self.pace)
        self.wafer_starts, self.packaging_starts = (
            np.minimum(self.tools, wafers), np.minimum(self.packaging_tools, packaging))
        if self.chinese:
            self.wafer_starts, self.packaging_starts = (
                self.wafer_starts * self.running, self.packaging_starts * self.running)

    def _plan(self, p):
        """Capacity for accelerators meant to stand this month: two floats or arrays (draws,), wafers / month."""
        f = p.foundry
        if self.name == "tsmc":
            return f.tsmc_wafer_starts, f.tsmc_packaging_wafers
        if self.name == "samsung":
            return f.samsung_wafer_starts * self.model.government["united_states"].die_bank_open, 0.0
        more = f.chinese_build_out * self.uplift
        return f.chinese_wafer_starts * more, f.chinese_packaging_wafers * more

    def _note_pressure(self, p):
        """What tool controls, relative to those under which the evidence's capacity was reached, do by now."""
        met = ever(p.rules, self.model.month, "tools")
        self.pressure.append(self.model.government["united_states"].tool_strength - float(met))
        f = p.foundry
        tools, parts = (felt(self.pressure, lag, LONGEST_MEMORY)
                        for lag in (f.tool_expansion_lag_months, f.tool_servicing_lag_months))
        self.uplift = uplift(tools, f.uplift_without_tool_controls)
        self.pace = pace_left(tools, f.domestic_tools) / f.expansion_months
        self.running = still_running(parts, f.servicing_effect, f.domestic_tools)

    def _set_yield(self, p, designs):
        """Yield of each design it makes, and of the reference die; anew where the process, a rule or a die changed."""
        f, area = p.foundry, designs.area[self.mine]
        if not self._yield_of.anew(f.learning_form, f.chinese_given_yield, f.tsmc_given_yield, f.yield_form,
                                   f.clustering, f.reference_die_area, designs, self.defect_density):
            return
        if f.learning_form == "given" and self.name != "samsung":  # as typed in, whatever the area
            given = f.chinese_given_yield if self.chinese else f.tsmc_given_yield
            self.yield_share = given * np.ones(self.model.draws)
            self.good_share = np.repeat(self.yield_share[:, None], len(area), axis=1)
        else:
            self.yield_share = die_yield(self.defect_density, f.reference_die_area, f.yield_form, f.clustering)
            self.good_share = die_yield(self.defect_density[:, None], area, f.yield_form, f.clustering)
        self.bad_share, self.dies_a_wafer = 1.0 - self.good_share, designs.gross[self.mine] * self.good_share

    def _learn(self, p):
        """Defect density after this month, array (draws,), defects / cm²; the same object where nothing changes it."""
        f, world = p.foundry, self.model
        fixed = {"tsmc": f.tsmc_defect_density, "samsung": f.samsung_defect_density}
        given = fixed.get(self.name, f.chinese_defect_density)
        anew = self._learnt_from.anew(f.learning_form, given)
        if not self.chinese or f.learning_form == "given":
            return given * np.ones(world.draws) if anew else self.defect_density
        form = LEARNING_FORMS[f.learning_form]
        return form(f.chinese_defect_density, self.cumulative_wafers, f.chinese_reference_wafers,
                    f.chinese_learning_share, years_between(world.start, world.month)) * np.ones(world.draws)
