"""The model as a SALib problem: names, bounds and distributions from the register, and a function to evaluate.

    from SALib.sample import sobol
    problem, evaluate = salib.problem(inputs=["foundry.chinese_defect_density", "export.fee_share@2026-01"])
    y = evaluate(sobol.sample(problem, 64))
"""

import numpy as np

from ..errors import InputError
from ..experiments.designs import EDGE, Factor
from ..parameters.priors import Z95
from .function import ModelFunction


def problem(scenario="baseline", inputs=None, **more):
    """A SALib problem over inputs of the register, and the function that evaluates its samples.

    Distributions that SALib knows (uniform, normal, lognormal, triangular, loguniform) are given to it; a list of
    values is sampled as its place in the list.

    Parameters
    ----------
    scenario, inputs : as in `ModelFunction` (values in each parameter's unit)
    more : outcomes, developers, seed, draws of `ModelFunction`

    Returns
    -------
    (problem, evaluate) : dict for SALib; function of a sample, array (rows, inputs), that gives array (rows,) or
        (rows, outcomes), in each output's unit
    """
    function = ModelFunction(scenario, inputs, **more)
    factors = function.factors
    shapes = [_shape(factor) for factor in factors]
    found = {
        "num_vars": len(factors), "names": function.names, "bounds": [bounds for _, bounds in shapes],
        "dists": [dist for dist, _ in shapes], "outputs": function.outcome_names,
    }  # fmt: skip

    def evaluate(sample) -> np.ndarray:
        x = np.asarray(sample, dtype=float)
        if x.ndim != 2 or x.shape[1] != len(factors):
            raise InputError(f"salib: a sample has one column for each of {len(factors)} inputs, not {x.shape}")
        y = function({factor.name: _values(factor, x[:, k]) for k, factor in enumerate(factors)})
        return y[:, 0] if y.shape[1] == 1 else y

    return found, evaluate


def _shape(factor: Factor) -> tuple[str, list[float]]:
    """SALib's name of a distribution and its numbers, in the factor's unit."""
    if factor.values is not None:
        return "unif", [0.0, float(len(factor.values))]
    if factor.prior is None:
        assert factor.low is not None and factor.high is not None
        return "unif", [factor.low, factor.high]
    numbers = [float(x) for x in factor.prior.numbers]
    if factor.prior.dist == "normal":
        return "norm", [sum(numbers) / 2, (numbers[1] - numbers[0]) / (2 * Z95)]
    if factor.prior.dist == "lognormal":
        low, high = np.log(numbers)
        return "lognorm", [float(low + high) / 2, float(high - low) / (2 * Z95)]
    if factor.prior.dist == "loguniform":
        return "logunif", numbers
    if factor.prior.dist == "triangular":
        low, mode, high = numbers
        return "triang", [low, high, (mode - low) / (high - low)]
    return "unif", numbers


def _values(factor: Factor, column):
    """A column of SALib's sample as values of the factor, in its unit, within what the register allows."""
    if factor.values is None:
        if factor.prior is None:
            return column
        low, high = factor.prior.ppf(np.array([EDGE, 1 - EDGE]))  # a normal sample has no bounds
        return np.clip(column, low, high)
    index = np.clip(column.astype(int), 0, len(factor.values) - 1)
    return [factor.values[at] for at in index]
