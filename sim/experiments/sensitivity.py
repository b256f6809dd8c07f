"""Which inputs move an output: Morris's screening, Sobol indices, indices from any data, and a split of variance.

The estimators are SALib's; every index comes with its interval, and a batch must be whole, because the order of its
points is the design.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..outputs.exactness import Z90
from .designs import Factor, problem
from .outcomes import Outcome, unit_cube

LEVEL = 0.9  # of every interval
RESAMPLES = 200
NEEDED = 8  # runs a harmonic that RBD-FAST needs at least
HARMONICS = (4, 10)  # fewest and most; more see wilder shapes, and more noise
RUNS_A_HARMONIC = 100
ROUNDING = 1e-12  # share of the largest part of variance below which a part is rounding


@dataclass(frozen=True)
class Index:
    """One input's index, dimensionless unless its name says otherwise, with the half-width of its 90 % interval."""

    name: str
    index: float
    error: float
    total: float = float("nan")
    total_error: float = float("nan")


def sobol(names: Sequence[str], y, seed: int = 1, second_order: bool = False) -> list[Index]:
    """First-order and total Sobol indices (dimensionless) from Saltelli's design, in the order of its rows.

    Parameters
    ----------
    names : the factors, in the order of the design
    y : array (rows,), the output at every row, any unit
    seed : int, of the bootstrap
    second_order : whether the design has the rows for second-order indices
    """
    from SALib.analyze import sobol as analyser

    y = _complete(y)
    rows = 2 * len(names) + 2 if second_order else len(names) + 2
    if len(y) % rows:
        raise InputError(f"sobol: {len(y)} rows are no whole number of blocks of {rows}")
    if np.ptp(y) == 0:
        return [Index(name, 0.0, 0.0, 0.0, 0.0) for name in names]
    found = analyser.analyze(problem([Factor(n, n) for n in names]), (y - y.mean()) / y.std(), seed=seed,
                             calc_second_order=second_order, num_resamples=RESAMPLES, conf_level=LEVEL)
    columns = (found[key] for key in ("S1", "S1_conf", "ST", "ST_conf"))
    return [Index(name, *(float(v) for v in row)) for name, *row in zip(names, *columns, strict=True)]


def morris(names: Sequence[str], unit, y, levels: int = 4, seed: int = 1) -> list[Index]:
    """Morris's mean absolute elementary effect (``index``, y's unit over the whole range) and its spread (``total``).

    Parameters
    ----------
    names : the factors
    unit : array (rows, factors), the design in the unit cube
    y : array (rows,), the output at every row
    levels, seed : int, of the design and of the bootstrap
    """
    from SALib.analyze import morris as analyser

    found = analyser.analyze(problem([Factor(n, n) for n in names]), np.asarray(unit, dtype=float), _complete(y),
                             num_levels=levels, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed)
    return [Index(name, float(mean), float(error), float(spread)) for name, mean, error, spread in
            zip(names, found["mu_star"], found["mu_star_conf"], found["sigma"], strict=True)]  # fmt: skip


