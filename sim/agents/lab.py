"""A laboratory: trains, releases and prices models."""

import mesa
import numpy as np

from ..mechanisms.diffusion import adoption_delay, distillation_share, learned_capability, publication_gain
from ..mechanisms.openness import OpennessWeights, inclination
from ..mechanisms.pricing import list_price, markup, scarcity_factor
from ..mechanisms.release import active_parameters, months_to_next, ready
from ..mechanisms.serving_cost import h100e_hours_per_mtok, serving_cost, serving_utilisation
from ..mechanisms.training import (
    capability,
    compute_spend,
    own_progress,
    progress_decades_per_month,
    reasoning_gain,
    run_flop_per_month,
    run_in_progress,
)
from ..numerics import col, log10
from ..units import MONTHS_PER_YEAR, month_number, years_between

_UTILISATION_BASE = month_number("2024-01")  # the date of serving.utilisation


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
        """Put a share of compute into the largest run, improve algorithms, and see what a model trained now could do."""
        t, i, compute = p.training, self.index, self.model.compute
        h100e = compute.lab_h100e[:, i]
        leader = progress_decades_per_month(t.algorithmic_progress_per_year)
        own = own_progress(h100e / np.maximum(compute.lab_h100e.max(axis=1), 1.0), leader, t.own_research_exponent)
        run_share = t.final_run_share * (1.0 - t.serving_share) * p.labs.run_focus[i]
        if self.open_programme:
            run_share = run_share * (1.0 + p.openness.us_open_weight_push * (p.openness.push_compute_multiple - 1.0))
        self.run_flow = run_flop_per_month(h100e, run_share, compute.training_efficiency[:, i], t.precision_factor)
        catalogue = self.model.catalogue
        if self.started:
            self.run_flop = run_in_progress(self.run_flop, self.run_flow, t.run_months)
            self.algorithm = self.algorithm + own + publication_gain(
                self.algorithm, catalogue.best_algorithm, t.publication_strength)
        else:
            self._start(p, own, leader)
        plain = capability(self.run_flop, self.algorithm + float(log10(p.labs.research_efficiency[i])),
                           t.anchor_flop, t.anchor_capability, t.points_per_decade)
        self.base = learned_capability(
            plain, catalogue.open_teacher, catalogue.closed_teacher, t.open_weights_strength,
            distillation_share(t.distillation_strength, p.labs.distillation_use[i], t.distillation_controls,
                               exposed=self.region != "united_states"))
        self.compute_spend_usd = compute_spend(h100e, compute.usd_per_h100e_hour[:, i])
        self.training_spend_usd = self.compute_spend_usd * (1.0 - t.serving_share)

    def _start(self, p, own, leader):
        """The state of a laboratory in the first month: a run under way, algorithms at the usual distance."""
        t, world = p.training, self.model
        self.run_flop = self.run_flow * t.run_months
        behind = (leader - own) / np.maximum(t.publication_strength, 1e-3)
        self.algorithm = (world.month - t.anchor_month) * leader - behind + np.zeros(world.draws)
        normals = world.catalogue.normals(world.month)
        if p.labs.reasoning_from[self.index] >= 0:
            self.reasoning_start = np.full(world.draws, float(p.labs.reasoning_from[self.index]))
        elif self._pioneer_month is not None:
            self.reasoning_start = self._pioneer_month + adoption_delay(
                t.reasoning_adoption_months, p.labs.reasoning_speed[self.index], t.reasoning_adoption_spread,
                normals["adoption"][:, self.index])
        self.luck = t.capability_noise * normals["luck"][:, self.lines]
        self.started = True

    # --- release ---

    def release(self, p):
        """Release each line that is due and gains enough; decide for each new vintage whether to open its weights."""
        world, t, o, lines = self.model, p.training, p.openness, p.model_lines
        month, mine = world.month, self.lines
        since = (month - self.reasoning_start)[:, None]
        gain = reasoning_gain(since, col(t.reasoning_points), col(t.reasoning_points_per_year),
                              col(t.reasoning_points_ceiling))
        reasons = since >= lines.reasoning_lag_months[mine]
        plain = self.base[:, None] + (lines.capability_offset[mine] + self.luck)
        candidate = plain + gain * reasons
        would_open = self._inclination(p, candidate) > 0.0
        self.months_open_pays = np.where(would_open, self.months_open_pays + 1.0, 0.0)
        permitted = ~lines.open_only[mine] | (self.months_open_pays >= o.open_line_delay_months)
        out = ready(candidate, self.capability, o.release_minimum_gain, month >= self.next_release, permitted)
        self.released_now = out
        if not out.any():
            return  # nothing changes in any draw
        normals = world.catalogue.normals(month)
        points = p.labs.coding_points[self.index] if month >= p.labs.coding_from[self.index] else 0.0
        wait = months_to_next(lines.cadence_months[mine], o.cadence_jitter, normals["cadence"][:, mine])
        self.capability = np.where(out, candidate, self.capability)
        self.plain_capability = np.where(out, plain, self.plain_capability)
        self.coding = np.where(out, candidate + points, self.coding)
        self.reasons = np.where(out, reasons, self.reasons)
        self.open_weight = np.where(out, would_open, self.open_weight)
        self.active_billion = np.where(out, active_parameters(
            month, lines.sparse_from[mine], lines.active_parameters_billion[mine], lines.sparse_active_billion[mine],
        ), self.active_billion)
        self.release_month = np.where(out, month, self.release_month)
        self.next_release = np.where(out, month + wait, self.next_release)
        self.luck = np.where(out, t.capability_noise * normals["luck"][:, mine], self.luck)

    def _inclination(self, p, candidate):
        """Inclination to open each line's next vintage (draws, lines), utils."""
        o, i, world = p.openness, self.index, self.model
        state, limit = p.labs.state_weight[i], 0.0
        if self.region == "united_states":
            pull = state * (o.state_support_us + o.us_open_weight_push * o.push_weight / o.state_weight)
            limit = o.open_release_limit_us
        elif self.region == "china":
            pull, limit = state * o.state_support_china, o.open_release_limit_china
        else:
            pull = state * o.state_support_europe
        weights = OpennessWeights(*(col(x) for x in (o.rank_weight, o.rival_open_weight, o.serving_shortage_weight,
                                                     o.revenue_weight, o.state_weight, o.limit_weight)))
        catalogue = world.catalogue
        noise = o.decision_noise * catalogue.normals(world.month)["decision"][:, self.lines]
        return noise + inclination(
            weights, p.model_lines.open_disposition[self.lines],
            behind=np.maximum(catalogue.best_of_others[:, i:i + 1] - candidate, 0.0),
            open_rival_gap=catalogue.best_open_of_others[:, i:i + 1] - candidate,
            shortage=world.compute.scarcity[:, self.region_index, None] - 1.0,
            revenue_usd_per_year=world.usage.lab_revenue_usd[:, i:i + 1] * MONTHS_PER_YEAR,
            state_pull=col(pull), limit=col(limit))

    # --- prices ---

    def set_prices(self, p):
        """List each line at its serving cost times a mark-up from lead, rivals and scarcity."""
        s, i, world = p.serving, self.index, self.model
        compute, catalogue = world.compute, world.catalogue
        efficiency = compute.inference_efficiency
        utilisation = serving_utilisation(s.utilisation, s.utilisation_growth_per_year,
                                          years_between(_UTILISATION_BASE, world.month), s.utilisation_ceiling)
        relative = efficiency[:, i] / np.maximum(efficiency.max(axis=1), 1e-9)  # software and reliability of its chips
        overhead = col(s.context_overhead) * np.where(self.reasons, col(s.reasoning_overhead), 1.0)
        self.hours_per_mtok = h100e_hours_per_mtok(
            self.active_billion, s.flop_per_parameter, overhead, np.maximum(utilisation * relative, 1e-3)[:, None])
        cost = serving_cost(self.hours_per_mtok, compute.usd_per_h100e_hour[:, i, None])
        lead = np.maximum(
            self.capability - catalogue.best_of_others[:, i:i + 1],
            col(s.coding_weight) * (self.coding - catalogue.best_coding_of_others[:, i:i + 1]))
        war = s.price_war if s.price_war_region in ("everywhere", self.region) else 0.0
        ratio = markup(col(s.leader_markup), lead, col(s.lead_response), s.lead_cap,
                       catalogue.close_rivals[:, i:i + 1], col(s.rival_pressure), col(war))
        scarce = scarcity_factor(compute.scarcity[:, self.region_index, None], col(s.scarcity_response))
        self.price = list_price(cost * ratio * scarce, self.price, s.price_adjustment, self.released_now)
