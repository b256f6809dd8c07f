"""The population of developers: one agent that owns arrays and steps them with one compiled call."""

import mesa
import numpy as np

from ..markets.alternatives import DERIVATIVE, FIRST_PARTY, INDEPENDENT, KINDS, SELF_HOSTED
from ..markets.seen import Seen
from ..mechanisms import model_choice as kernel
from ..mechanisms import population as people
from ..mechanisms.hosting import seen_log_cost
from ..mechanisms.reputation import awareness_after, release_news
from ..mechanisms.token_demand import adoption_share, log_growth_per_month, rebound, remembered
from ..numerics import col, exp, largest_of_groups, log, share, total, weighted_total
from ..units import growth_per_month, month_number

CLOCK = month_number("2022-01")
VIEWS = ("world", "router", "survey")  # whose tokens the kernel adds up apart
SELF = KINDS.index(SELF_HOSTED)
NO_ACCELERATORS = 10.0  # log points: nobody runs models where no accelerator stands


class Developers(mesa.Agent):
    """Each developer now and then reconsiders a model of the portfolio, and uses tokens according to price and habit.

    Arrays have shape (draws, developers, …); groups are region × segment, index ``region * segments + segment``.
    """

    def __init__(self, world, p, developers):
        super().__init__(world)
        self.developers = int(developers)
        self.regions, self.segments = len(p.regions), len(p.segments)
        self.groups = self.regions * self.segments
        self.region = np.repeat(np.arange(self.regions), self.segments)
        self.segment = np.tile(np.arange(self.segments), self.regions)
        self.market = (self.region == world.catalogue.china).astype(np.int64)
        self._of_market = [np.flatnonzero(self.market == market) for market in (0, 1)]
        self.keys = people.draw_keys(world.seed, world.draw_ids)
        self._settle_groups(p)
        self._draw_people(p)
        self._label_alternatives(p)
        draws, kinds, c = world.draws, world.catalogue.alternatives.number, world.catalogue.alternatives
        self.portfolio = np.full((draws, self.developers, kernel.SLOTS), kernel.EMPTY, np.uint16)
        self.changed = np.full((draws, self.developers), -1, np.int32)
        self.features = np.zeros((draws, 5, c.vintages), np.float32)
        self.rules = np.zeros((draws, 15), np.float32)
        self.reach, self.at_home = np.zeros((2, draws, self.regions, c.hosts), np.float32)
        self.by_group = np.zeros((draws, self.groups, kernel.ACCOUNTS))  # columns as in the kernel
        self.by_view = np.zeros((draws, len(VIEWS), kinds))  # Mtok a month of plain answers: without reasoning
        self.users = np.zeros((draws, 2, kinds))  # developers by main model, outside China and in China
        self.firms = np.zeros((draws, 3))  # surveyed firms: all, with three labs or more, with a new vendor in a year
        rows = [p.reputation.index[lab] for lab in p.labs.names]
        start = np.stack([p.reputation.awareness_start[rows], p.reputation.awareness_start_china[rows]])
        self._known_at_start, self.active, self.newcomers = start, np.zeros((draws, 2)), np.zeros((draws, 2))
        self.awareness = np.repeat(start[None], draws, axis=0)  # (draws, 2 markets, labs): outside China, in China
        self.need_level = np.full(draws, np.nan)
        self.habit = np.full((draws, self.segments), np.nan)  # ln USD per Mtok of task, as remembered
        self.habit_start = np.full((draws, self.segments), np.nan)
        self.log_uses = np.zeros((draws, self.segments))
        self._drawn_of, self._law_of, self._looks_of, self._contacts_of = Seen(), Seen(), Seen(), Seen()
        self._hosting_of, self._start_of, self._rules_of, self._priced_of = Seen(), Seen(), Seen(), Seen()
        self._drawn_of.anew(p.segments, p.regions)
        self._barred = self._distance = self._hosted = self._tokens_start = np.zeros(0)

    # --- who they are ---

    def _settle_groups(self, p):
        """Population, sample and surveys by group."""
        d, s, r = p.developers, p.segments, p.regions
        leading = np.array([kind == "leading" for kind in r.type])
        self.population = people.group_shares(r.developers_share, leading, s.developers_share, s.emerging_share)
        self.population = self.population * d.population_m * 1e6
        self.sample = people.sample_shares(self.population / self.population.sum(), d.sampling_exponent)
        self.standing = self.population / (self.sample * self.developers)
        self.surveyed = np.ascontiguousarray(r.survey_factor[self.region] * s.survey_weight[self.segment])
        router = np.minimum(r.router_factor[self.region] * s.router_share[self.segment], 1.0)
        self.views = np.stack([np.ones(self.groups), router, self.surveyed])
        self.reconsider = np.stack([s.contract_reconsider, s.call_reconsider], axis=1)[self.segment].astype(np.float32)

    def _draw_people(self, p):
        """Group, size, portfolio and tastes of each developer, by number, whatever the block of draws."""
        d, s, n, keys = p.developers, p.segments, self.developers, self.keys
        group = people.assign(people.recurrence(keys, n, people.GOLDEN, 1), self.sample)
        self.group = group.astype(np.uint16)
        seg = self.segment[group]
        quantile = people.recurrence(keys, n, people.PLASTIC, 2)
        volume, heavy = people.heavy_users(quantile, s.volume_sigma[seg], d.volume_sampling)
        sampled = people.entry_exponent(n, d.entry_sampling, d.entry_sampling_below)
        entry, early = people.early_adopters(people.uniform(keys, n, 9), sampled)
        self.volume, self.entry = volume.astype(np.float32), entry.astype(np.float32)
        self.stands = (heavy * early).astype(np.float32)
        shares = np.stack([s.portfolio_1, s.portfolio_2, s.portfolio_3, s.portfolio_4], axis=1)
        self.size = people.portfolio_size(people.uniform(keys, n, 3), shares[seg]).astype(np.uint8)
        scale = col(d.taste_scale)
        tastes = np.empty((*group.shape, 8), np.float32)
        normal, number = people.normal_taste, people.uniform
        price = normal(number(keys, n, 4), s.price_mean[seg], s.price_sd[seg], 0.05)
        tastes[..., kernel.PRICE] = scale * price
        tastes[..., kernel.CAPABILITY] = scale * s.capability_weight[seg]
        tastes[..., kernel.NEED] = normal(
            people.recurrence(keys, n, people.PLASTIC_2, 5), s.need_points[seg], s.need_spread[seg])
        tastes[..., kernel.CODING] = s.coding_weight[seg]
        tastes[..., kernel.OPEN] = scale * normal(number(keys, n, 6), s.open_mean[seg], s.open_sd[seg])
        tastes[..., kernel.AVERSION] = scale * s.aversion[seg] * (0.5 + number(keys, n, 7))
        tastes[..., kernel.SELF_HOST] = scale * s.self_host_mean[seg]
        tastes[..., kernel.BAR] = number(keys, n, 8)
        self.tastes = tastes
        self._price_taste = tastes[..., kernel.PRICE].copy()
        self.slot_share = people.slot_shares(p.segments.main_model_share)

    def _follow_records(self, p):
        """Draw everybody again, with the same numbers, when a dated change touches segments or regions."""
        if not self._drawn_of.anew(p.segments, p.regions):
            return
        self._settle_groups(p)
        self._draw_people(p)
        self.portfolio[np.arange(kernel.SLOTS) >= self.size[..., None]] = kernel.EMPTY

    def _label_alternatives(self, p):
        """What does not change about an alternative: laboratory, host, legal class, family, nest."""
        c = self.model.catalogue
        a = self.alternatives = c.alternatives
        home = c.lab_home[a.lab]
        region = a.region_of_host[a.host]
        stands = np.where(region >= 0, region, np.where(a.at(FIRST_PARTY), home, -1))
        chinese, american, derived = home == c.china, home == c.us, a.at(DERIVATIVE)
        self.chinese, self.american = chinese, american
        self.stands_in_china, self.stands_in_us = stands == c.china, stands == c.us
        self.legal_class = np.select(
            [chinese & derived, chinese & self.stands_in_china, chinese, american & self.stands_in_us, american],
            [kernel.CHINESE_DERIVATIVE, kernel.CHINESE_SERVED, kernel.CHINESE_OPEN, kernel.US_SERVED, kernel.US_OPEN],
            kernel.NEUTRAL).astype(np.int32)
        own, first = a.at(SELF_HOSTED), a.at(FIRST_PARTY)
        self.marks = np.stack([chinese, own, first, first & chinese], axis=1).astype(float)
        self._lab_of_vintage = a.lab_of_vintage.astype(np.int32)
        self._line_of_vintage = a.line_of_vintage.astype(np.int32)
        self._not_own = a.kind_of_host != SELF
        self._own_host = (~self._not_own).astype(np.float32)
        self.nest = (2 * a.kind_of_host[:, None] + np.arange(2)).astype(np.int32)
        self._labs, self.chinese_lab = len(p.labs), c.lab_home == c.china
        self._bloc = self.chinese_lab.astype(np.int64)  # of each laboratory: kin are those of the same one
        families = p.families.names
        self.line_family = np.array([families.index(f) for f in p.model_lines.family])
        ring = (*people.RING, *(-x for x in people.RING))
        self.offsets = np.array(ring, dtype=np.int64)

    # --- what they decide ---

    def choose_models(self, p):
        """Let those who reconsider choose, then add up what everybody uses."""
        self._follow_records(p)
        self.adoption = self._adoption(p)
        self._hear_news(p)
        self._see_offer(p)
        self._set_rules(p)
        self._read_law(p)
        for out in (self.by_group, self.by_view, self.users, self.firms):
            out[:] = 0.0
        a, c, d = self.alternatives, self.model.catalogue, p.developers
        access = a.by_host(c.available * self.legal_class)
        kernel.choose_month(
            self.model.month, d.choice_form == "nested_logit",
            kernel.People(self.keys, self.group, self.entry, self.volume, self.stands, self.size, self.legal,
                          self.looks, self.tastes, self.contacts, self.portfolio, self.changed),
            kernel.Offer(self.features, self._log_cost(p), access, c.successor, c.newest, c.gone,
                         c.first_above, self._lab_of_vintage, self._line_of_vintage,
                         self._distance, self._hosting(p), self.reach, self.at_home, self._own_host, self.nest,
                         c.tokens_per_task[:, :a.vintages], a.by_host(self.cost), a.by_host(c.h100e_hours_per_mtok),
                         self.marks),
            kernel.Groups(self.region, self.segment, self.market, self.adoption.astype(np.float32), self._barred,
                          self._activity(p), self.reconsider, self.standing, self.surveyed, self.views,
                          self._own_rent()),
            kernel.Terms(self.rules, self._dissimilarity(p), self.slot_share),
            kernel.Tally(self.by_view, self.by_group, self.users, self.firms))  # fmt: skip
        self._remember_prices(p)

    def _log_cost(self, p):
        """Logarithm of the cost of work as it is weighed, float32 array (draws, hosts, vintages)."""
        d, a, cost = p.developers, self.alternatives, self.alternatives.by_host(self.cost)
        return seen_log_cost(log(cost), cost, self.model.catalogue.vintage_open, self._not_own,
                             a.hosts_of(INDEPENDENT)[0], d.task_worth_usd_per_mtok, d.host_price_response)

    def _own_rent(self):
        """Logarithm of rent where the user is over that in the price, float32 array (draws, regions)."""
        rents = self.model.compute.independent_usd_per_h100e_hour
        none = self.model.compute.region_h100e <= 0  # nothing to run it on
        return np.where(none, NO_ACCELERATORS, log(rents / rents[:, self.model.catalogue.us, None])).astype(np.float32)

    def _dissimilarity(self, p):
        """Dissimilarity of each nest (kind of host × openness), float32 array (draws, nests)."""
        found = np.empty((self.model.draws, self.nest.max() + 1), np.float32)
        found[:] = col(p.developers.nest_dissimilarity)
        return found

    def accounts(self, column):
        """One column of the kernel's accounts by region and segment, array (draws, regions, segments)."""
        return self.by_group[:, :, column].reshape(-1, self.regions, self.segments)

    def _hear_news(self, p):
        """Learn of laboratories: from releases near the frontier or of kin, and from users; newcomers know few."""
        c, d = self.model.catalogue, p.developers
        best = np.maximum(c.line_capability, c.line_coding)
        gap = best - best.max(axis=1)[:, None]
        news = c.best_by_lab(release_news(gap, c.released_now, col(d.news_sharpness)))
        kin = largest_of_groups(news, self._bloc, np.zeros(2)).take(self._bloc, axis=1)
        heard = news + col(d.kin_spill_over) * kin
        use = share(self.model.laboratories.by_lab(self.alternatives.by_line(self.users)), total(self.users)[..., None])
        before, self.active = self.active, np.empty_like(self.active)
        for market, there in enumerate(self._of_market):
            self.active[:, market] = weighted_total(self.adoption.take(there, axis=1), self.population.take(there))
        self.newcomers = share(np.maximum(self.active - before, 0.0), self.active)
        self.awareness = awareness_after(self.with_newcomers(self.awareness, slice(None)), heard[:, None],
                                         np.reshape(d.news_reach, (-1, 1, 1)), use,
                                         np.reshape(d.word_of_mouth, (-1, 1, 1)))

    def with_newcomers(self, known, market=0):
        """Awareness (draws, ..., labs), share, newcomers to one or all markets included: they know what was known."""
        new = self.newcomers[:, market, None]
        return (1.0 - new) * known + new * self._known_at_start[market]

    def _see_offer(self, p):
        """Features of every vintage this month, and what work costs with it."""
        c, d, f, a = self.model.catalogue, p.developers, self.features, self.alternatives
        f[:, kernel.LEVEL] = c.capability
        f[:, kernel.CODING_GAP] = c.coding - c.capability
        f[:, kernel.OPENNESS] = c.vintage_open
        self.cost = c.price_usd_per_mtok * c.tokens_per_task
        tools = col(d.ecosystem_weight) * self.model.usage.derivative_stock_share.take(self.line_family, axis=1)
        appeal = col(d.novelty_bonus) * exp(-c.age_months / d.novelty_months)
        appeal += tools.take(a.line_of_vintage, axis=1) * c.vintage_open
        known = d.awareness_weight * log(self.awareness)
        appeals = appeal[:, None] + known.take(a.lab_of_vintage, axis=2)
        f[:, kernel.APPEAL : kernel.APPEAL_CHINA + 1] = np.reshape(d.taste_scale, (-1, 1, 1)) * appeals
        if self._priced_of.anew(d.price_sensitivity, self._price_taste):
            self.tastes[..., kernel.PRICE] = self._price_taste * col(d.price_sensitivity)

    def _set_rules(self, p):
        """The choice model's parameters, one row a draw."""
        d, rules = p.developers, self.rules
        frontier = self.model.catalogue.frontier
        self.need_level = np.where(
            np.isnan(self.need_level), frontier, remembered(self.need_level, frontier, d.need_memory))
        rules[:, kernel.FRONTIER] = self.need_level
        if not self._rules_of.anew(d):
            return
        for column, value in (
            (kernel.SATURATION, d.saturation_points), (kernel.SHORTFALL, d.shortfall_slope),
            (kernel.CONTRACT_LOYALTY, d.contract_loyalty), (kernel.CALL_LOYALTY, d.call_loyalty),
            (kernel.MODEL_LOYALTY, d.model_loyalty), (kernel.CONTACT, d.contact_weight),
            (kernel.SAME_LAB, d.same_lab_penalty), (kernel.SLOT_STEP, d.slot_need_step),
            (kernel.BREAK_EVEN, d.self_host_break_even_mtok),
            (kernel.REWIRE, d.rewired_share), (kernel.UPGRADE, d.automatic_upgrade_share),
            (kernel.FIRST, d.first_to_solve_bonus), (kernel.OWN_FROM, d.self_host_from_mtok),
            (kernel.LOOKS_BACK, d.former_considered_share),
        ):  # fmt: skip
            rules[:, column] = value

    def _read_law(self, p):
        """Bars and distances again, but only in a month in which something about them has changed."""
        if self._law_of.anew(p.procurement, p.regions, p.segments, p.developers, p.hosts):
            self._barred, self._distance = self._bars(p), self._foreign(p)
            self._reach_hosts(p)
            self.legal = kernel.legal_classes(self.group, self.tastes, self._barred)
            back, rewired = self.rules[:, kernel.LOOKS_BACK].copy(), self.rules[:, kernel.REWIRE].copy()
            if self._looks_of.anew(self.group, self.reach.tobytes(), back.tobytes()):
                self.looks = kernel.hosts_considered(self.keys, self.group, self.region, self.reach, back)
            if self._contacts_of.anew(rewired.tobytes()):
                self.contacts = kernel.contacts_of(self.keys, self.developers, self.offsets, rewired)

    def _foreign(self, p):
        """Distance of each alternative from each region, 0 to about 2: origin of weights, place of service."""
        r, a, premium = p.regions, self.alternatives, p.developers.host_premium
        minded = p.hosts.origin_weight[a.host]
        china = self.chinese * minded + premium * self.stands_in_china
        us = self.american * minded + premium * self.stands_in_us
        distance = r.aversion_to_china[:, None] * china + r.aversion_to_us[:, None] * us
        return a.by_host(distance.astype(np.float32))

    def _reach_hosts(self, p):
        """How many of a region's developers consider each host (share), and what one at home is worth more (utils)."""
        d, a, c = p.developers, self.alternatives, self.model.catalogue
        home = np.arange(self.regions)[:, None] == a.region_of_host
        self.reach[:] = np.where(home, p.hosts.reach_home, p.hosts.reach_abroad)
        self.reach[:, c.china, a.region_of_host == c.us] *= 1.0 - col(p.procurement.us_services_unavailable_in_china)
        self.at_home[:] = np.reshape(d.home_host_preference, (-1, 1, 1)) * home

    def _hosting(self, p):
        """Utility of each alternative's host by segment, utils, float32 array (segments, hosts, vintages)."""
        d, s, a, month = p.developers, p.segments, self.alternatives, self.model.month
        started = int(sum(start <= month for start in getattr(p.distribution, "from")))  # changes when one starts
        if not self._hosting_of.anew(p.developers, p.segments, p.hosts, p.distribution, p.labs, started):
            return self._hosted
        contract = np.zeros(self._labs)  # share of cloud spending under whose contracts a laboratory can be bought
        sold = p.distribution
        for lab, start, part in zip(sold.lab, getattr(sold, "from"), sold.share, strict=True):
            if start <= month and lab in p.labs.index:
                contract[p.labs.index[lab]] = part
        covered = contract[a.lab] * p.hosts.contract_share[a.host]
        utility = d.first_party_preference * a.at(FIRST_PARTY)
        utility = utility + s.independent_preference[:, None] * a.at(INDEPENDENT, DERIVATIVE)
        utility = utility + s.distribution_weight[:, None] * covered
        self._hosted = a.by_host(utility.astype(np.float32))
        return self._hosted

    def _adoption(self, p, month=None):
        """Share of developers of each group who build on models, array (draws, groups)."""
        d = p.developers
        months = (self.model.month if month is None else month) - CLOCK
        by_region = adoption_share(
            float(months), col(d.adoption_ceiling), col(d.adoption_midpoint_months), p.regions.adoption_lag_months,
            d.adoption_width_months)
        return (by_region + np.zeros((self.model.draws, 1))).repeat(self.segments, axis=1)

    def _bars(self, p):
        """Share of each group barred from each legal class, array (draws, groups, 4): firms' own rules and the law."""
        q, r, s = p.procurement, p.regions, p.segments
        bars = np.zeros((self.model.draws, self.regions, self.segments, kernel.BARRED_CLASSES), np.float32)
        outside = np.minimum(r.aversion_to_china, 1.0)[:, None]
        for kind, share_barred in enumerate((s.bar_chinese_served, s.bar_chinese_open, s.bar_chinese_derivative)):
            bars[..., kind] = outside * share_barred
        us, china = r.names.index("united_states"), r.names.index("china")
        allies = [r.names.index("europe"), r.names.index("east_asia")]
        covered = [0, *[1] * bool(q.bars_cover_open_weights_at_home), *[2] * bool(q.bars_cover_derivatives_at_home)]
        government, enterprise = s.names.index("government"), s.names.index("regulated_enterprise")
        for places, who, lever in (
            ([us], [government], q.chinese_models_barred_us_government),
            ([us], [government, enterprise], q.chinese_models_barred_us_contractors),
            ([us], range(self.segments), q.chinese_models_barred_us_all),
            (allies, [government], q.chinese_models_barred_allied_government),
            (allies, [enterprise], q.chinese_models_barred_allied_firms),
        ):
            for place in places:
                for segment in who:
                    for kind in covered:
                        bars[:, place, segment, kind] = np.maximum(bars[:, place, segment, kind], lever)
        bars[:, china, :, 3] = col(q.us_services_unavailable_in_china)
        bars[:, china, :, 4] = s.bar_us_open
        bars[:, china, government, 4] = np.maximum(s.bar_us_open[government], q.us_models_barred_china_government)
        return bars.reshape(self.model.draws, self.groups, kernel.BARRED_CLASSES)

    # --- how much they use ---

    def _activity(self, p):
        """Mtok a month of a developer of mean size, by group, array (draws, groups)."""
        d, s, world = p.developers, p.segments, self.model
        self.log_uses += col(log_growth_per_month(d.new_uses_fold_per_year)) * s.growth_factor
        if self._start_of.anew(p.developers, p.segments, p.regions):
            people_then = total((self.population * self._adoption(p, world.start)).reshape(
                world.draws, self.regions, self.segments).transpose(0, 2, 1))
            tokens = col(d.tokens_start_t_per_month) * 1e6 * s.token_share_start / s.token_share_start.sum()
            self._tokens_start = tokens / people_then
        grown = exp(self.log_uses) * growth_per_month(d.population_growth_per_year) ** (world.month - world.start)
        if not np.isnan(self.habit).all():
            moved = rebound(self.habit, self.habit_start, col(d.rebound_elasticity))
            grown = grown * np.where(np.isnan(self.habit).any(axis=-1, keepdims=True), 1.0, moved)
        return (self._tokens_start * grown).take(self.segment, axis=1)

    def _remember_prices(self, p):
        """What each segment pays for a task enters its habits."""
        used, spent = (total(self.accounts(x), axis=1) for x in (kernel.TASKS, kernel.COST))
        paid = share(spent, used)
        fresh = np.isnan(self.habit)
        news = np.where(used > 0, log(np.where(used > 0, paid, 1.0)), np.where(fresh, 0.0, self.habit))
        self.habit = np.where(fresh, news, remembered(self.habit, news, p.developers.price_memory))
        self.habit_start = np.where(np.isnan(self.habit_start), self.habit, self.habit_start)