def given_data(names: Sequence[str], x, y, seed: int = 1, most: int | None = None) -> list[Index]:
    """First-order indices (dimensionless) from any sample of the inputs, by RBD-FAST (Tarantola and others 2006).

    Parameters
    ----------
    names : the inputs
    x : array (runs, inputs), any units
    y : array (runs,), any unit; runs without a value are left out
    seed : int, of the bootstrap
    most : how many of the largest indices get an interval (None: all); the others' error is NaN, which saves time
    """
    from SALib.analyze import rbd_fast

    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    keep = np.isfinite(y)
    x, y = x[keep], y[keep]
    harmonics = int(np.clip(len(y) // RUNS_A_HARMONIC, *HARMONICS))
    if len(y) < NEEDED * harmonics:
        raise InputError(f"sensitivity: {len(y)} runs with a value are too few; at least {NEEDED * harmonics}")
    if np.ptp(y) == 0:
        return [Index(name, 0.0, 0.0) for name in names]

    def estimate(columns, resamples):
        space = {"num_vars": len(columns), "names": [names[k] for k in columns], "bounds": [[0, 1]] * len(columns)}
        return rbd_fast.analyze(space, x[:, columns], y, M=harmonics, num_resamples=resamples, conf_level=LEVEL,
                                seed=seed)

    everyone = list(range(len(names)))
    index, error = np.asarray(estimate(everyone, 2)["S1"], dtype=float), np.full(len(names), np.nan)
    top = sorted(everyone, key=lambda k: -index[k])[:most]
    if top:
        error[top] = estimate(top, RESAMPLES)["S1_conf"]
    return [Index(name, float(index[k]), float(error[k])) for k, name in enumerate(names)]


def ranked(names: Sequence[str], x, y, most: int = 0) -> list[Index]:
    """`given_data` indices (dimensionless), largest first; ``most`` of them with an interval."""
    return sorted(given_data(names, x, y, most=most), key=lambda index: -index.index)


def _complete(y) -> np.ndarray:
    """The outputs of a design, none of which may be missing."""
    y = np.asarray(y, dtype=float)
    missing = int((~np.isfinite(y)).sum())
    if missing:
        raise InputError(f"sensitivity: {missing} of {len(y)} points of the design have no value")
    return y


def of_batch(found: Outcome, policy: str | None = None, seed: int = 1) -> list[Index]:
    """The indices that a whole batch's own design was made for (Morris or Sobol), of the mean over draws.

    Raises
    ------
    InputError : if its design is another; `given_data` serves for any
    """
    at = found.policies.index(policy) if policy is not None else 0
    y, names = found.values[at].mean(axis=1), list(found.plan.factors)
    design = found.plan.notes["design"]
    if design["kind"] == "sobol":
        return sobol(names, y, seed, bool(design.get("second_order")))
    if design["kind"] == "morris":
        return morris(names, unit_cube(found.plan), y, int(design.get("levels") or 4), seed)
    raise InputError(f"sensitivity: a {design['kind']} design has no indices of its own; use given_data")


def variance_split(values) -> dict[str, float]:
    """Shares of variance (dimensionless) that come from structure, from parameters and from chance.

    Parameters
    ----------
    values : array (structures, points, draws), any unit: rival forms of the model × samples of the parameters × seeds,
        each point with the same parameters in every structure and each draw with the same seed in every point

    Returns
    -------
    dict with structure, parameters, both (their interaction) and chance, which sum to one; unbiased estimates from the
    mean squares of a two-way analysis of variance with replications, negative ones set to zero
    """
    y = np.asarray(values, dtype=float)
    if y.ndim != 3 or y.shape[1] < 2 or y.shape[2] < 2:
        raise InputError("variance_split: needs at least two points and two draws: (structures, points, draws)")
    s, p, r = y.shape
    cell, whole = y.mean(axis=2), y.mean()
    rows, columns = cell.mean(axis=1), cell.mean(axis=0)
    inside = ((y - cell[:, :, None]) ** 2).sum() / (s * p * (r - 1))
    crossed = r * ((cell - rows[:, None] - columns[None, :] + whole) ** 2).sum() / max(1, (s - 1) * (p - 1))
    by_point = s * r * ((columns - whole) ** 2).sum() / (p - 1)
    by_structure = p * r * ((rows - whole) ** 2).sum() / max(1, s - 1)
    mixed = (crossed - inside) / r if s > 1 else 0.0
    parts = {
        "structure": (by_structure - crossed) / (p * r) if s > 1 else 0.0,
        "parameters": (by_point - (crossed if s > 1 else inside)) / (s * r), "both": mixed, "chance": inside,
    }  # fmt: skip
    noise = ROUNDING * max(map(abs, parts.values()))
    parts = {name: float(part) if part > noise else 0.0 for name, part in parts.items()}
    total = sum(parts.values())
    return {name: part / total if total else 0.0 for name, part in parts.items()}


def split_error(values) -> dict[str, float]:
    """Half-widths of the 90 % intervals of `variance_split` (dimensionless), by leaving out one point after another."""
    y = np.asarray(values, dtype=float)
    points = y.shape[1] if y.ndim == 3 else 0
    if points < 3:
        return dict.fromkeys(("structure", "parameters", "both", "chance"), float("nan"))
    without = [variance_split(np.delete(y, k, axis=1)) for k in range(points)]
    spread = {name: np.array([split[name] for split in without]).std() for name in without[0]}
    return {name: float(Z90 * np.sqrt(points - 1) * value) for name, value in spread.items()}
