"""Which members go on: those that agree better with what was observed, more often, but not only the best.

The smoother moves an ensemble as if the model were linear, and leaves many members far from the observations. Half of
them are taken, at each of two halts, with chances that grow with a power of their likelihood; the power is as high as
leaves half of the members with a say (a tempered step of importance sampling, as in the samplers of Del Moral, Doucet &
Jasra 2006, Journal of the Royal Statistical Society B 68(3), 411-436; distinct members by the keys of Efraimidis &
Spirakis 2006, Information Processing Letters 97, 181-185). So the ensemble comes nearer to the posterior and stays, on
the safe side, wider than it.
"""

import numpy as np

LEFT = 0.5  # of the members, those with a say: the effective sample size that the power is set for


def power(log_likelihoods: np.ndarray) -> float:
    """The power of the likelihood that leaves `LEFT` of the members with a say, in [0, 1] (dimensionless).

    Parameters
    ----------
    log_likelihoods : array (members,)
    """
    def left(exponent: float) -> float:
        weights = np.exp(exponent * (log_likelihoods - log_likelihoods.max()))
        return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))

    low, high = 0.0, 1.0
    if left(high) >= LEFT:
        return high
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if left(middle) >= LEFT else (low, middle)
    return low


def kept(log_likelihoods: np.ndarray, number: int, rng) -> np.ndarray:
    """The members that go on, int array (number,), in their order.

    Parameters
    ----------
    log_likelihoods : array (members,)
    number : int, at most the members there are
    rng : numpy Generator
    """
    keys = power(log_likelihoods) * log_likelihoods + rng.gumbel(size=len(log_likelihoods))
    return np.sort(np.argsort(keys, kind="stable")[len(keys) - number :])
