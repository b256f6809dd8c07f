"""The model as an EMA Workbench ``Model``: uncertainties and levers from the register. Needs the extra analysis.

    from ema_workbench import perform_experiments
    model = workbench.model(levers={"export.fee_share@2026-01": (0.0, 0.5)})
    experiments, outcomes = perform_experiments(model, scenarios=20, policies=3)
"""

import numpy as np

from ..errors import InputError
from ..experiments.designs import EDGE
from .function import ModelFunction

NAME = "aicompute"


def model(scenario="baseline", uncertainties=None, levers=(), **more):
    """An EMA Workbench model whose parameters are entries of the register.

    Uncertainties with a prior are sampled uniformly between its 2.5 and 97.5 % quantiles, since the workbench explores
    ranges; a batch of this program samples the prior itself, and many runs at once.

    Parameters
    ----------
    scenario : name, file or Scenario
    uncertainties, levers : names or {name: (low, high) or list of values}, as in `ModelFunction` (each in its unit);
        None: every entry with a prior
    more : outcomes, developers, seed, draws of `ModelFunction`

    Returns
    -------
    ema_workbench.Model with one ScalarOutcome an outcome, in its output's unit

    Raises
    ------
    InputError : if a name or value cannot be used, or the workbench is not installed
    """
    try:
        from ema_workbench import CategoricalParameter, Model, RealParameter, ScalarOutcome
    except ImportError:
        raise InputError("ema_workbench is not installed; use pip install 'aicompute[analysis]'") from None

    unsure, chosen = ModelFunction(scenario, uncertainties, **more), ModelFunction(scenario, levers, **more)
    both = ModelFunction(unsure.scenario, {f.name: _given(f) for f in (*unsure.factors, *chosen.factors)}, **more)

    def evaluate(**values):
        row = both({identifiers[name]: [value] for name, value in values.items()})[0]
        return {identifier(name): float(value) for name, value in zip(both.outcome_names, row, strict=True)}

    identifiers = {identifier(name): name for name in both.names}

    def parameter(factor):
        name = identifier(factor.name)
        if factor.values is not None:
            return CategoricalParameter(name, list(factor.values))
        low, high = (factor.low, factor.high) if factor.prior is None else _span(factor.prior)
        return RealParameter(name, low, high)

    found = Model(NAME, function=evaluate)
    found.uncertainties = [parameter(factor) for factor in unsure.factors]
    found.levers = [parameter(factor) for factor in chosen.factors]
    found.outcomes = [ScalarOutcome(identifier(name)) for name in both.outcome_names]
    return found


def identifier(name: str) -> str:
    """A register name or series as the workbench wants it: letters, digits and underscores (text)."""
    return "".join(c if c.isalnum() else "_" for c in name)


def _given(factor):
    if factor.values is not None:
        return list(factor.values)
    return None if factor.prior is not None else (factor.low, factor.high)


def _span(prior) -> tuple[float, float]:
    from ..experiments.designs import MORRIS_SPAN

    low, high = prior.ppf(np.clip(np.array(MORRIS_SPAN), EDGE, 1 - EDGE))
    return float(low), float(high)
