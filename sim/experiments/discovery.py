"""Where does a condition hold? A box of at most three plain conditions on the inputs, found by PRIM, checked by CART.

The algorithms are those of the EMA Workbench (Kwakkel 2017); what is added is the choice of one short box, its words
and a check on runs it was not found on.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .outcomes import FACTOR

MOST = 3  # conditions in a box
FEWEST_CASES = 10  # runs in which the condition must hold, and in which it must not
CHANCE = 0.05  # a condition that chance would make as good more often than this is dropped
FOUND_ON = 0.5  # share of the runs on which the box is found; the rest checks it


@dataclass(frozen=True)
class Box:
    """A box of conditions.

    Parameters
    ----------
    limits : {input: (lowest, highest)}, in the input's unit, infinite where one side is open
    coverage, density : share of the cases in the box, and share of the box that are cases (dimensionless)
    mass : share of all runs in the box (dimensionless)
    checked_coverage, checked_density : the same on runs the box was not found on
    base : share of cases among all runs (dimensionless)
    """

    limits: dict[str, tuple[float, float]]
    coverage: float
    density: float
    mass: float
    checked_coverage: float
    checked_density: float
    base: float

    def holds(self, names: Sequence[str], x) -> np.ndarray:
        """Which runs lie in the box: bool array (runs,)."""
        inside = np.ones(len(x), dtype=bool)
        for name, (low, high) in self.limits.items():
            column = np.asarray(x)[:, list(names).index(name)]
            inside &= (column >= low) & (column <= high)
        return inside

    def conditions(self, titles: dict[str, str] | None = None) -> dict[str, str]:
        """Each condition in plain words, by input (inputs in their units)."""
        found = {}
        for name, (low, high) in self.limits.items():
            title = (titles or {}).get(name, name)
            times = FACTOR.strip(" ()") if title.endswith(FACTOR) else ""
            side = f"at most {high:.3g}" if np.isinf(low) else f"at least {low:.3g}"
            side = side if np.isinf(low) or np.isinf(high) else f"between {low:.3g} and {high:.3g}"
            found[name] = f"{title.removesuffix(FACTOR)} is {side} {times}".rstrip()
        return found

    def words(self, titles: dict[str, str] | None = None) -> str:
        """The conditions in one sentence (inputs in their units)."""
        return " and ".join(self.conditions(titles).values()) or "no condition: it holds everywhere alike"


def find_box(names: Sequence[str], x, holds, most: int = MOST, seed: int = 1, mass_min: float = 0.05) -> Box:
    """The box in which a condition mostly holds, by PRIM, with at most ``most`` conditions.

    Parameters
    ----------
    names : the inputs
    x : array (runs, inputs), in their units
    holds : bool array (runs,), whether the condition holds in a run
    most : int, conditions at most
    seed : int, of the split into runs to find on and runs to check on
    mass_min : float, smallest share of the runs a box may hold (dimensionless)

    Returns
    -------
    Box

    Raises
    ------
    InputError : if the condition holds in too few runs, or in nearly all
    """
    x, holds = np.asarray(x, dtype=float), np.asarray(holds, dtype=bool)
    cases = int(holds.sum())
    if cases < FEWEST_CASES or len(holds) - cases < FEWEST_CASES:
        raise InputError(f"discovery: the condition holds in {cases} of {len(holds)} runs; a box needs at least "
                         f"{FEWEST_CASES} of both kinds")
    order = np.random.default_rng(seed).permutation(len(x))
    half = int(len(x) * FOUND_ON)
    find, check = np.sort(order[:half]), np.sort(order[half:])
    limits = _prim(names, x[find], holds[find], most, mass_min)
    box = Box(limits, 0, 0, 0, 0, 0, float(holds.mean()))
    inside = box.holds(names, x)
    return Box(limits, *_scores(inside[find], holds[find]), float(inside.mean()), *_scores(inside[check], holds[check]),
               float(holds.mean()))  # fmt: skip


def common(names: Sequence[str], x, box: Box) -> dict[str, float]:
    """How usual each condition of a box is: {input: share of the runs that meet it}, dimensionless."""
    alone = {name: Box({name: limits}, 0, 0, 0, 0, 0, 0) for name, limits in box.limits.items()}
    return {name: float(one.holds(names, x).mean()) for name, one in alone.items()}


def stability(names: Sequence[str], x, holds, box: Box, tries: int = 10, seed: int = 1) -> dict[str, float]:
    """How often each condition of a box, on the same input and side, is found again on other halves of the runs.

    Parameters are those of `find_box`; ``tries`` boxes are found with other seeds.

    Returns
    -------
    {input: share of the tries}, dimensionless
    """
    count = dict.fromkeys(box.limits, 0)
    for other in range(seed + 1, seed + 1 + tries):
        limits = find_box(names, x, holds, seed=other).limits
        for name, (low, high) in box.limits.items():
            mine = limits.get(name, (-np.inf, np.inf))
            count[name] += bool(np.isfinite(low) and np.isfinite(mine[0]) or np.isfinite(high) and np.isfinite(mine[1]))
    return {name: found / tries for name, found in count.items()}


def _scores(inside, holds) -> tuple[float, float]:
    both = float((inside & holds).sum())
    return both / max(1.0, float(holds.sum())), both / max(1.0, float(inside.sum()))


def _prim(names, x, holds, most, mass_min) -> dict[str, tuple[float, float]]:
    """The box on PRIM's peeling path with the best harmonic mean of coverage and density among the short ones."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import prim

        columns = [f"x{k}" for k in range(len(names))]
        algorithm = prim.Prim(pd.DataFrame(x, columns=columns), holds, threshold=0.01, peel_alpha=0.05,
                              mass_min=mass_min)
        box = algorithm.find_box()
    if box is None:
        return {}
    low, high = x.min(axis=0), x.max(axis=0)
    best, chosen = -1.0, {}
    for limit in box.box_lims:
        limits: dict[str, tuple[float, float]] = {}
        for k, column in enumerate(columns):
            a, b = float(limit[column].iloc[0]), float(limit[column].iloc[1])
            bounds = (-np.inf if a <= low[k] else a, np.inf if b >= high[k] else b)
            if np.isfinite(bounds).any():
                limits[names[k]] = bounds
        if len(limits) > most:
            limits = _strongest(names, x, holds, limits, most)
        score = _f1(Box(limits, 0, 0, 0, 0, 0, 0).holds(names, x), holds)
        if score > best + 1e-12:
            best, chosen = score, limits
    return _needed(names, x, holds, chosen)


