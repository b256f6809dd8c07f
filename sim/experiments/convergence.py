"""How exact is a number from so many draws, and how many draws does a wanted exactness take?"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..outputs.exactness import mean_error, quantile_error
from ..values import USUAL
from .levels import output_level

BLOCK = 64
MOST_DRAWS = 65_536


@dataclass(frozen=True)
class Estimate:
    """A statistic with its Monte Carlo error: half-width of its 90 % interval, in the output's unit."""

    value: float
    error: float
    draws: int
    enough: bool = True
    path: tuple[tuple[int, float, float], ...] = ()  # draws, value and error after every block


def mean_with_error(values) -> Estimate:
    """The mean of values (draws,) with its Monte Carlo error, in their unit; missing draws are left out."""
    y = _some(values)
    return Estimate(float(y.mean()), mean_error(y), len(y))


def quantile_with_error(values, q: float = 0.5) -> Estimate:
    """A quantile of values (draws,) with its Monte Carlo error, in their unit, from order statistics."""
    y = _some(values)
    return Estimate(float(np.quantile(y, q)), quantile_error(y, q), len(y))


def until(sample, error: float, q: float | None = 0.5, block: int = BLOCK, most: int = MOST_DRAWS,
          say: Callable[[str], None] | None = None) -> Estimate:
    """Draw blocks until a statistic is as exact as asked.

    Parameters
    ----------
    sample : function of draw ids, array (block,) → values, array (block,)
    error : float, half-width of the 90 % interval wanted, in the values' unit
    q : which quantile, or None for the mean
    block, most : draws at a time, and at most (dimensionless); ``enough`` is False if these did not do
    say : called with a line of words after every block
    """
    if not error > 0:
        raise InputError(f"error: {error} is out of range; it must be above 0")
    if most < 2 or block < 1:
        raise InputError(f"most: {most} is out of range; use at least 2 draws")
    block = min(block, most)
    values, at, path = np.empty(0), 0, []
    while True:
        values = np.concatenate([values, np.asarray(sample(np.arange(at, at + block)), dtype=float)])
        at += block
        found = mean_with_error(values) if q is None else quantile_with_error(values, q)
        path.append((found.draws, found.value, found.error))
        if say is not None:
            say(_line(found, error, block))
        if found.error <= error or at >= most:
            return replace(found, enough=bool(found.error <= error), path=tuple(path))


def converged(scenario, output: str, date: str, error: float, q: float | None = 0.5, seed: int = 1,
              developers: int = 500, block: int = BLOCK, most: int = 4096, uncertainty: str = USUAL,
              say: Callable[[str], None] | None = None, **series) -> Estimate:
    """An output's statistic with as many draws as a wanted error takes (the output's unit); arguments as in `until`."""
    level, _, _ = output_level(scenario, output, date, developers=developers, seed=seed, uncertainty=uncertainty,
                               **series)
    return until(lambda ids: level(0.0, seed, ids), error, q, block, most, say)


def _line(found: Estimate, error: float, block: int) -> str:
    """A block's estimate in words, and how many draws the wanted error may take: it falls with their root."""
    wanted = found.draws * (found.error / error) ** 2
    more = f"; about {block * math.ceil(wanted / block):,} draws for ± {error:g}" if found.draws < wanted < 1e9 else ""
    return f"{found.draws:,} draws: {found.value:.4g} ± {found.error:.2g}{more}"


def _some(values) -> np.ndarray:
    y = np.asarray(values, dtype=float)
    y = y[np.isfinite(y)]
    if len(y) < 2:
        raise InputError("convergence: fewer than two draws have a value")
    return y
