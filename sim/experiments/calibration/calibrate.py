"""Calibrates: from priors and observations to a posterior file, in studies that go on where they were stopped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...archive import engine
from ...errors import InputError
from ...evidence.items import Item, discrepancy, items, leaving_out, observation_errors
from ...parameters.posterior import FOLDER, Posterior, read_posterior, write_posterior
from ...parameters.register import load_register
from ...scenario import load_scenario
from ..durable import write_whole
from ..unit import recorded_series
from . import luck, smoother
from .forward import Runs, Setting, evaluate, noise, places, prior_scores, values_at

SMALLEST, PAIRS = 128, 32  # members at least; points that are run twice to see what chance does
MEDIAN = 0.4549  # of the square of a standard normal number
POSTERIOR, NOTES = "posterior.csv", "calibration.json"


class Fit:
    """A calibration: members before and after, and what they predict of every item.

    Parameters
    ----------
    names : register names
    prior, posterior : arrays (names, members), normal scores; the posterior has fewer members
    items : what was fitted
    before, after : arrays (items, members), predictions on the items' scales
    errors : array (items, items), covariance of observation and model error
    chance : array (items,), variance of chance in a prediction
    wider : {series: factor} on what the model leaves out
    runs : Runs of the posterior's members
    history : {"luck.YYYY-MM.actor": array (members,)}, what chance did in the years observed
    path : log likelihood in the mean over members, after every step through histories
    """

    def __init__(self, names, prior, posterior, items, before, after, errors, chance, wider, runs, history=None,
                 path=None):  # fmt: skip
        self.history: dict[str, np.ndarray] = history or {}
        self.path: list[float] = list(path or [])
        self.names, self.prior, self.posterior, self.items = names, prior, posterior, items
        self.before, self.after, self.errors, self.chance, self.wider = before, after, errors, chance, wider
        self.runs: Runs = runs

    @property
    def observed(self) -> np.ndarray:
        """What was observed, array (items,), on the items' scales."""
        return np.array([item.place for item in self.items])


def runs_of(members: int, until: str, sweeps: int = luck.SWEEPS) -> int:
    """Runs of a fit to observations until a month (YYYY-MM): assimilations, histories, one last look, and chance."""
    walk = luck.steps(until) + len(luck.spells(until)) + 1
    later = sum(luck.steps(until, number) for number in range(sweeps)) + 2
    return members * (smoother.STEPS + 1) + members // 2 * walk + members // 4 * later + 3 * PAIRS


def members_of(budget: int, until: str, sweeps: int = luck.SWEEPS) -> int:
    """Members that a number of runs pays for, with observations until a month (YYYY-MM): a power of two.

    Raises
    ------
    InputError : if it pays for too few
    """
    members, least = SMALLEST, runs_of(SMALLEST, until, sweeps)
    if budget < least:
        raise InputError(f"--budget: {budget} is out of range; use at least {least:,} runs for observations until "
                         f"{until}")  # fmt: skip
    while runs_of(2 * members, until, sweeps) <= budget:
        members *= 2
    return members


