"""A chip maker: which products to build, from which inputs, for whom."""

import mesa
import numpy as np

from ..markets.designs import designs_of, own_products
from ..markets.line_product import LineProduct
from ..markets.production import HBM_ORIGINS
from ..markets.sites import rated_watts
from ..markets.structure import CHINA_LINE, GLOBAL_LINE
from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.allocation import tilt
from ..mechanisms.packaging import packages
from ..mechanisms.redesign import succession, variant_on_offer
from ..mechanisms.supply import planned_months, restock
from ..numerics import col, share, total

BANK_DESIGN = "ascend_910b"  # the die bought through front firms
AT_FIRST = 1e12  # packages a month: nothing has yet held it back
PLAN_STEP = 3  # months that one planned mix stands for


class ChipMaker(mesa.Agent):
    """Builds what its orders ask for as far as silicon, HBM and packaging reach; answers a rule with a variant.

    Attributes
    ----------
    mix : array (draws or 1, k, own products), share of units in each of its k product lines
    needs : array (draws or 1, 3, k), dies, HBM stacks and packaging wafers for one good package of each line
    rating : array (draws or 1, 7, k), units, H100e by TPP, 8-bit, 16-bit and bandwidth, USD, W, of one package
    uses : array (draws or 1, designs, own products), dies of each design in a package
    stacks_each, wafers_each : array (draws or 1, own products), HBM stacks and packaging wafers a package
    dies, bank : array (draws, designs), good dies in stock, and of these those bought abroad
    stacks : array (draws, origins), HBM stacks in stock, by ORIGINS of the memory makers
    dies_needed : array (draws, designs), good dies it wants beyond its stock, in the line or still to be started
    plan_months : array (draws,), months of present use that the plan for dies amounts to
    stacks_ordered, packaging_ordered : array (draws,), HBM stacks and packaging wafers ordered this month
    bank_months : array (draws,), months over which the bought dies left are spread
    built : array (draws, k), good packages finished this month
    packages_started, packages_good, packages_lost : array (draws,), in all
    room : array (draws,), ratio by which more dies would raise output before something else stops it
    bought_share : array (draws,), share of this month's dies that was bought abroad
    reach : array (draws,), packages a month that packaging and HBM have lately allowed
    limit : int array (draws,), what stopped one more of the main line: dies, HBM, packaging or orders
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.makers.names[index]
        self.chinese = p.makers.region[index] == "china"
        self.scopes = (GLOBAL_LINE, CHINA_LINE) if p.makers.sells[index] == "merchant" else (GLOBAL_LINE,)
        self.domestic = p.makers.sells[index] == "domestic"
        self.foundry = "chinese_fabs" if self.chinese else "tsmc"  # where it has its packages made
        self.has_bank = self.name == "huawei"
        self.products = own_products(p.products, self.name)
        D, k = world.draws, len(self.scopes)
        self.designs = designs_of(p.products, p.makers).names[designs_of(p.products, p.makers).of_maker[self.index]]
        self.bank_design = self.designs.index(BANK_DESIGN) if self.has_bank and BANK_DESIGN in self.designs else 0
        n = len(self.designs)
        self.dies, self.bank, self.dies_needed = np.zeros((3, D, n))
        self.dies_used, self.dies_let_go, self.bank_used, self.dies_made, self.dies_bought = np.zeros((5, D, n))
        self.idle_dies = np.zeros((D, n), dtype=bool)
        self.stacks, self.stacks_received, self.stacks_used_by_origin = np.zeros((3, D, len(HBM_ORIGINS)))
        self.bank_let_go, self.held_back = np.zeros((2, D, n))
        self.months_closed, self.bank_months = np.zeros(D), np.ones(D)
        self.stacks_used, self.stacks_ordered, self.packaging_ordered, self.packaging_used = np.zeros((4, D))
        self.packages_started, self.packages_good, self.packages_lost, self.bought_share = np.zeros((4, D))
        self.room, self.plan_months = np.ones((2, D))
        self.built, self.reach, self.limit = np.zeros((D, k)), np.full(D, AT_FIRST), np.zeros(D, dtype=np.int64)
        self._plans, self._planned_for = {}, None
        self.restricted_months = np.zeros((1, 1))
        self.open_share = np.ones((1, 1))
        self._facts: tuple = (None, None, None)
        self.line_product = LineProduct(self.name)
        self.choose_products(p)

    def _read_datasheets(self, p):
        """Look the records up again when a scenario has changed them."""
        own, products = self.products, p.products
        designs, mine = designs_of(products, p.makers), designs_of(products, p.makers).of_maker[self.index]
        self.listed = np.array([products.market[i] != "solved" for i in own], dtype=bool)
        dies = products.dies_per_package[own]
        facts = [dies, products.hbm_stacks[own], 1.0 / products.packages_per_wafer[own]]
        alike = np.array([[products.die[row] == name for row in own] for name in self.designs], dtype=bool)
        alike = alike.reshape(len(self.designs), len(own))  # in an early as-of run a maker may have no product yet
        self.die_cm2, self._uses = designs.area[mine], np.where(alike & self.listed, dies, 0.0)[None]
        self.design_of = alike.argmax(axis=0) if alike.size else np.zeros(len(own), dtype=np.int64)
        worth = [*h100_equivalents(products.tpp[own], products.tops_8bit[own], products.tflops_16bit[own],
                                   products.bandwidth_tb_s[own]), products.price_usd[own], rated_watts(p)[own]]
        for_china_only = np.array([products.market[i] == "china" for i in own], dtype=bool)
        self.for_all = ~for_china_only & self.listed
        self.for_main_line = np.ones(len(own), dtype=bool) if self.domestic else self.for_all
        self.confirmed = ~products.hypothetical[own] & self.listed
        self.introduced = products.introduced[own].astype(float)
        table = np.stack([*facts, np.ones(len(own)), *worth])[None]
        self._table = np.ascontiguousarray(np.where(self.listed, table, 0.0))
        self._plans = {}

    def choose_products(self, p):
        """Which products to offer in each line: the newest takes over; a variant appears where the best is refused."""
        month, a = self.model.month, p.accelerators
        facts = p.products, p.systems, p.power.system_overhead
        if any(now is not then for now, then in zip(facts, self._facts, strict=True)):
            self._read_datasheets(p)
            self._facts = facts
        age, self.uses = month - self.introduced, self._uses
        ready = (age >= 0) & self.confirmed
        sold = ready & (age < a.product_life_months)
        sold[(ready & self.for_main_line).nonzero()[0][-1:]] = True
        ramp = col(a.product_ramp_months)
        everywhere = (sold & self.for_main_line)[None, :]
        mix = succession(age, everywhere, ramp)[:, None, :]
        if len(self.scopes) > 1:
            granted = self.model.government["united_states"].granted.take(self.products, axis=1)
            best = everywhere[0].nonzero()[0][-1:]
            refused = (granted[:, best] <= 0).any(axis=1)[:, None]
            self.restricted_months = np.where(refused, self.restricted_months + 1.0, 0.0)
            variant = variant_on_offer(self.introduced, month, refused)
            offered = ready & (granted > 0) & (self.for_all | variant)
            newest = np.cumsum(offered[:, ::-1], axis=1)[:, ::-1] == 1  # the best allowed stays on sale longer
            offered &= (age < a.product_life_months) | (newest & (age < a.permitted_life_months))
            offered = self._offer_line_product(p, offered, refused)
            restricted = succession(age, offered, ramp)
            self.open_share = total(restricted * granted)[:, None]
            both = np.empty((max(len(mix), len(restricted)), 2, mix.shape[-1]))
            both[:, :1], both[:, 1] = mix, restricted
            mix = both
        self.mix = mix
        self.stacks_each, self.wafers_each = self._table[:, 1], self._table[:, 2]
        self._average_lines(p)

    def _offer_line_product(self, p, offered, refused):
        """Where none of its listed parts may be sold: the part designed to the line, in the last column."""
        unserved = refused & ~offered.any(axis=1, keepdims=True)
        on_offer = self.line_product.update(p, self.model.government["united_states"].tests, self.model.month, unserved)
        if on_offer.any():  # cut down from the die of the newest part: its silicon is counted in such dies
            facts = self.line_product.facts(p)[:, :-1]
            newest = self.design_of[(self.for_main_line & (self.introduced <= self.model.month)).nonzero()[0][-1]]
            facts[:, 0] /= self.die_cm2[newest]
            self._table = np.repeat(self._table[:1], len(facts), axis=0)
            self._table[:, :, -1] = facts
            self.uses = np.repeat(self._uses, len(facts), axis=0)
            self.uses[:, newest, -1] = facts[:, 0]
        return np.concatenate(
            [np.broadcast_to(offered[:, :-1], (max(len(offered), len(on_offer)), offered.shape[1] - 1)),
             np.broadcast_to(on_offer, (max(len(offered), len(on_offer)), 1))], axis=1)

    def _average_lines(self, p):
        """What the average package of each line takes and is worth."""
        lines = total(self.mix[:, None] * self._table[:, :, None, :])  # draws or 1, quantity, line
        good = self._package_yield(p)
        self.needs = lines[:, :3] / (good[:, None, None] if np.ndim(good) else good)
        self.rating = lines[:, 3:10]

    def _package_yield(self, p):
        """Share of started packages that work, array (draws,) or float."""
        return p.foundry.chinese_package_yield if self.chinese else p.foundry.tsmc_package_yield

    def order_inputs(self, p):
        """Order dies by design, HBM and packaging for what is to be built from now until new wafers come out.

        What is planned follows demand, as far as packaging and HBM have lately let the maker build, and the known
        plan of products.
        """
        self.choose_products(p)
        a, market = p.accelerators, self.model.accelerators
        demand = market.demand[:, market.lines_of[self.index]]
        whole = total(demand)
        rate = demand * np.minimum(share(np.minimum(self.reach, whole), whole), 1.0)[:, None]
        self._plan_dies(p, rate / col(self._package_yield(p)))
        cover = a.chinese_cover_months if self.chinese else a.hbm_cover_months
        self.stacks_ordered = restock(total(demand * self.needs[:, 1]) * (1.0 + cover), total(self.stacks))
        self.packaging_ordered = total(demand * self.needs[:, 2]) + 1e-3

    def _plan_dies(self, p, rate):
        """Good dies of each design needed beyond those in stock until wafers started now are used, by known plan."""
        months = self._months_to_plan(p)
        mixes = [self._planned_mix(p, self.model.month + k) for k in range(0, months.shape[1] * PLAN_STEP, PLAN_STEP)]
        use = rate[:, :1] * sum(mix * months[:, k, None] for k, mix in enumerate(mixes))
        if len(self.scopes) > 1:
            use = use + rate[:, 1:] * self.mix[:, 1] * self.plan_months[:, None]
        planned = total(use[:, None, :] * self.uses)
        self.idle_dies = planned <= 0
        usable = self.dies
        if self.has_bank:  # without the bought dies that are kept beyond the plan
            usable = usable - self.bank * col(np.maximum(1.0 - self.horizon / self.bank_months, 0.0))
        self.dies_needed = restock(planned, usable)

    def _months_to_plan(self, p):
        """Months of present use in each stretch of the plan, array (draws or 1, stretches); anew when values change."""
        a, f = p.accelerators, p.foundry
        if self._planned_for is None or self._planned_for[0] is not a or self._planned_for[1] is not f:
            cover, growth = ((a.chinese_cover_months, a.chinese_planned_growth) if self.chinese else
                             (a.input_cover_months, a.planned_growth))
            self.horizon = f.lag_months + 1.0 + cover  # this month's use, and that of those to come
            ahead = np.arange(0, int(np.max(self.horizon)) + 1, PLAN_STEP)
            months = planned_months(ahead, PLAN_STEP, self.horizon, growth)
            self.plan_months = np.maximum(sum(months.T), 1.0) * np.ones(self.model.draws)  # nothing added adds nothing
            self._planned_for, self._plans = (a, f, months), {}
        return self._planned_for[2]

    def _planned_mix(self, p, month):
        """The main line's mix in a later month by the known plan of products, array (draws or 1, products), share."""
        known = self._plans.get(month)
        if known is None:
            age = month - self.introduced
            ready = (age >= 0) & self.confirmed & self.for_main_line
            sold = ready & (age < p.accelerators.product_life_months)
            sold[ready.nonzero()[0][-1:]] = True
            known = self._plans[month] = succession(age, sold[None, :], col(p.accelerators.product_ramp_months))
            self._plans.pop(self.model.month - 1, None)
        return known

    def assemble(self, p):
        """Collect dies and stacks, package what is ordered, and keep the rest."""
        market, good = self.model.accelerators, self._package_yield(p)
        self._receive(p)
        wanted = market.wanted[:, market.lines_of[self.index]]
        extra = not p.accelerators.displacement and len(self.scopes) > 1
        asked = wanted[:, :, None] * self.mix / (good[:, None, None] if np.ndim(good) else good)
        if extra:  # counterfactual: exports under licence are made on top, and take nothing from others
            asked[:, 1:] = 0.0
        packaging, stacks = self.model.foundry[self.foundry].packaging[:, self.index], total(self.stacks)
        self._note_reach(packaging, stacks)
        usable = self.dies - self._held_back(p)
        asked = self._by_priority(asked, stacks, packaging)
        started, self.limit, self.room, uneven = packages(asked, usable, stacks, packaging, self.uses,
                                                          self.stacks_each, self.wafers_each)
        self._use(p, started, stacks)
        by_product = started * (good[:, None, None] if np.ndim(good) else good)
        self.built = total(by_product)
        self.packages_started, self.packages_good = total(total(started)), total(self.built)
        self.packages_lost = self.packages_started * (1.0 - good)
        if len(self.designs) > 1 and uneven.any():  # what was built is not what was planned
            made = share(by_product, self.built[:, :, None])
            self.mix = np.where((self.built > 0)[:, :, None] & uneven[:, None, None], made, self.mix)
            self._average_lines(p)
        if extra:
            self.built = np.concatenate([self.built[:, :1], wanted[:, 1:]], axis=1)

    def _by_priority(self, asked, stacks, packaging):
        """What is asked for, tilted between its lines so that packages are shared by the weight of who waits."""
        market = self.model.accelerators
        if market.line_weight is None or len(self.scopes) == 1:
            return asked
        wafers = total(asked * self.wafers_each[:, None])
        reach = np.minimum(share(stacks, total(total(asked * self.stacks_each[:, None]))),
                           share(packaging, total(wafers)))
        return asked * tilt(wafers, reach, market.line_weight[:, market.lines_of[self.index]])[:, :, None]

    def _held_back(self, p):
        """Bought dies kept for later months, array (draws, designs): a stock that cannot be renewed is spread."""
        if not self.has_bank:
            return 0.0
        closed = 1.0 - self.model.government["united_states"].die_bank_open
        self.months_closed = (self.months_closed + 1.0) * closed
        left = np.maximum(p.foundry.bank_spread_months - self.months_closed, 0.0) + 1.0
        self.bank_months = np.where(self.months_closed > 0, left, 1.0)
        self.held_back = self.bank * col(1.0 - 1.0 / self.bank_months)
        return self.held_back

    def _use(self, p, started, stacks):
        """Take what was packaged out of stock, of every origin alike, and let go of dies that no plan needs."""
        every = started[:, 0] if started.shape[1] == 1 else started[:, 0] + started[:, 1]
        self.dies_used = np.minimum(total(every[:, None, :] * self.uses), self.dies)
        self.stacks_used = np.minimum(total(every * self.stacks_each), stacks)
        self.bank_used = self.dies_used * share(self.bank - self.held_back, self.dies - self.held_back)
        origin = share(self.stacks, stacks[:, None])
        self.stacks = np.maximum(self.stacks - self.stacks_used[:, None] * origin, 0.0)
        self.stacks_used_by_origin = self.stacks_used[:, None] * origin
        left = np.maximum(self.dies - self.dies_used, 0.0)
        self.bought_share = share(total(self.bank_used), total(self.dies_used))
        self.dies_let_go = np.where(self.idle_dies, left / p.accelerators.write_off_months, 0.0)
        banked = np.maximum(self.bank - self.bank_used, 0.0)
        self.bank_let_go = np.where(self.idle_dies, banked / p.accelerators.write_off_months, 0.0)
        self.bank, self.dies = banked - self.bank_let_go, left - self.dies_let_go
        self.packaging_used = total(every * self.wafers_each)

    def _note_reach(self, packaging, stacks):
        """Packages a month that packaging and HBM let it build, averaged over some months: dies follow that."""
        needs = self.needs[:, 1:, 0]
        reach = np.minimum(share(stacks, needs[:, 0]), share(packaging, needs[:, 1]))
        self.reach = np.where(self.reach == AT_FIRST, reach, self.reach + (reach - self.reach) / 3.0)

    def _receive(self, p):
        """Put this month's good dies and stacks into stock."""
        world = self.model
        mine = designs_of(p.products, p.makers).of_maker[self.index]
        self.dies_made = sum(foundry.good_dies[:, mine] for foundry in world.foundry.values())
        self.dies_bought = np.zeros_like(self.dies)
        if self.has_bank:
            self.dies_bought[:, self.bank_design] = world.foundry["chinese_fabs"].bought_dies
        self.dies = self.dies + self.dies_made + self.dies_bought
        self.bank = self.bank + self.dies_bought
        self.stacks_received = sum(memory.stacks[:, self.index] for memory in world.memory_maker.values())
        self.stacks = self.stacks + self.stacks_received