def _needed(names, x, holds, limits) -> dict[str, tuple[float, float]]:
    """Only the conditions without which the box would be less dense by more than chance (Bryant and Lempert 2010)."""
    from scipy.stats import binomtest

    while limits:
        box, worst, weakest = Box(limits, 0, 0, 0, 0, 0, 0).holds(names, x), 0.0, None
        for name in limits:
            rest = {other: bounds for other, bounds in limits.items() if other != name}
            wider = Box(rest, 0, 0, 0, 0, 0, 0).holds(names, x)
            density = float(holds[wider].mean())
            chance = binomtest(int(holds[box].sum()), int(box.sum()), density, alternative="greater").pvalue
            if chance > worst:
                worst, weakest = float(chance), name
        if weakest is None or worst < CHANCE:
            return limits
        limits = {name: bounds for name, bounds in limits.items() if name != weakest}
    return limits


def _strongest(names, x, holds, limits, most):
    """Drop, one by one, the condition whose loss costs least."""
    while len(limits) > most:
        def without(name, limits=limits):
            rest = {other: bounds for other, bounds in limits.items() if other != name}
            return _f1(Box(rest, 0, 0, 0, 0, 0, 0).holds(names, x), holds)

        weakest = max(limits, key=without)
        limits = {name: bounds for name, bounds in limits.items() if name != weakest}
    return limits


def _f1(inside, holds) -> float:
    coverage, density = _scores(inside, holds)
    return 2 * coverage * density / (coverage + density) if coverage + density else 0.0


def tree_boxes(names: Sequence[str], x, holds, mass_min: float = 0.05) -> list[Box]:
    """The leaves of a classification tree (CART) in which the condition mostly holds, largest coverage first.

    Parameters are those of `find_box`; limits are in the inputs' units, scores dimensionless.
    """
    import pandas as pd

    x, holds = np.asarray(x, dtype=float), np.asarray(holds, dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import cart

        columns = [f"x{k}" for k in range(len(names))]
        tree = cart.CART(pd.DataFrame(x, columns=columns), holds, mass_min=mass_min)
        tree.build_tree()
        leaves = list(tree.boxes)
    low, high, found = x.min(axis=0), x.max(axis=0), []
    for leaf in leaves:
        limits = {}
        for k, column in enumerate(columns):
            a, b = float(leaf[column].iloc[0]), float(leaf[column].iloc[1])
            if a > low[k] or b < high[k]:
                limits[names[k]] = (a if a > low[k] else -np.inf, b if b < high[k] else np.inf)
        inside = Box(limits, 0, 0, 0, 0, 0, 0).holds(names, x)
        coverage, density = _scores(inside, holds)
        if density > 0.5:
            found.append(Box(limits, coverage, density, float(inside.mean()), np.nan, np.nan, float(holds.mean())))
    return sorted(found, key=lambda box: -box.coverage)
