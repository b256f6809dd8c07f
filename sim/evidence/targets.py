"""Scores a run against the 22 calibration targets: medians over draws, each against its range."""

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..outputs import OutputError
from ..units import month_label, month_number, years_between

if TYPE_CHECKING:
    import pandas as pd

SELECT = ("definition", "region", "detail")
PART_KEYS = {"name", "output", *SELECT, "against", "unit", "reduce", "month", "from", "to", "factor",
             "central", "low", "high", "range_from", "founding"}  # fmt: skip


@cache
def targets() -> dict[str, dict[str, Any]]:
    """The targets by id (S1–S9, D1–D13), as declared in targets.toml."""
    with open(Path(__file__).parent / "targets.toml", "rb") as file:
        return tomllib.load(file)


def _column(months, label):
    """Where a month stands in a series; a KeyError when the run does not cover it."""
    if label not in months:
        raise KeyError(f"the run does not cover {label}")
    return months.index(label)


def _window(months, values, part):
    first, last = _column(months, part["from"]), _column(months, part["to"])
    return values[:, first : last + 1]


def _at(months, values, part, _other):
    return values[:, _column(months, part["month"])]


def _mean(months, values, part, _other):
    window = _window(months, values, part)
    known = np.isfinite(window)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, window, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _max(months, values, part, _other):
    window = _window(months, values, part)
    highest = np.where(np.isfinite(window), window, -np.inf).max(axis=1)
    return np.where(np.isfinite(highest), highest, np.nan)


def _fold(months, values, part, _other):
    before, after = values[:, _column(months, part["from"])], values[:, _column(months, part["to"])]
    return np.divide(after, before, out=np.full(len(before), np.nan), where=before > 0)


def _fold_per_year(months, values, part, other):
    years = years_between(month_number(part["from"]), month_number(part["to"]))
    return _fold(months, values, part, other) ** (1.0 / years)


def _fall_fold_per_year(months, values, part, other):
    return 1.0 / _fold_per_year(months, values, part, other)


def _difference(months, values, part, other):
    return _at(months, values, part, None) - _at(months, other, part, None)


def _crossing(months, values, _part, other):
    """Month number in which the series is first above the other; infinite if it never is."""
    above = values > other
    return np.where(above.any(axis=1), month_number(months[0]) + above.argmax(axis=1), np.inf)


REDUCTIONS = {
    "at": _at,
    "mean": _mean,
    "max": _max,
    "fold": _fold,
    "fold_per_year": _fold_per_year,
    "fall_fold_per_year": _fall_fold_per_year,
    "difference": _difference,
    "crossing": _crossing,
}


def reduce_draws(results, part) -> np.ndarray:
    """One number a draw for one part of a target, array (draws,), in the part's unit.

    Raises
    ------
    KeyError : if the run lacks the output or does not cover the months
    """
    pick = {key: part.get(key, "") for key in SELECT}
    months, values = results.series(part["output"], **pick)
    if not len(months):
        raise KeyError(f"the run has no {part['output']} with {pick}")
    other = None
    if "against" in part:
        _, other = results.series(part["output"], **{**pick, **part["against"]})
    reduced = REDUCTIONS[part["reduce"]](list(months), np.asarray(values, dtype=float), part, other)
    return reduced * part.get("factor", 1.0)


def _quantiles(values):
    """P10, P50, P90 over draws; an unreached (infinite) value is kept, a missing one left out."""
    values = values[~np.isnan(values)]
    if not len(values):
        return (np.nan,) * 3
    method: Any = "linear" if np.isfinite(values).all() else "inverted_cdf"
    return tuple(float(q) for q in np.quantile(values, (0.1, 0.5, 0.9), method=method))


def bounds(part) -> tuple[float, float, float]:
    """low, central, high of a part as numbers; months become month numbers."""
    low, central, high = (
        float(month_number(part[key])) if isinstance(part[key], str) else float(part[key])
        for key in ("low", "central", "high")
    )
    return low, central, high


