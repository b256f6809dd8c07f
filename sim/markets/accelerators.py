"""The market for accelerators: orders, queue, two-key gate, diversion, deliveries, and who pays what."""

import numpy as np

from ..mechanisms.allocation import serve_queue
from ..mechanisms.capital_budget import growth_factor
from ..mechanisms.diversion import seized_share
from ..mechanisms.export_rules import CASE_BY_CASE
from ..mechanisms.trade_gate import demand_after_fee
from ..numerics import col, exp, log, share, total
from ..units import MONTHS_PER_YEAR
from . import structure as st
from .structure import DIVERTED, DOMESTIC, LICENSED, OPEN, build_structure

METRICS = ("units", "tpp", "8bit", "16bit", "bandwidth", "dollars", "watts")


class AcceleratorMarket:
    """Collects what makers built and clouds ordered, serves the queue, moves money.

    Attributes
    ----------
    structure : TradeStructure, product lines and queue positions
    backlog : array (draws, positions), accelerators waited for
    inventory : array (draws, lines), accelerators made and not yet delivered
    delivered : array (draws, positions), accelerators this month, seizures not yet taken off
    installed : array (draws, 7, positions), what is installed this month, by METRICS
    paid, revenue, fee, premium : USD / month by position, by line, in all, in all
    """

    def __init__(self, world, p):
        self.world = world
        self.structure = s = build_structure(p)
        D, lines, M = world.draws, len(s.line_names), len(p.makers)
        self.lines_of = [slice(a, b) for a, b in zip(s.maker_starts, [*s.maker_starts[1:], lines], strict=True)]
        self.made_at_tsmc = np.array([region != "china" for region in p.makers.region])
        self.positions_of = [np.flatnonzero(s.cloud == cloud) for cloud in range(len(p.clouds))]
        self.diverted_positions = np.flatnonzero(s.channel == DIVERTED)
        self.licensed_positions = np.flatnonzero(s.channel == LICENSED)
        self.backlog = np.zeros((D, s.positions))
        self.inventory, self.unsold = np.zeros((D, lines)), np.zeros((D, lines))
        self.price_factor, self.recent = np.ones((D, lines)), np.zeros((D, lines))
        self.delivered, self.installed = np.zeros((D, s.positions)), np.zeros((D, len(METRICS), s.positions))
        self.seized, self.produced = np.zeros((D, len(METRICS))), np.zeros((D, lines))
        self.paid, self.revenue = np.zeros((D, s.positions)), np.zeros((D, lines))
        self.fee, self.premium = np.zeros(D), np.zeros(D)
        self.packaging_wafers_needed = np.ones((D, M))
        self.stacks_needed, self.silicon_use = np.zeros((D, M)), np.zeros((D, M))
        self.chinese_stacks_needed = np.zeros(D)
        self.sold_elsewhere_usd, self.chinese_budget_usd, self.capital_spending_usd = np.zeros((3, D))
        self.wanted = np.zeros((D, lines))  # packages each line should build: the queue and a little stock
        self.chinese_makers = ~self.made_at_tsmc
        self.sells_to_china = np.array([sells == "merchant" for sells in p.makers.sells])
        self.nvidia_line = np.array([s.line_names[i] == "nvidia_global" for i in s.line])
        self.is_licensed, self.is_diverted = s.channel == LICENSED, s.channel == DIVERTED
        self.binding = np.zeros((D, M), dtype=np.int64)
        self._terms_month = self._growth_month = None
        self._terms: tuple = ()
        self.licensed_lines = [  # maker, its line for China, who buys it under licence
            (maker, lines.start + 1, np.flatnonzero((s.line == lines.start + 1) & self.is_licensed))
            for maker, lines in zip(world.maker.values(), self.lines_of, strict=True) if len(maker.scopes) > 1]
        self.sold_by_product = {  # packages since the start: elsewhere, under licence
            line: np.zeros((2, D, len(maker.products))) for maker, line, _ in self.licensed_lines}
        self._collect_lines()
        chinese = [cloud for cloud, region in enumerate(p.clouds.region) if region == "china"]
        self.chinese_clouds = np.array(chinese)
        buys = (s.channel == DOMESTIC) & (s.cloud == chinese[0])
        self.domestic_lines = s.line[buys]  # the same for every Chinese buyer
        self.recent, self.wanted = self._opening_sales(p), self._opening_sales(p)

    def _opening_sales(self, p):
        """A month's sales of each line as the run begins, from the first year's budgets, array (draws, lines)."""
        s, month = self.structure, self.world.month
        usd = dict.fromkeys(range(len(p.clouds)), 0.0)
        for cloud, year, amount in zip(p.capital_spending.cloud, p.capital_spending.year, p.capital_spending.usd_bn,
                                       strict=True):
            if year == month // MONTHS_PER_YEAR:
                usd[p.clouds.index[cloud]] = amount * 1e9 / MONTHS_PER_YEAR
        budget = np.array(list(usd.values())) * p.clouds.accelerator_intensity
        taste = p.clouds.prefers_us_parts[s.cloud]
        lines_of_makers = np.maximum((s.channel == DOMESTIC).sum() / max((p.clouds.prefers_us_parts > 0).sum(), 1), 1)
        way = np.select([s.channel == LICENSED, s.channel == DOMESTIC, s.channel == OPEN],
                        [taste, (1.0 - taste) / lines_of_makers, 1.0], 0.0)
        orders = np.add.reduceat(budget[s.cloud] * s.preference * way, s.starts)
        units = share(orders * col(p.budgets.accelerator_share), self.list_price)
        return np.broadcast_to(units, self.recent.shape).copy()

    def _collect_lines(self):
        makers = self.world.maker.values()
        self.needs = _together([m.needs for m in makers])
        self.rating = _together([m.rating for m in makers])
        self.list_price = self.rating[:, 5]
        self.die_area = _together([m.die_area[:, None] for m in makers])  # cm², array (draws or 1, makers)

    def price(self, p):
        """Price of a package of each line before fee and premium, array (draws, lines), USD."""
        return self.list_price * self.price_factor

    def deliver(self, p):
        """Add this month's orders to the queue, serve it, collect the money, and note what is installed."""
        world, s = self.world, self.structure
        self._collect_lines()
        for lines, maker in zip(self.lines_of, world.maker.values(), strict=True):
            self.produced[:, lines] = maker.built
        self.inventory = self.inventory + self.produced
        price = self.price(p)
        markup = self._markup(p)
        orders_usd = np.zeros_like(self.backlog)
        for at, cloud in zip(self.positions_of, world.cloud.values(), strict=True):
            orders_usd[:, at] = cloud.orders_usd
        asked = price.take(s.line, axis=-1)
        unit_price = asked * (1.0 + markup)
        self._cap_licences(p, orders_usd, unit_price)
        self.orders = share(orders_usd, unit_price)
        closed = self._closed(p)
        kept = 1.0 - np.where(closed, 1.0, col(p.accelerators.order_cancellation) * ~self.is_diverted)
        self.backlog = self.backlog * kept + np.where(closed, 0.0, self.orders)
        self.delivered, self.unsold = serve_queue(self.inventory, self.backlog, s.starts, s.line)
        self.backlog = np.maximum(self.backlog - self.delivered, 0.0)
        self.sold = np.add.reduceat(self.delivered, s.starts, axis=-1)
        self.inventory = np.maximum(self.inventory - self.sold, 0.0)  # rounding must not leave a negative stock
        self._count_towards_cap()
        self.recent = self.recent + (self.sold - self.recent) / 3.0
        self.revenue = self.sold * price
        self._settle(asked, markup)
        self._install(p)
        self._signal(p)

    def trade_terms(self, p):
        """What all Chinese buyers meet this month: licence × price after fee, appetite for the rest, network, room.

        Returns
        -------
        tuple of arrays (draws,): exporter's key with demand after the fee (share), permitted over best rating (ratio),
        maturity of the diversion network (share), USD / month that leaks per USD of appetite of all buyers; and of
        array (draws, domestic lines), share of money for domestic parts by what each maker last supplied
        """
        if self._terms_month != self.world.month:
            nvidia, e = self.world.maker["nvidia"], p.export
            after_fee = demand_after_fee(e.fee_share, e.fee_pass_through, p.accelerators.licensed_demand_elasticity)
            quality = share(nvidia.rating[:, 2, 1], nvidia.rating[:, 2, 0])
            maturity = 1.0 - exp(-nvidia.restricted_months[:, 0] / p.diversion.network_months)
            room = share(self.sold_elsewhere_usd, np.maximum(self.chinese_budget_usd, 1.0))
            supplied = (self.recent * self.list_price).take(self.domestic_lines, axis=-1) + 1e6
            split = supplied / total(supplied)[:, None]
            self._terms = nvidia.open_share[:, 0] * after_fee, quality, maturity, room, split
            self._terms_month = self.world.month
        return self._terms

    def growth(self, p):
        """Growth of capital spending this month, elsewhere and in China: two arrays (draws,), factor a month."""
        if self._growth_month != self.world.month:
            c, earned = p.budgets, self.world.usage.ai_revenue_usd
            self._growth = tuple(growth_factor(trend, c.revenue_sensitivity, earned, self.capital_spending_usd,
                                               c.payback_share) for trend in (c.trend, c.chinese_trend))
            self._growth_month = self.world.month
        return self._growth

    def _cap_licences(self, p, orders_usd, unit_price):
        """Hold licensed orders to the volume cap: of a product judged case by case, a share of all sold elsewhere."""
        s = self.structure
        for maker, line, at in self.licensed_lines:
            case = self.world.government["united_states"].status.take(maker.products, axis=1) == CASE_BY_CASE
            case = case & maker.for_all  # a part made for China alone has no sales elsewhere to be measured by
            if not case.any():
                continue
            mix, sold = maker.mix[:, 1], self.sold_by_product[line]
            wanted = total(share(orders_usd[:, at], unit_price[:, at]))[:, None]
            taken = sold[1] + total(self.backlog[:, at])[:, None] * mix
            room = np.maximum(col(p.export.licence_volume_cap) * sold[0] - taken, 0.0)
            allowed = total(np.where(case, np.minimum(mix * wanted, room), mix * wanted))[:, None]
            refused = orders_usd[:, at] * np.where(wanted > allowed, 1.0 - share(allowed, wanted), 0.0)
            orders_usd[:, at] -= refused
            for cloud in self.chinese_clouds:  # what may not be imported is spent at home
                home = self.positions_of[cloud][s.channel[self.positions_of[cloud]] == DOMESTIC]
                money = total(refused * (s.cloud[at] == cloud))[:, None]
                orders_usd[:, home] += money * self.trade_terms(p)[4]

    def _count_towards_cap(self):
        """Add this month's sales to those since the start, elsewhere and under licence, by product."""
        for maker, line, _ in self.licensed_lines:
            sold = self.sold_by_product[line]
            sold[0] += self.sold[:, line - 1, None] * maker.mix[:, 0]
            sold[1] += self.sold[:, line, None] * maker.mix[:, 1]

    def _markup(self, p):
        """What a buyer pays above the maker's price: fee on licensed sales, premium on diverted ones."""
        rate = np.zeros((self.world.draws, self.structure.positions))
        rate[:, self.licensed_positions] = col(p.export.fee_share)
        rate[:, self.diverted_positions] = col(p.diversion.premium)
        return rate

    def _closed(self, p):
        """Queue positions whose line may not be sold at all this month, bool array (draws or 1, positions)."""
        return (self.list_price <= 0).take(self.structure.line, axis=-1)

    def _settle(self, asked, markup):
        """What buyers pay for deliveries at the price asked, and what of it goes to treasuries and intermediaries."""
        before = self.delivered * asked
        self.paid = before * (1.0 + markup)
        extra = before * markup
        self.fee = total(extra * self.is_licensed)
        self.premium = total(extra * self.is_diverted)

    def _install(self, p):
        flow = self.delivered[:, None, :] * self.rating.take(self.structure.line, axis=-1)
        flow[:, 5] = self.paid
        lost_share = col(seized_share(self.world.government["united_states"].enforcement, p.diversion.detection))
        lost = flow[:, :, self.diverted_positions] * (lost_share[..., None] if np.ndim(lost_share) else lost_share)
        self.seized = total(lost)
        flow[:, :, self.diverted_positions] -= lost
        self.installed = flow

    def _signal(self, p):
        """What the month tells next month: scarcity in prices, needs for capacity, sales that could leak, power."""
        s, a = self.structure, p.accelerators
        waiting = np.add.reduceat(self.backlog, s.starts, axis=-1)
        months = share(waiting, np.maximum(self.recent, 1.0))
        target = 1.0 + col(a.price_response) * log(np.maximum(months, 0.05) / a.normal_queue_months)
        target = np.minimum(np.maximum(target, a.price_floor), a.price_ceiling)
        self.price_factor = self.price_factor + (target - self.price_factor) / 6.0
        demand = waiting / 6.0 + self.recent
        self.silicon_use = self.by_maker(self.sold * self.needs[:, 0])
        self.stacks_needed = self.by_maker(demand * self.needs[:, 1])
        self.packaging_wafers_needed = self.by_maker(demand * self.needs[:, 2]) + 1e-3
        self.chinese_stacks_needed = total(self.stacks_needed * self.chinese_makers)
        clouds = self.world.cloud.values()
        self.chinese_budget_usd = total(_columns([c.budget_usd for c in clouds if c.chinese]))
        self.spending_by_cloud = _columns([c.capital_spending_usd for c in clouds])
        self.capital_spending_usd = total(self.spending_by_cloud)
        self.sold_elsewhere_usd = total(self.paid * (self.nvidia_line & ~self.is_diverted))
        self.wanted = np.maximum(waiting + self.recent * col(a.inventory_cover_months) - self.inventory, 0.0)

    def by_maker(self, by_line):
        """Add up the one or two lines of each maker, array (draws, makers), same unit."""
        return np.add.reduceat(by_line, self.structure.maker_starts, axis=-1)

    def _name_bindings(self, p):
        """What stopped one more package of each maker's main line this month: index into BINDING, (draws, makers)."""
        world = self.world
        makers = world.maker.values()
        limit, bank = _columns([m.limit for m in makers]), _columns([m.bank_share for m in makers])
        silicon, stacks, packaging = np.array([m.reach for m in makers]).transpose(2, 1, 0)
        yields = np.where(self.chinese_makers, world.foundry["chinese_fabs"].yield_share[:, None],
                          world.foundry["tsmc"].yield_share[:, None])
        gain = np.maximum(p.foundry.mature_yield / np.maximum(yields, 1e-9), 1.0)
        more_yield = (gain > 1.0) & (silicon * gain > np.minimum(stacks, packaging))
        dies = np.where(bank > 0.5, st.DIES, np.where(more_yield, st.YIELD, st.WAFERS))
        region = world.ledger.region_index
        home = np.where(self.chinese_makers, region["china"], region["united_states"])
        approval = world.government["china"].import_approval
        refused = (self.trade_terms(p)[0] * approval < 0.5)[:, None] & self.sells_to_china
        idle = np.where(world.compute.scarcity.take(home, axis=1) > 1.0, st.MONEY, st.ORDERS)
        idle = np.where(world.sites.fits.take(home, axis=1) < 0.999, st.POWER, np.where(refused, st.PERMISSION, idle))
        input_short = np.where(limit == 0, dies, np.where(limit == 1, st.HBM, st.PACKAGING))
        return np.where(limit == 3, idle, input_short)

    def record(self, p, recorder):
        """Deliveries by product, money, and what binds each maker (units as declared in outputs/supply.toml)."""
        world = self.world
        by_product = np.zeros((world.draws, len(p.products)))
        for lines, maker in zip(self.lines_of, world.maker.values(), strict=True):
            units = self.sold[:, lines]
            made = units[:, :1] * maker.mix[:, 0]
            for line in range(1, units.shape[1]):
                made = made + units[:, line, None] * maker.mix[:, line]
            by_product[:, maker.products] = made
        self.by_product = by_product
        recorder.write("accelerators_delivered", by_product, detail=p.products.names)
        self.binding = self._name_bindings(p)
        flags = (self.binding[:, :, None] == np.arange(len(st.BINDING))).astype(float)
        for at, maker in enumerate(world.maker.values()):
            recorder.write("binding_constraint", flags[:, at], definition=maker.name,
                           region="china" if maker.chinese else "united_states", detail=st.BINDING)
        recorder.write("accelerator_spending_usd_bn", total(self.paid) * MONTHS_PER_YEAR / 1e9)


def _columns(parts):
    """Arrays (draws,) side by side, array (draws, parts), same unit."""
    return np.ascontiguousarray(np.array(parts).T)


def _together(parts):
    """Lines of all makers side by side, array (draws or 1, ..., lines)."""
    draws = max(len(part) for part in parts)
    parts = [part if len(part) == draws else part.repeat(draws, axis=0) for part in parts]
    return np.concatenate(parts, axis=-1)
