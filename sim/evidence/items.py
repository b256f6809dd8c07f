"""What a calibration is held against: observations joined to outputs, each with a scale and an error.

An item is one number seen through one instrument: a part of a target, or one observation of a series that hindcasts
are judged on. Several numbers published for the same thing stay apart as alternatives and share the weight of one.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..units import month_number
from .observations import AXES, observations
from .targets import bounds, targets

FOLDER = Path(__file__).parent
FITTED = ("at", "mean", "max", "fold", "fold_per_year", "fall_fold_per_year")  # the rest repeat these in other words
FAINT = 1e-3  # shares are read between this and one minus this


@dataclass(frozen=True)
class Item:
    """One observed number and how a run is compared with it.

    Parameters
    ----------
    name : str, unique
    part : dict, how a run's series becomes one number, as for a part of a target
    month : str, YYYY-MM, the last month it rests on
    scale : "log", "logit" or "linear"
    value : float, what was observed, in the part's unit
    sd : float, standard deviation of its error on the scale
    series : (output, definition, region, detail)
    analyst, observer, source, confidence : str
    target : str, id of the target, or ""
    """

    name: str
    part: Mapping[str, Any] = field(repr=False)
    month: str
    scale: str
    value: float
    sd: float
    series: tuple[str, str, str, str]
    analyst: str
    observer: str
    source: str
    confidence: str
    target: str = ""

    @property
    def place(self) -> float:
        """The observed number on its scale."""
        return float(on_scale(self.value, self.scale))


@cache
def error_model() -> dict[str, Any]:
    """error_model.toml: standard deviations on the scale of a series, and what is shared."""
    with open(FOLDER / "error_model.toml", "rb") as file:
        return tomllib.load(file)


@cache
def hindcast_series() -> dict[str, Any]:
    """hindcast_series.toml: origins, horizon in months, and the series with their scales."""
    with open(FOLDER / "hindcast_series.toml", "rb") as file:
        return tomllib.load(file)


def on_scale(values, scale: str) -> np.ndarray:
    """Values in their unit on a scale; nothing and everything stay finite (a share of 0 counts as 0.1 %)."""
    values = np.asarray(values, dtype=float)
    if scale == "logit":
        share = np.clip(values, FAINT, 1.0 - FAINT)
        return np.log(share) - np.log1p(-share)
    if scale == "log":
        return np.log(np.maximum(values, 1e-12))
    return values


def off_scale(places, scale: str) -> np.ndarray:
    """The inverse of `on_scale`: values in their unit."""
    places = np.asarray(places, dtype=float)
    if scale == "logit":
        return 1.0 / (1.0 + np.exp(-places))
    return np.exp(places) if scale == "log" else places


def scale_of(unit: str) -> str:
    """The scale on which numbers of a unit are compared."""
    if unit.startswith("share"):
        return "logit"
    return "linear" if unit in ("months", "ECI points", "countries of 15") else "log"


def items(until: str, first: str = "2022-01", prefer: Mapping[str, str] | None = None) -> list[Item]:
    """Every observed number dated no later than a month.

    Parameters
    ----------
    until : YYYY-MM, the last month
    first : YYYY-MM, where runs begin
    prefer : {output: text}, of alternatives for one number of this output only those whose source has this text

    Raises
    ------
    InputError : if ``prefer`` names an output without observations, or no source has the text
    """
    found = [item for item in _of_targets() if item.month <= until]
    known = {(*item.series, item.part["month"]) for item in found if item.part["reduce"] == "at"}
    rows = [item for item in _of_series(prefer or {}) if first <= item.month <= until]
    return found + [item for item in rows if (*item.series, item.month) not in known]


def of_series(output, definition="", region="", detail="") -> list[Item]:
    """The observations of one series in order of date, alternatives of one month included (the output's unit)."""
    return [item for item in _every() if item.series == (output, definition, region, detail)]


def observation_errors(found: Sequence[Item]) -> np.ndarray:
    """Covariance of errors of observation, array (items, items), squared units of the scales: own and analyst's."""
    shared = error_model()["analyst"]["shared"]
    sd = np.array([item.sd for item in found])
    group = [(item.analyst, item.observer) for item in found]
    together = np.array([[a == b for b in group] for a in group], dtype=float)
    return np.outer(sd, sd) * (shared * together + (1.0 - shared) * np.eye(len(found)))


def discrepancy(a: Sequence[Item], b: Sequence[Item], wider: Mapping[tuple, float] | None = None) -> np.ndarray:
    """What the model leaves out, covariance between items, array (a, b): alike in neighbouring months of one series.

    Parameters
    ----------
    a, b : items
    wider : {series: factor} on its standard deviation, 1 where a series is not named

    Source: the discrepancy of Kennedy & O'Hagan (2001), Journal of the Royal Statistical Society B 63(3), 425–464,
    with an exponential correlation in time.
    """
    fade, factors = error_model()["model"]["months"], wider or {}
    left, right = ([leaving_out(item) * factors.get(item.series, 1.0) for item in some] for some in (a, b))
    months = [np.array([month_number(item.month) for item in some]) for some in (a, b)]
    same = np.array([[x.series == y.series for y in b] for x in a], dtype=float).reshape(len(a), len(b))
    return np.outer(left, right) * same * np.exp(-np.abs(months[0][:, None] - months[1][None, :]) / fade)


def leaving_out(item: Item) -> float:
    """Standard deviation of what the model leaves out of an item's series, on its scale.

    The range of a target is what a run may miss it by, so it holds that already: nothing is added.
    """
    if item.target:
        return 0.0
    told = error_model()["model"]
    return float(told["output"].get(item.series[0], told[item.scale]))


def standard_deviation(scale: str, low: float, high: float, confidence: str, least: bool = True) -> float:
    """Of one observation's error, on its scale, from its range (its unit; NaN if none is stated) and confidence.

    ``least`` is whether a stated range may be tighter than anybody's numbers are believed to be.
    """
    told = error_model()
    if not (np.isfinite(low) and np.isfinite(high)):
        return float(told["without_range"][scale][confidence])
    from scipy.special import ndtri

    width = float(on_scale(high, scale) - on_scale(low, scale)) / 2.0
    stated = width / float(ndtri(0.5 + told["range"]["covers"] / 2.0))
    return max(stated, float(told["at_least"][scale][confidence])) if least else stated


def analyst_of(source: str) -> str:
    """Whose number it is: the analyst of error_model.toml that a source names first, else the source itself."""
    named = [name for name in error_model()["analyst"]["names"] if name in source]
    return min(named, key=source.index) if named else source


@cache
def _of_targets() -> list[Item]:
    found = []
    seen = observations()
    for name, target in targets().items():
        for part in target["part"]:
            if part["reduce"] not in FITTED:
                continue
            low, _, high = bounds(part)
            scale = scale_of(part["unit"])
            last = max(part[key] for key in ("month", "to") if key in part)
            middle = float(off_scale((on_scale(low, scale) + on_scale(high, scale)) / 2.0, scale))
            series = (part["output"], *(part.get(axis, "") for axis in AXES))
            same = seen[(seen["output"] == series[0]) & (seen["month"] == last)]
            source = str(same["source"].iloc[0]) if len(same) else f"target {name}"
            found.append(Item(f"{name}: {part['name']}", part, last, scale, middle,
                              standard_deviation(scale, low, high, "medium", least=False), series, analyst_of(source),
                              target["observer"], source, "medium", name))  # fmt: skip
    return found


@cache
def _every() -> tuple[Item, ...]:
    return tuple(_of_series({}))


def _of_series(prefer: Mapping[str, str]) -> list[Item]:
    known = {row["output"] for row in hindcast_series()["series"]}
    for output in prefer:
        if output not in known:
            raise InputError(f"--prefer: {output}: no observations of this output are fitted{nearest(output, known)}")
    found: list[Item] = []
    told: dict[str, list[str]] = {}
    for row in hindcast_series()["series"]:
        series = (row["output"], *(row.get(axis, "") for axis in AXES))
        seen = observations(row["output"])
        for axis in AXES:
            seen = seen[seen[axis] == row.get(axis, "")]
        told[row["output"]] = [*told.get(row["output"], []), *seen["source"]]
        for month, rows in seen.groupby("month", sort=True):
            found += _alternatives(series, row["scale"], str(month), rows, prefer.get(row["output"]))
    for output, text in prefer.items():
        if not any(text in source for source in told[output]):
            listed = "; ".join(sorted({source[:60] for source in told[output]}))
            raise InputError(f"--prefer: {output}: no source has the text {text!r}; there are: {listed}")
    return found


def _alternatives(series, scale, month, rows, wanted) -> list[Item]:
    """Items of one series and month: together they weigh as one."""
    if wanted is not None and len(rows) > 1 and rows["source"].str.contains(wanted, regex=False).any():
        rows = rows[rows["source"].str.contains(wanted, regex=False)]
    found = []
    label = "|".join(part for part in series if part)
    for number, row in enumerate(rows.itertuples(), start=1):
        low, high = float(row.low), float(row.high)
        value = float(row.value)
        if not np.isfinite(value):
            if not (np.isfinite(low) and np.isfinite(high)):
                continue
            value = float(off_scale((on_scale(low, scale) + on_scale(high, scale)) / 2.0, scale))
        sd = standard_deviation(scale, low, high, row.confidence) * np.sqrt(len(rows))
        part = {"output": series[0], **dict(zip(AXES, series[1:], strict=True)), "reduce": "at", "month": month,
                "unit": row.unit}  # fmt: skip
        suffix = f" ({number})" if len(rows) > 1 else ""
        found.append(Item(f"{label} {month}{suffix}", part, month, scale, value, float(sd), series,
                          analyst_of(row.source), row.observer, row.source, row.confidence))  # fmt: skip
    return found
