"""What every laboratory takes the same in a month, worked out once and shaped to broadcast over lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mechanisms.diffusion import distillation_share
from ..mechanisms.openness import OpennessWeights
from ..mechanisms.serving_cost import serving_utilisation
from ..mechanisms.training import progress_decades_per_month
from ..numerics import col
from ..units import month_number, years_between

_UTILISATION_BASE = month_number("2024-01")  # the date of serving.utilisation


@dataclass(frozen=True)
class LabMonth:
    """Terms of one month, floats or arrays (draws, 1) unless said otherwise."""

    leader_decades: Any  # (draws,) or float, algorithmic progress of the best-equipped laboratory, decades / month
    most_h100e: np.ndarray  # (draws,), H100e of the best-equipped laboratory
    run_share: Any  # (draws,) or float, share of a laboratory's compute in its largest run at a focus of one
    distillation_abroad: Any  # (draws,) or float, share of the distance closed outside the United States
    openness: OpennessWeights
    state_europe: Any
    rules: dict  # region: state support for open weights, limits on open release
    reasoning: tuple  # first points, points / year, ceiling
    utilisation: np.ndarray  # (draws,), useful share of peak over the efficiency of the best chips in use
    leader_markup: Any
    lead_response: Any
    rival_pressure: Any
    price_war: Any
    coding_weight: Any
    context_overhead: Any
    reasoning_overhead: Any
    scarcity_response: Any


def lab_month(world, p):
    """The common terms of a month (see `LabMonth` for units and shapes)."""
    t, o, s, compute = p.training, p.openness, p.serving, world.compute
    push = o.us_open_weight_push * o.push_weight / np.maximum(o.state_weight, 1e-9)
    utilisation = serving_utilisation(s.utilisation, s.utilisation_growth_per_year,
                                      years_between(_UTILISATION_BASE, world.month), s.utilisation_ceiling)
    return LabMonth(
        leader_decades=progress_decades_per_month(t.algorithmic_progress_per_year),
        most_h100e=np.maximum(compute.lab_h100e.max(axis=1), 1.0),
        run_share=t.final_run_share * (1.0 - t.serving_share),
        distillation_abroad=distillation_share(t.distillation_strength, t.distillation_controls),
        openness=OpennessWeights(*(col(x) for x in (
            o.rank_weight, o.rival_open_weight, o.serving_shortage_weight, o.revenue_weight, o.state_weight,
            o.limit_weight))),
        state_europe=col(o.state_support_europe),
        rules={"united_states": (col(o.state_support_us + push), col(o.open_release_limit_us)),
               "china": (col(o.state_support_china), col(o.open_release_limit_china))},
        reasoning=(col(t.reasoning_points), col(t.reasoning_points_per_year), col(t.reasoning_points_ceiling)),
        utilisation=utilisation / np.maximum(compute.inference_efficiency.max(axis=1), 1e-9),
        leader_markup=col(s.leader_markup), lead_response=col(s.lead_response), rival_pressure=col(s.rival_pressure),
        price_war=col(s.price_war), coding_weight=col(s.coding_weight), context_overhead=col(s.context_overhead),
        reasoning_overhead=col(s.reasoning_overhead), scarcity_response=col(s.scarcity_response))
