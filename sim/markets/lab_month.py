"""What every laboratory takes the same from the parameters, shaped to broadcast over laboratories or lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mechanisms.compute_split import research_over_training
from ..mechanisms.diffusion import distillation_share
from ..mechanisms.openness import OpennessWeights
from ..mechanisms.pricing import peak_tariff
from ..mechanisms.training import progress_decades_per_month
from ..numerics import col, exp, interpolate, log, log10


@dataclass(frozen=True)
class LabTerms:
    """Terms that hold until a parameter or record changes: floats or arrays (draws, 1) unless said otherwise."""

    leader_decades: Any  # algorithmic progress of the best-equipped laboratory, decades / month
    research_ratio: Any  # research over training compute
    push: np.ndarray  # (labs,) or (draws, labs), how far a US push for open weights enlarges the run (ratio)
    research: np.ndarray  # (labs,), decades that a laboratory's research efficiency is worth
    distillation: np.ndarray  # (labs,) or (draws, labs), share of the distance to closed models it distils away
    openness: OpennessWeights
    state_pull: np.ndarray  # (lines,) or (draws, lines), state support for open weights that reaches the line, share
    open_limit: np.ndarray  # (lines,) or (draws, lines), limits on open release, share of a full ban
    staged: np.ndarray  # (lines,) or (draws, lines), months that a leading model waits for its general release
    reasoning: tuple  # first points, points / year, ceiling
    price_war: np.ndarray  # (lines,) or (draws, lines), share of the mark-up given up
    leader_markup: Any
    lead_response: Any
    rival_pressure: Any
    coding_weight: Any
    context_overhead: Any
    reasoning_overhead: Any
    scarcity_response: Any
    clearing: Any  # log points a year that a lasting shortage adds to prices, per log of it
    load_factor: Any  # average load over accelerators kept ready, after any tariff at the peak
    peak_price: Any  # average over list price that such a tariff leaves


def lab_terms(p, line_lab, open_programme):
    """The common terms (see `LabTerms` for units and shapes).

    Parameters
    ----------
    line_lab : int array (lines,), the laboratory of each line
    open_programme : bool array (labs,), US laboratories whose every line is open
    """
    t, o, s, labs = p.training, p.openness, p.serving, p.labs
    region = np.array(labs.region)
    us, china = region == "united_states", region == "china"
    weight = o.us_open_weight_push * o.push_weight / np.maximum(o.state_weight, 1e-9)
    support = np.where(us, col(o.state_support_us + weight),
                       np.where(china, col(o.state_support_china), col(o.state_support_europe)))
    limit = np.where(us, col(o.open_release_limit_us), np.where(china, col(o.open_release_limit_china), 0.0))
    push = 1.0 + col(o.us_open_weight_push) * (col(o.push_compute_multiple) - 1.0)
    distils = np.where(us, col(t.distillation_strength),
                       col(distillation_share(t.distillation_strength, t.distillation_controls)))
    load_factor, peak_price = peak_tariff(s.load_factor, s.peak_surcharge, s.peak_moved, s.peak_share)
    fought = (s.price_war_region == "everywhere") | (region == s.price_war_region)
    decades = progress_decades_per_month(t.algorithmic_progress_per_year)
    return LabTerms(
        leader_decades=col(decades),
        research_ratio=col(research_over_training(t.own_research_exponent, decades, t.research_horizon_months)),
        push=np.where(open_programme, push, 1.0),
        research=log10(labs.research_efficiency),
        distillation=distils * labs.distillation_use,
        openness=OpennessWeights(*(col(x) for x in (
            o.rank_weight, o.rival_open_weight, o.serving_shortage_weight, o.revenue_weight, o.spending_weight,
            o.state_weight, o.limit_weight))),
        state_pull=(support * labs.state_weight)[..., line_lab], open_limit=limit[..., line_lab],
        staged=np.where(us, col(o.staged_launch_months), 0.0)[..., line_lab],
        reasoning=(col(t.reasoning_points), col(t.reasoning_points_per_year), col(t.reasoning_points_ceiling)),
        price_war=np.where(fought, col(s.price_war), 0.0)[..., line_lab],
        leader_markup=col(s.leader_markup), lead_response=col(s.lead_response), rival_pressure=col(s.rival_pressure),
        coding_weight=col(s.coding_weight), context_overhead=col(s.context_overhead),
        reasoning_overhead=col(s.reasoning_overhead), scarcity_response=col(s.scarcity_response),
        clearing=col(s.scarcity_clearing_per_year), load_factor=col(load_factor), peak_price=col(peak_price))


def sources(p):
    """The sections and tables that `lab_terms` reads; the same objects as long as nothing in them changes."""
    return p.training, p.openness, p.serving, p.labs


def relative_staff(record, laboratories, start, end):
    """People of each laboratory over those of the largest, straight in logarithms between counts.

    Parameters
    ----------
    record : the counts, by laboratory and month
    laboratories : dict, name → place
    start, end : int, first and last month number

    Returns
    -------
    array (months, labs), share; 1 where none are counted
    """
    months, when, counted = np.arange(start, end + 1), getattr(record, "from"), np.array(record.lab)
    people = np.full((len(months), len(laboratories)), np.nan)
    for lab in filter(laboratories.__contains__, dict.fromkeys(record.lab)):
        rows = np.flatnonzero(counted == lab)
        rows = rows[np.argsort(when[rows], kind="stable")]
        people[:, laboratories[lab]] = exp(interpolate(months, when[rows], log(record.people[rows])))
    most = np.nanmax(people, axis=1)[:, None] if len(record) else 1.0
    return np.where(np.isnan(people), 1.0, people / most)
