"""Peak → useful: utilisation × software maturity × reliability, apart for training and inference.

Software matures with the accelerator-years spent on it; a run breaks down more often the more accelerators it spans.
Both decide what a laboratory gets out of its accelerators, and maturity also what a buyer gets for its money.

Leaves out
----------
* Networks, memory and parallelism: utilisation is one share for all sizes of model and all accelerators of a stack.
* Differences between users of a stack: the best engineering team and the average one get the same.
* What software costs, and who pays for it; ports between stacks; a stack that is given up.
* Failures of whole sites, silent errors, and failure rates by product: one rate an accelerator serves for all.
"""

import numpy as np

from ..numerics import exp, power


def useful_share(utilisation, maturity, reliability):
    """Useful over peak throughput.

        useful = utilisation · maturity · reliability

    All dimensionless; arrays (draws, k) or float.
    """
    return utilisation * maturity * reliability


def learning(h100e, scale_h100e_years, effort):
    """Experience that a stack gains in a month, in units of its scale.

        Δx = effort · H100e in service / (12 · scale)

    Parameters
    ----------
    h100e : array (draws, stacks), H100e in service
    scale_h100e_years : array (draws, stacks), H100e-years of use that close 63 % of the gap, > 0
    effort : array (draws, stacks) or float, engineering effort relative to today's, dimensionless

    Returns
    -------
    array (draws, stacks), dimensionless
    """
    return effort * h100e / (12.0 * scale_h100e_years)


def software_maturity(start, ceiling, experience):
    """Maturity of a software stack relative to CUDA.

        m = ceiling − (ceiling − start) · e^−x

    Parameters
    ----------
    start, ceiling : array (..., draws, stacks), maturity without experience and at best, CUDA = 1
    experience : array (draws, stacks), what `learning` has added up to, dimensionless

    Returns
    -------
    array (..., draws, stacks), dimensionless
    """
    return ceiling - (ceiling - start) * exp(-experience)


def run_reliability(accelerators, failures_per_million_hours, hours_lost):
    """Share of time in which a synchronous run makes progress: each failure anywhere in it costs all of it some hours.

        R = 1 / (1 + N · f · h / 10⁶)

    Parameters
    ----------
    accelerators : array (draws, runs), accelerators in the run
    failures_per_million_hours : array (draws, 1) or float, failures per million accelerator-hours that stop a run
    hours_lost : array (draws, 1) or float, hours of progress lost to a failure: detection, restart, work done twice

    Returns
    -------
    array (draws, runs), share

    Source: 419 failures in 54 days on 16,384 accelerators, above 90 % of time effective [llama_3_2024].
    """
    return 1.0 / (1.0 + accelerators * failures_per_million_hours * hours_lost * 1e-6)


def relative_value(maturity, reference_maturity, capital_usd, power_usd, subsidy):
    """Useful compute per USD of an accelerator, over what it was at a reference maturity without subsidy.

        v = (m / m₀) · (capital + power) / (capital + power · (1 − subsidy))

    Parameters
    ----------
    maturity : array (draws,), maturity of its software, CUDA = 1
    reference_maturity : float, CUDA = 1, > 0
    capital_usd, power_usd : array (draws,), USD per H100e over its life, for the system and for its power
    subsidy : array (draws,) or float, share of the power bill that is paid back

    Returns
    -------
    array (draws,), ratio
    """
    cost = capital_usd + power_usd
    return maturity / reference_maturity * cost / (cost - power_usd * subsidy)


def foreign_share(taste, value, elasticity):
    """Share of spending meant for foreign parts, when what domestic parts are worth has changed.

        s' = s / (s + (1 − s) · v^ε)

    Parameters
    ----------
    taste : array (draws,) or float, share meant for foreign parts at a value of 1
    value : array (draws,), worth of domestic parts relative to then, ratio
    elasticity : array (draws,) or float, % change of the odds of domestic over foreign per % of value

    Returns
    -------
    array (draws,), share
    """
    taste = np.asarray(taste, dtype=float)
    return taste / (taste + (1.0 - taste) * power(value, elasticity))
