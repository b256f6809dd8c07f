"""A chip maker: which products to build, from which inputs, for whom."""

import mesa
import numpy as np

from ..markets.line_product import LineProduct
from ..markets.sites import rated_watts
from ..markets.structure import CHINA_LINE, GLOBAL_LINE
from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.packaging import packages
from ..mechanisms.redesign import succession, variant_on_offer
from ..numerics import col, share, total


class ChipMaker(mesa.Agent):
    """Builds what its orders ask for as far as silicon, HBM and packaging reach; answers a rule with a variant.

    Attributes
    ----------
    mix : array (draws or 1, k, own products), share of units in each of its k product lines
    needs : array (draws or 1, 3, k), silicon in cm², HBM stacks and packaging wafers for one package of each line
    rating : array (draws or 1, 7, k), units, H100e by TPP, 8-bit, 16-bit and bandwidth, USD, W, of one package
    silicon : array (draws,), cm² of good dies in stock; of which ``bank`` bought from abroad
    stacks : array (draws,), HBM stacks in stock
    built : array (draws, k), packages finished this month
    reach : array (draws, 3), packages of the main line that each input would have allowed
    limit : int array (draws,), 0 silicon, 1 HBM, 2 packaging, 3 orders
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.makers.names[index]
        self.chinese = p.makers.region[index] == "china"
        self.scopes = (GLOBAL_LINE, CHINA_LINE) if p.makers.sells[index] == "merchant" else (GLOBAL_LINE,)
        self.domestic = p.makers.sells[index] == "domestic"
        self.has_bank = self.name == "huawei"
        self.products = self._own_products(p.products)
        D, k = world.draws, len(self.scopes)
        self.silicon, self.bank, self.stacks = np.zeros((3, D))
        self.built, self.reach, self.limit = np.zeros((D, k)), np.zeros((D, 3)), np.zeros(D, dtype=np.int64)
        self.inputs = np.zeros((D, 3))
        self.restricted_months = np.zeros((1, 1))
        self.open_share, self.bank_share = np.ones((1, 1)), np.zeros(D)
        self._facts: tuple = (None, None, None)
        self.line_product = LineProduct(self.name)
        self.choose_products(p)

    def _own_products(self, products):
        """Row numbers of the products it can sell to clouds, oldest first; last the one it may design to a line."""
        complete = ~np.isnan(products.price_usd) & ~np.isnan(products.die_area_cm2) & (products.hbm_stacks > 0)
        mine = [i for i, maker in enumerate(products.maker)
                if maker == self.name and complete[i] and products.market[i] != "unsold"]
        mine.sort(key=lambda i: (products.introduced[i], i))
        solved = [i for i, maker in enumerate(products.maker) if maker == self.name and products.market[i] == "solved"]
        return np.array([*mine, *solved], dtype=np.int64)

    def _read_datasheets(self, p):
        """Look the records up again when a scenario has changed them."""
        own, products = self.products, p.products
        self.listed = np.array([products.market[i] != "solved" for i in own], dtype=bool)
        facts = [products.die_area_cm2[own], products.hbm_stacks[own], 1.0 / products.packages_per_wafer[own]]
        worth = [*h100_equivalents(products.tpp[own], products.tops_8bit[own], products.tflops_16bit[own],
                                   products.bandwidth_tb_s[own]), products.price_usd[own], rated_watts(p)[own]]
        area = products.die_area_cm2[own] / products.dies_per_package[own]
        for_china_only = np.array([products.market[i] == "china" for i in own], dtype=bool)
        self.for_all = ~for_china_only & self.listed
        self.for_main_line = np.ones(len(own), dtype=bool) if self.domestic else self.for_all
        self.confirmed = ~products.hypothetical[own] & self.listed
        self.introduced = products.introduced[own].astype(float)
        table = np.stack([*facts, np.ones(len(own)), *worth, area])[None]
        self._table = np.ascontiguousarray(np.where(self.listed, table, 0.0))

    def choose_products(self, p):
        """Which products to offer in each line: the newest takes over; a variant appears where the best is refused."""
        month, a = self.model.month, p.accelerators
        facts = p.products, p.systems, p.power.system_overhead
        if any(now is not then for now, then in zip(facts, self._facts, strict=True)):
            self._read_datasheets(p)
            self._facts = facts
        age = month - self.introduced
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
        self._average_lines(p)

    def _offer_line_product(self, p, offered, refused):
        """Where none of its listed parts may be sold: the part designed to the line, in the last column."""
        unserved = refused & ~offered.any(axis=1, keepdims=True)
        on_offer = self.line_product.update(p, self.model.government["united_states"].tests, self.model.month, unserved)
        if on_offer.any():
            facts = self.line_product.facts(p)
            self._table = np.repeat(self._table[:1], len(facts), axis=0)
            self._table[:, :, -1] = facts
        return np.concatenate(
            [np.broadcast_to(offered[:, :-1], (max(len(offered), len(on_offer)), offered.shape[1] - 1)),
             np.broadcast_to(on_offer, (max(len(offered), len(on_offer)), 1))], axis=1)

    def _average_lines(self, p):
        """What the average package of each line takes and is worth."""
        lines = total(self.mix[:, None] * self._table[:, :, None, :])  # draws or 1, quantity, line
        good = p.foundry.chinese_package_yield if self.chinese else p.foundry.tsmc_package_yield
        self.needs = lines[:, :3] / (good[:, None, None] if np.ndim(good) else good)
        self.rating, area = lines[:, 3:10], lines[:, 10, 0]
        self.die_area = np.where(area > 0, area, p.foundry.reference_die_area)

    def assemble(self, p):
        """Collect silicon and stacks, package what is ordered, and keep the rest."""
        self.choose_products(p)
        market, needs = self.model.accelerators, self.needs
        self._receive(p)
        wanted = market.wanted[:, market.lines_of[self.index]]
        use = wanted * needs[:, 2]
        shares = share(use, total(use)[:, None])
        extra = not p.accelerators.displacement and len(self.scopes) > 1
        if extra:  # counterfactual: exports under licence are made on top, and take nothing from others
            shares = np.concatenate([np.ones_like(shares[:, :1]), np.zeros_like(shares[:, 1:])], axis=1)
        self.built, limits, limit = packages(self._inputs(), shares, needs, wanted)
        self.reach, self.limit = limits[:, :, 0], limit[:, 0]
        drawn = self.built
        if extra:
            self.built = np.concatenate([drawn[:, :1], wanted[:, 1:]], axis=1)
            drawn = np.concatenate([drawn[:, :1], np.zeros_like(drawn[:, 1:])], axis=1)
        used = total(drawn[:, None, :] * needs[:, :2])
        if self.has_bank:
            self.bank_share = share(self.bank, self.silicon)
            self.bank = np.maximum(self.bank - used[:, 0] * self.bank_share, 0.0)
        self.silicon = np.maximum(self.silicon - used[:, 0], 0.0)
        self.stacks = np.maximum(self.stacks - used[:, 1], 0.0)

    def _inputs(self):
        """Silicon, stacks and packaging wafers at hand, array (draws, 3)."""
        foundry = self.model.foundry["chinese_fabs" if self.chinese else "tsmc"]
        self.inputs[:, 0], self.inputs[:, 1] = self.silicon, self.stacks
        self.inputs[:, 2] = foundry.packaging[:, self.index]
        return self.inputs

    def _receive(self, p):
        world, market = self.model, self.model.accelerators
        for foundry in world.foundry.values():
            self.silicon = self.silicon + foundry.good_silicon[:, self.index]
        if self.has_bank:
            bought = world.foundry["chinese_fabs"].bought_dies * p.foundry.reference_die_area
            self.silicon, self.bank = self.silicon + bought, self.bank + bought
        for memory in world.memory_maker.values():
            self.stacks = self.stacks + memory.stacks[:, self.index]
        if not self.chinese:  # no maker abroad piles up more than a few months of inputs: the rest goes to other uses
            cover = p.accelerators.input_cover_months
            self.silicon = np.minimum(self.silicon, market.silicon_use[:, self.index] * cover + 1e5)
            self.stacks = np.minimum(self.stacks, market.stacks_needed[:, self.index] * cover + 1e5)
