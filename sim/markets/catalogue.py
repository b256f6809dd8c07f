"""The catalogue: what models are on offer this month, from which host, how good and at what price."""

import numpy as np

from ..mechanisms.diffusion import at_lag
from ..mechanisms.hosting import asked
from ..mechanisms.pricing import host_price, open_price
from ..mechanisms.weight_licence import licence_in_force, permitted
from ..numerics import col, share, total
from ..units import MONTHS_PER_YEAR
from .alternatives import DERIVATIVE, FIRST_PARTY, INDEPENDENT, Alternatives

LEVELS = 400  # ECI points up to which the first above each level is remembered


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
        self.n_lines, self.n_labs = n, labs
        self.line_lab, self.lab_home = world.laboratories.line_lab, world.laboratories.home
        self.alternatives = Alternatives(p, self.line_lab)
        self.us, self.china = regions.index("united_states"), regions.index("china")
        self._with_lines, first, count = np.unique(self.line_lab, return_index=True, return_counts=True)
        # the lines of each laboratory, its last one repeated: row k is everybody's k-th line
        self._kth_line = [first + np.minimum(k, count - 1) for k in range(count.max())]
        self._neighbours = (self.lab_home[:, None] == self.lab_home[None, :]) & ~np.eye(labs, dtype=bool)
        self._line_home = self.lab_home[self.line_lab]
        self._line_us = self._line_home == self.us
        self._line_china = self._line_home == self.china
        self._homes = tuple((name, np.flatnonzero(self.lab_home == regions.index(name)))
                            for name in ("united_states", "china"))

        months = world.end - world.start + 1
        number, vintages = self.alternatives.number, self.alternatives.vintages
        self.available = np.zeros((draws, number), dtype=bool)
        self.open_weight = np.zeros((draws, number), dtype=bool)
        self.price_usd_per_mtok, self.tokens_per_task, self.h100e_hours_per_mtok = np.ones((3, draws, number))
        self.place = np.full((draws, n), -1)  # which of its line's places the newest vintage has
        self.capability, self.coding, self.age_months = np.zeros((3, draws, vintages))
        self.vintage_price, self.vintage_work = np.ones((2, draws, vintages))
        self.vintage_release_month = np.full((draws, vintages), -1.0)
        self.succeeded_month = np.full((draws, vintages), np.inf)
        self.vintage_open, self.vintage_reasons = np.zeros((2, draws, vintages), dtype=bool)
        self.permits = np.zeros((3, draws, vintages), dtype=bool)  # hosting, renaming, own use, where weights are open
        self.gone, self.newest = np.zeros((2, draws, vintages), dtype=bool)
        self.successor = np.full((draws, vintages), -1, np.int32)
        self.host_luck = np.zeros((draws, number))
        self.lucky = tuple(lab for lab in p.model_lines.lab for _ in p.hosts.names)
        self.first_above = np.full((draws, 2, LEVELS), -1, np.int16)  # laboratory, in general and in coding
        self.released_now, self.line_open, self.line_reasons = np.zeros((3, draws, n), dtype=bool)
        self.line_capability, self.line_plain, self.line_coding = np.zeros((3, draws, n))
        self.line_price, self.line_hours, self.line_tokens = np.ones((3, draws, n))
        self.line_release_month = np.full((draws, n), -1.0)
        self.frontier = np.zeros(draws)

        self.best_own, self.best_of_others, self.best_open_of_others = np.zeros((3, draws, labs))
        self.best_coding_of_others, self.close_rivals = np.zeros((2, draws, labs))
        self._rival_distance = None
        self.best_algorithm = np.zeros(draws)
        self.open_teacher, self.closed_teacher = np.zeros((2, draws))
        self._taught_open, self._taught_closed = np.zeros((2, draws, months))
        self.path_us, self.path_closed = np.zeros((2, draws, months))  # running best, for instruments
        self.best_china, self.best_open = np.zeros((2, draws))
        self._best = np.zeros((6, draws))  # US, China, US open, China open, open, closed: best on offer
        self.archive: dict = {}  # what instruments have published so far

    def collect(self, p):
        """Gather this month's vintages and prices, then what each laboratory will know of the others next month."""
        labs = self.world.laboratories
        for mine, theirs in (
            (self.line_capability, labs.capability), (self.line_plain, labs.plain_capability),
            (self.line_coding, labs.coding), (self.line_open, labs.open_weight), (self.line_reasons, labs.reasons),
            (self.line_hours, labs.hours_per_mtok), (self.line_release_month, labs.release_month),
            (self.released_now, labs.released_now),
        ):  # fmt: skip
            mine[:] = theirs
        self._offer(p)
        self._compare(p)
        self._remember(p)

    def _succeed(self, p):
        """A new vintage takes the place of the oldest of its line; the one before it becomes a former vintage."""
        self.gone[:], self.successor[:] = False, -1
        if not self.released_now.any():
            return
        a, labs = self.alternatives, self.world.laboratories
        d, line = self.released_now.nonzero()
        before = self.place[d, line]
        now = (before + 1) % a.kept
        later = before >= 0
        new, old = line * a.kept + now, line * a.kept + np.maximum(before, 0)
        self.gone[d, new] = self.vintage_release_month[d, new] >= 0
        self.successor[d[later], old[later]] = new[later]
        self.successor[d, new] = np.where(self.gone[d, new], new, -1)  # whose place is taken is moved to the newcomer
        self.succeeded_month[d[later], old[later]] = self.world.month
        self.succeeded_month[d, new] = np.inf
        self.place[d, line] = now
        self.newest[d, old], self.newest[d, new] = False, True
        self.vintage_release_month[d, new] = self.line_release_month[d, line]
        for mine, theirs in ((self.capability, self.line_capability), (self.coding, self.line_coding),
                             (self.vintage_open, self.line_open), (self.vintage_reasons, self.line_reasons)):
            mine[d, new] = theirs[d, line]
        self.permits[:, d, new] = self._rights(p)[:, line] & self.line_open[d, line]
        overhead = np.broadcast_to(col(p.serving.reasoning_overhead), self.line_open.shape)
        self.vintage_work[d, new] = (labs.active_billion * np.where(self.line_reasons, overhead, 1.0))[d, line]
        at = d[:, None], line[:, None] * a.hosts + np.arange(a.hosts)
        a.by_host(self.host_luck)[d, :, new] = self.world.streams.normal(
            "host_price", self.lucky, self.world.month, at)
        self.open_weight = a.everywhere(self.vintage_open)
        self._note_first()

    def _rights(self, p):
        """Whether each line's next open weights may be hosted, renamed, used by oneself, bool array (3, lines)."""
        record, kinds, lines = p.weight_licences, p.licence_kinds, p.model_lines
        known = [line in lines.index for line in record.line]  # not all lines are in a run as of an earlier month
        row = licence_in_force([lines.index.get(line, 0) for line in record.line],
                               np.where(known, getattr(record, "from"), self.world.end + 1), self.world.month,
                               self.n_lines)
        kind = np.array([kinds.index[record.licence[r]] if r >= 0 else -1 for r in row.tolist()], dtype=np.int64)
        return permitted(kind, np.stack([kinds.hosting, kinds.renaming, kinds.own_use]))

    def _note_first(self):
        """Remember which laboratory first came above each level of capability, in general and in coding."""
        released = self.line_release_month >= 0
        for row, level in enumerate((self.line_capability, self.line_coding)):
            best = self.best_by_lab(np.where(released, level, 0.0))
            unclaimed = (self.first_above[:, row] < 0) & (np.arange(LEVELS) <= best.max(axis=1)[:, None])
            self.first_above[:, row] = np.where(unclaimed, best.argmax(axis=1)[:, None], self.first_above[:, row])

    def _offer(self, p):
        """Spread vintages over hosts: first party, independent hosts and self-hosting for open weights."""
        s, d, compute, labs, a = p.serving, p.developers, self.world.compute, self.world.laboratories, self.alternatives
        self._succeed(p)
        released, month = self.vintage_release_month >= 0, self.world.month
        hosted, renamed, own_use = released & self.permits
        line = a.line_of_vintage
        here = np.arange(a.lines) * a.kept + np.maximum(self.place, 0)
        rents, scarce = compute.independent_usd_per_h100e_hour, labs.scarcity(p)
        work = np.take_along_axis(self.vintage_work, here, axis=1)
        hours = (self.line_hours / work)[:, line] * self.vintage_work
        at_hosts, at_users = hours / col(s.host_efficiency), hours / col(s.self_host_load)
        margin = col(s.host_margin)
        at_home = host_price(at_hosts * rents[:, self.us, None], margin, scarce[:, self.us, None])
        premium = col(s.open_premium) * labs.own_scarcity(p).take(self.line_lab, axis=1)
        np.put_along_axis(self.vintage_price, here, labs.price, axis=1)  # a former vintage keeps its price
        own = open_price(self.vintage_price, at_home, premium[:, line], hosted)
        self.line_price = np.take_along_axis(own, here, axis=1)
        self.age_months = np.where(released, month - self.vintage_release_month, 0.0)
        retired = month - self.succeeded_month >= col(d.retirement_months)
        served = released & p.model_lines.first_party_api[line] & ~retired
        available, price = a.by_host(self.available), a.by_host(self.price_usd_per_mtok)
        takes, luck = a.by_host(self.h100e_hours_per_mtok), a.by_host(self.host_luck)
        for h, kind in enumerate(p.hosts.kind):
            if kind in (INDEPENDENT, DERIVATIVE):
                region = a.region_of_host[h]
                on = hosted & (self.age_months >= p.hosts.lag_months[h])
                if kind == DERIVATIVE:  # of weights from a rival bloc
                    on = on & renamed & (self.line_from_rival(region)[line])
                rent = rents[:, region, None] * p.hosts.price_ratio[h]
                available[:, h], takes[:, h] = on, at_hosts
                usual = host_price(at_hosts * rent, margin, scarce[:, region, None])
                price[:, h] = asked(usual, d.host_price_spread, luck[:, h])
            elif kind == FIRST_PARTY:
                available[:, h], takes[:, h], price[:, h] = served, hours, own
            else:
                available[:, h], takes[:, h] = own_use, at_users
                price[:, h] = at_users * rents[:, self.us, None]
        turns = np.where(labs.agents, col(p.training.agent_tokens_per_task), 1.0)
        tokens = np.where(self.vintage_reasons, col(p.training.reasoning_tokens_per_task), 1.0) * turns[..., line]
        self.line_tokens, self.tokens_per_task = np.take_along_axis(tokens, here, axis=1), a.everywhere(tokens)

    def line_from_rival(self, region):
        """Whether a line comes from the other of the two blocs, bool array (lines,), dimensionless."""
        return self._line_china if region != self.china else self._line_us

    def _compare(self, p):
        """Best of the others, best open and close rivals of every laboratory."""
        distance = p.serving.rival_distance
        if self.released_now.any():
            by_line = np.empty((3, *self.line_capability.shape))
            by_line[0], by_line[2] = self.line_capability, self.line_coding
            by_line[1] = np.where(self.line_open, self.line_capability, 0.0)
            best = self.best_by_lab(by_line)
            self.best_own = best[0]
            self.best_of_others, self.best_open_of_others, self.best_coding_of_others = _best_other(best)
        elif distance == self._rival_distance:
            distance = None  # nobody came nearer
        if distance is not None:
            self._rival_distance = distance
            own = np.ascontiguousarray(self.best_own.T)  # (labs, draws)
            near = np.abs(own[:, None] - own) <= distance
            near &= self._neighbours[:, :, None]
            near &= own > 0
            self.close_rivals[:] = np.add.reduce(near.view(np.uint8), axis=1, dtype=np.uint8).T
        self.best_algorithm = self.world.laboratories.algorithm.max(axis=1)

    def _remember(self, p):
        """Extend the histories that followers learn from and instruments read."""
        at, t = self.world.month - self.world.start, p.training
        before = max(at - 1, 0)
        closed = ~self.line_open
        self._taught_open[:, at] = np.where(self.line_open, self.line_plain, 0.0).max(axis=1)
        self._taught_closed[:, at] = np.where(closed, self.line_plain, 0.0).max(axis=1)
        self.open_teacher = at_lag(self._taught_open[:, :at + 1], t.access_lag_months)
        self.closed_teacher = at_lag(self._taught_closed[:, :at + 1], t.access_lag_months)
        if self.released_now.any():
            among = np.empty((6, *closed.shape), dtype=bool)
            among[0], among[1], among[4], among[5] = self._line_us, self._line_china, self.line_open, closed
            np.logical_and(among[:2], self.line_open, out=among[2:4])
            self._best = np.where(among, self.line_capability, 0.0).max(axis=2)
            self.best_china = np.maximum(self.best_china, self._best[1])
            self.best_open = np.maximum(self.best_open, self._best[4])
            self.frontier = self.line_capability.max(axis=1)
        self.path_us[:, at] = np.maximum(self.path_us[:, before], self._best[0])
        self.path_closed[:, at] = np.maximum(self.path_closed[:, before], self._best[5])

    def best_by_lab(self, values):
        """The best of each laboratory's lines: (…, lines) → (…, labs), same unit; 0 for one without lines."""
        best = np.zeros((*values.shape[:-1], self.n_labs))
        found = values.take(self._kth_line[0], axis=-1)
        for kth in self._kth_line[1:]:
            np.maximum(found, values.take(kth, axis=-1), out=found)
        best[..., self._with_lines] = found
        return best

    def best_line(self, mask):
        """The line with the highest capability among some.

        Parameters
        ----------
        mask : bool array (draws, lines)

        Returns
        -------
        int array (draws,), line; bool array (draws,), whether there is one (dimensionless)
        """
        masked = np.where(mask, self.line_capability, 0.0)
        return masked.argmax(axis=1), masked.max(axis=1) > 0

    def record(self, p, recorder):
        """Write capability, runs, spending, revenue and openness of the month."""
        world, labs = self.world, self.world.laboratories
        for number, (region, home) in enumerate(self._homes):
            for detail, best in (("all", self._best[number]), ("open", self._best[number + 2])):
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


def _best_other(own):
    """The best of all other laboratories: arrays (…, labs) of ECI points to the same."""
    ranked = np.sort(own, axis=-1)
    best, second = ranked[..., -1:], ranked[..., -2:-1]
    return np.where(own >= best, second, best)