def fit(found: list[Item], members: int, seed: int, told: Setting, observed: np.ndarray | None = None,
        sweeps: int = luck.SWEEPS, until: str | None = None, also: Sequence[tuple] = ()) -> Fit:  # fmt: skip
    """Fit every uncertain entry to items.

    Parameters
    ----------
    found : items
    members : int, of the smoother; half of them start through histories, a quarter become the posterior
    seed : int, of prior, chance and the method; the same seed gives the same fit
    told : where and how the model is run
    observed : array (items,) on the items' scales instead of what was observed, for tests on synthetic data
    sweeps : int, times the luck of every half-year is thrown anew
    until : YYYY-MM, to which the members of the posterior are run on; without it the setting's end
    also : series to keep beside those of the items
    """
    names = [entry.name for entry in load_register().uncertain()]
    series = list(dict.fromkeys([*(item.series for item in found), *also]))
    scores = prior_scores(names, members, seed)

    def look(name: str, at: np.ndarray, chance_seed: int) -> np.ndarray:
        return places(evaluate(name, values_at(at, names), series, chance_seed, told), found)

    first = look("step-0", scores, seed)
    steps, pairs = smoother.STEPS, PAIRS
    again = look("chance", scores[:, :pairs], seed + 1000)
    chance = noise(first[:, :pairs], again)
    target = np.array([item.place for item in found]) if observed is None else observed
    wider = widened(found, target, first)
    errors = observation_errors(found) + discrepancy(found, found, wider)

    def forward(step: int, at: np.ndarray) -> np.ndarray:
        return first if step == 0 else look(f"step-{step}", at, seed + step)

    after = np.clip(smoother.smooth(scores, target, errors, forward, chance, seed, steps), -4.0, 4.0)
    values = values_at(after, names)

    def live(name: str, points: Mapping[str, np.ndarray], end: str, draws: int) -> np.ndarray:
        seen = [item for item in found if item.month <= end]
        runs = evaluate(name, points, list(dict.fromkeys(item.series for item in seen)),
                        seed + steps, replace(told, end=end), draws)  # fmt: skip
        predicted = np.full((len(found), len(next(iter(points.values())))), np.nan)
        predicted[[item.month <= end for item in found]] = places(runs, seen, drawn_in=False)
        return predicted

    others = np.diag(people(values, series, found, pairs, seed, told))
    walk = luck.Walk(told.end, values, seed, [item.month for item in found], target, errors + others, live)
    walk.look_round("start")
    walk.select(members // 2)
    walk.forward()
    walk.look_round("walked")
    walk.select(members // 4)
    walk.look_round("selected")
    for sweep in range(sweeps):
        walk.sweep(sweep)
    order = _order(after[:, walk.members])
    after, points = after[:, walk.members[order]], {key: x[order] for key, x in (walk.values | walk.luck).items()}
    runs = evaluate("posterior", points, series, seed + steps, replace(told, end=until or told.end))
    history = {name: points[name] for name in walk.luck}
    path = [float(row.mean()) for row in walk.path]
    return Fit(names, scores, after, found, first, places(runs, found), errors, chance, wider, runs, history, path)


def people(values, series, found: list[Item], pairs: int, seed: int, told: Setting) -> np.ndarray:
    """Variance that other developers of the same world would give predictions, array (items,), squared units.

    It is the middle member's: in members far from what happened few use what was observed, and noise is far larger.
    """
    points = {name: column[:pairs] for name, column in values.items()}
    points |= {name: np.arange(pairs, dtype=float) for name in luck.columns(told.end)}
    looks = [places(evaluate(f"people-{at}", points, series, seed + 2000 + at, told), found) for at in (0, 1)]
    return np.median((looks[0] - looks[1]) ** 2, axis=1) / (2.0 * MEDIAN)


def widened(found: list[Item], target: np.ndarray, first: np.ndarray) -> dict[tuple, float]:
    """{series: factor ≥ 1} on what the model leaves out, for series that the whole prior does not come near.

    Where observations lie farther from the prior's predictions than spread and errors together would have them, the
    model is at fault and no value of its entries cures it: then the series tells less (dimensionless).
    """
    groups: dict[tuple, list[int]] = {}
    for at, item in enumerate(found):
        groups.setdefault(item.series, []).append(at)
    factors = {}
    for series, rows in groups.items():
        rows = [at for at in rows if not found[at].target] or rows
        left = np.array([leaving_out(found[at]) for at in rows]) ** 2
        miss = (target[rows] - first[rows].mean(axis=1)) ** 2
        rest = first[rows].var(axis=1) + np.array([found[at].sd for at in rows]) ** 2
        factors[series] = float(np.sqrt(max(1.0, np.mean(miss - rest) / np.mean(left)))) if left.any() else 1.0
    return factors


def seen_by_the_model(found: list[Item], scenario: str, as_of: str | None) -> list[Item]:
    """The items whose very series (output, definition, region, detail) a run as of a month (YYYY-MM) records."""
    recorded = set(recorded_series(load_scenario(scenario), as_of=as_of))
    return [item for item in found if item.series in recorded]


def _order(scores: np.ndarray) -> np.ndarray:
    """Members along the direction in which they differ most, so that any 2^k evenly spaced rows are a fair sample."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    direction = np.linalg.svd(centred, full_matrices=False)[0][:, 0]
    direction = direction * np.sign(direction[np.abs(direction).argmax()])
    return np.argsort(direction @ centred, kind="stable")


def calibrate(until: str, as_of: str | None, budget: int, seed: int, told: Setting,
              prefer: Mapping[str, str] | None = None) -> tuple[Posterior, Fit]:  # fmt: skip
    """Fit what was observed until a month, and write ``posterior.csv`` with its manifest and the notes of the fit.

    Parameters
    ----------
    until : YYYY-MM, last month of observations
    as_of : YYYY-MM or None, inputs known later are ignored
    budget : int, runs of the model
    seed : int
    told : Setting, whose folder takes the results
    prefer : {output: text of a source}, see `sim.evidence.items`
    """
    found = seen_by_the_model(items(until, prefer=prefer), told.scenario, as_of)
    members = members_of(budget, until)
    made = fit(found, members, seed, told)
    notes: dict[str, Any] = {
        "until": until, "as_of": as_of, "scenario": told.scenario, "seed": seed, "budget": budget, "members": members,
        "assimilations": smoother.STEPS, "developers": told.developers, "observations": len(found),
        "runs": runs_of(members, until), "prefer": dict(prefer or {}),
        "engine": engine(),
    }  # fmt: skip
    values = values_at(made.posterior, made.names) | made.history
    posterior = write_posterior(told.folder / POSTERIOR, list(values), np.column_stack(list(values.values())), notes)
    write_whole(told.folder / NOTES, (json.dumps(notes | summary(made), indent=1) + "\n").encode())
    return posterior, made


def summary(made: Fit) -> dict[str, Any]:
    """What a fit did, as plain data: every item before and after, every entry's width, pairs that trade off."""
    inside = []
    for at, item in enumerate(made.items):
        quantiles = [np.quantile(row, (0.1, 0.5, 0.9)).tolist() for row in (made.before[at], made.after[at])]
        inside.append({"name": item.name, "scale": item.scale, "observed": item.place,
                       "error": float(np.sqrt(made.errors[at, at])), "before": quantiles[0],
                       "after": quantiles[1]})  # fmt: skip
    return {"items": inside, "log_likelihood": made.path}


def widths(made: Fit) -> dict[str, float]:
    """Posterior over prior width of every entry, as standard deviations of normal scores (dimensionless)."""
    ratio = made.posterior.std(axis=1) / made.prior.std(axis=1)
    return dict(zip(made.names, map(float, ratio), strict=True))


def ship_posterior(folder: Path) -> Path:
    """Put a finished calibration's posterior into the package, named after its last month of observations."""
    posterior = read_posterior(folder / POSTERIOR)
    path = FOLDER / f"{posterior.notes['until']}.csv"
    write_posterior(path, posterior.names, posterior.table, posterior.notes)
    return path


def folder_of(until: str, as_of: str | None) -> Path:
    """Where a calibration is kept unless told otherwise."""
    return Path("out") / f"calibration-{until}{f'-as-of-{as_of}' if as_of else ''}"
