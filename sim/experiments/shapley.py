"""How much each part of a change adds to its effect, after Shapley (1953): exact by all subsets, or by permutations.

A part's share is its average marginal effect over every order in which the parts could be added. So shares sum to the
whole effect, parts that do the same get the same, and no order is preferred.
"""

import math
from collections.abc import Callable, Sequence
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


def sampled_orders(parts: int, permutations: int, seed: int) -> list[np.ndarray]:
    """Random orders of the parts (dimensionless numbers), so many; each is to be taken forwards and backwards."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(parts) for _ in range(permutations)]


def prefixes(order: np.ndarray) -> list[int]:
    """The bit masks met when parts are added in an order, and then in its reverse (dimensionless)."""
    return [mask for way in (order, order[::-1]) for mask in _grown(way)]


def sampled_shares(orders: Sequence[np.ndarray], value: Callable[[int], np.ndarray]) -> Shares:
    """Shares from random orders and their reverses (Castro and others 2009); each order sums to the whole effect.

    Parameters
    ----------
    orders : arrays (parts,) of `sampled_orders`
    value : function of a bit mask, array (draws,), as in `exact_shares`
    """
    pairs = [(_marginals(order, value) + _marginals(order[::-1], value)) / 2 for order in orders]
    stack = np.stack(pairs)  # (pairs, parts, draws)
    means = stack.mean(axis=2)
    many = len(orders)
    error = means.std(axis=0, ddof=1) / math.sqrt(many) if many > 1 else np.full(stack.shape[1], np.nan)
    return Shares(stack.mean(axis=0), error, False, len({mask for order in orders for mask in prefixes(order)}))


def _grown(order) -> list[int]:
    masks = [0]
    for part in order:
        masks.append(masks[-1] | 1 << int(part))
    return masks


def _marginals(order: np.ndarray, value) -> np.ndarray:
    levels = np.stack([np.asarray(value(mask), dtype=float) for mask in _grown(order)])
    found = np.empty((len(order), levels.shape[1]))
    found[order] = np.diff(levels, axis=0)
    return found
