"""Simulation-based calibration: does the fit find what it should, in worlds made by the model itself?

Each run of the prior stands once for the truth: its predictions with an error drawn on top are the observations, the
other runs are the ensemble. Over many truths the rank of the true value among the posterior's members must be uniform
(Talts and others 2018, arXiv 1804.06788). One ensemble serves every truth, so this costs no further runs; the price is
that observations are assimilated at once and not in four steps, each of which would need runs of its own.
"""

import numpy as np

from .smoother import smooth


def ranks(scores: np.ndarray, predicted: np.ndarray, errors: np.ndarray, truths: int, seed: int) -> np.ndarray:
    """Share of posterior members below the truth, array (entries, truths), dimensionless.

    Parameters
    ----------
    scores : array (entries, members), normal scores of the prior
    predicted : array (items, members), what each predicts, on the items' scales, chance included
    errors : array (items, items), covariance of observation errors
    truths : int, members that stand for the truth, at most all of them
    seed : int
    """
    root = np.linalg.cholesky(errors)
    found = np.empty((len(scores), truths))
    for truth in range(truths):
        others = np.delete(np.arange(scores.shape[1]), truth)
        noise = np.random.default_rng([seed, truth]).standard_normal(len(predicted))
        observed = predicted[:, truth] + root @ noise

        def forward(_step, _scores, others=others):
            return predicted[:, others]

        after = smooth(scores[:, others], observed, errors, forward, np.zeros(len(predicted)), seed + truth, steps=1)
        found[:, truth] = (after < scores[:, [truth]]).mean(axis=1)
    return found


def uniform(found: np.ndarray) -> np.ndarray:
    """Probability of ranks as uneven as these if the fit is right, array (entries,) (Kolmogorov and Smirnov)."""
    from scipy.stats import kstest

    return np.array([kstest(row, "uniform").pvalue for row in found])
