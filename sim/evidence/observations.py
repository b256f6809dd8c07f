"""Turns rows of the evidence tables into observations with the columns of a run's results.

Which rows stand for which output is data, in observation_map.toml, so a hindcast or a figure is a join.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .loader import load

if TYPE_CHECKING:
    import pandas as pd

RESULT_COLUMNS = ["scenario", "draw", "month", "output", "definition", "region", "detail", "value", "unit"]
COLUMNS = [*RESULT_COLUMNS, "low", "high", "source", "confidence", "observer"]
AXES = ("definition", "region", "detail")
_NUMBERS = ["value", "low", "high"]
PLANS = ("forecast", "target", "planned")  # kinds of rows that say what someone expects, not what happened


@cache
def mapping() -> list[dict[str, Any]]:
    """The entries of observation_map.toml: table, row filter, output, axes, unit, factor, transform."""
    with open(Path(__file__).parent / "observation_map.toml", "rb") as file:
        return tomllib.load(file)["map"]


def observations(output: str | None = None) -> "pd.DataFrame":
    """What was observed, one row a value, in the units of the outputs.

    Parameters
    ----------
    output : str or None, one output only

    Returns
    -------
    DataFrame with the columns of a run's results (scenario "observed", draw −1) and low, high, source, confidence,
    observer; a value may be missing when only a bound is known
    """
    frame = _all()
    return (frame if output is None else frame[frame["output"] == output]).copy()


@cache
def _all():
    import pandas as pd

    frame = pd.concat([_observe(entry) for entry in mapping()], ignore_index=True)
    return frame.sort_values(["output", *AXES, "month"], kind="stable", ignore_index=True)[COLUMNS]


def _observe(entry):
    rows = _select(load(entry["table"]), entry.get("where", {}))
    if "kind" in rows:
        rows = rows[rows["kind"].isin(PLANS) == entry.get("plans", False)]
    frame = rows[["source", "confidence"]].copy()
    for number, column in zip(_NUMBERS, entry.get("columns", ["central", "low", "high"]), strict=False):
        frame[number] = rows[column] * entry.get("factor", 1.0)
    for number in _NUMBERS:
        if number not in frame:
            frame[number] = np.nan
    date = next(c for c in (entry.get("date"), "period_end", "date", "release_date") if c and c in rows)
    frame["month"] = rows[date].str[:7]
    for axis in AXES:
        frame[axis] = _axis(rows, entry.get(axis, ""))
    frame = frame.dropna(subset=list(AXES)).dropna(subset=_NUMBERS, how="all")
    if "transform" in entry:
        frame = TRANSFORMS[entry["transform"]](frame)
    frame["scenario"], frame["draw"] = "observed", -1
    frame["output"], frame["unit"], frame["observer"] = entry["output"], entry["unit"], entry["observer"]
    return frame


def _select(rows, where):
    """Rows that match every condition: a value, or a list of values."""
    for column, wanted in where.items():
        rows = rows[rows[column].isin([wanted] if isinstance(wanted, str) else wanted)]
    return rows


def _axis(rows, how):
    """A constant, or the names of a column's values; rows whose value has no name are left out."""
    if isinstance(how, str):
        return how
    return rows[how["column"]].map(how["names"])


def _grouped(frame, change):
    import pandas as pd

    groups = [change(group.sort_values("month", kind="stable")) for _, group in frame.groupby(list(AXES), sort=False)]
    return pd.concat(groups, ignore_index=True) if groups else frame


def _by_month(group):
    """One row a month, numbers added (an interval of a sum is the sum of bounds: too wide rather than too narrow)."""
    summed = group.groupby("month", sort=True)[_NUMBERS].sum(min_count=1)
    first = group.groupby("month", sort=True)[["source", "confidence", *AXES]].first()
    return summed.join(first).reset_index()


def _cumulative(frame):
    """Sum of all flows so far."""

    def change(group):
        group = _by_month(group)
        group[_NUMBERS] = group[_NUMBERS].cumsum()
        group[["low", "high"]] = np.nan  # bounds of independent quarters do not add up to bounds of the sum
        return group

    return _grouped(frame, change)


def _last_four_quarters(frame):
    """Twelve-month sums at the end of each quarter; only where all four quarters are there."""

    def change(group):
        group = _by_month(group)
        months = group["month"].str[:4].astype(int) * 12 + group["month"].str[5:7].astype(int)
        group[_NUMBERS] = group[_NUMBERS].rolling(4).sum()
        return group[months.diff(3) == 9]

    return _grouped(frame, change)


def _quarter_to_month(frame):
    """Average month of a quarter."""
    frame = _grouped(frame, _by_month)
    frame[_NUMBERS] = frame[_NUMBERS] / 3.0
    return frame


def _highest_so_far(frame):
    """Only the rows that raise the record: the path of the best."""

    def change(group):
        best = group["value"].cummax()
        return group[best > best.shift(fill_value=-np.inf)].drop_duplicates("month", keep="last")

    return _grouped(frame, change)


TRANSFORMS = {
    "cumulative": _cumulative,
    "last_four_quarters": _last_four_quarters,
    "quarter_to_month": _quarter_to_month,
    "highest_so_far": _highest_so_far,
}
