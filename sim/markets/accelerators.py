"""The market for accelerators: orders, queue, deliveries, and what a month tells the next."""

import numpy as np

from ..mechanisms.allocation import serve_queue
from ..numerics import col, share, total, weighted_total
from ..units import MONTHS_PER_YEAR
from .budgets import Budgets
from .licences import STAGES, Licences
from .opening_sales import opening_sales
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
        self.inventory, self.unsold, self.waiting = np.zeros((3, D, lines))
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
        asked = self.prices.asked(self.list_price, world.leakage.package[:, USD])
        markup = self.prices.markup(p, world.leakage.markup)
        orders_usd = self._orders(p)
        unit_price = asked * (1.0 + markup)
        closed, on_sale = self._closed()
        void_usd = self.backlog * self.unit_price * closed  # orders that can never be filled
        revalued = self.backlog * (unit_price - self.unit_price) * on_sale
        waited = self.backlog * unit_price
        self.unit_price = unit_price
        refused = self.licences.withdrawn(p)
        self.returned_usd = total((void_usd + waited * refused).take(self.licences.positions, axis=1), axis=1)
        kept = (1.0 - col(p.accelerators.order_cancellation) * ~self.prices.is_diverted) * on_sale
        self.backlog = self.backlog * kept * (1.0 - refused)
        self.licences.grant(p, world.leakage.licensed_wish_usd, self.terms.after_fee(p), asked, unit_price)
        self.licences.hold(orders_usd, unit_price, self.backlog, self.terms.trade(p)[-1])
        unspent = void_usd + waited - self.backlog * unit_price + orders_usd * closed
        self.backlog = self.backlog + share(orders_usd, unit_price) * on_sale
        self._serve(p)
        self.sold = np.add.reduceat(self.delivered, s.starts, axis=-1)
        self.inventory = np.maximum(self.inventory - self.sold, 0.0)  # rounding must not leave a negative stock
        self.licences.count(self.delivered, self.sold)
        self.recent = self.recent + (self.sold - self.recent) / p.accelerators.sales_memory_months
        self.prices.settle(asked, self.delivered, markup)
        budgeted = total(self.budgets.planned_usd)
        self.purse.follow(budgeted, orders_usd, revalued, unspent, self.prices.paid, self.backlog * unit_price)
        self._install(p)
        self._signal(p)

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
        let_in = np.where(self.prices.is_licensed, col(customs), 1.0) if np.ndim(customs) or customs < 1 else 1.0
        if self._facts.anew(p.accelerators):
            self._priorities = priorities(p, self.classes)
        weight = self._priorities
        self.delivered, self.unsold = serve_queue(self.inventory, self.backlog * let_in, s.starts, s.line, weight)
        self.backlog = np.maximum(self.backlog - self.delivered, 0.0)

    def _closed(self):
        """Queue positions whose line may not be sold at all this month, and the others: 1 or 0, (draws, positions)."""
        closed = ((self.list_price <= 0) * 1.0).take(self.structure.line, axis=-1)
        return closed, 1.0 - closed

    def _install(self, p):
        leakage, diverted = self.world.leakage, self.prices.diverted
        rating = self.rating.take(self.structure.line, axis=-1)
        leakage.rate(rating, self.delivered, diverted, self.others)
        flow = np.multiply(rating, self.delivered[:, None], out=rating)
        flow[:, USD] = self.prices.paid
        shipped = flow.take(diverted, axis=-1)
        lost = shipped * leakage.routes.detection[:, None, None]
        self.seized = total(lost)
        flow[:, :, diverted] = shipped - lost
        self.installed = flow

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
        recorder.write("accelerator_spending_usd_bn", total(self.prices.paid) * MONTHS_PER_YEAR / 1e9)

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
