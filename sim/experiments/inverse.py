"""Which value of a lever makes a condition hold with a wanted probability? Root finding on shared random numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..units import percent
from ..values import USUAL
from .levels import Level, output_level

GRID = 5  # values tried across the range before the root is sought
DRAWS = 64
RESAMPLES = 200
LEVEL = 0.9  # of the interval
NEVER = -1e300  # the margin of a draw without a value
FRESH = 1_000_003  # added to the seed for the check


@dataclass(frozen=True)
class Question:
    """An inverse question in words, with its answer; ``lever`` is in ``unit``, shares are dimensionless."""

    words: str
    lever: str
    unit: str
    probability: float
    draws: int
    answer: "Answer"

    def interval_of(self, share: float) -> tuple[float, float]:
        """90 % interval (dimensionless) of a share of the draws used."""
        return _share(np.arange(self.draws) < round(share * self.draws))[1]


@dataclass(frozen=True)
class Answer:
    """The answer to an inverse question; values of the lever in its unit, probabilities dimensionless.

    Parameters
    ----------
    value : float, or None where there is none in the range
    interval : (low, high), 90 % interval of the value from resampled draws, or None
    side : "at least" or "at most": on which side of the value the condition holds with the wanted probability
    probability : float, of the condition at the value on the draws used
    fresh_probability, fresh_interval : the same on another seed, with its 90 % interval
    why : str, the answer in words
    tried : {lever value: probability}
    """

    value: float | None
    interval: tuple[float, float] | None
    side: str
    probability: float
    fresh_probability: float
    fresh_interval: tuple[float, float]
    why: str
    tried: dict[float, float]


def solve(scenario, parameter: str, low: float, high: float, output: str, date: str, threshold: float,
          goal: str = "at least", probability: float = 0.8, draws: int = DRAWS, seed: int = 1, developers: int = 500,
          uncertainty: str = USUAL, **series) -> Answer:
    """The value of a lever at which an output reaches a threshold with a wanted probability.

    Parameters
    ----------
    scenario : name, file or Scenario
    parameter, low, high : the lever (perhaps with @YYYY-MM) and the range searched, in its unit
    output, date, definition, region, detail : one series in one month, as in `explain`
    threshold, goal : the condition, output "at least" or "at most" the threshold, in the output's unit
    probability : float in (0, 1)
    draws, seed, developers, uncertainty : of every evaluation

    Raises
    ------
    InputError : if the question cannot be asked
    """
    return question(scenario, parameter, low, high, output, date, threshold, goal, probability, draws, seed, developers,
                    uncertainty, **series).answer  # fmt: skip


def question(scenario, lever: str, low: float, high: float, output: str, date: str, threshold: float,
             goal: str = "at least", probability: float = 0.8, draws: int = DRAWS, seed: int = 1, developers: int = 500,
             uncertainty: str = USUAL, say: Callable[[str], None] | None = None, **series) -> Question:
    """`solve` with the question in words and the lever's unit; arguments and units as there.

    ``say`` is called with a line of words after every value tried.
    """
    from ..parameters.register import load_register

    level, what, unit = output_level(scenario, output, date, lever, (low, high), developers=developers, draws=draws,
                                     seed=seed, uncertainty=uncertainty, **series)  # fmt: skip
    entry = load_register().entries.get(lever.split("@")[0])
    words = (f"Which value of '{entry.title if entry else lever}' between {low:g} and {high:g} makes '{what}' in "
             f"{date} {goal} {threshold:g} ({unit}) with a probability of {percent(probability)}?")  # fmt: skip
    found = solve_level(level, low, high, threshold, goal, probability, draws, seed, say)
    return Question(words, lever, entry.unit if entry else "", probability, draws, found)


def solve_level(level: Level, low: float, high: float, threshold: float, goal: str = "at least",
                probability: float = 0.8, draws: int = DRAWS, seed: int = 1,
                say: Callable[[str], None] | None = None) -> Answer:
    """`solve` for any function of (lever value, seed, draw ids); units as there."""
    if goal not in ("at least", "at most"):
        raise InputError(f'goal: "{goal}" is not known; use "at least" or "at most"')
    if not np.isfinite(threshold):
        raise InputError(f"threshold: {threshold} is no number to compare with")
    if not 0 < probability < 1:
        raise InputError(f"probability: {probability} is out of range; use a number between 0 and 1")
    sign, ids = (1.0 if goal == "at least" else -1.0), np.arange(draws)
    known: dict[float, np.ndarray] = {}

    def values(x):
        if x not in known:
            known[x] = sign * (np.asarray(level(x, seed, ids), dtype=float) - threshold)
            if say is not None:
                say(f"value {len(known)}: {x:.4g}, holds in {percent(float((known[x] >= 0).mean()))}")
        return known[x]

    def margin(x):
        return _quantile(values(x), probability)

    grid = [float(x) for x in np.linspace(low, high, GRID)]
    margins = [margin(x) for x in grid]
    rises = [at for at in range(GRID - 1) if (margins[at] >= 0) != (margins[at + 1] >= 0)]
    if not rises:
        return _nowhere(known, grid, margins, goal, threshold, probability, level, seed, ids, sign)
    from scipy.optimize import brentq

    a, b = grid[rises[0]], grid[rises[0] + 1]
    value = float(brentq(margin, a, b, xtol=1e-4 * (high - low), rtol=1e-9)) if margin(b) else b
    side = "at most" if margin(a) >= 0 else "at least"
    interval = _interval(known, low, high, probability, side)
    fresh = _holds(level, value, seed + FRESH, ids, sign, threshold)
    chance, around = _share(fresh)
    why = f"{side} {value:.4g}" + (f"; the condition changes {len(rises)} times in the range" if len(rises) > 1 else "")
    return Answer(value, interval, side, float((values(value) >= 0).mean()), chance, around, why,
                  {x: float((v >= 0).mean()) for x, v in sorted(known.items())})  # fmt: skip


def _nowhere(known, grid, margins, goal, threshold, probability, level, seed, ids, sign) -> Answer:
    best = grid[int(np.argmax(margins))]
    reached = float((known[best] >= 0).mean())
    chance, around = _share(_holds(level, best, seed + FRESH, ids, sign, threshold))
    if margins[0] >= 0:
        why = "every value in the range, since the condition holds with the wanted probability throughout"
    else:
        why = (f"no such value in the range: the probability that the output is {goal} {threshold:.4g} is highest, "
               f"{percent(reached)}, at {best:.4g}, and {percent(probability)} was asked for")  # fmt: skip
        if all(np.array_equal(known[grid[0]], known[x], equal_nan=True) for x in grid):
            why += "; nothing in the range moves the output in any draw"
    if min(margins[0], margins[-1]) > NEVER:
        low, high = (f"{threshold + sign * margins[at]:.4g} at {grid[at]:.4g}" for at in (0, -1))
        why += f" (what it is {goal} with {percent(probability)} probability: {low}, {high})"
    return Answer(None, None, "", reached, chance, around, why,
                  {x: float((v >= 0).mean()) for x, v in sorted(known.items())})  # fmt: skip


def _quantile(margins: np.ndarray, probability: float) -> float:
    """The margin that is reached with a probability; a draw without a value never holds."""
    return float(np.quantile(np.where(np.isfinite(margins), margins, NEVER), 1 - probability))


def _interval(known, low, high, probability, side) -> tuple[float, float]:
    """Interval of the root when draws are resampled, with every draw's output interpolated between the values tried."""
    xs = np.array(sorted(known))
    curves = np.stack([known[x] for x in xs])
    fine = np.linspace(low, high, 401)
    between = np.stack([np.interp(fine, xs, curves[:, d]) for d in range(curves.shape[1])], axis=1)
    rng, roots = np.random.default_rng(1), []
    for _ in range(RESAMPLES):
        some = between[:, rng.integers(0, between.shape[1], between.shape[1])]
        holds = np.quantile(some, 1 - probability, axis=1) >= 0
        inside = fine[holds]
        if side == "at most":
            roots.append(float(inside.max()) if holds.any() else low)
        else:
            roots.append(float(inside.min()) if holds.any() else high)
    a, b = np.quantile(roots, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(a), float(b)


def _holds(level, value, seed, ids, sign, threshold) -> np.ndarray:
    return sign * (np.asarray(level(value, seed, ids), dtype=float) - threshold) >= 0


def _share(holds) -> tuple[float, tuple[float, float]]:
    from scipy.stats import binomtest

    found = binomtest(int(holds.sum()), len(holds)).proportion_ci(LEVEL, method="wilson")
    return float(holds.mean()), (float(found.low), float(found.high))
