"""The laboratories side by side: their arrays, and the arithmetic of a month that is the same for all of them."""

import numpy as np

from ..mechanisms.compute_split import research_over_training, serving_target, split_after
from ..mechanisms.diffusion import learned_capability, publication_gain
from ..mechanisms.openness import inclination
from ..mechanisms.perception import policy_pressure
from ..mechanisms.pricing import clearing_premium, list_price, markup, scarcity_factor
from ..mechanisms.release import active_parameters, due, months_to_next, ready, size_growth
from ..mechanisms.serving_cost import h100e_hours_per_mtok, hour_worth, serving_cost, serving_utilisation
from ..mechanisms.token_demand import remembered
from ..mechanisms.training import (
    capability,
    compute_spend,
    own_progress,
    programme_scale,
    progress_decades_per_month,
    reasoning_gain,
    run_flop_per_month,
    run_in_progress,
)
from ..numerics import OrderedSums, col, exp
from ..units import MONTHS_PER_YEAR, years_between
from .lab_month import lab_terms, relative_staff, sources
from .seen import Seen


class Laboratories:
    """Holds every laboratory's state in shared arrays, of which each `Lab` shows its columns.

    ``divide_compute``, ``train``, ``release`` and ``set_prices`` take a step of the month for all laboratories at once,
    from the state they left and what the catalogue shows of the others, when the first laboratory comes to it. Arrays
    (draws, labs) or (draws, lines).
    """

    def __init__(self, world, p):
        self.world, draws, labs, lines = world, world.draws, len(p.labs), p.model_lines
        n = len(lines)
        self.line_lab = np.array([p.labs.index[lab] for lab in lines.lab], dtype=np.int64)
        self.by_lab = OrderedSums(self.line_lab, labs)  # sums over the lines of each laboratory
        self.home = np.array([p.regions.index[r] for r in p.labs.region], dtype=np.int64)
        closed = np.bincount(self.line_lab, ~lines.open_only, labs) > 0
        sells = np.bincount(self.line_lab, lines.first_party_api, labs) > 0
        self.line_sells = sells[self.line_lab]
        self.open_programme = (np.array(p.labs.region) == "united_states") & ~closed
        self.agents = np.array([tier == "agent" for tier in lines.tier])
        # rows of the random numbers: agents after all others, so that nobody else's luck hangs on how many there are
        order = np.argsort(self.agents, kind="stable")
        self.number, self.lucky = np.argsort(order, kind="stable"), tuple(lines.lab[at] for at in order)
        self.grows = np.array([tier != "small" for tier in lines.tier])

        self.run = np.zeros((6, draws, labs))
        (self.run_flow, self.run_flop, self.algorithm, self.base, self.compute_spend_usd,
         self.training_spend_usd) = self.run
        self.split = np.empty((3, draws, labs))  # shares of compute that serve, train, do research
        self.reasoning_start = np.full((draws, labs), np.inf)
        self.vintage = np.zeros((7, draws, n))
        (self.capability, self.plain_capability, self.coding, self.active_billion, self.release_month,
         self.next_release, self.luck) = self.vintage
        self.active_billion[:], self.release_month[:], self.next_release[:] = 1.0, -1.0, lines.first_release
        self.traits = np.zeros((2, draws, n), dtype=bool)
        self.reasons, self.open_weight = self.traits
        self.released_now = np.zeros((draws, n), dtype=bool)
        self.months_open_pays = np.full((draws, n), 1e6)
        self.offer = np.ones((2, draws, n))
        self.hours_per_mtok, self.price = self.offer
        self.log_premium = np.zeros((draws, labs))  # what lasting shortages have added to prices
        self.mood = np.full((2, draws), np.nan)  # American opinion, log odds: at the start, and as policy has heard it
        self._guarded = self.home != p.regions.index["united_states"]
        self._start_split(p)
        self._could = np.empty_like(self.vintage), np.empty_like(self.traits)  # known where a line releases
        self._done: dict = {}
        self._terms, self._terms_of = None, Seen()
        self._staffed: tuple = (None, None)
        self._coding: tuple = (None, -1, None)  # recipes, how many of them have begun, lead of each laboratory

    def _start_split(self, p):
        """Little to serve at first: the least share serves, the rest trains and does research as it pays."""
        t = p.training
        ratio = col(research_over_training(t.own_research_exponent, progress_decades_per_month(
            t.algorithmic_progress_per_year), t.research_horizon_months))
        self.split[0], self.split[1:] = t.serving_least, 0.0
        self.split[:] = split_after(self.split, self.split[0], ratio, 0.0)

    def _once(self, step, p):
        """The result of a step, worked out at most once a month."""
        month, found = self._done.get(step, (None, None))
        if month != self.world.month:
            found = step(p)
            self._done[step] = (self.world.month, found)
        return found

    def terms(self, p):
        """What every laboratory takes the same from the parameters (see `LabTerms`)."""
        if self._terms_of.anew(*sources(p)):
            self._terms = lab_terms(p, self.line_lab, self.open_programme)
        return self._terms

    def divide_compute(self, p):
        """Move every laboratory's compute towards where the next hour is worth most."""
        self._once(self._divide, p)

    def train(self, p):
        """Put a share of compute into the largest runs, improve algorithms, see what a model made now could do."""
        self._once(self._train, p)

    def release(self, p):
        """See what each line could release, and release what is due and gains enough."""
        self._once(self._release, p)

    def set_prices(self, p):
        """List each line at its serving cost times a mark-up from lead, rivals and scarcity."""
        self._once(self._price, p)

    def publish(self, p):
        """Put what laboratories have released this month in the place of their lines' former vintages."""
        numbers, traits = self._could
        np.copyto(self.vintage, numbers, where=self.released_now)
        np.copyto(self.traits, traits, where=self.released_now)

    def scarcity(self, p):
        """How far scarce serving capacity raises hosts' prices by region, array (draws, regions), ratio."""
        return self._once(self._scarcity, p)

    def own_scarcity(self, p):
        """How far a laboratory's own shortage raises its prices, array (draws, labs), ratio."""
        return self._once(self._own_scarcity, p)

    def _divide(self, p):
        t, serving, terms = p.training, self.world.serving, self.terms(p)
        wanted = serving_target(serving.needs, serving.worths, col(t.value_of_being_ahead), t.serving_least,
                                t.serving_most)
        self.split[:] = split_after(self.split, wanted, terms.research_ratio, t.split_speed)

    def _train(self, p):
        t, labs, world, terms = p.training, p.labs, self.world, self.terms(p)
        compute, catalogue = world.compute, world.catalogue
        h100e = compute.lab_h100e
        research = h100e * self.split[2]
        most = np.maximum(research.max(axis=1), 1.0)[:, None]
        own = own_progress(research / most, self._staff(p), terms.leader_decades, col(t.own_research_exponent),
                           col(t.staff_exponent))
        scale = programme_scale(world.month - labs.start, t.ramp_months)
        in_largest = np.minimum(col(t.final_run_share) * labs.run_focus, 1.0)
        run_share = self.split[1] * in_largest * scale * terms.push
        useful = compute.training_efficiency * compute.hold_together(p, run_share)
        flow = run_flop_per_month(h100e, run_share, useful, col(t.precision_factor))
        length, strength = col(t.run_months), col(t.publication_strength)
        after = np.empty_like(self.run)
        after[0] = flow
        if world.month == world.start:  # a run under way, algorithms at the usual distance
            after[1] = flow * length
            behind = (terms.leader_decades - own) / np.maximum(strength, 1e-3)
            after[2] = (world.month - t.anchor_month) * terms.leader_decades - behind
        else:
            after[1] = run_in_progress(self.run_flop, flow, length)
            after[2] = self.algorithm + own + publication_gain(
                self.algorithm, catalogue.best_algorithm[:, None], strength)
        leaks = terms.distillation * np.where(self._guarded, 1.0 - col(self._pressure(p)), 1.0)
        plain = capability(after[1], after[2] + terms.research, t.anchor_flop, t.anchor_capability,
                           col(t.points_per_decade))
        after[3] = learned_capability(plain, catalogue.open_teacher[:, None], catalogue.closed_teacher[:, None],
                                      col(t.open_weights_strength), leaks)
        after[4] = compute_spend(h100e, compute.usd_per_h100e_hour)
        after[5] = after[4] * (1.0 - self.split[0])
        self.run[:] = after

    def _staff(self, p):
        """People of each laboratory over those of the largest, array (labs,), share; 1 where none are counted."""
        if self._staffed[0] is not p.lab_staff:
            self._staffed = p.lab_staff, relative_staff(p.lab_staff, p.labs.index, self.world.start, self.world.end)
        return self._staffed[1][self.world.month - self.world.start]

    def _pressure(self, p):
        """Share of what foreign laboratories could distil that opinion has closed to them, array (draws,)."""
        k, opinion = p.perception, self.world.usage.opinion[:, self.world.catalogue.us]
        if np.isnan(opinion[0]):  # nothing is known of opinion in the first month
            return np.zeros_like(opinion)
        if np.isnan(self.mood[0, 0]):
            self.mood[:] = opinion
        else:
            self.mood[1] = remembered(self.mood[1], opinion, 1.0 / k.policy_lag_months)
        return policy_pressure(self.mood[1], self.mood[0], k.policy_weight)

    def _release(self, p):
        lines, month, of, terms = p.model_lines, self.world.month, self.line_lab, self.terms(p)
        since = month - self.reasoning_start
        reasons = since.take(of, axis=1) >= lines.reasoning_lag_months
        plain = self.base.take(of, axis=1) + (lines.capability_offset + self.luck)
        candidate = plain + reasoning_gain(since, *terms.reasoning).take(of, axis=1) * reasons
        o, gain = p.openness, candidate - self.capability
        leads = candidate > self.world.catalogue.best_of_others
        planned = self.next_release + terms.staged * leads
        time = due(month, planned, self.release_month, o.release_early_share, gain, o.release_early_gain)
        out = ready(candidate, self.capability, o.release_minimum_gain, time, True)
        opens = self._inclination(p, candidate, out | lines.open_only) > 0.0
        self.months_open_pays[:] = np.where(opens, self.months_open_pays + 1.0, 0.0)
        numbers, traits = self._could
        if out.any():
            at = np.divmod(np.flatnonzero(out), len(lines))
            row = at[0], self.number[at[1]]
            normal = self.world.streams.normal
            points = self._coding_points(p)
            size = active_parameters(month, lines.sparse_from, lines.active_parameters_billion,
                                     lines.sparse_active_billion)
            years = years_between(p.serving.sizes_listed_until, month)
            growth = size_growth(years, col(p.serving.size_growth_per_year), self.grows)
            wait = months_to_next(lines.cadence_months[at[1]], p.openness.cadence_jitter,
                                  normal("release_cadence", self.lucky, month, row))
            lead = points[of] + col(p.training.agent_points) * self.agents
            numbers[0], numbers[1], numbers[2] = candidate, plain, candidate + lead
            numbers[3], numbers[4] = size * growth, month
            numbers[5][at] = month + wait
            numbers[6][at] = p.training.capability_noise * normal("capability_noise", self.lucky, month, row)
            traits[0], traits[1] = reasons, opens
        # a line that exists only as an open one comes out once opening has paid for a while
        np.logical_and(out, ~lines.open_only | (self.months_open_pays >= o.open_line_delay_months),
                       out=self.released_now)

    def _coding_points(self, p):
        """Lead in coding of each laboratory over its general capability this month, array (labs,), ECI points."""
        r, begins = p.recipes, getattr(p.recipes, "from")
        begun = np.count_nonzero(begins <= self.world.month)
        if self._coding[0] is not r or self._coding[1] != begun:
            points = np.zeros(len(p.labs))
            for lab, recipe, start, lead in zip(r.lab, r.recipe, begins, r.points, strict=True):
                if recipe == "coding" and start <= self.world.month and lab in p.labs.index:
                    points[p.labs.index[lab]] = lead
            self._coding = r, begun, points
        return self._coding[2]

    def _inclination(self, p, candidate, asked):
        """Inclination to open each line's next vintage where asked (draws, lines), utils."""
        lines, of, terms, world = p.model_lines, self.line_lab, self.terms(p), self.world
        catalogue = world.catalogue
        best = catalogue.best_own.take(of, axis=1)
        level = np.where(lines.open_only, best, candidate)  # an open line answers for the whole lab
        noise, at = np.zeros_like(candidate), np.flatnonzero(asked)
        draw, line = np.divmod(at, len(lines))
        noise.reshape(-1)[at] = p.openness.decision_noise * world.streams.normal(
            "openness_decision", self.lucky, world.month, (draw, self.number[line]))
        return noise + inclination(
            terms.openness, lines.open_disposition,
            behind=np.maximum(catalogue.best_of_others - level, 0.0),
            open_rival_gap=catalogue.best_open_of_others - level,
            sells=self.line_sells, shortage=(world.serving.scarcity - 1.0).take(of, axis=1),
            revenue_usd_per_year=world.usage.spend_by_line_usd * MONTHS_PER_YEAR,
            spending_usd_per_year=self.training_spend_usd.take(of, axis=1) * (~lines.open_only * MONTHS_PER_YEAR),
            state_pull=terms.state_pull, limit=terms.open_limit)

    def _price(self, p):
        s, of, terms = p.serving, self.line_lab, self.terms(p)
        compute, catalogue = self.world.compute, self.world.catalogue
        overhead = terms.context_overhead * np.where(self.reasons, terms.reasoning_overhead, 1.0)
        utilisation = serving_utilisation(s.utilisation, s.utilisation_growth_per_year,
                                          years_between(s.utilisation_month, self.world.month), s.utilisation_ceiling)
        useful = compute.inference_efficiency  # software of a laboratory's chips; the best ones reach the utilisation
        useful = np.maximum(col(utilisation / np.maximum(useful.max(axis=1), 1e-9)) * useful, 1e-3)
        hours = h100e_hours_per_mtok(self.active_billion, s.flop_per_parameter, overhead, useful.take(of, axis=1))
        rent = compute.independent_usd_per_h100e_hour.take(self.home, axis=1)
        worth = hour_worth(compute.usd_per_h100e_hour, rent, p.labs.cost_pass_through)
        cost = serving_cost(hours, worth.take(of, axis=1))
        lead = np.maximum(
            self.capability - catalogue.best_of_others,
            terms.coding_weight * (self.coding - catalogue.best_coding_of_others))
        ratio = markup(terms.leader_markup, lead, terms.lead_response, s.lead_cap,
                       catalogue.close_rivals.take(of, axis=1), terms.rival_pressure, terms.price_war)
        scarce = self.own_scarcity(p).take(of, axis=1)
        self.offer[0] = hours
        target = cost * ratio * scarce * terms.peak_price
        self.offer[1] = list_price(target, self.price, s.price_adjustment, self.released_now)

    def _scarcity(self, p):
        return scarcity_factor(self.world.compute.scarcity, self.terms(p).scarcity_response,
                               p.serving.scarcity_tolerated)

    def _own_scarcity(self, p):
        terms, s, scarcity = self.terms(p), p.serving, self.world.serving.scarcity
        self.log_premium = clearing_premium(self.log_premium, scarcity, s.scarcity_tolerated, terms.clearing)
        return scarcity_factor(scarcity, terms.scarcity_response, s.scarcity_tolerated) * exp(self.log_premium)
