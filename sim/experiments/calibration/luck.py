"""What chance did in the years that were observed: learnt from the same observations, after the parameters.

A run's chance (which release turned out well, and when) is as unknown as a parameter, and observations tell about it:
a member whose parameters are right may still have had another history than ours. So each member, its parameters held,
walks through histories: the luck of one half-year after the other is thrown anew several times, every throw is run,
and one of them or the present one is kept with a probability in proportion to its likelihood. The posterior of
histories given parameters is left as it is by such steps (Neal 2003, "Markov chain sampling for non-linear state space
models using embedded hidden Markov models", University of Toronto 0304; Tjelmeland 2004, NTNU preprint S4/2004).

Developers' own numbers are no history: they stand for people and not for events, so every run throws them anew, and
what that does to a prediction counts as an error.
"""

from collections.abc import Callable

import numpy as np

from ...randomness import LUCK, SPELL
from ...units import month_label, month_number

TRIES = 3  # new throws of a half-year's luck, beside the present one
SWEEPS = 3  # times every half-year is visited
FIRST = "2022-01"


def spells(until: str) -> list[str]:
    """The names of the luck of every half-year observed, ``luck.2022-01`` to that of a month (YYYY-MM)."""
    return [LUCK + month_label(month) for month in range(month_number(FIRST), month_number(until) + 1, SPELL)]


def looks(until: str, sweeps: int = SWEEPS) -> int:
    """Runs a member that learning its luck takes (dimensionless)."""
    return 1 + sweeps * TRIES * len(spells(until))


def log_likelihood(predicted: np.ndarray, observed: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Of predictions, array (items, members), on the items' scales: array (members,), up to a constant.

    Parameters
    ----------
    observed : array (items,)
    errors : array (items, items), covariance of all that parts a right prediction from an observation
    """
    left = np.linalg.solve(np.linalg.cholesky(errors), observed[:, None] - predicted)
    return -0.5 * (left**2).sum(axis=0)


def chosen(scores: np.ndarray, rng) -> np.ndarray:
    """One of several throws for every member, with probability in proportion to likelihood: int array (members,).

    Parameters
    ----------
    scores : array (throws, members), log likelihoods
    rng : numpy Generator
    """
    weights = np.exp(scores - scores.max(axis=0))
    edges = np.cumsum(weights / weights.sum(axis=0), axis=0)
    return np.minimum((rng.random(scores.shape[1]) > edges).sum(axis=0), len(scores) - 1)


def learn(until: str, members: int, seed: int, observed: np.ndarray, errors: np.ndarray,
          look: Callable[[str, dict[str, np.ndarray]], np.ndarray],
          sweeps: int = SWEEPS) -> tuple[dict[str, np.ndarray], np.ndarray]:  # fmt: skip
    """Histories of every member that agree with what was observed.

    Parameters
    ----------
    until : YYYY-MM, the last month observed
    members : int
    seed : int
    observed : array (items,), on the items' scales
    errors : array (items, items), covariance of errors, those of other developers included
    look : (name, {"luck.YYYY-MM": array (times × members,)}) → array (items, times × members), predictions
    sweeps : int, times every half-year is visited

    Returns
    -------
    luck : {"luck.YYYY-MM": array (members,) of whole numbers}
    path : array (steps + 1, members), log likelihood before and after every step
    """
    rng, thrown = np.random.default_rng([seed, members, 77]), 0

    def throw(times: int = 1) -> np.ndarray:
        nonlocal thrown
        thrown += times
        return np.arange((thrown - times) * members, thrown * members, dtype=float)

    luck = {spell: throw() for spell in spells(until)}
    present = log_likelihood(look("luck", luck), observed, errors)
    path = [present]
    for sweep in range(sweeps):
        for spell in luck:
            new = throw(TRIES)
            tried = {name: np.tile(keys, TRIES) for name, keys in luck.items()} | {spell: new}
            scores = log_likelihood(look(f"luck-{spell.removeprefix(LUCK)}-{sweep}", tried), observed, errors)
            every = np.concatenate([present, scores]).reshape(TRIES + 1, members)
            pick = chosen(every, rng)
            luck[spell] = np.concatenate([luck[spell], new]).reshape(TRIES + 1, members)[pick, np.arange(members)]
            present = every[pick, np.arange(members)]
            path.append(present)
    return luck, np.array(path)
