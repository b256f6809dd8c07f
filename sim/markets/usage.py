"""Use of models: tokens, money, the serving it takes, and what it leaves behind on the hub and in opinion."""

import numpy as np

from ..mechanisms.ecosystem import decayed, derivative_shares, download_shares, downloads, release_attention
from ..mechanisms.model_choice import CHINESE_TOKENS, OWN_HOURS, TOKENS
from ..mechanisms.perception import opinion_target
from ..mechanisms.reputation import awareness_after, release_news
from ..mechanisms.self_hosting import accelerators_in_use
from ..mechanisms.token_demand import log_growth_per_month, remembered
from ..numerics import col, power, share, total
from ..units import MONTHS_PER_YEAR, years_between
from .alternatives import FIRST_PARTY, SELF_HOSTED

BLOCS = ("united_states", "china", "europe", "other")


class Usage:
    """Turns developers' choices into flows; keeps the hub's stocks and publics' opinion.

    Tokens in Mtok / month unless a name says trillion; arrays (draws, lines), (draws, regions), (draws, families).
    """

    def __init__(self, world, p):
        self.world, c = world, world.catalogue
        draws, regions, families = world.draws, len(p.regions), len(p.families)
        lines = len(p.model_lines)
        self.tokens_by_line, self.spend_by_line_usd, self.first_party_h100e = np.zeros((3, draws, lines))
        self.lab_revenue_usd = np.zeros((draws, len(p.labs)))
        self.ai_revenue_usd = np.zeros(draws)
        self.serving_demand_h100e, self.self_hosted_h100e = np.zeros((2, draws, regions))
        self.alternatives = a = c.alternatives
        self.tokens, self.spend = np.zeros((2, draws, a.number))  # of all developers, by alternative
        self._first_line = np.array([p.model_lines.lab.index(lab) for lab in dict.fromkeys(p.model_lines.lab)])
        self._labs_with_lines = np.array([p.labs.index[lab] for lab in dict.fromkeys(p.model_lines.lab)])
        self._year = np.zeros((draws, MONTHS_PER_YEAR))  # trillion tokens of the last twelve months

        names = p.families.names
        of_line = np.array([names.index(f) for f in p.model_lines.family])
        self._by_family = np.argsort(of_line, kind="stable")
        self._families_with_lines, self._first_of_family = np.unique(of_line[self._by_family], return_index=True)
        self._bloc = np.array([BLOCS.index(b) for b in p.families.bloc])
        self._other = names.index("other")
        self.attention, self.builders, self.derivative_stock = np.zeros((3, draws, families))
        self.log_automation = np.zeros(draws)
        known = p.reputation.awareness_start[[p.reputation.index[lab] for lab in p.labs.names]]
        self.known_on_hub = np.repeat(known[None], draws, axis=0)
        self.downloads_m, self.downloads_cumulative_m = np.zeros((2, draws, families))
        self.derivative_stock[:, self._other] = p.ecosystem.start_share
        self.derivative_stock[:, names.index("other_us")] = 1.0 - p.ecosystem.start_share
        self.derivative_stock *= col(p.ecosystem.derivatives_per_month_start * p.ecosystem.derivative_months)
        self.derivative_stock_share = share(self.derivative_stock, total(self.derivative_stock)[:, None])
        self.derivative_share = self.derivative_stock_share.copy()
        self.downloads_year_m = np.zeros((draws, len(BLOCS), MONTHS_PER_YEAR))
        self.opinion = np.full((draws, regions), np.nan)
        self.chinese = np.flatnonzero(c.lab_home[a.lab] == c.china)

    def settle(self, p):
        """Everything that follows from this month's choices."""
        self._count_tokens(p)
        self._locate_serving(p)
        self._grow_ecosystem(p)
        self._form_opinion(p)

    def _count_tokens(self, p):
        """Tokens and money by alternative, line and laboratory; self-hosted tokens are not sold."""
        c, people = self.world.catalogue, self.world.population
        self.tokens = people.by_view[:, 0] * c.tokens_per_task
        self.spend = self.tokens * c.price_usd_per_mtok * people.hosted
        a, first = self.alternatives, self.alternatives.hosts_of(FIRST_PARTY)[0]
        self.tokens_by_line, self.spend_by_line_usd = (
            a.lines_of(a.by_host(x)[:, first]) for x in (self.tokens * 1e-6, self.spend))
        self.lab_revenue_usd = np.zeros_like(self.lab_revenue_usd)
        self.lab_revenue_usd[:, self._labs_with_lines] = np.add.reduceat(
            np.ascontiguousarray(self.spend_by_line_usd), self._first_line, axis=1)
        self.ai_revenue_usd = total(self.spend)
        self._year[:, self.world.month % MONTHS_PER_YEAR] = total(self.tokens) * 1e-6

    def _locate_serving(self, p):
        """Accelerators that serving keeps busy, where it stands: at the lab's home, at hosts, at the user's own."""
        c, people, a = self.world.catalogue, self.world.population, self.alternatives
        busy = a.by_host(accelerators_in_use(self.tokens, c.h100e_hours_per_mtok))
        demand = np.zeros_like(self.serving_demand_h100e)
        home = c.lab_home[a.lab_of_vintage]
        for host, kind in enumerate(p.hosts.kind):
            if kind == FIRST_PARTY:
                self.first_party_h100e = a.lines_of(busy[:, host])
                for region in np.unique(home):
                    demand[:, region] += total(busy[:, host, home == region])
            elif kind != SELF_HOSTED:
                demand[:, a.region_of_host[host]] += total(busy[:, host])
        self.self_hosted_h100e = accelerators_in_use(total(people.accounts(OWN_HOURS)), 1.0)
        self.serving_demand_h100e = demand + self.self_hosted_h100e

    def _family_sums(self, by_line):
        """Sums over the lines of each family: (draws, lines) → (draws, families), same unit."""
        out = np.zeros_like(self.attention)
        ordered = np.ascontiguousarray(by_line[:, self._by_family])
        out[:, self._families_with_lines] = np.add.reduceat(ordered, self._first_of_family, axis=1)
        return out

    def _grow_ecosystem(self, p):
        """Attention to open releases, new derivatives, downloads of the month."""
        e, c, world = p.ecosystem, self.world.catalogue, self.world
        news = release_attention(
            c.released_now & c.line_open, c.line_capability, np.where(c.line_open, c.line_capability, 0.0).max(axis=1),
            p.model_lines.size_breadth, e.attention_quality, e.breadth_exponent)
        deployed = self._deployed()
        known = power(self._fame_on_hub(p, deployed), e.awareness_exponent)
        news = news * known[:, c.line_lab]
        self.attention = decayed(self.attention, e.attention_months) + self._family_sums(news)
        self.attention[:, self._other] = e.other_attention
        self.builders = remembered(self.builders, self.attention, 1.0 / e.derivative_lag_months)
        self.derivative_share = derivative_shares(self.builders, self.derivative_stock, e.derivative_attachment)
        years = years_between(world.start, world.month)
        made = e.derivatives_per_month_start * e.derivatives_fold_per_year**years
        self.derivative_stock = decayed(self.derivative_stock, e.derivative_months) + col(made) * self.derivative_share
        self.derivative_stock_share = share(self.derivative_stock, total(self.derivative_stock)[:, None])
        shares = download_shares(
            self.attention, self._family_sums(deployed), self.derivative_stock,
            (e.attention_weight, e.use_weight, e.derivative_weight))
        active = total(total(world.population.users))
        self.log_automation = self.log_automation + log_growth_per_month(e.automation_fold_per_year)
        self.downloads_m = downloads(shares, active, e.downloads_per_developer, self.log_automation)
        self.downloads_cumulative_m = self.downloads_cumulative_m + self.downloads_m
        at = world.month % MONTHS_PER_YEAR
        for bloc in range(len(BLOCS)):
            self.downloads_year_m[:, bloc, at] = total(self.downloads_m[:, self.of_bloc(bloc)])

    def of_bloc(self, bloc):
        """Which families are of a bloc, by its place in `BLOCS`: bool array (families,), dimensionless."""
        return self._bloc == bloc

    def _of_chinese(self, amounts):
        """Sum over Chinese models: (draws, alternatives) → (draws,), same unit."""
        return total(amounts.take(self.chinese, axis=-1))

    def _deployed(self):
        """Tokens of each line outside the laboratory's own service, array (draws, lines), Mtok / month."""
        return self.alternatives.by_line(self.tokens * ~self.alternatives.at(FIRST_PARTY))

    def _fame_on_hub(self, p, deployed):
        """Share of the hub's users who look at a laboratory: they follow open releases, whatever closed models do."""
        e, c, people = p.ecosystem, self.world.catalogue, self.world.population
        opened = np.where(c.line_open, c.line_capability, 0.0)
        gap = opened - opened.max(axis=1)[:, None]
        news = c.best_by_lab(release_news(gap, c.released_now & c.line_open, col(e.hub_news_sharpness)))
        hosted = people.by_lab(deployed)
        known = people.with_newcomers(self.known_on_hub)
        self.known_on_hub = awareness_after(
            known, news, col(e.hub_news_reach), share(hosted, total(hosted)[:, None]), col(p.developers.word_of_mouth))
        return self.known_on_hub

    def _form_opinion(self, p):
        """Publics move slowly towards what use and headlines suggest."""
        c, k = self.world.catalogue, p.perception
        news = share(self._of_chinese(self.tokens), total(self.tokens))
        best_us = np.where(c._line_us, c.line_capability, 0.0).max(axis=1)
        best_china = np.where(c._line_china, c.line_capability, 0.0).max(axis=1)
        gap = np.where((best_china > 0) & (best_us > 0), best_china - best_us, 0.0)
        target = opinion_target(k.baseline, p.regions.attitude_to_china, news, k.use_weight, gap, k.gap_weight)
        speed = 1.0 / p.observers_adoption.poll_lag_months
        self.opinion = np.where(np.isnan(self.opinion), target, remembered(self.opinion, target, speed))

    # --- records ---

    def record(self, p, recorder):
        """Write the truth on use."""
        c, world, people = self.world.catalogue, self.world, self.world.population
        regions, segments = p.regions.names, p.segments.names
        t = total(self.tokens)
        recorder.write("tokens_t_per_month", t * 1e-6)
        before = self._year[:, (world.month + 1) % MONTHS_PER_YEAR]
        recorder.write("token_growth_fold_per_year", np.where(before > 0, share(t * 1e-6, before), np.nan))
        recorder.write("open_weight_token_share", share(total(self.tokens * c.open_weight), t), definition="truth")
        own = total(self.tokens[:, self.alternatives.at(SELF_HOSTED)])
        recorder.write("self_hosted_token_share", share(own, t), definition="truth")
        recorder.write("chinese_token_share", share(self._of_chinese(self.tokens), t), definition="tokens")
        recorder.write("chinese_token_share", share(self._of_chinese(self.spend), self.ai_revenue_usd),
                       definition="spend")
        users = people.users[:, 0] + people.users[:, 1]
        recorder.write("chinese_token_share", share(self._of_chinese(users), total(users)), definition="users")
        used, chinese = people.accounts(TOKENS), people.accounts(CHINESE_TOKENS)
        abroad = (np.arange(len(regions)) != c.china) * 1.0
        recorder.write("chinese_token_share", share(*(total(total(x, axis=2) * abroad) for x in (chinese, used))),
                       definition="tokens abroad")
        for axis, places in ((2, {"region": regions}), (1, {"detail": segments})):
            recorder.write("chinese_token_share", share(total(chinese, axis=axis), total(used, axis=axis)),
                           definition="tokens", **places)
        labs = np.zeros_like(self.lab_revenue_usd)
        every_host = self.alternatives.by_line(self.tokens)
        labs[:, self._labs_with_lines] = np.add.reduceat(every_host, self._first_line, axis=1)
        recorder.write("concentration_hhi", total(share(labs, t[:, None]) ** 2))
        recorder.write("perception_index", self.opinion, region=regions)
