"""The catalogue: what models are on offer this month, from which host, how good and at what price."""

import numpy as np

from ..mechanisms.diffusion import at_lag
from ..mechanisms.pricing import host_price, open_price, scarcity_factor
from ..numerics import col, share, total
from ..units import MONTHS_PER_YEAR
from .lab_month import lab_month

HOSTS = ("first_party", "independent", "self_hosted")


class Catalogue:
    """Collects what laboratories offer and keeps what they need to know of one another.

    An alternative is a line of models at a host, index ``line * 3 + host``. Arrays (draws, alternatives), (draws,
    lines) or (draws, labs); capability 0 means not released yet.
    """

    def __init__(self, world, p):
        self.world = world
        lines, draws, labs = p.model_lines, world.draws, len(p.labs)
        n, hosts = len(lines), len(HOSTS)
        regions, owner = p.regions.names, p.labs.index
        self.n_lines, self.n_labs = n, labs
        self.line_lab = np.array([owner[lab] for lab in lines.lab], dtype=np.int64)
        self.lab_home = np.array([regions.index(r) for r in p.labs.region], dtype=np.int64)
        self.line = np.repeat(np.arange(n), hosts)
        self.lab = self.line_lab[self.line]
        self.host = np.tile(np.arange(hosts), n)
        self.lab_region = self.lab_home[self.lab]
        self.us, self.china = regions.index("united_states"), regions.index("china")
        self.host_region = np.where(self.host == 0, self.lab_region, np.where(self.host == 1, self.us, -1))
        self._with_lines, self._first_line = np.unique(self.line_lab, return_index=True)
        self._neighbours = (self.lab_home[:, None] == self.lab_home[None, :]) & ~np.eye(labs, dtype=bool)
        self._line_home = self.lab_home[self.line_lab]
        self._line_us = self.lab_home[self.line_lab] == self.us
        self._line_china = self.lab_home[self.line_lab] == self.china

        months = world.end - world.start + 1
        self._normals: tuple = (None, {})
        self._common: tuple = (None, None)
        self.available = np.zeros((draws, n * hosts), dtype=bool)
        self.open_weight = np.zeros((draws, n * hosts), dtype=bool)
        self.capability, self.coding = np.zeros((2, draws, n * hosts))
        self.price_usd_per_mtok, self.tokens_per_task = np.ones((2, draws, n * hosts))
        self.h100e_hours_per_mtok = np.ones((draws, n * hosts))
        self.age_months = np.zeros((draws, n * hosts))
        self.released_now, self.line_open, self.line_reasons = np.zeros((3, draws, n), dtype=bool)
        self.line_capability, self.line_plain, self.line_coding = np.zeros((3, draws, n))
        self.line_price, self.line_hours, self.line_active_billion = np.ones((3, draws, n))
        self.line_release_month = np.full((draws, n), -1.0)
        self.frontier = np.zeros(draws)

        self.best_of_others, self.best_open_of_others = np.zeros((2, draws, labs))
        self.best_coding_of_others, self.close_rivals = np.zeros((2, draws, labs))
        self.best_algorithm = np.zeros(draws)
        self.open_teacher, self.closed_teacher = np.zeros((2, draws))
        self._taught_open, self._taught_closed = np.zeros((2, draws, months))
        self.path_us, self.path_closed = np.zeros((2, draws, months))  # running best, for instruments
        self.best_china, self.best_open = np.zeros((2, draws))
        self.opened_share = np.zeros(draws)
        self.archive: dict = {}  # what instruments have published so far

    def normals(self, purpose):
        """This month's standard normal numbers of one purpose, array (draws, lines), dimensionless."""
        month, found = self._normals
        if month != self.world.month:
            found = {}
            self._normals = (self.world.month, found)
        if purpose not in found:
            found[purpose] = self.world.streams.normal(purpose, self.n_lines, self.world.month)
        return found[purpose]

    def common(self, p):
        """This month's terms that every laboratory shares (see `sim.markets.lab_month.LabMonth` for units)."""
        if self._common[0] != self.world.month:
            self._common = (self.world.month, lab_month(self.world, p))
        return self._common[1]

    def collect(self, p):
        """Gather this month's vintages and prices, then what each laboratory will know of the others next month."""
        for lab in self.world.lab.values():
            mine = lab.lines
            self.line_capability[:, mine] = lab.capability
            self.line_plain[:, mine] = lab.plain_capability
            self.line_coding[:, mine] = lab.coding
            self.line_open[:, mine] = lab.open_weight
            self.line_reasons[:, mine] = lab.reasons
            self.line_price[:, mine] = lab.price
            self.line_hours[:, mine] = lab.hours_per_mtok
            self.line_active_billion[:, mine] = lab.active_billion
            self.line_release_month[:, mine] = lab.release_month
            self.released_now[:, mine] = lab.released_now
        self._offer(p)
        self._compare(p)
        self._remember(p)

    def _offer(self, p):
        """Spread lines over hosts: first party, independent hosts and self-hosting for open weights."""
        s, compute, month = p.serving, self.world.compute, self.world.month
        released = self.line_release_month >= 0
        opened = released & self.line_open
        rent = compute.independent_usd_per_h100e_hour[:, self.us, None]
        scarce = scarcity_factor(compute.scarcity[:, self.us, None], col(s.scarcity_response))
        hosted = host_price(self.line_hours / col(s.host_efficiency) * rent, col(s.host_margin), scarce)
        home = scarcity_factor(compute.scarcity[:, self._line_home], col(s.scarcity_response))
        self.line_price = open_price(self.line_price, hosted, col(s.open_premium) * home, opened)  # short: sheds load
        self.available[:, 0::3] = released & p.model_lines.first_party_api
        self.available[:, 1::3] = opened
        self.available[:, 2::3] = opened
        self.price_usd_per_mtok[:, 0::3] = self.line_price
        self.price_usd_per_mtok[:, 1::3] = hosted
        self.price_usd_per_mtok[:, 2::3] = self.line_hours / col(s.self_host_load) * rent
        self.h100e_hours_per_mtok[:, 0::3] = self.line_hours
        self.h100e_hours_per_mtok[:, 1::3] = self.line_hours / col(s.host_efficiency)
        self.h100e_hours_per_mtok[:, 2::3] = self.line_hours / col(s.self_host_load)
        tokens = np.where(self.line_reasons, col(p.training.reasoning_tokens_per_task), 1.0)
        age = np.where(released, month - self.line_release_month, 0.0)
        for host in range(3):
            self.capability[:, host::3] = self.line_capability
            self.coding[:, host::3] = self.line_coding
            self.open_weight[:, host::3] = opened
            self.tokens_per_task[:, host::3] = tokens
            self.age_months[:, host::3] = age

    def _compare(self, p):
        """Best of the others, best open and close rivals of every laboratory."""
        opened = np.where(self.line_open, self.line_capability, 0.0)
        own = self._best_by_lab(self.line_capability)
        self.best_of_others = _best_other(own)
        self.best_open_of_others = _best_other(self._best_by_lab(opened))
        self.best_coding_of_others = _best_other(self._best_by_lab(self.line_coding))
        near = np.abs(own[:, :, None] - own[:, None, :]) <= p.serving.rival_distance
        self.close_rivals = (near & self._neighbours & (own[:, None, :] > 0)).sum(axis=2).astype(float)
        labs = self.world.lab.values()
        self.best_algorithm = np.max(np.stack([lab.algorithm for lab in labs], axis=1), axis=1)

    def _remember(self, p):
        """Extend the histories that followers learn from and instruments read."""
        at, t = self.world.month - self.world.start, p.training
        before = max(at - 1, 0)
        closed = ~self.line_open
        self._taught_open[:, at] = np.where(self.line_open, self.line_plain, 0.0).max(axis=1)
        self._taught_closed[:, at] = np.where(closed, self.line_plain, 0.0).max(axis=1)
        self.open_teacher = at_lag(self._taught_open[:, :at + 1], t.access_lag_months)
        self.closed_teacher = at_lag(self._taught_closed[:, :at + 1], t.access_lag_months)
        best = np.where(self._line_us, self.line_capability, 0.0).max(axis=1)
        self.path_us[:, at] = np.maximum(self.path_us[:, before], best)
        best = np.where(closed, self.line_capability, 0.0).max(axis=1)
        self.path_closed[:, at] = np.maximum(self.path_closed[:, before], best)
        best = np.where(self._line_china, self.line_capability, 0.0).max(axis=1)
        self.best_china = np.maximum(self.best_china, best)
        best = np.where(self.line_open, self.line_capability, 0.0).max(axis=1)
        self.best_open = np.maximum(self.best_open, best)
        self.frontier = self.line_capability.max(axis=1)

    def _best_by_lab(self, values):
        best = np.zeros((values.shape[0], self.n_labs))
        best[:, self._with_lines] = np.maximum.reduceat(values, self._first_line, axis=1)
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
        world, labs = self.world, list(self.world.lab.values())
        homes = (("united_states", self.us, self._line_us), ("china", self.china, self._line_china))
        spend = np.stack([lab.training_spend_usd for lab in labs], axis=1)
        runs = np.stack([lab.run_flop for lab in labs], axis=1)
        for region, number, lines in homes:
            for detail, mask in (("all", lines), ("open", lines & self.line_open)):
                best = np.where(mask, self.line_capability, 0.0).max(axis=1)
                recorder.write("frontier_capability", np.where(best > 0, best, np.nan), region=region, detail=detail)
            home = self.lab_home == number
            recorder.write("largest_training_run_flop", runs[:, home].max(axis=1), region=region)
            recorder.write("training_spend_usd_bn_per_year", total(spend[:, home]) * (MONTHS_PER_YEAR / 1e9),
                           region=region)
        recorder.write("largest_training_run_flop", runs.max(axis=1), region="world")
        released = total(self.released_now)
        recorder.write("open_release_share",
                       np.where(released > 0, share(total(self.released_now & self.line_open), released), np.nan))
        names = p.labs.names
        recorder.write("lab_revenue_usd_bn_per_year", world.usage.lab_revenue_usd * (MONTHS_PER_YEAR / 1e9),
                       detail=names)
        recorder.write("lab_compute_h100e", world.compute.lab_h100e, detail=names)


def _best_other(own):
    """The best of all other laboratories: arrays (draws, labs) of ECI points to the same."""
    ranked = np.sort(own, axis=1)
    best, second = ranked[:, -1:], ranked[:, -2:-1]
    return np.where(own >= best, second, best)
