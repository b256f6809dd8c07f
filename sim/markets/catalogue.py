"""The catalogue: what models are on offer this month, from which host, how good and at what price."""

import numpy as np

from ..mechanisms.diffusion import at_lag
from ..mechanisms.hosting import asked
from ..mechanisms.offers import Hosts, Vintages, offer
from ..mechanisms.weight_licence import licence_in_force, permitted
from ..numerics import col, largest_of_groups, share, total
from ..units import MONTHS_PER_YEAR
from .alternatives import DERIVATIVE, FIRST_PARTY, INDEPENDENT, Alternatives
from .newcomers import take_places
from .seen import Seen
from .standing import CHINA, CLOSED, LEVELS, OPEN, US, compare


class Catalogue:
    """Collects what laboratories offer and keeps what they need to know of one another.

    A line keeps its newest vintage and one or more former ones on offer until they are retired or their place is taken;
    an alternative is a vintage at a host (see `Alternatives`). Arrays (draws, alternatives), (draws, vintages),
    (draws, lines) or (draws, labs); capability 0 means not released yet.
    """

    def __init__(self, world, p):
        self.world = world
        lines, draws, labs = p.model_lines, world.draws, len(p.labs)
        n = len(lines)
        regions = p.regions.names
        self.n_lines = n
        self.line_lab, self.lab_home = world.laboratories.line_lab, world.laboratories.home
        self.alternatives = Alternatives(p, self.line_lab)
        self.us, self.china = regions.index("united_states"), regions.index("china")
        self._none = np.zeros(labs)  # the best of a laboratory without lines
        self._line_home = self.lab_home[self.line_lab]
        self.line_of_blocs = np.stack([self._line_home == self.us, self._line_home == self.china])
        self._line_us, self._line_china = self.line_of_blocs
        self._homes = tuple((name, np.flatnonzero(self.lab_home == regions.index(name)))
                            for name in ("united_states", "china"))

        months = world.end - world.start + 1
        number, vintages = self.alternatives.number, self.alternatives.vintages
        self.available = np.zeros((draws, number), dtype=bool)
        self.price_usd_per_mtok, self.tokens_per_task, self.h100e_hours_per_mtok = np.ones((3, draws, number))
        self.place = np.full((draws, n), -1)  # which of its line's places the newest vintage has
        self.age_months = np.zeros((draws, vintages))
        self.vintage_price, self.vintage_work = np.ones((2, draws, vintages))
        self.succeeded_month = np.full((draws, vintages), np.inf)
        self.permits = np.zeros((3, draws, vintages), dtype=bool)  # hosting, renaming, own use, where weights are open
        self._permits_by_draw = self.permits.swapaxes(0, 1)
        self.gone, self.newest = np.zeros((2, draws, vintages), dtype=bool)
        self.successor = np.full((draws, vintages), -1, np.int32)
        self.open_by_name = np.zeros((draws, 2 * vintages))  # 1 where open: under its own name, then under another
        self.host_luck = np.zeros((draws, number))
        self.lucky = tuple(lab for lab in p.model_lines.lab for _ in p.hosts.names)
        self._host_factor, self._spread = np.ones((draws, number)), None  # what luck and spread make of a host's price
        self.first_above = np.full((draws, 2, LEVELS), -1, np.int16)  # laboratory, in general and in coding
        self.line_price, self.line_tokens = np.ones((2, draws, n))
        self.frontier = np.zeros(draws)
        self._here, self._line_work = self._newest_vintages(), np.ones((draws, n))
        self._others = self.alternatives.run_of(INDEPENDENT, DERIVATIVE)  # hosts of others' weights
        self._carried_of, self._carried_lines = Seen(), None  # lines that a host would take on
        self._licences, self._rights_until = Seen(), -np.inf  # records of licences, month until which rights hold
        self._tasks = Seen()  # parameters of training that the tokens of a task were counted with
        self._compared = Seen()  # distance between rivals that laboratories were compared with

        shown = world.laboratories  # what laboratories show of each line are their own arrays
        self.released_now, self.line_open, self.line_reasons = (
            shown.released_now, shown.open_weight, shown.reasons)
        self._shown, self.line_capability, self.line_coding = shown.vintage, shown.capability, shown.coding
        self.line_hours, self.line_release_month = shown.hours_per_mtok, shown.release_month
        self.vintage = np.zeros((len(shown.vintage), draws, vintages))  # as in `Laboratories`, by vintage
        self.capability, _, self.coding, _, self.vintage_release_month, _, _ = self.vintage
        self.vintage_release_month[:] = -1.0
        self.vintage_reasons, self.vintage_open = self.traits = np.zeros((2, draws, vintages), dtype=bool)

        self.best_own, self.close_rivals = np.zeros((2, draws, labs))
        self._best_of_others = np.zeros((3, draws, n))  # the best of other laboratories, as each line meets it
        self.best_of_others, self.best_open_of_others, self.best_coding_of_others = self._best_of_others
        self.best_algorithm = np.zeros(draws)
        self.open_teacher, self.closed_teacher = np.zeros((2, draws))
        self._taught_open, self._taught_closed = np.zeros((2, draws, months))
        self.path_us, self.path_closed = np.zeros((2, draws, months))  # running best, for instruments
        self.best_china, self.best_open = np.zeros((2, draws))
        self._plain_on_offer = np.zeros((2, draws))  # the best open and closed one without the reasoning recipe
        self.best_on_offer = np.zeros((6, draws))  # the best line of each group, ECI points
        self.archive: dict = {}  # what instruments have published so far

    def collect(self, p):
        """Gather this month's vintages and prices, then what each laboratory will know of the others next month."""
        self.gone[:], self.successor[:] = False, -1
        released = self.released_now.any()
        if released:
            self._succeed(p)
        if self._compared.anew(p.serving.rival_distance) or released:  # else nobody came nearer
            self._compare(p)
        self._offer(p)
        self._count_tokens(p, released)
        self._remember(p)

    def _succeed(self, p):
        """A new vintage takes the place of the oldest of its line; the one before it becomes a former vintage."""
        a, labs, month = self.alternatives, self.world.laboratories, self.world.month
        take_places(self.released_now, month, self._rights(p), p.serving.reasoning_overhead + np.zeros(len(self.place)),
                    labs.vintage, labs.traits, self.place, self.vintage, self.traits, self.permits, self.vintage_work,
                    self.succeeded_month, self.successor, self.gone, self.newest)
        draw, line = np.divmod(np.flatnonzero(self.released_now), a.lines)
        number = line * a.kept + self.place[draw, line]
        hosts, at = np.arange(a.hosts)[self._others], (draw * a.hosts * a.vintages + number)[:, None]
        luck = self.world.streams.few_normal("host_price", self.lucky, month, draw, line[:, None] * a.hosts + hosts)
        self.host_luck.reshape(-1)[at + hosts * a.vintages] = luck
        self._host_factor.reshape(-1)[at + hosts * a.vintages] = asked(1.0, p.developers.host_price_spread, luck)
        self.open_by_name[:, :a.vintages] = self.open_by_name[:, a.vintages:] = self.vintage_open
        self._here = self._newest_vintages()
        self._line_work = self.of_newest(self.vintage_work)

    def _newest_vintages(self):
        """Where the newest vintage of each line is in a flattened array (draws, vintages), int array (draws, lines)."""
        return np.arange(self.place.size).reshape(self.place.shape) * self.alternatives.kept + np.maximum(self.place, 0)

    def _rights(self, p):
        """Whether each line's next open weights may be hosted, renamed, used by oneself, bool array (3, lines)."""
        record, kinds, lines, month = p.weight_licences, p.licence_kinds, p.model_lines, self.world.month
        if self._licences.anew(record, kinds) or month >= self._rights_until:
            known = [line in lines.index for line in record.line]  # not all are in a run as of an earlier month
            row = licence_in_force([lines.index.get(line, 0) for line in record.line],
                                   np.where(known, getattr(record, "from"), self.world.end + 1), month, self.n_lines)
            kind = np.array([kinds.index[record.licence[r]] if r >= 0 else -1 for r in row.tolist()], dtype=np.int64)
            self._line_rights = permitted(kind, np.stack([kinds.hosting, kinds.renaming, kinds.own_use]))
            begins = getattr(record, "from")
            later = begins[begins > month]
            self._rights_until = later.min() if later.size else np.inf
        return self._line_rights

    def _offer(self, p):
        """Where each vintage is on offer, what it takes of accelerators there, and what it costs."""
        s, a, labs, d = p.serving, self.alternatives, self.world.laboratories, p.developers
        if d.host_price_spread != self._spread:
            self._spread = d.host_price_spread
            self._host_factor = asked(1.0, self._spread, self.host_luck)
        self.vintage_price.reshape(-1)[self._here] = labs.price  # a former vintage keeps its price
        hours = (self.line_hours / self._line_work).take(a.line_of_vintage, axis=1) * self.vintage_work
        premium = (col(s.open_premium) * labs.own_scarcity(p)).take(a.lab_of_vintage, axis=1)
        vintages = Vintages(self.vintage_release_month, self.succeeded_month, self._permits_by_draw, hours,
                            self.vintage_price, premium)
        hosts = Hosts(a.kind_of_host, a.region_of_host, p.hosts.lag_months, p.hosts.price_ratio, self._carried(p),
                      a.by_host(self._host_factor), s.host_efficiency, s.self_host_load, s.host_margin,
                      self.world.compute.independent_usd_per_h100e_hour, labs.scarcity(p), self.us)
        price = a.by_host(self.price_usd_per_mtok)
        self.age_months = offer(vintages, hosts, self.world.month, d.retirement_months, a.by_host(self.available),
                                a.by_host(self.h100e_hours_per_mtok), price)
        self.line_price = self.of_newest(price[:, a.hosts_of(FIRST_PARTY)[0]])

    def _carried(self, p):
        """Of which lines a host would take on a vintage, bool array (hosts, vintages)."""
        lines, a = p.model_lines, self.alternatives
        if self._carried_of.anew(lines):
            carried = np.ones((a.hosts, a.lines), dtype=bool)
            carried[a.run_of(FIRST_PARTY)] = lines.first_party_api
            for host in a.hosts_of(DERIVATIVE):  # of weights from a rival bloc
                carried[host] = self.line_from_rival(a.region_of_host[host])
            self._carried_lines = carried.take(a.line_of_vintage, axis=1)
        return self._carried_lines

    def _count_tokens(self, p, released):
        """Tokens of a task: more where a vintage reasons, and in the many turns of an agent."""
        if not (self._tasks.anew(p.training) or released):
            return
        a = self.alternatives
        turns = np.where(self.world.laboratories.agents, col(p.training.agent_tokens_per_task), 1.0)
        tokens = np.where(self.vintage_reasons, col(p.training.reasoning_tokens_per_task), 1.0)
        tokens *= turns[..., a.line_of_vintage]
        self.line_tokens = self.of_newest(tokens)
        a.by_host(self.tokens_per_task)[:] = tokens[:, None]

    def line_from_rival(self, region):
        """Whether a line comes from the other of the two blocs, bool array (lines,), dimensionless."""
        return self._line_china if region != self.china else self._line_us

    def _compare(self, p):
        """The best of every laboratory, of all others, and of groups of lines, and how many are close rivals."""
        compare(self._shown, self.line_open, self.line_lab, self.lab_home, self.us, self.china,
                float(p.serving.rival_distance), self.best_own, self._best_of_others, self.best_on_offer,
                self._plain_on_offer, self.close_rivals, self.first_above)
        self.frontier = np.maximum(self.best_on_offer[OPEN], self.best_on_offer[CLOSED])
        self.best_china = np.maximum(self.best_china, self.best_on_offer[CHINA])
        self.best_open = np.maximum(self.best_open, self.best_on_offer[OPEN])

    def _remember(self, p):
        """Extend the histories that followers learn from and instruments read."""
        at, t = self.world.month - self.world.start, p.training
        before = max(at - 1, 0)
        self.best_algorithm = self.world.laboratories.algorithm.max(axis=1)
        self._taught_open[:, at], self._taught_closed[:, at] = self._plain_on_offer
        self.open_teacher = at_lag(self._taught_open[:, :at + 1], t.access_lag_months)
        self.closed_teacher = at_lag(self._taught_closed[:, :at + 1], t.access_lag_months)
        self.path_us[:, at] = np.maximum(self.path_us[:, before], self.best_on_offer[US])
        self.path_closed[:, at] = np.maximum(self.path_closed[:, before], self.best_on_offer[CLOSED])

    def best_by_lab(self, values):
        """The best of each laboratory's lines: (…, lines) → (…, labs), same unit; 0 for one without lines."""
        return largest_of_groups(values, self.line_lab, self._none)

    def of_newest(self, values):
        """What belongs to the newest vintage of each line: (draws, vintages) → (draws, lines), same unit."""
        return values.take(self._here)

    def record(self, p, recorder):
        """Write capability, runs, spending, revenue and openness of the month."""
        world, labs = self.world, self.world.laboratories
        for number, (region, home) in enumerate(self._homes):
            for detail, best in (("all", self.best_on_offer[number]), ("open", self.best_on_offer[number + 2])):
                recorder.write("frontier_capability", np.where(best > 0, best, np.nan), region=region, detail=detail)
            recorder.write("largest_training_run_flop", labs.run_flop.take(home, axis=1).max(axis=1), region=region)
            recorder.write("training_spend_usd_bn_per_year",
                           total(labs.training_spend_usd.take(home, axis=1)) * (MONTHS_PER_YEAR / 1e9), region=region)
        recorder.write("largest_training_run_flop", labs.run_flop.max(axis=1), region="world")
        released = total(self.released_now)
        recorder.write("open_release_share",
                       np.where(released > 0, share(total(self.released_now & self.line_open), released), np.nan))
        recorder.write("open_line", np.where(self.line_release_month >= 0, self.line_open * 1.0, np.nan),
                       detail=p.model_lines.names)
        names = p.labs.names
        earned = world.serving.call_revenue_usd + world.serving.product_revenue_usd
        recorder.write("lab_revenue_usd_bn_per_year", earned * (MONTHS_PER_YEAR / 1e9), detail=names)
        recorder.write("lab_compute_h100e", world.compute.lab_h100e, detail=names)
