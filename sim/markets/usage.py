"""Use of models: tokens, money, the serving it takes, and what it leaves behind on the hub and in opinion."""

import numpy as np

from ..mechanisms.ecosystem import decayed, derivative_shares, download_shares, downloads, release_attention
from ..mechanisms.model_choice import CHINESE_TOKENS, OWN_HOURS, TOKENS
from ..mechanisms.perception import opinion_target
from ..mechanisms.reputation import awareness_after, release_news
from ..mechanisms.self_hosting import accelerators_in_use
from ..mechanisms.token_demand import log_growth_per_month, remembered
from ..numerics import FirstLastSums, GroupSums, col, power, share, shares_of_total, total, weighted_total
from ..units import MONTHS_PER_YEAR, years_between
from .alternatives import DERIVATIVE, FIRST_PARTY, INDEPENDENT, KINDS, SELF_HOSTED
from .standing import CHINA, OPEN, US
from .tally import busy_by_region, count_tokens

BLOCS = ("united_states", "china", "europe", "other")


class Usage:
    """Turns developers' choices into flows; keeps the hub's stocks and publics' opinion.

    Tokens in Mtok / month unless a name says trillion; arrays (draws, lines), (draws, regions), (draws, families).
    """

    def __init__(self, world, p):
        self.world, c = world, world.catalogue
        draws, regions, families = world.draws, len(p.regions), len(p.families)
        lines = len(p.model_lines)
        self._at_laboratories = np.zeros((3, draws, lines))  # trillion tokens and USD a month, H100e
        self.tokens_by_line, self.spend_by_line_usd, self.first_party_h100e = self._at_laboratories
        self._units = np.array([1e-6, 1.0, 1.0])[:, None, None]
        self.lab_revenue_usd = np.zeros((draws, len(p.labs)))
        self.ai_revenue_usd = np.zeros(draws)
        self.serving_demand_h100e, self.self_hosted_h100e = np.zeros((2, draws, regions))
        self.alternatives = a = c.alternatives
        # of all developers, by alternative; and the accelerators that serving them keeps busy
        self._flows = np.zeros((3, draws, a.number))
        self.tokens, self.spend, self._busy = self._flows
        self.tokens_by_vintage, self._elsewhere = np.zeros((2, draws, a.vintages))  # at all hosts, at others
        self._sells, self._others = (a.kind_of_host != KINDS.index(kind) for kind in (SELF_HOSTED, FIRST_PARTY))
        self._home = home = c.lab_home[a.lab_of_vintage]
        self._of_labs = FirstLastSums(c.line_lab, len(p.labs))
        self._year = np.zeros((draws, MONTHS_PER_YEAR))  # trillion tokens of the last twelve months

        names = p.families.names
        self._of_families = FirstLastSums([names.index(f) for f in p.model_lines.family], families)
        self.of_blocs = GroupSums([BLOCS.index(b) for b in p.families.bloc], len(BLOCS))
        self._other = names.index("other")
        self.attention, self.builders, self.derivative_stock = np.zeros((3, draws, families))
        self.log_automation = np.zeros(draws)
        known = p.reputation.awareness_start[[p.reputation.index[lab] for lab in p.labs.names]]
        self.known_on_hub = np.repeat(known[None], draws, axis=0)
        self.downloads_m, self.downloads_cumulative_m = np.zeros((2, draws, families))
        self.derivative_stock[:, self._other] = p.ecosystem.start_share
        self.derivative_stock[:, names.index("other_us")] = 1.0 - p.ecosystem.start_share
        self.derivative_stock *= col(p.ecosystem.derivatives_per_month_start * p.ecosystem.derivative_months)
        self.derivative_stock_share = shares_of_total(self.derivative_stock)
        self.derivative_share = self.derivative_stock_share.copy()
        self.downloads_year_m = np.zeros((draws, len(BLOCS), MONTHS_PER_YEAR))
        self.opinion = np.full((draws, regions), np.nan)
        self.abroad = np.arange(regions) != c.china
        self._sold_by_chinese = np.flatnonzero(c.lab_home[a.lab] == c.china)
        self.declared_chinese = np.append(home == c.china, np.zeros(a.vintages))  # a derivative has another name

    def settle(self, p):
        """Everything that follows from this month's choices."""
        self._count_tokens(p)
        self._locate_serving(p)
        self._grow_ecosystem(p)
        self._form_opinion(p)

    def _count_tokens(self, p):
        """Tokens and money by alternative, line and laboratory; self-hosted tokens are not sold."""
        c, people, a = self.world.catalogue, self.world.population, self.alternatives
        count_tokens(people.by_view, c.tokens_per_task, c.price_usd_per_mtok, c.h100e_hours_per_mtok, self._sells,
                     self._others, self.tokens, self.spend, self._busy, self.tokens_by_vintage, self._elsewhere)
        self._at_laboratories[:] = a.lines_of(a.by_vintage(self._flows, FIRST_PARTY) * self._units)
        self.lab_revenue_usd = self._of_labs(self.spend_by_line_usd)
        self.all_tokens, self.ai_revenue_usd = total(self._flows[:2])
        self.chinese_share = self._share_of_chinese(self.tokens, self.all_tokens)
        self._year[:, self.world.month % MONTHS_PER_YEAR] = self.all_tokens * 1e-6

    def _locate_serving(self, p):
        """Accelerators that serving keeps busy, where it stands: at the lab's home, at hosts, at the user's own."""
        people, a = self.world.population, self.alternatives
        hosts = a.run_of(FIRST_PARTY, INDEPENDENT, DERIVATIVE)
        self.self_hosted_h100e = accelerators_in_use(total(people.accounts(OWN_HOURS)), 1.0)
        self.serving_demand_h100e = self.self_hosted_h100e + busy_by_region(
            a.by_host(self._busy)[:, hosts], self._home, a.region_of_host[hosts], len(p.regions))

    def _grow_ecosystem(self, p):
        """Attention to open releases, new derivatives, downloads of the month."""
        e, c, world, a = p.ecosystem, self.world.catalogue, self.world, self.alternatives
        opened_now = c.released_now & c.line_open
        news = release_attention(opened_now, c.line_capability, c.best_on_offer[OPEN], p.model_lines.size_breadth,
                                 e.attention_quality, e.breadth_exponent)
        deployed = a.lines_of(self._elsewhere)  # outside the laboratory's own service
        known = power(self._fame_on_hub(p, opened_now, deployed), e.awareness_exponent)
        news = news * known.take(c.line_lab, axis=1)
        self.attention = decayed(self.attention, e.attention_months) + self._of_families(news)
        self.attention[:, self._other] = e.other_attention
        self.builders = remembered(self.builders, self.attention, 1.0 / e.derivative_lag_months)
        self.derivative_share = derivative_shares(self.builders, self.derivative_stock, e.derivative_attachment)
        years = years_between(world.start, world.month)
        made = e.derivatives_per_month_start * e.derivatives_fold_per_year**years
        self.derivative_stock = decayed(self.derivative_stock, e.derivative_months) + col(made) * self.derivative_share
        self.derivative_stock_share = shares_of_total(self.derivative_stock)
        shares = download_shares(
            self.attention, self._of_families(deployed), self.derivative_stock,
            (e.attention_weight, e.use_weight, e.derivative_weight))
        self.active = total(total(world.population.users))
        self.log_automation = self.log_automation + log_growth_per_month(e.automation_fold_per_year)
        self.downloads_m = downloads(shares, self.active, e.downloads_per_developer, self.log_automation)
        self.downloads_cumulative_m = self.downloads_cumulative_m + self.downloads_m
        self.downloads_year_m[:, :, world.month % MONTHS_PER_YEAR] = self.of_blocs(self.downloads_m)

    def _share_of_chinese(self, amounts, whole):
        """Share of Chinese models in amounts (draws, alternatives) of which all are a whole (draws,); dimensionless."""
        return share(self._of_chinese(amounts), whole)

    def _of_chinese(self, amounts):
        """What amounts (draws, ..., alternatives) of Chinese models come to, array (draws, ...), same unit."""
        return total(amounts.take(self._sold_by_chinese, axis=-1))

    def _fame_on_hub(self, p, opened_now, deployed):
        """Share of the hub's users who look at a laboratory: they follow open releases, whatever closed models do."""
        e, c, people = p.ecosystem, self.world.catalogue, self.world.population
        gap = np.minimum(c.line_capability - c.best_on_offer[OPEN, :, None], 0.0)
        news = c.best_by_lab(release_news(gap, opened_now, col(e.hub_news_sharpness)))
        hosted = self.world.laboratories.by_lab(deployed)
        known = people.with_newcomers(self.known_on_hub)
        self.known_on_hub = awareness_after(
            known, news, col(e.hub_news_reach), shares_of_total(hosted), col(p.developers.word_of_mouth))
        return self.known_on_hub

    def _form_opinion(self, p):
        """Publics move slowly towards what use and headlines suggest."""
        c, k = self.world.catalogue, p.perception
        best_us, best_china = c.best_on_offer[US], c.best_on_offer[CHINA]
        gap = np.where((best_china > 0) & (best_us > 0), best_china - best_us, 0.0)
        target = opinion_target(
            k.baseline, p.regions.attitude_to_china, self.chinese_share, k.use_weight, gap, k.gap_weight)
        speed = 1.0 / p.observers_adoption.poll_lag_months
        self.opinion = np.where(np.isnan(self.opinion), target, remembered(self.opinion, target, speed))

    # --- records ---

    def record(self, p, recorder):
        """Write the truth on use."""
        c, world, people = self.world.catalogue, self.world, self.world.population
        regions, segments = p.regions.names, p.segments.names
        t, a = self.all_tokens, self.alternatives
        recorder.write("tokens_t_per_month", t * 1e-6)
        before = self._year[:, (world.month + 1) % MONTHS_PER_YEAR]
        recorder.write("token_growth_fold_per_year", np.where(before > 0, share(t * 1e-6, before), np.nan))
        opened = weighted_total(self.tokens_by_vintage, c.vintage_open)
        recorder.write("open_weight_token_share", share(opened, t), definition="truth")
        own = total(a.by_host(self.tokens)[:, a.hosts_of(SELF_HOSTED)[0]])
        recorder.write("self_hosted_token_share", share(own, t), definition="truth")
        for definition, found in (("tokens", self.chinese_share),
                                  ("spend", self._share_of_chinese(self.spend, self.ai_revenue_usd)),
                                  ("users", share(total(self._of_chinese(people.users)), self.active))):
            recorder.write("chinese_token_share", found, definition=definition)
        used, chinese = people.accounts(TOKENS), people.accounts(CHINESE_TOKENS)
        in_region = total(chinese), total(used)
        recorder.write("chinese_token_share", share(*(weighted_total(x, self.abroad) for x in in_region)),
                       definition="tokens abroad")
        recorder.write("chinese_token_share", share(*in_region), definition="tokens", region=regions)
        recorder.write("chinese_token_share", share(total(chinese, axis=1), total(used, axis=1)), definition="tokens",
                       detail=segments)
        labs = self.world.laboratories.by_lab(a.lines_of(self.tokens_by_vintage))
        recorder.write("concentration_hhi", total(share(labs, t[:, None]) ** 2))
        recorder.write("perception_index", self.opinion, region=regions)
