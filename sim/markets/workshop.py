"""What chip makers with equally many product lines order, hold and build, worked out side by side."""

import numpy as np

from ..compiled import guvectorize
from ..mechanisms.allocation import tilt
from ..mechanisms.packaging import Recipe, all_lines, packages
from ..mechanisms.redesign import succession
from ..mechanisms.supply import planned_months, restock, taken_alike
from ..numerics import added_by_place, col, share, total, weighted_total, weighted_total_of_row
from .designs import designs_of, neighbours
from .production import HBM_ORIGINS
from .seen import Seen

AT_FIRST = 1e12  # packages a month: nothing has yet held it back
PLAN_STEP = 3  # months that one planned mix stands for
PLANNED_AT_ONCE = 24  # months whose plans are worked out together


@guvectorize(["void(float64[:, :], float64[:, :], boolean, float64[:, :], float64[:, :])"],
             "(k,p),(q,p),(),(q,k)->(q,k)")  # fmt: skip
def _averages(mix, table, anew, before, found):
    for quantity in range(len(table)):
        for line in range(len(mix)):
            found[quantity, line] = (weighted_total_of_row(mix[line], table[quantity]) if anew
                                     else before[quantity, line])


class Workshop:
    """Orders for what is to be built until new wafers come out, and builds as far as dies, HBM and packaging reach.

    A maker with fewer products or designs than its neighbours has empty places after its own.

    Attributes
    ----------
    lines : int array (makers, k), the product lines
    own_makers, own_lines, own_designs : slices, its makers, and their lines and designs, which stand side by side
    mix : array (draws or 1, makers, k, products), share of units in each line
    table : array (draws or 1, 10, makers, products), as `ChipMaker.table`
    package_yield : array (draws or 1, makers), share of started packages that work
    recipe : Recipe, what a package of each product takes
    dies, bank : array (draws, makers, designs), good dies in stock, and of these those bought abroad
    stacks : array (draws, makers, origins), HBM stacks in stock
    bank_months : array (draws,), months over which the bought dies left are spread
    reach : array (draws, makers), packages a month that packaging and HBM have lately allowed
    """

    def __init__(self, works, p, makers, first_line):
        self.works, self.world, self.makers = works, works.world, makers
        index = np.array([m.index for m in makers])
        self.lines = first_line[index][:, None] + np.arange(len(makers[0].scopes))
        self.own_makers, self.own_lines = neighbours(index), neighbours(self.lines.ravel())
        self.chinese = np.array([m.chinese for m in makers])
        self.several = np.array([len(m.designs) > 1 for m in makers])
        self.bank_at = [(slice(None), place, m.bank_design) for place, m in enumerate(makers) if m.has_bank]
        D, M, N = self.world.draws, len(makers), max(len(m.designs) for m in makers)
        of_maker = designs_of(p.products, p.makers).of_maker
        own_designs = [np.arange(of_maker[i].start, of_maker[i].stop) for i in index]
        self.own_designs = neighbours(np.concatenate(own_designs))
        self.places = _own([len(m.designs) for m in makers])
        self.product_rows = np.concatenate([m.products for m in makers])
        self.product_places = _own([len(m.products) for m in makers])
        self.dies, self.bank, self.dies_used, self.dies_let_go = np.zeros((4, D, M, N))
        self.bank_used, self.bank_let_go, self.dies_bought, self.held_back = np.zeros((4, D, M, N))
        self.stacks, self.stacks_used_by_origin = np.zeros((2, D, M, len(HBM_ORIGINS)))
        self.stacks_used = np.zeros((D, M))
        self.idle_dies = np.zeros((D, M, N), dtype=bool)
        self.reach, self.plan_months = np.full((D, M), AT_FIRST), np.ones((D, M))
        self._lines = np.zeros((1, 10, *self.lines.shape))  # by quantity, as in the table of products
        self._built_before = False
        self.months_closed, self.bank_months = np.zeros(D), np.ones(D)
        self._plan_start, self._plan = 0, np.zeros((1, 0, M, 0))
        self._planned_for: tuple = (None, None)
        self._yields = Seen()
        self._recipe_of, self._facts = Seen(), Seen()
        for place, maker in enumerate(makers):
            maker.settle_in(self, place)

    def gather(self, p):
        """Collect what makers offer this month, and what an average package of each line takes and is worth."""
        if self._facts.anew(self.makers[0].table):
            self._read()
        yields = p.foundry.chinese_package_yield, p.foundry.tsmc_package_yield
        if self._yields.anew(*yields):
            self.package_yield = self._by_side(*yields)
        self._plan_months(p)
        main = self._planned_mixes(p)[:, 0]
        if self.lines.shape[1] == 1:
            self.mix = main[:, :, None]
        else:
            for_china = [m.restricted for m in self.makers]
            self.mix = np.zeros((max(len(x) for x in (main, *for_china)), *self.lines.shape, main.shape[-1]))
            self.mix[:, :, 0] = main
            for place, restricted in enumerate(for_china):
                self.mix[:, place, 1, :restricted.shape[-1]] = restricted
        self._add_line_products()
        self._average_lines()

    def _read(self):
        """Put the datasheets of all makers side by side; nothing is ever on sale in an empty place."""
        makers, self._planned_for = self.makers, (None, None)
        M, P = len(makers), max(len(m.products) for m in makers)
        self._table, self._design = np.zeros((1, 10, M, P)), np.full((M, P), -1)
        self.introduced, self.for_main_line = np.full((M, P), np.inf), np.zeros((M, P), dtype=bool)
        for place, m in enumerate(makers):
            own = len(m.products)
            self._table[0, :, place, :own], self._design[place, :own] = m.table, m.design_of
            self.introduced[place, :own], self.for_main_line[place, :own] = m.introduced, m.confirmed & m.for_main_line

    def _add_line_products(self):
        """Enter the parts that makers have designed to the line, each in its maker's last column."""
        self.table, design = self._table, self._design
        for place, maker in enumerate(self.makers):
            if maker.line_facts is not None:
                facts, last = maker.line_facts, len(maker.products) - 1
                self.table = np.repeat(self.table, max(len(facts) // len(self.table), 1), axis=0)
                self.table[:, :, place, last] = facts
                design = design.copy()
                design[place, last] = maker.line_design
        if self._recipe_of.anew(self.table, design):
            self.recipe = Recipe(self.table[:, 0], self.table[:, 1], self.table[:, 2], design, self.dies.shape[-1])

    def _average_lines(self, uneven=None):
        """What an average package takes and is worth: of all lines, or anew of those whose mix came out uneven."""
        if uneven is None:
            lines = weighted_total(self.mix[:, None], self.table[:, :, :, None])  # draws or 1, quantity, maker, line
        else:
            mixed, before = self.table.swapaxes(1, 2), self._lines.swapaxes(1, 2)
            lines = _averages.ufunc(self.mix, mixed, uneven, before).swapaxes(1, 2)
        self._lines = lines
        self.needs = lines[:, :3] / self.package_yield[:, None, :, None]
        self.works.needs[:, :, self.own_lines] = self.needs.reshape(len(self.needs), 3, -1)
        self.works.rating[:, :, self.own_lines] = lines[:, 3:].reshape(len(lines), 7, -1)

    def _by_side(self, chinese, others):
        """One value for Chinese makers and one for others, floats or arrays (draws,), as array (draws or 1, makers)."""
        return np.atleast_2d(np.where(self.chinese, col(chinese), col(others)))

    def order(self, p):
        """Order dies by design, HBM and packaging for what is to be built from now until new wafers come out.

        What is planned follows demand, as far as packaging and HBM have lately let the maker build, and the known
        plan of products.
        """
        self.gather(p)
        works, own = self.works, self.own_makers
        demand = self._of_lines(self.world.accelerators.demand)
        whole = total(demand)
        rate = demand * np.minimum(share(np.minimum(self.reach, whole), whole), 1.0)[:, :, None]
        self._plan_dies(p, rate / self.package_yield[:, :, None])
        works.stacks_ordered[:, own] = restock(weighted_total(demand, self.needs[:, 1]) * (1.0 + self.stack_cover),
                                               total(self.stacks))
        works.packaging_ordered[:, own] = weighted_total(demand, self.needs[:, 2]) + 1e-3

    def _of_lines(self, amounts):
        """An amount by line (draws, lines) as that of its makers' lines, array (draws, makers, k), same unit."""
        return amounts[:, self.own_lines].reshape(len(amounts), *self.lines.shape)

    def _plan_dies(self, p, rate):
        """Good dies of each design needed beyond those in stock until wafers started now are used, by known plan."""
        mixes = self._planned_mixes(p)[:, ::PLAN_STEP].transpose(0, 2, 3, 1)  # last: stretches of the plan
        use = rate[:, :, :1] * added_by_place(mixes, self.months[:, :, None])[:, :, 0]
        if rate.shape[-1] > 1:
            use = use + rate[:, :, 1:] * self.mix[:, :, 1] * self.plan_months[:, :, None]
        planned = self.recipe.dies_of(use)
        self.idle_dies = planned <= 0
        usable = self.dies.copy() if self.bank_at else self.dies
        for at in self.bank_at:  # without the bought dies that are kept beyond the plan
            usable[at] -= self.bank[at] * np.maximum(1.0 - self.horizon[:, at[1]] / self.bank_months, 0.0)
        needed = restock(planned, usable)
        self.works.dies_needed[:, self.own_designs] = needed.reshape(len(needed), -1).take(self.places, axis=1)

    def _plan_months(self, p):
        """Months of present use in each stretch of the plan, (draws or 1, makers, k); anew when values change."""
        a, f = p.accelerators, p.foundry
        if self._planned_for[0] is not a:
            self._plan = self._plan[:, :0]
        elif self._planned_for[1] is f.lag_months:
            return
        self._planned_for = a, f.lag_months
        self.stack_cover = self._by_side(a.chinese_cover_months, a.hbm_cover_months)
        cover = self._by_side(a.chinese_cover_months, a.input_cover_months)
        self.horizon = col(f.lag_months) + 1.0 + cover  # this month's use, and that of those to come
        ahead = np.arange(0, int(np.max(self.horizon)) + 1, PLAN_STEP)
        sides = [planned_months(ahead, PLAN_STEP, f.lag_months + 1.0 + cover, growth).T for cover, growth in (
            (a.chinese_cover_months, a.chinese_planned_growth), (a.input_cover_months, a.planned_growth))]
        months = [self._by_side(*stretch) for stretch in zip(*sides, strict=True)]
        self.months = np.stack(np.broadcast_arrays(*months), axis=-1)
        self.plan_months[:] = np.maximum(sum(months), 1.0)  # in turn: nothing added adds nothing
        self.works.plan_months[:, self.own_makers] = self.plan_months

    def _planned_mixes(self, p):
        """Main lines' mixes in this and coming months by the known plan of products.

        Returns
        -------
        array (draws or 1, months, makers, products), as far ahead as the months of the plan reach
        """
        reach, month = (self.months.shape[-1] - 1) * PLAN_STEP + 1, self.world.month
        if not self._plan_start <= month <= self._plan_start + self._plan.shape[1] - reach:
            a, self._plan_start = p.accelerators, month
            age = np.arange(month, month + reach + PLANNED_AT_ONCE)[:, None, None] - self.introduced
            ready = (age >= 0) & self.for_main_line
            newest = ready & (np.cumsum(ready[..., ::-1], axis=-1)[..., ::-1] == 1)
            sold = ready & (age < a.product_life_months) | newest
            self._plan = succession(age, sold[None], np.reshape(a.product_ramp_months, (-1, 1, 1, 1)))
        at = month - self._plan_start
        return self._plan[:, at : at + reach]

    def receive(self, dies, stacks):
        """Put this month's good dies (draws, designs) and stacks (draws, makers, origins) into stock."""
        arrived = np.zeros((len(dies), self.dies[0].size))
        arrived[:, self.places] = dies[:, self.own_designs]
        self.dies += arrived.reshape(self.dies.shape)
        for at in self.bank_at:
            self.dies_bought[at] = self.world.foundry["chinese_fabs"].bought_dies
            self.dies[at] += self.dies_bought[at]
            self.bank[at] += self.dies_bought[at]
        self.stacks += stacks[:, self.own_makers]

    def assemble(self, p):
        """Package what is ordered, and keep the rest."""
        works, own, good = self.works, self.own_makers, self.package_yield[:, :, None, None]
        wanted = self._of_lines(self.world.accelerators.wanted)
        extra = not p.accelerators.displacement
        asked = wanted[..., None] * self.mix / good
        if extra:  # counterfactual: exports under licence are made on top, and take nothing from others
            asked[:, :, 1:] = 0.0
        at_home, abroad = (self.world.foundry[name].packaging for name in ("chinese_fabs", "tsmc"))
        packaging = np.where(self.chinese, at_home[:, own], abroad[:, own])
        stacks = total(self.stacks)
        self._note_reach(packaging, stacks)
        usable = self._without_held_back(p) if self.bank_at else self.dies
        asked = self._by_priority(asked, stacks, packaging)
        made = packages(asked, usable, stacks, packaging, self.recipe)
        self._use(p, made, stacks)
        by_product = made.started * good
        built = total(by_product)
        works.limit[:, own], works.room[:, own], works.packaging_used[:, own] = made.limit, made.room, made.wafers
        works.started[:, own], works.good[:, own] = total(total(made.started)), total(built)
        works.lost[:, own] = works.started[:, own] * (1.0 - self.package_yield)
        uneven = made.uneven & self.several
        if uneven.any():  # what was built is not what was planned
            mix = share(by_product, built[..., None])
            self.mix = np.where((built > 0)[..., None] & uneven[:, :, None, None], mix, self.mix)
            self._average_lines(uneven)
        if extra:
            built[:, :, 1:] = wanted[:, :, 1:]
        works.built[:, self.own_lines] = built.reshape(len(built), -1)

    def _by_priority(self, asked, stacks, packaging):
        """What is asked for, tilted between lines so that a maker's packages are shared by the weight of who waits."""
        weight = self.world.accelerators.line_weight
        if weight is None or asked.shape[2] == 1:
            return asked
        wafers = total(asked * self.recipe.wafers[:, :, None])
        reach = np.minimum(share(stacks, total(total(asked * self.recipe.stacks[:, :, None]))),
                           share(packaging, total(wafers)))
        weight = self._of_lines(weight)
        tilts = [tilt(wafers[:, m], reach[:, m], weight[:, m]) for m in range(len(self.makers))]
        return asked * np.stack(tilts, axis=1)[..., None]

    def _without_held_back(self, p):
        """Dies that may be used, array as `dies`: a stock of bought ones that cannot be renewed is spread."""
        closed = 1.0 - self.world.government["united_states"].die_bank_open
        self.months_closed = (self.months_closed + 1.0) * closed
        left = np.maximum(p.foundry.bank_spread_months - self.months_closed, 0.0) + 1.0
        self.bank_months = np.where(self.months_closed > 0, left, 1.0)
        usable = self.dies.copy()
        for at in self.bank_at:
            self.held_back[at] = self.bank[at] * (1.0 - 1.0 / self.bank_months)
            usable[at] -= self.held_back[at]
        return usable

    def _use(self, p, made, stacks):
        """Take what was packaged out of stock, of every origin alike, and let go of dies that no plan needs."""
        np.minimum(made.dies, self.dies, out=self.dies_used)
        np.minimum(made.stacks, stacks, out=self.stacks_used)
        self.stacks_used_by_origin[:], self.stacks[:] = taken_alike(self.stacks, self.stacks_used)
        for at in self.bank_at:
            self._use_bank(p, at)
        left = np.maximum(self.dies - self.dies_used, 0.0)
        self.dies_let_go = np.where(self.idle_dies, left / p.accelerators.write_off_months, 0.0)
        np.subtract(left, self.dies_let_go, out=self.dies)

    def _use_bank(self, p, at):
        """Take what was packaged out of the bought dies of one design, and let go of those that no plan needs."""
        free, usable = self.bank[at] - self.held_back[at], self.dies[at] - self.held_back[at]
        self.bank_used[at] = self.dies_used[at] * share(free, usable)
        left = np.maximum(self.bank[at] - self.bank_used[at], 0.0)
        self.bank_let_go[at] = np.where(self.idle_dies[at], left / p.accelerators.write_off_months, 0.0)
        self.bank[at] = left - self.bank_let_go[at]
        maker = self.makers[at[1]].index
        self.works.bought_share[:, maker] = share(self.bank_used[at], total(self.dies_used[:, at[1]]))

    def _note_reach(self, packaging, stacks):
        """Packages a month that packaging and HBM let it build, averaged over some months: dies follow that."""
        reach = np.minimum(share(stacks, self.needs[:, 1, :, 0]), share(packaging, self.needs[:, 2, :, 0]))
        self.reach = self.reach + (reach - self.reach) / 3.0 if self._built_before else reach
        self._built_before = True

    def count_products(self, units, found):
        """Enter packages by line (draws, lines) into packages by product (draws, products), same unit."""
        units = self._of_lines(units)[..., None] * self.mix
        made = all_lines(units)
        found[:, self.product_rows] = made.reshape(len(made), -1).take(self.product_places, axis=1)


def _own(counts):
    """Positions of the filled places among all, when rows of a table have these many each, int array."""
    filled = np.arange(max(counts)) < np.array(counts)[:, None]
    return np.flatnonzero(filled)
