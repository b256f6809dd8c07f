"""How much each part of a change adds to its effect, after Shapley (1953): exact by all subsets, or by permutations.

A part's share is its average marginal effect over every order in which the parts could be added. So shares sum to the
whole effect, parts that do the same get the same, and no order is preferred.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

EXACT = 10  # parts up to which every subset is evaluated: 2^10 of them
Z90 = 1.6448536269514722  # half-width of a 90 % interval in standard errors


@dataclass(frozen=True)
class Shares:
    """Shares by part: ``values`` array (parts, draws) in the unit of the effect, and their sampling error.

    Parameters
    ----------
    values : array (parts, draws), mean over permutations where these were sampled
    error : array (parts,), standard error from sampling permutations of the mean over draws; 0 if exact
    exact : bool
    evaluations : int, how many subsets were evaluated
    """

    values: np.ndarray
    error: np.ndarray
    exact: bool
    evaluations: int


def exact_shares(parts: int, value: Callable[[int], np.ndarray]) -> Shares:
    """Shares from every subset; ``value(mask)`` is the effect's level, array (draws,), with the parts of a bit mask.

    Sums are correctly rounded (fsum), so the order in which parts are numbered moves no bit.
    """
    levels = [np.asarray(value(mask), dtype=float) for mask in range(1 << parts)]
    weights = [math.factorial(size) * math.factorial(parts - size - 1) / math.factorial(parts) for size in range(parts)]
    draws = levels[0].shape[0]
    found = np.empty((parts, draws))
    for part in range(parts):
        bit = 1 << part
        without = [mask for mask in range(1 << parts) if not mask & bit]
        terms = np.stack([weights[mask.bit_count()] * (levels[mask | bit] - levels[mask]) for mask in without])
        found[part] = [math.fsum(terms[:, draw]) for draw in range(draws)]
    return Shares(found, np.zeros(parts), True, len(levels))


def sampled_shares(parts: int, value: Callable[[int], np.ndarray], permutations: int, seed: int) -> Shares:
    """Shares from random orders and their reverses (Castro and others 2009); each order sums to the whole effect.

    Parameters
    ----------
    parts : int, number of parts
    value : function of a bit mask, array (draws,), as in `exact_shares`
    permutations : int, pairs of an order and its reverse
    seed : int
    """
    rng = np.random.default_rng(seed)
    known: dict[int, np.ndarray] = {}

    def level(mask):
        if mask not in known:
            known[mask] = np.asarray(value(mask), dtype=float)
        return known[mask]

    pairs = []
    for _ in range(permutations):
        order = rng.permutation(parts)
        pairs.append((_marginals(order, level) + _marginals(order[::-1], level)) / 2)
    stack = np.stack(pairs)  # (pairs, parts, draws)
    means = stack.mean(axis=2)
    error = means.std(axis=0, ddof=1) / math.sqrt(permutations) if permutations > 1 else np.full(parts, np.nan)
    return Shares(stack.mean(axis=0), error, False, len(known))


def _marginals(order: np.ndarray, level) -> np.ndarray:
    mask, before = 0, level(0)
    found = np.empty((len(order), before.shape[0]))
    for part in order:
        mask |= 1 << int(part)
        after = level(mask)
        found[part] = after - before
        before = after
    return found
