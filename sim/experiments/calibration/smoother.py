"""The method: an ensemble smoother with multiple data assimilation, by the library pyesmda.

The observations are assimilated several times with their errors inflated so that together they count once; each time
the ensemble moves along its own covariance with what it predicts (Emerick & Reynolds 2013, Computers & Geosciences
55, 3-15). Covariances of few members are tapered by how far they exceed what chance alone would give (Furrer &
Bengtsson 2007; Lacerda, Emerick & Pires 2019, Journal of Petroleum Science and Engineering 172, 690-706).
"""

from collections.abc import Callable

import numpy as np

from ...errors import InputError

STEPS = 4
THREADS = 2  # of linear algebra, whatever the machine has: another number adds in another order, and last bits differ


def smooth(
    scores: np.ndarray,
    observed: np.ndarray,
    errors: np.ndarray,
    forward: Callable[[int, np.ndarray], np.ndarray],
    chance: np.ndarray,
    seed: int,
    steps: int = STEPS,
) -> np.ndarray:
    """Members that agree with what was observed.

    Parameters
    ----------
    scores : array (entries, members), normal scores of the prior
    observed : array (items,), on the items' scales
    errors : array (items, items), covariance of observation and model error
    forward : (step, array (entries, members)) → array (items, members), predictions with their own chance
    chance : array (items,), variance of that chance
    seed : int
    steps : int, assimilations

    Raises
    ------
    InputError : if the library is not installed

    Returns
    -------
    array (entries, members), normal scores after the last assimilation
    """
    try:
        from covmats import CovViaCholesky
        from pyesmda import ESMDA
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise InputError("calibrate: pyesmda is not installed; use pip install 'aicompute[analysis]'") from None
    # Predictions carry chance once; errors inflated by α must carry the rest of α times it.
    whole = errors + np.diag(chance) * (1.0 - 1.0 / steps)
    step = iter(range(steps))
    solver = ESMDA(
        observed, scores, CovViaCholesky(np.linalg.cholesky(whole)), lambda members: forward(next(step), members),
        n_assimilations=steps, inversion_type="cholesky", C_MD_localization=_tapered(),
        is_forecast_for_last_assimilation=False, random_state=np.random.default_rng([seed, len(observed)]),
        is_parallel_analyse_step=False,
    )  # fmt: skip
    with threadpool_limits(limits=THREADS, user_api="blas"):
        solver.solve()
    return solver.m_posterior


def beyond_chance(correlations: np.ndarray, members: int) -> np.ndarray:
    """Weights in [0, 1] of sample correlations: r² / (r² + (1 + r²) / n), and none below twice what chance gives."""
    square = np.asarray(correlations) ** 2
    weight = square / (square + (1.0 + square) / members)
    return np.where(square * members < 4.0, 0.0, weight)


def covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Covariance of ensembles a, array (k, members), and b, array (l, members), tapered: array (k, l)."""
    members = a.shape[1]
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    found = a @ b.T / (members - 1)
    spread = np.outer(np.sqrt((a**2).sum(axis=1)), np.sqrt((b**2).sum(axis=1))) / (members - 1)
    return found * beyond_chance(np.divide(found, spread, out=np.zeros_like(found), where=spread > 0), members)


def _tapered():
    from pyesmda import LocalizationStrategy

    class Tapered(LocalizationStrategy):
        """Cross-covariances weighed by `beyond_chance`; parameters here have no distance to go by."""

        def localize(self, X, Y, batch_slice=slice(None)):
            return covariance(X, Y)

        def localize_multi_dot(self, X, Y, *args, batch_slice=slice(None)):
            return np.linalg.multi_dot([self.localize(X, Y), *args])

    return Tapered()
