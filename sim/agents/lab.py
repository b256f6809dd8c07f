"""A laboratory: trains, releases and prices models."""

import mesa
import numpy as np

from ..mechanisms.diffusion import adoption_delay, learned_capability, publication_gain
from ..mechanisms.openness import inclination
from ..mechanisms.pricing import list_price, markup, scarcity_factor
from ..mechanisms.release import active_parameters, months_to_next, ready, size_growth
from ..mechanisms.serving_cost import h100e_hours_per_mtok, serving_cost
from ..mechanisms.training import (
    capability,
    compute_spend,
    own_progress,
    programme_scale,
    reasoning_gain,
    run_flop_per_month,
    run_in_progress,
)
from ..numerics import col, log10
from ..units import MONTHS_PER_YEAR, month_number, years_between

_SIZES_UNTIL = month_number("2025-06")  # the last sizes in the table of lines


class Lab(mesa.Agent):
    """Trains on its compute, learns from others, releases a line when it is due and better, opens it when that pays.

    State arrays have shape (draws,) for the laboratory and (draws, lines) for its lines of models; a line not yet
    released has capability 0 and no release month.
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name, self.region = index, p.labs.names[index], p.labs.region[index]
        lines = [i for i, lab in enumerate(p.model_lines.lab) if lab == self.name]
        if lines and lines != list(range(lines[0], lines[-1] + 1)):
            raise ValueError(f"model_lines: the lines of {self.name} must stand together, found rows {lines}")
        self.lines = slice(lines[0], lines[-1] + 1) if lines else slice(0, 0)
        self.region_index = p.regions.names.index(self.region)
        self.grows = np.array([tier != "small" for tier in p.model_lines.tier[self.lines]])
        self.has_open_only = bool(np.any(p.model_lines.open_only[self.lines]))
        self.open_programme = self.region == "united_states" and bool(np.all(p.model_lines.open_only[self.lines]))
        pioneers = p.labs.reasoning_from[p.labs.reasoning_from >= 0]
        self._pioneer_month = int(pioneers.min()) if len(pioneers) else None

        draws, k = world.draws, len(lines)
        self.started = False
        self.run_flop = np.zeros(draws)
        self.run_flow = np.zeros(draws)
        self.algorithm = np.zeros(draws)  # decades of effective over physical FLOP, from the anchor month
        self.base = np.zeros(draws)  # ECI points of the best plain model it could train now
        self.reasoning_start = np.full(draws, np.inf)
        self.compute_spend_usd = np.zeros(draws)
        self.training_spend_usd = np.zeros(draws)

        self.capability = np.zeros((draws, k))
        self.plain_capability = np.zeros((draws, k))
        self.coding = np.zeros((draws, k))
        self.reasons = np.zeros((draws, k), dtype=bool)
        self.open_weight = np.zeros((draws, k), dtype=bool)
        self.active_billion = np.ones((draws, k))
        self.release_month = np.full((draws, k), -1.0)
        self.released_now = np.zeros((draws, k), dtype=bool)
        self.next_release = np.repeat(p.model_lines.first_release[None, self.lines].astype(float), draws, axis=0)
        self.months_open_pays = np.full((draws, k), 1e6)
        self.luck = np.zeros((draws, k))
        self.price = np.ones((draws, k))
        self.hours_per_mtok = np.ones((draws, k))

    # --- training ---

    def train(self, p):
        """Put a share of compute into the largest run, improve algorithms, and see what a model made now could do."""
        t, i, compute, catalogue = p.training, self.index, self.model.compute, self.model.catalogue
        common = catalogue.common(p)
        h100e = compute.lab_h100e[:, i]
        own = own_progress(h100e / common.most_h100e, common.leader_decades, t.own_research_exponent)
        run_share = common.run_share * (
            p.labs.run_focus[i] * programme_scale(self.model.month - p.labs.start[i], t.ramp_months))
        if self.open_programme:
            run_share = run_share * (1.0 + p.openness.us_open_weight_push * (p.openness.push_compute_multiple - 1.0))
        self.run_flow = run_flop_per_month(h100e, run_share, compute.training_efficiency[:, i], t.precision_factor)
        if self.started:
            self.run_flop = run_in_progress(self.run_flop, self.run_flow, t.run_months)
            self.algorithm = self.algorithm + own + publication_gain(
                self.algorithm, catalogue.best_algorithm, t.publication_strength)
        else:
            self._start(p, own, common.leader_decades)
        plain = capability(self.run_flop, self.algorithm + float(log10(p.labs.research_efficiency[i])),
                           t.anchor_flop, t.anchor_capability, t.points_per_decade)
        distils = t.distillation_strength if self.region == "united_states" else common.distillation_abroad
        self.base = learned_capability(plain, catalogue.open_teacher, catalogue.closed_teacher,
                                       t.open_weights_strength, distils * p.labs.distillation_use[i])
        self.compute_spend_usd = compute_spend(h100e, compute.usd_per_h100e_hour[:, i])
        self.training_spend_usd = self.compute_spend_usd * (1.0 - t.serving_share)

    def _start(self, p, own, leader):
        """The state of a laboratory in the first month: a run under way, algorithms at the usual distance."""
        t, world = p.training, self.model
        self.run_flop = self.run_flow * t.run_months
        behind = (leader - own) / np.maximum(t.publication_strength, 1e-3)
        self.algorithm = (world.month - t.anchor_month) * leader - behind + np.zeros(world.draws)
        if p.labs.reasoning_from[self.index] >= 0:
            self.reasoning_start = np.full(world.draws, float(p.labs.reasoning_from[self.index]))
        elif self._pioneer_month is not None:
            self.reasoning_start = self._pioneer_month + adoption_delay(
                t.reasoning_adoption_months, p.labs.reasoning_speed[self.index], t.reasoning_adoption_spread,
                world.streams.normal("reasoning_adoption", len(p.labs), world.month)[:, self.index])
        self.luck = t.capability_noise * world.catalogue.normals("capability_noise_first")[:, self.lines]
        self.started = True

    # --- release ---

    def release(self, p):
        """Release each line that is due and gains enough; decide for each new vintage whether to open its weights."""
        world, t, o, lines, mine = self.model, p.training, p.openness, p.model_lines, self.lines
        month, common = world.month, world.catalogue.common(p)
        due = month >= self.next_release
        self.released_now = np.zeros_like(due)
        if not (self.has_open_only or due.any()):
            return  # nothing can change in any draw
        since = (month - self.reasoning_start)[:, None]
        reasons = since >= lines.reasoning_lag_months[mine]
        plain = self.base[:, None] + (lines.capability_offset[mine] + self.luck)
        candidate = plain + reasoning_gain(since, *common.reasoning) * reasons
        would_open = self._inclination(p, candidate) > 0.0
        self.months_open_pays = np.where(would_open, self.months_open_pays + 1.0, 0.0)
        permitted = ~lines.open_only[mine] | (self.months_open_pays >= o.open_line_delay_months)
        out = self.released_now = ready(candidate, self.capability, o.release_minimum_gain, due, permitted)
        if not out.any():
            return
        points = p.labs.coding_points[self.index] if month >= p.labs.coding_from[self.index] else 0.0
        wait = months_to_next(lines.cadence_months[mine], o.cadence_jitter,
                              world.catalogue.normals("release_cadence")[:, mine])
        size = active_parameters(month, lines.sparse_from[mine], lines.active_parameters_billion[mine],
                                 lines.sparse_active_billion[mine])
        size = size * size_growth(years_between(_SIZES_UNTIL, month), col(p.serving.size_growth_per_year), self.grows)
        self.capability = np.where(out, candidate, self.capability)
        self.plain_capability = np.where(out, plain, self.plain_capability)
        self.coding = np.where(out, candidate + points, self.coding)
        self.reasons = np.where(out, reasons, self.reasons)
        self.open_weight = np.where(out, would_open, self.open_weight)
        self.active_billion = np.where(out, size, self.active_billion)
        self.release_month = np.where(out, month, self.release_month)
        self.next_release = np.where(out, month + wait, self.next_release)
        luck = t.capability_noise * world.catalogue.normals("capability_noise")[:, mine]
        self.luck = np.where(out, luck, self.luck)

    def _inclination(self, p, candidate):
        """Inclination to open each line's next vintage (draws, lines), utils."""
        i, world = self.index, self.model
        catalogue, common = world.catalogue, world.catalogue.common(p)
        support, limit = common.state_europe, 0.0
        if self.region in common.rules:
            support, limit = common.rules[self.region]
        best = self.capability.max(axis=1, keepdims=True)
        level = np.where(p.model_lines.open_only[self.lines], best, candidate)  # an open line answers for the whole lab
        noise = p.openness.decision_noise * catalogue.normals("openness_decision")[:, self.lines]
        return noise + inclination(
            common.openness, p.model_lines.open_disposition[self.lines],
            behind=np.maximum(catalogue.best_of_others[:, i:i + 1] - level, 0.0),
            open_rival_gap=catalogue.best_open_of_others[:, i:i + 1] - level,
            shortage=world.compute.scarcity[:, self.region_index, None] - 1.0,
            revenue_usd_per_year=world.usage.spend_by_line_usd[:, self.lines] * MONTHS_PER_YEAR,
            state_pull=support * p.labs.state_weight[i], limit=limit)

    # --- prices ---

    def set_prices(self, p):
        """List each line at its serving cost times a mark-up from lead, rivals and scarcity."""
        s, i, compute, catalogue = p.serving, self.index, self.model.compute, self.model.catalogue
        common = catalogue.common(p)
        overhead = common.context_overhead * np.where(self.reasons, common.reasoning_overhead, 1.0)
        utilisation = np.maximum(common.utilisation * compute.inference_efficiency[:, i], 1e-3)  # software of its chips
        self.hours_per_mtok = h100e_hours_per_mtok(
            self.active_billion, s.flop_per_parameter, overhead, utilisation[:, None])
        cost = serving_cost(self.hours_per_mtok, compute.usd_per_h100e_hour[:, i, None])
        lead = np.maximum(
            self.capability - catalogue.best_of_others[:, i:i + 1],
            common.coding_weight * (self.coding - catalogue.best_coding_of_others[:, i:i + 1]))
        war = common.price_war if s.price_war_region in ("everywhere", self.region) else 0.0
        ratio = markup(common.leader_markup, lead, common.lead_response, s.lead_cap,
                       catalogue.close_rivals[:, i:i + 1], common.rival_pressure, war)
        scarce = scarcity_factor(compute.scarcity[:, self.region_index, None], common.scarcity_response)
        self.price = list_price(cost * ratio * scarce, self.price, s.price_adjustment, self.released_now)
