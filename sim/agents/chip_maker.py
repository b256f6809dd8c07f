"""A chip maker: which products to build, from which inputs, for whom."""

import mesa
import numpy as np

from ..markets.structure import BINDING, CHINA_LINE, GLOBAL_LINE
from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.packaging import packages
from ..mechanisms.redesign import succession, variant_on_offer
from ..numerics import col, share, total

REFERENCE_DIE_CM2 = 6.6561


class ChipMaker(mesa.Agent):
    """Builds what its orders ask for as far as silicon, HBM and packaging reach; answers a rule with a variant.

    Attributes
    ----------
    lines : int array (k,), its product lines in the market's numbering
    mix : list of k arrays (draws or 1, own products), share of units
    silicon : array (draws,), cm² of good dies in stock; of which ``bank`` bought from abroad
    stacks : array (draws,), HBM stacks in stock
    built : array (draws, k), packages finished this month
    binding : int array (draws,), what stopped one more, index into BINDING
    needs : array (draws or 1, 3, k), silicon in cm², HBM stacks and packaging wafers for one package of each line
    rating : array (draws or 1, 7, k), units, H100e by TPP, 8-bit, 16-bit and bandwidth, USD, W, of one package
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.makers.names[index]
        self.stack = p.makers.stack[index]
        self.chinese = p.makers.region[index] == "china"
        sells = p.makers.sells[index]
        products = p.products
        rated = ~np.isnan(products.price_usd) & ~np.isnan(products.die_area_cm2) & (products.hbm_stacks > 0)
        mine = [i for i, maker in enumerate(products.maker)
                if maker == self.name and rated[i] and products.market[i] != "consumer"]
        self.products = np.array(sorted(mine, key=lambda i: (products.introduced[i], i)), dtype=np.int64)
        self.for_china_only = np.array([products.market[i] == "china" for i in self.products])
        self.scopes = (GLOBAL_LINE, CHINA_LINE) if sells == "merchant" else (GLOBAL_LINE,)
        self.domestic = sells == "domestic"
        D, k = world.draws, len(self.scopes)
        self.silicon, self.bank, self.stacks = np.zeros(D), np.zeros(D), np.zeros(D)
        self.built, self.binding = np.zeros((D, k)), np.zeros(D, dtype=np.int64)
        self.restricted_months = np.zeros((1, 1))
        self.open_share, self.bank_share, self._table = np.ones((1, 1)), np.zeros(D), None
        self.choose_products(p)
        self._average_lines(p)

    def choose_products(self, p):
        """Which products to offer in each line: the newest takes over; a variant appears where the best is refused."""
        products, month = p.products, self.model.month
        introduced = products.introduced[self.products]
        age = (month - introduced).astype(float)
        sold = (age >= 0) & (age < p.accelerators.product_life_months) & ~products.hypothetical[self.products]
        ramp = col(p.accelerators.product_ramp_months)
        everywhere = (sold & (self.domestic | ~self.for_china_only))[None, :]
        self.mix = [succession(age, everywhere, ramp)]
        if len(self.scopes) > 1:
            granted = self.model.government["united_states"].granted[:, self.products]
            best = np.flatnonzero(everywhere[0])[-1:] if everywhere.any() else []
            refused = (granted[:, best] <= 0).all(axis=1)[:, None] if len(best) else np.zeros((1, 1), dtype=bool)
            self.restricted_months = np.where(refused, self.restricted_months + 1.0, 0.0)
            variant = variant_on_offer(introduced, month, self.restricted_months, p.accelerators.redesign_lag_months)
            offered = sold & (granted > 0) & (~self.for_china_only | variant)
            self.mix.append(succession(age, offered, ramp))
            self.open_share = total(self.mix[1] * granted)[:, None]

    def assemble(self, p):
        """Collect silicon and stacks, package what is ordered, and note what stopped one more."""
        self.choose_products(p)
        self._average_lines(p)
        world = self.model
        market = world.accelerators
        lines = market.lines_of[self.index]
        needs = self.needs
        self._receive(p)
        packaging = world.foundry["chinese_fabs" if self.chinese else "tsmc"].packaging[:, self.index]
        wanted = market.wanted(p)[:, lines]
        use = wanted * needs[:, 2]
        shares = share(use, total(use)[:, None])
        extra = not p.accelerators.displacement and len(self.scopes) > 1
        if extra:  # counterfactual: exports under licence are made on top, and take nothing from others
            shares = np.concatenate([np.ones_like(shares[:, :1]), np.zeros_like(shares[:, 1:])], axis=1)
        resources = np.stack([self.silicon, self.stacks, packaging], axis=1)
        self.built, limit = packages(resources, shares, needs, wanted)
        if extra:
            self.built[:, 1] = wanted[:, 1]
        used = total((self.built if not extra else self.built[:, :1])[:, None, :] * needs[:, :2, : 1 if extra else None])
        self.bank_share = share(self.bank, self.silicon)
        self.bank = np.maximum(self.bank - used[:, 0] * self.bank_share, 0.0)
        self.silicon = np.maximum(self.silicon - used[:, 0], 0.0)
        self.stacks = np.maximum(self.stacks - used[:, 1], 0.0)
        self._name_binding(p, limit, resources, shares, needs)

    def _average_lines(self, p):
        """What the average package of each line takes and is worth, arrays (draws or 1, quantity, k)."""
        products, own = p.products, self.products
        if self._table is None or self._table[0] is not products:
            facts = [products.die_area_cm2[own], products.hbm_stacks[own], 1.0 / products.packages_per_wafer[own]]
            worth = [*h100_equivalents(products.tpp[own], products.tops_8bit[own], products.tflops_16bit[own],
                                       products.bandwidth_tb_s[own]), products.price_usd[own], products.tdp_w[own]]
            area = products.die_area_cm2[own] / products.dies_per_package[own]
            self._table = (products, np.ascontiguousarray(np.stack([*facts, np.ones(len(own)), *worth, area])))
        lines = np.stack([total(mix[:, None, :] * self._table[1]) for mix in self.mix], axis=-1)
        good = p.foundry.chinese_package_yield if self.chinese else p.foundry.tsmc_package_yield
        self.needs = lines[:, :3] / (good[:, None, None] if np.ndim(good) else good)
        self.rating = lines[:, 3:10]
        self.price = lines[:, 8]
        area = lines[:, 10, 0]
        self.die_area = np.where(area > 0, area, REFERENCE_DIE_CM2) * np.ones(self.model.draws)

    def _receive(self, p):
        world = self.model
        for foundry in world.foundry.values():
            self.silicon = self.silicon + foundry.good_silicon[:, self.index]
        if self.name == "huawei":
            bought = world.foundry["chinese_fabs"].bought_dies * market_die_area(p)
            self.silicon, self.bank = self.silicon + bought, self.bank + bought
        for memory in world.memory_maker.values():
            self.stacks = self.stacks + memory.stacks[:, self.index]
        if not self.chinese:  # no maker abroad piles up more than a few months of inputs: the rest goes to other uses
            market = world.accelerators
            cover = p.accelerators.input_cover_months
            self.silicon = np.minimum(self.silicon, market.silicon_use[:, self.index] * cover + 1e5)
            self.stacks = np.minimum(self.stacks, market.stacks_needed[:, self.index] * cover + 1e5)

    def _name_binding(self, p, limit, resources, shares, needs):
        """Index into BINDING of what stopped one more package of the main line this month."""
        world = self.model
        main = limit[:, 0]
        fab = world.foundry["chinese_fabs" if self.chinese else "tsmc"]
        mature = np.maximum(p.foundry.mature_yield / np.maximum(fab.yield_share, 1e-9), 1.0)
        next_limit = np.minimum(share(resources[:, 1] * shares[:, 0], needs[:, 1, 0]),
                                share(resources[:, 2] * shares[:, 0], needs[:, 2, 0]))
        with_yield = share(resources[:, 0] * shares[:, 0] * mature, needs[:, 0, 0]) > next_limit
        dies = np.where(self.bank_share > 0.5, 2, np.where(with_yield & (mature > 1.0), 1, 0))
        orders = world.accelerators.why_no_orders(self.chinese)
        self.binding = np.choose(main, [dies, np.full_like(dies, 3), np.full_like(dies, 4), orders])


def market_die_area(p):
    """Area of a die of the bank, cm²: the Ascend 910B's."""
    row = p.products.index["ascend_910b"]
    return p.products.die_area_cm2[row] / p.products.dies_per_package[row]
