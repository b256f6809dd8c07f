"""The market for accelerators: orders, queue, deliveries, and what a month tells the next."""

import numpy as np

from ..mechanisms.allocation import serve_queue
from ..numerics import col, total, weighted_total
from ..units import MONTHS_PER_YEAR
from .budgets import Budgets
from .consignments import consign
from .licences import STAGES, Licences
from .opening_sales import opening_sales
from .order_book import join, revise
from .prices import Prices
from .priority import by_line, priorities, queue_classes
from .purse import Purse
from .seen import Seen
from .structure import CHANNELS, build_structure
from .terms import Terms

METRICS = ("units", "tpp", "8bit", "16bit", "bandwidth", "dollars", "watts")
H100E, USD = METRICS.index("8bit"), METRICS.index("dollars")


class AcceleratorMarket:
    """Collects what makers built and clouds ordered, serves the queue, moves money.

    Attributes
    ----------
    structure : TradeStructure, product lines and queue positions
    backlog : array (draws, positions), accelerators waited for
    waiting : array (draws, lines), the same by line, at the end of the month
    inventory : array (draws, lines), accelerators made and not yet delivered
    delivered : array (draws, positions), accelerators this month, seizures not yet taken off
    returned_usd : array (draws, buyers), USD / month that came back to buyers under licence, unfilled
    installed : array (draws, 7, positions), what is installed this month, by METRICS
    """

    def __init__(self, world, p):
        self.world = world
        self.structure = s = build_structure(p)
        D, lines = world.draws, len(s.line_names)
        ways, self._way_of = np.unique(s.cloud * len(CHANNELS) + s.channel, return_inverse=True)
        self._ways = [divmod(int(way), len(CHANNELS)) for way in ways]  # an owner and a way of buying
        self.prices, self.purse = Prices(D, s), Purse(D)
        self.licences = Licences(world, p, s)
        self.terms, self.budgets = Terms(world, self, p), Budgets(world, self, p)
        self.backlog, self.unit_price = np.zeros((2, D, s.positions))
        self.returned_usd = np.zeros((D, len(self.licences.buyers)))
        self.classes, self._facts, self._priorities = queue_classes(p, s), Seen(), None
        self.inventory, self.waiting = np.zeros((2, D, lines))
        self.delivered, self.installed = np.zeros((D, s.positions)), np.zeros((D, len(METRICS), s.positions))
        self.seized, self.produced = np.zeros((D, len(METRICS))), np.zeros((D, lines))
        self.chinese_stacks_needed = np.zeros(D)
        self.capital_spending_usd = np.zeros(D)
        self.chinese_makers = np.array([float(region == "china") for region in p.makers.region])
        self.watched = int(s.line[self.prices.diverted[0]])  # the line from which parts are diverted
        self.others = np.flatnonzero((s.line == self.watched) & ~self.prices.is_diverted)
        self.line_weight = None  # priority of each line in its maker's inputs, array (draws, lines); None: all alike
        self._collect_lines()
        opening = opening_sales(p, s, self.list_price, world.month)
        self.recent = np.broadcast_to(opening, (D, lines)).copy()  # sales a month, smoothed
        self.wanted = self.recent.copy()  # packages each line should build: the queue and a little stock
        self.demand = self.recent.copy()  # what makers plan for: sales, and part of the queue

    def _collect_lines(self):
        self.needs, self.rating = self.world.works.needs.copy(), self.world.works.rating.copy()
        self.list_price = self.rating[:, 5]

    def deliver(self, p):
        """Add this month's orders to the queue, serve it, collect the money, and note what is installed."""
        world, s = self.world, self.structure
        self._collect_lines()
        self.produced[:] = world.works.built
        self.inventory = self.inventory + self.produced
        asked, markup, price, on_sale = self.prices.ask(p, self.list_price, world.leakage.package[:, USD],
                                                        world.leakage.markup)
        self._read(p)
        kept, worth, self.returned_usd, revalued = revise(self.backlog, self.unit_price, price, on_sale, self._stays,
                                                          self.licences.withdrawn(p), self.licences.positions)
        self.licences.grant(p, world.leakage.licensed_wish_usd, self.terms.after_fee(p), asked, price)
        orders_usd, kept = self.licences.hold(self._orders(p), price, kept, self.terms.trade(p)[-1])
        self.backlog, unspent = join(kept, worth, orders_usd, price, on_sale)
        self.unit_price = price
        self._serve(p)
        self.sold = np.add.reduceat(self.delivered, s.starts, axis=-1)
        self.licences.count(self.delivered, self.sold)
        self.recent = self.recent + (self.sold - self.recent) / p.accelerators.sales_memory_months
        self.prices.settle(asked, self.delivered, markup)
        budgeted, waiting = total(self.budgets.planned_usd), weighted_total(self.backlog, price)
        self.purse.follow(budgeted, total(orders_usd), revalued, unspent, self.prices.all_paid, waiting)
        self._install(p)
        self._signal(p)

    def _read(self, p):
        """Look up again who cancels orders and whom makers serve first, when it changes."""
        if self._facts.anew(p.accelerators):
            self._priorities = priorities(p, self.classes)
            self._stays = np.atleast_2d(1.0 - col(p.accelerators.order_cancellation) * ~self.prices.is_diverted)

    def _orders(self, p):
        """What owners order: their money for each way of buying, split among lines, array (draws, positions), USD."""
        clouds = list(self.world.cloud.values())
        usd = np.array([clouds[cloud].orders_usd[way] for cloud, way in self._ways])
        split = np.empty_like(self.backlog)
        split[:] = self.structure.preference
        split[:, self.licences.at_home] = self.terms.trade(p)[-1][:, None]
        return usd[self._way_of].T * split

    def _serve(self, p):
        """Deliver from the queue: by the makers' priorities, and to China no more than customs let in."""
        s, customs = self.structure, p.export.customs_clearance
        let_in = np.where(self.prices.is_licensed, col(customs), 1.0) if np.ndim(customs) or customs < 1 else None
        weight, wanted = self._priorities, self.backlog if let_in is None else self.backlog * let_in
        self.delivered, self.inventory = serve_queue(self.inventory, wanted, s.starts, s.line, weight)
        self.backlog = np.maximum(self.backlog - self.delivered, 0.0)

    def _install(self, p):
        leakage = self.world.leakage
        consign(self.rating, self.structure.line, leakage.package, self.delivered, self.prices.paid, USD,
                self.prices.diverted, self.others, leakage.routes.detection, self.installed, self.seized)

    def _signal(self, p):
        """What the month tells next month: scarcity in prices, needs for capacity, sales that could leak, power."""
        s, a = self.structure, p.accelerators
        self.waiting = waiting = np.add.reduceat(self.backlog, s.starts, axis=-1)
        self.prices.answer(p, waiting, self.recent)
        self.demand = waiting / a.queue_clearing_months + self.recent
        self.chinese_stacks_needed = weighted_total(self.by_maker(self.demand * self.needs[:, 1]), self.chinese_makers)
        self.capital_spending_usd = total(self.budgets.capital_spending_usd)
        units = total(self.delivered[:, self.others])
        self.world.leakage.watch(units, self.prices.factor[:, self.watched])
        self.line_weight = by_line(self._priorities, self.backlog, waiting, s.starts)
        self.wanted = np.maximum(waiting + self.recent * col(a.inventory_cover_months) - self.inventory, 0.0)

    def by_maker(self, by_line):
        """Add up the one or two lines of each maker, array (draws, makers), same unit."""
        return np.add.reduceat(by_line, self.structure.maker_starts, axis=-1)

    def record(self, p, recorder):
        """Deliveries by product and money (units as declared in outputs/supply.toml)."""
        self.by_product = self.world.works.by_product(self.sold, len(p.products))
        recorder.write("accelerators_delivered", self.by_product, detail=p.products.names)
        self._record_keys(recorder)
        recorder.write("accelerator_spending_usd_bn", self.prices.all_paid * MONTHS_PER_YEAR / 1e9)

    def _record_keys(self, recorder):
        """What was announced, licensed, ordered and delivered of foreign parts for China, and licences not yet used."""
        l, lines = self.licences, self.licences.lines
        stages = np.empty((len(self.sold), len(STAGES), len(lines)))
        for stage, units in enumerate((l.announced, l.licensed, l.ordered, self.sold.take(lines, axis=1))):
            stages[:, stage] = units
        recorder.write("two_key_accelerators", total(stages), definition=STAGES)
        for output, worth in (("two_key_h100e", self.rating[:, H100E]),
                              ("two_key_usd_bn", self.list_price * self.prices.factor / 1e9)):
            recorder.write(output, weighted_total(stages, worth.take(lines, axis=1)[:, None]), definition=STAGES)
        recorder.write("licences_unused", total(total(l.held())))
