"""A chip maker: which products to offer, and for whom."""

import mesa
import numpy as np

from ..markets.designs import designs_of, own_products
from ..markets.line_product import LineProduct
from ..markets.seen import Seen
from ..markets.sites import rated_watts
from ..markets.structure import CHINA_LINE, GLOBAL_LINE
from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.redesign import succession, variant_on_offer
from ..numerics import col, weighted_total


class ChipMaker(mesa.Agent):
    """Offers its newest product; answers a rule with a variant, or with a part designed to the line.

    What it orders, holds and builds stands in a `sim.markets.workshop.Workshop`, of whose arrays it has its columns.

    Attributes
    ----------
    restricted : array (draws or 1, own products), share of units in the line for China
    granted, allowed : arrays (draws or 1, own products), share of licences let through; which parts may be sold, bool
    refused : bool array (draws or 1, 1), whether China may not have its best part
    line_facts : array (draws or 1, 10) or None, the part designed to the line as `table` has its products
    table : array (10, own products), dies, HBM stacks and packaging wafers a package; then the 7 rows of a rating
    design_of : int array (own products,), the design of its dies
    mix : array (draws or 1, k, own products), share of units in each of its k product lines
    needs : array (draws, 3, k), dies, HBM stacks and packaging wafers for one good package of each line
    rating : array (draws, 7, k), units, H100e by TPP, 8-bit, 16-bit and bandwidth, USD, W, of one package
    dies, bank : array (draws, designs), good dies in stock, and of these those bought abroad
    stacks : array (draws, origins), HBM stacks in stock, by ORIGINS of the memory makers
    built : array (draws, k), good packages finished this month
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.makers.names[index]
        self.chinese = p.makers.region[index] == "china"
        self.scopes = (GLOBAL_LINE, CHINA_LINE) if p.makers.sells[index] == "merchant" else (GLOBAL_LINE,)
        self.domestic = p.makers.sells[index] == "domestic"
        self.foundry = "chinese_fabs" if self.chinese else "tsmc"  # where it has its packages made
        self.has_bank = bool(p.makers.bank_die[index])
        self.products = own_products(p.products, self.name)
        designs = designs_of(p.products, p.makers)
        self.designs = designs.names[designs.of_maker[index]]
        bought = p.makers.bank_die[index]
        self.bank_design = self.designs.index(bought) if bought in self.designs else 0
        self.restricted_months, self.open_share = np.zeros((1, 1)), np.ones((1, 1))
        self.restricted = np.zeros((1, len(self.products)))
        self.line_product, self.line_facts, self.line_design = LineProduct(self.name), None, 0
        self._datasheets, self._screened = Seen(), Seen()
        self.choose_products(p)

    def settle_in(self, workshop, place):
        """Take its columns of a workshop's arrays (dimensionless: nothing is copied)."""
        self.workshop, self.place = workshop, place
        n, lines = len(self.designs), slice(workshop.lines[place][0], workshop.lines[place][-1] + 1)
        self.dies, self.bank, self.dies_used, self.bank_used = (
            x[:, place, :n] for x in (workshop.dies, workshop.bank, workshop.dies_used, workshop.bank_used))
        self.stacks, self.stacks_used_by_origin = (
            x[:, place] for x in (workshop.stacks, workshop.stacks_used_by_origin))
        self.needs, self.rating, self.built = (
            x[..., lines] for x in (workshop.works.needs, workshop.works.rating, workshop.works.built))

    @property
    def mix(self):
        """Share of units of each product in each line, array (draws or 1, k, own products), dimensionless."""
        return self.workshop.mix[:, self.place, :, :len(self.products)]

    def _read_datasheets(self, p):
        """Look the records up again when a scenario has changed them."""
        own, products = self.products, p.products
        designs, mine = designs_of(products, p.makers), designs_of(products, p.makers).of_maker[self.index]
        self.listed = np.array([products.market[i] != "solved" for i in own], dtype=bool)
        dies = products.dies_per_package[own]
        facts = [dies, products.hbm_stacks[own], 1.0 / products.packages_per_wafer[own]]
        alike = np.array([[products.die[row] == name for row in own] for name in self.designs], dtype=bool)
        alike = alike.reshape(len(self.designs), len(own))  # in an early as-of run a maker may have no product yet
        self.die_cm2 = designs.area[mine]
        self.design_of = alike.argmax(axis=0) if alike.size else np.zeros(len(own), dtype=np.int64)
        worth = [*h100_equivalents(products.tpp[own], products.tops_8bit[own], products.tflops_16bit[own],
                                   products.bandwidth_tb_s[own]), products.price_usd[own], rated_watts(p)[own]]
        for_china_only = np.array([products.market[i] == "china" for i in own], dtype=bool)
        self.for_all = ~for_china_only & self.listed
        self.for_main_line = np.ones(len(own), dtype=bool) if self.domestic else self.for_all
        self.confirmed = ~products.hypothetical[own] & self.listed
        self.introduced = products.introduced[own].astype(float)
        self.table = np.where(self.listed, np.stack([*facts, np.ones(len(own)), *worth]), 0.0)

    def choose_products(self, p):
        """Which products to offer: the newest takes over; in China a variant appears where the best is refused."""
        if self._datasheets.anew(p.products, p.systems, p.power.system_overhead):
            self._read_datasheets(p)
        if len(self.scopes) > 1:
            self._choose_for_china(p)

    def _choose_for_china(self, p):
        a, age = p.accelerators, self.model.month - self.introduced
        self._screen(p, age)
        self.restricted_months = np.where(self.refused, self.restricted_months + 1.0, 0.0)
        offered = self._offer_line_product(p, self.allowed, self.refused)
        self.restricted = succession(age, offered, col(a.product_ramp_months))
        self.open_share = weighted_total(self.restricted, self.granted)[:, None]

    def _screen(self, p, age):
        """What may be sold to China of the record, and whether the best part may not; anew as products or rules change.

        Parameters
        ----------
        p : values in force; age : array (own products,), months since first volume
        """
        a = p.accelerators
        stages = (age >= 0) * 1 + (age >= a.product_life_months) + (age >= a.permitted_life_months)
        granted, month = self.model.government["united_states"].granted, self.model.month
        if not self._screened.anew(granted, self.confirmed, stages.tobytes()):
            return
        self.granted = granted.take(self.products, axis=1)
        ready = (age >= 0) & self.confirmed
        best = (ready & self.for_main_line).nonzero()[0][-1:]
        self.refused = (self.granted[:, best] <= 0).any(axis=1)[:, None]
        variant = variant_on_offer(self.introduced, month, self.refused)
        self.allowed = ready & (self.granted > 0) & (self.for_all | variant)
        newest = np.cumsum(self.allowed[:, ::-1], axis=1)[:, ::-1] == 1  # the best allowed stays on sale longer
        self.allowed &= (age < a.product_life_months) | (newest & (age < a.permitted_life_months))

    def _offer_line_product(self, p, offered, refused):
        """Where none of its listed parts may be sold: the part designed to the line, in the last column."""
        unserved = refused & ~offered.any(axis=1)[:, None]
        on_offer = self.line_product.update(p, self.model.government["united_states"].tests, self.model.month, unserved)
        self.line_facts = None
        if not on_offer.any():
            return offered
        newest = (self.for_main_line & (self.introduced <= self.model.month)).nonzero()[0][-1]
        self.line_design = self.design_of[newest]  # it is cut down from that die: its silicon is counted in such dies
        self.line_facts = self.line_product.facts(p)[:, :-1]
        self.line_facts[:, 0] /= self.die_cm2[self.line_design]
        rows = max(len(offered), len(on_offer))
        return np.concatenate([np.broadcast_to(offered[:, :-1], (rows, offered.shape[1] - 1)),
                               np.broadcast_to(on_offer, (rows, 1))], axis=1)
