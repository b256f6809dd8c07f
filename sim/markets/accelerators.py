"""The market for accelerators: orders, queue, two-key gate, diversion, deliveries, and who pays what."""

import numpy as np

from ..mechanisms.allocation import serve_queue
from ..mechanisms.diversion import seized_share
from ..mechanisms.power import facility_gw, site_shares
from ..mechanisms.trade_gate import demand_after_fee
from ..numerics import col, exp, log, share, total
from ..units import MONTHS_PER_YEAR
from .structure import BINDING, CHINA_LINE, DIVERTED, DOMESTIC, LICENSED, OPEN, build_structure

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
        self.lines_of = [np.array([i for i, m in enumerate(s.line_maker) if m == maker]) for maker in range(M)]
        self.made_at_tsmc = np.array([region != "china" for region in p.makers.region])
        self.positions_of = [np.flatnonzero(s.cloud == cloud) for cloud in range(len(p.clouds))]
        self.diverted_positions = np.flatnonzero(s.channel == DIVERTED)
        self.licensed_positions = np.flatnonzero(s.channel == LICENSED)
        self.china_lines = np.array([scope == CHINA_LINE for scope in s.line_scope])
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
        self.power_fits = np.ones((D, len(p.power_sites)))
        self.sites = np.ascontiguousarray(np.stack([getattr(p.clouds, f"site_{r}") for r in p.regions.names], axis=-1))
        self.sites_by_region = np.ascontiguousarray(self.sites.T)
        self.site_shares = np.tile(self.sites, (D, 1, 1))
        self.planned_gw = np.zeros((D, len(p.power_sites)))
        self.wanted = np.zeros((D, lines))  # packages each line should build: the queue and a little stock
        self.power_share = np.ones((D, len(p.clouds)))
        self.several_sites = (self.sites > 0).sum(axis=-1) > 1
        self.chinese_makers = ~self.made_at_tsmc
        self.sells_to_china = np.array([sells == "merchant" for sells in p.makers.sells])
        self.nvidia_line = np.array([s.line_names[i] == "nvidia_global" for i in s.line])
        self.is_licensed, self.is_diverted = s.channel == LICENSED, s.channel == DIVERTED
        self.binding = np.zeros((D, M), dtype=np.int64)
        self._terms_month: int | None = None
        self._terms: tuple = ()
        self._collect_lines()
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
        for at, maker in enumerate(world.maker.values()):
            self.produced[:, self.lines_of[at]] = maker.built
        self.inventory = self.inventory + self.produced
        price = self.price(p)
        markup = self._markup(p)
        orders_usd = np.zeros_like(self.backlog)
        for at, cloud in enumerate(world.cloud.values()):
            orders_usd[:, self.positions_of[at]] = cloud.orders_usd
        self._cap_licences(p, orders_usd)
        unit_price = price[:, s.line] * (1.0 + markup)
        self.orders = np.divide(orders_usd, unit_price, out=np.zeros_like(orders_usd), where=unit_price > 0)
        closed = self._closed(p)
        kept = 1.0 - np.where(closed, 1.0, col(p.accelerators.order_cancellation) * ~self.is_diverted)
        self.backlog = self.backlog * kept + np.where(closed, 0.0, self.orders)
        self.delivered, self.unsold = serve_queue(self.inventory, self.backlog, s.starts, s.line)
        self.backlog = np.maximum(self.backlog - self.delivered, 0.0)
        sold = np.add.reduceat(self.delivered, s.starts, axis=-1)
        self.inventory = self.inventory - sold
        self.recent = self.recent + (sold - self.recent) / 3.0
        self._settle(p, price, markup, sold)
        self._install(p)
        self._signal(p, sold)

    def trade_terms(self, p):
        """What all Chinese buyers meet this month: licence × price after fee, appetite for the rest, network, room.

        Returns
        -------
        tuple of arrays (draws,): exporter's key with demand after the fee (share), permitted over best rating (ratio),
        maturity of the diversion network (share), USD / month that leaks per USD of appetite of all buyers
        """
        if self._terms_month != self.world.month:
            nvidia, e = self.world.maker["nvidia"], p.export
            after_fee = demand_after_fee(e.fee_share, e.fee_pass_through, p.accelerators.licensed_demand_elasticity)
            quality = share(nvidia.rating[:, 2, 1], nvidia.rating[:, 2, 0])
            maturity = 1.0 - exp(-nvidia.restricted_months[:, 0] / p.diversion.network_months)
            room = share(self.sold_elsewhere_usd, np.maximum(self.chinese_budget_usd, 1.0))
            self._terms = nvidia.open_share[:, 0] * after_fee, quality, maturity, room
            self._terms_month = self.world.month
        return self._terms

    def _cap_licences(self, p, orders_usd):
        """Hold licensed orders to the volume cap, a share of what makers sell elsewhere (case-by-case lines only)."""
        asked = total(orders_usd[:, self.licensed_positions])
        limit = p.export.licence_volume_cap * self.sold_elsewhere_usd
        capped = self.world.maker["nvidia"].open_share[:, 0] < 1.0
        scale = np.where(capped & (asked > limit), share(limit, asked), 1.0)
        orders_usd[:, self.licensed_positions] *= scale[:, None]

    def _markup(self, p):
        """What a buyer pays above the maker's price: fee on licensed sales, premium on diverted ones."""
        rate = np.zeros((self.world.draws, self.structure.positions))
        rate[:, self.licensed_positions] = col(p.export.fee_share)
        rate[:, self.diverted_positions] = col(p.diversion.premium)
        return rate

    def _closed(self, p):
        """Queue positions whose line may not be sold at all this month, bool array (draws, positions)."""
        return (self.list_price <= 0)[:, self.structure.line] & np.ones((self.world.draws, 1), dtype=bool)

    def _settle(self, p, price, markup, sold):
        s = self.structure
        before = self.delivered * price[:, s.line]
        self.paid = before * (1.0 + markup)
        extra = before * markup
        self.fee = total(extra * self.is_licensed)
        self.premium = total(extra * self.is_diverted)
        self.revenue = sold * price

    def _install(self, p):
        s = self.structure
        flow = self.delivered[:, None, :] * self.rating[:, :, s.line]
        flow[:, 5] = self.paid
        lost_share = col(seized_share(self.world.government["united_states"].enforcement, p.diversion.detection))
        lost = flow[:, :, self.diverted_positions] * (lost_share[..., None] if np.ndim(lost_share) else lost_share)
        self.seized = total(lost)
        flow[:, :, self.diverted_positions] -= lost
        self.installed = flow

    def _signal(self, p, sold):
        """What the month tells next month: scarcity in prices, needs for capacity, sales that could leak, power."""
        s, a = self.structure, p.accelerators
        waiting = np.add.reduceat(self.backlog, s.starts, axis=-1)
        months = share(waiting, np.maximum(self.recent, 1.0))
        target = np.clip(1.0 + col(a.price_response) * log(np.maximum(months, 0.05) / a.normal_queue_months),
                         a.price_floor, a.price_ceiling)
        self.price_factor = self.price_factor + (target - self.price_factor) / 6.0
        demand = waiting / 6.0 + self.recent
        by_line = demand[:, None, :] * self.needs
        use = sold[:, None, :] * self.needs
        for maker, lines in enumerate(self.lines_of):
            self.silicon_use[:, maker] = total(use[:, 0, lines])
            self.stacks_needed[:, maker] = total(by_line[:, 1, lines])
            self.packaging_wafers_needed[:, maker] = total(by_line[:, 2, lines]) + 1e-3
        self.chinese_stacks_needed = total(self.stacks_needed * self.chinese_makers)
        clouds = self.world.cloud.values()
        self.chinese_budget_usd = total(np.stack([c.budget_usd for c in clouds if c.chinese], axis=-1))
        self.capital_spending_usd = total(np.stack([c.capital_spending_usd for c in clouds], axis=-1))
        self.sold_elsewhere_usd = total(self.paid * (self.nvidia_line & ~self.is_diverted))
        self.wanted = np.maximum(waiting + self.recent * col(a.inventory_cover_months) - self.inventory, 0.0)

    def plan_sites(self, p, watts_by_cloud):
        """Where this month's accelerators are put, given room for power in each region.

        Parameters
        ----------
        watts_by_cloud : array (draws, clouds), W installed this month
        """
        planned = facility_gw(total(watts_by_cloud[:, None, :] * self.sites_by_region),
                              col(p.power.server_overhead), p.power_sites.pue)
        self.planned_gw = self.planned_gw + (planned - self.planned_gw) / 3.0
        room = self.world.ledger.power_room_gw
        self.power_fits, placed = site_shares(self.sites[self.several_sites], room / 3.0, self.planned_gw)
        self.site_shares[:, self.several_sites] = placed
        fits = total(self.power_fits[:, None, :] * self.sites)
        self.power_share = fits + np.where(self.several_sites, col(p.budgets.relocation) * (1.0 - fits), 0.0)

    def _name_bindings(self, p):
        """What stopped one more package of each maker's main line this month: index into BINDING, (draws, makers)."""
        world = self.world
        makers = world.maker.values()
        limit = np.stack([m.limit for m in makers], axis=-1)
        reach = np.stack([m.reach for m in makers], axis=-1)
        bank = np.stack([m.bank_share for m in makers], axis=-1)
        yields = np.stack([world.foundry["chinese_fabs" if m.chinese else "tsmc"].yield_share for m in makers], axis=-1)
        gain = np.maximum(p.foundry.mature_yield / np.maximum(yields, 1e-9), 1.0)
        more_yield = (gain > 1.0) & (reach[:, 0] * gain > np.minimum(reach[:, 1], reach[:, 2]))
        name = BINDING.index
        dies = np.where(bank > 0.5, name("dies"), np.where(more_yield, name("yield"), name("wafers")))
        region = world.ledger.region_index
        home = np.where(self.chinese_makers, region["china"], region["united_states"])
        approval = world.government["china"].import_approval
        refused = (self.trade_terms(p)[0] * approval < 0.5)[:, None] & self.sells_to_china
        idle = np.select([self.power_fits[:, home] < 0.999, refused, world.compute.scarcity[:, home] > 1.0],
                         [name("power"), name("permission"), name("money")], name("orders"))
        return np.select([limit == 0, limit == 1, limit == 2], [dies, name("hbm"), name("packaging")], idle)

    def record(self, p, recorder):
        """Deliveries by product, money, and what binds each maker (units as declared in outputs/supply.toml)."""
        world, s = self.world, self.structure
        sold = np.add.reduceat(self.delivered, s.starts, axis=-1)
        by_product = np.zeros((world.draws, len(p.products)))
        for at, maker in enumerate(world.maker.values()):
            for k, line in enumerate(self.lines_of[at]):
                by_product[:, maker.products] += sold[:, line, None] * maker.mix[:, k]
        self.by_product = by_product
        recorder.write("accelerators_delivered", by_product, detail=p.products.names)
        self.binding = self._name_bindings(p)
        flags = (self.binding[:, :, None] == np.arange(len(BINDING))).astype(float)
        for at, maker in enumerate(world.maker.values()):
            recorder.write("binding_constraint", flags[:, at], definition=maker.name,
                           region="china" if maker.chinese else "united_states", detail=BINDING)
        recorder.write("accelerator_spending_usd_bn", total(self.paid) * MONTHS_PER_YEAR / 1e9)


def _together(parts):
    """Lines of all makers side by side, array (draws or 1, ..., lines)."""
    draws = max(part.shape[0] for part in parts)
    if any(part.shape[0] < draws for part in parts):
        parts = [np.broadcast_to(part, (draws, *part.shape[1:])) for part in parts]
    return np.concatenate(parts, axis=-1)