def evaluate(results) -> "pd.DataFrame":
    """Scores a run: one row a part of a target.

    Parameters
    ----------
    results : anything whose ``series(output, definition=, region=, detail=)`` gives
        (month labels, array (draws, months))

    Returns
    -------
    DataFrame with columns id, title, part, observer, how, output, unit, p10, p50, p90, low, central, high, hit and
    problem (why a part has no value); a month stands as its month number, infinite when it never comes.
    """
    import pandas as pd

    rows = []
    for name, target in targets().items():
        for part in target["part"]:
            low, central, high = bounds(part)
            problem = ""
            try:
                p10, p50, p90 = _quantiles(reduce_draws(results, part))
            except (KeyError, ValueError, OutputError) as error:
                p10 = p50 = p90 = np.nan
                problem = str(error.args[0]) if error.args else type(error).__name__
            rows.append(
                {"id": name, "title": target["title"], "part": part["name"], "observer": target["observer"],
                 "how": target["how"], "output": part["output"], "unit": part["unit"],
                 "p10": p10, "p50": p50, "p90": p90, "low": low, "central": central, "high": high,
                 "hit": bool(low <= p50 <= high), "problem": problem}
            )  # fmt: skip
    return pd.DataFrame(rows)


def summary(scores: "pd.DataFrame") -> "pd.DataFrame":
    """One row a target: hit only if the median of every part lies inside its range."""
    import pandas as pd

    rows = [
        {"id": name, "title": parts["title"].iloc[0], "hit": bool(parts["hit"].all()),
         "parts_hit": int(parts["hit"].sum()), "parts": len(parts)}
        for name, parts in scores.groupby("id", sort=False)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def widths(scores: "pd.DataFrame") -> "pd.Series":
    """The 80 % interval of each row of scores over twice its range, high less low: at most 1 is narrow enough."""
    with np.errstate(invalid="ignore"):
        return (scores["p90"] - scores["p10"]).fillna(np.inf) / (2.0 * (scores["high"] - scores["low"]))


def founding(scores: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of scores that stand for a founding figure, with ``inside``: whether the 80 % interval holds it."""
    marked = {(name, part["name"]) for name, target in targets().items() for part in target["part"]
              if part.get("founding")}  # fmt: skip
    rows = scores[[key in marked for key in zip(scores["id"], scores["part"], strict=True)]]
    return rows.assign(inside=(rows["p10"] <= rows["central"]) & (rows["central"] <= rows["p90"]))


def verdict(scores: "pd.DataFrame") -> list[str]:
    """What a table of scores comes to, in three sentences: medians, widths, founding figures (in their units)."""
    hits = summary(scores).set_index("id")["hit"]
    wide = widths(scores).groupby(scores["id"], sort=False).max()
    too = wide[~(wide <= 1.0)]
    figures = ", ".join(f"{show_value(row.central, row.unit)} in {show_value(row.p10, row.unit)} to "
                        f"{show_value(row.p90, row.unit)}{'' if row.inside else ' (outside)'}"
                        for row in founding(scores).itertuples())  # fmt: skip
    missed = ", ".join(hits.index[~hits])
    wider = ", ".join(f"{name} ({width:.1f} times)" for name, width in too.items())
    return [
        f"{int(hits.sum())} of {len(hits)} targets hit (the median of every part is in its range)"
        + (f"; missed: {missed}." if missed else "."),
        f"{len(wide) - len(too)} of {len(wide)} have 80 % intervals no wider than twice their ranges"
        + (f"; wider: {wider}." if wider else "."),
        f"Founding figures and 80 % intervals: {figures}.",
    ]


def show_value(value: float, unit: str) -> str:
    """A number of a target as people write it: months as YYYY-MM, large counts with a thousands separator."""
    if value != value:
        return "–"
    if unit == "month":
        return month_label(round(value)) if np.isfinite(value) else "never"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"
