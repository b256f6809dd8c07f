"""Hindcasts: fit with what was known by a month, run on, and judge the forecast by what came after it.

A forecast is the model's ensemble, plus what the model has been leaving out of a series so far, fading with time, plus
the error of an observation. Two rivals that know only the series itself are judged beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...evidence.items import Item, discrepancy, error_model, hindcast_series, items, observation_errors, of_series
from ...units import month_label, month_number
from . import scoring
from .calibrate import Fit, fit, members_of, seen_by_the_model, widened
from .forward import Setting, places

AXES = ("definition", "region", "detail")
SWEEPS = 0  # over the past after the first walk: fewer than for the posterior that is shipped
EACH = 4  # forecasts drawn a member, each with its own errors
BELIEVED = 4.0  # observations that the stated errors of a series count for, beside those that show how it scatters
ROUND = 6


def hindcast(origin: str, last: str, budget: int, seed: int, told: Setting) -> list[dict[str, Any]]:
    """Judge one origin.

    Parameters
    ----------
    origin : YYYY-MM; inputs known later and observations dated later are ignored
    last : YYYY-MM, the last month judged
    budget : int, runs of the model
    seed : int
    told : Setting, whose folder takes the runs

    Returns
    -------
    one row an observation after the origin: series, what was observed, quantiles of the forecast, scores of the model
    and of both rivals, on the scale of the series
    """
    known = seen_by_the_model(items(origin), told.scenario, origin)
    made = fit(known, members_of(budget, origin, SWEEPS), seed, replace(told, end=origin, as_of=origin), sweeps=SWEEPS,
               until=last, also=_series(told.scenario, origin))  # fmt: skip
    return [row | {"observations": len(known)} for row in judged(made, origin, last, seed)]


def _series(scenario: str, as_of: str) -> list[tuple[str, str, str, str]]:
    every = [item for row in hindcast_series()["series"] for item in of_series(**_key(row))[:1]]
    return [item.series for item in seen_by_the_model(every, scenario, as_of)]


def _key(row) -> dict[str, str]:
    return {"output": row["output"], **{axis: row.get(axis, "") for axis in AXES}}


def judged(made: Fit, origin: str, last: str, seed: int) -> list[dict[str, Any]]:
    """Rows of `hindcast` for a fit whose posterior runs reach the last month."""
    horizon = month_label(month_number(origin) + hindcast_series()["horizon_months"])
    found, left_out = [], widened(made.items, made.observed, made.after)
    for number, row in enumerate(hindcast_series()["series"]):
        every = of_series(**_key(row))
        if not every or every[0].series not in made.runs.values:
            continue
        past = [item for item in every if "2022-01" <= item.month <= origin]
        future = [item for item in every if origin < item.month <= min(last, horizon)]
        if not future:
            continue
        rng = np.random.default_rng([seed, number, month_number(origin)])
        forecast = predicted(made, past, future, left_out, rng)
        months, values = _by_month(past)
        for at, item in enumerate(future):
            told = {
                "origin": origin, "series": "|".join(part for part in item.series if part), "scale": item.scale,
                "month": item.month, "source": item.analyst, "past": len(months), "observed": item.place,
                **{f"p{q:02d}": float(np.quantile(forecast[at], q / 100.0)) for q in (5, 10, 50, 90, 95)},
                "crps": scoring.crps_of_sample(forecast[at], item.place),
                "log_score": scoring.log_score(float(forecast[at].mean()), float(forecast[at].std()), item.place),
                **scoring.covered(forecast[at], item.place),
            }  # fmt: skip
            for name, rival in scoring.RIVALS.items():
                if len(months) >= 2:
                    mean, sd = rival(months, values, month_number(item.month), _usual_error(past))
                    told[f"{name}_crps"] = scoring.crps_of_normal(mean, sd, item.place)
                    told[f"{name}_log_score"] = scoring.log_score(mean, sd, item.place)
            found.append(told)
    return found


def predicted(made: Fit, past: Sequence[Item], future: Sequence[Item], left_out: Mapping[tuple, float],
              rng) -> np.ndarray:  # fmt: skip
    """Forecasts of a series on its scale, array (future items, EACH × members).

    Parameters
    ----------
    made : the fit
    past, future : items of the series, known at the origin and later
    left_out : {series: factor} on what the model leaves out, as seen after the fit: what the fit has cured is counted
        in the spread of its members and not here
    rng : numpy Generator
    """
    ahead = np.repeat(places(made.runs, future), EACH, axis=1)
    wide = left_out
    error = _usual_error(past) if past else float(np.mean([item.sd for item in future]))
    own = (1.0 - error_model()["analyst"]["shared"]) * error**2  # the rest of an error's variance is the analyst's
    spread = discrepancy(future, future, wide) + np.diag(np.full(len(future), own)) + _shared(future, future)
    if past:
        missed = np.array([item.place for item in past])[:, None] - np.repeat(places(made.runs, past), EACH, axis=1)
        across = discrepancy(future, past, wide) + _shared(future, past)
        whole = discrepancy(past, past, wide) + observation_errors(past)
        ahead = ahead + across @ np.linalg.solve(whole, missed)
        spread = (spread - across @ np.linalg.solve(whole, across.T)) * scatter(missed, whole)
    root = np.linalg.cholesky((spread + spread.T) / 2.0)
    return ahead + root @ rng.standard_normal(ahead.shape)


def scatter(missed: np.ndarray, errors: np.ndarray) -> float:
    """By what factor past observations scatter less or more than their stated errors, as a variance (dimensionless).

    Many series are steadier than their confidence makes one fear, and some less: the mean square of what was missed,
    in units of the errors and the members' spread, counts together with the stated errors, which weigh as much as
    `BELIEVED` observations (the mean of an inverse gamma, the conjugate prior of a variance).

    Parameters
    ----------
    missed : array (past items, members), observed less predicted, on the items' scales
    errors : array (past items, past items), covariance of errors and of what the model leaves out
    """
    across = missed - missed.mean(axis=1, keepdims=True)
    whole = errors + across @ across.T / max(missed.shape[1] - 1, 1)
    left = np.linalg.solve(np.linalg.cholesky(whole), missed.mean(axis=1))
    return float((BELIEVED + (left**2).sum()) / (BELIEVED + len(left)))


def _shared(a: Sequence[Item], b: Sequence[Item]) -> np.ndarray:
    """Covariance of what observations of one analyst through one instrument share, array (a, b)."""
    same = np.array([[x.analyst == y.analyst and x.observer == y.observer for y in b] for x in a], dtype=float)
    sd = [np.array([item.sd for item in some]) for some in (a, b)]
    return error_model()["analyst"]["shared"] * np.outer(*sd) * same


def _usual_error(past: Sequence[Item]) -> float:
    return float(np.median([item.sd for item in past]))


def _by_month(past: Sequence[Item]) -> tuple[list[int], list[float]]:
    """Month numbers and places of a series, alternatives of one month averaged."""
    found: dict[int, list[float]] = {}
    for item in past:
        found.setdefault(month_number(item.month), []).append(item.place)
    return list(found), [float(np.mean(values)) for values in found.values()]


def summary(rows) -> tuple[Any, dict[str, float]]:
    """Skill a series, and overall numbers, of the rows of every origin.

    Returns
    -------
    frame : one row a series and whether it counts (enough points before an origin): mean CRPS of the model and of the
        better rival, their ratio, share of observations inside the 50, 80 and 90 % intervals, mean log scores
    overall : median ratio, coverage and counts over the series that count (dimensionless)
    """
    import pandas as pd

    frame = pd.DataFrame(rows)
    frame["counts"] = frame["past"] >= hindcast_series()["at_least"]
    found = []
    for (name, counts), part in frame.groupby(["series", "counts"], sort=False):
        rival = {rival: float(part[f"{rival}_crps"].mean()) for rival in scoring.RIVALS} if counts else {}
        better = min(rival, key=rival.__getitem__) if rival else ""
        found.append({
            "series": name, "counts": bool(counts), "observations": len(part), "origins": part["origin"].nunique(),
            "crps": float(part["crps"].mean()), "rival": better,
            "rival_crps": rival.get(better, np.nan), "ratio": part["crps"].mean() / rival[better] if rival else np.nan,
            **{key: float(part[key].mean()) for key in ("inside_50", "inside_80", "inside_90", "log_score")},
            "rival_log_score": float(part[f"{better}_log_score"].mean()) if rival else np.nan,
        })  # fmt: skip
    table = pd.DataFrame(found)
    counted = frame[frame["counts"]]
    overall = {"median_ratio": float(table.loc[table["counts"], "ratio"].median()),
               "series": int(table["counts"].sum()), "observations": len(counted),
               **{key: float(counted[key].mean()) for key in ("inside_50", "inside_80", "inside_90")}}  # fmt: skip
    return table, overall
