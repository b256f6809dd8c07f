"""What the data tell about the uncertain entries: which narrow, which trade off, and what to measure next."""

from typing import Any

import numpy as np

from ...evidence.items import leaving_out
from ...parameters.register import load_register
from .calibrate import Fit
from .smoother import covariance

INFORMED = 0.8  # posterior over prior width below which the data inform an entry
STRONG = 0.3  # correlation in the posterior, less the prior's, above which two entries trade off
MOST = 15


def report(made: Fit) -> dict[str, Any]:
    """Widths, trade-offs and the next measurement, as plain data (dimensionless unless named).

    Returns
    -------
    widths : rows name, title, width (posterior over prior), shift (of the median, in prior standard deviations)
    pairs : rows a, b, correlation in the posterior
    next : rows name of an item, share of the remaining variance of all entries that measuring it once more would remove
    """
    register = load_register()
    width = made.posterior.std(axis=1) / made.prior.std(axis=1)
    shift = np.median(made.posterior, axis=1) - np.median(made.prior, axis=1)
    order = np.argsort(width, kind="stable")
    rows = [{"name": made.names[at], "title": register[made.names[at]].title, "width": float(width[at]),
             "shift": float(shift[at])} for at in order]  # fmt: skip
    after, before = np.corrcoef(made.posterior), np.corrcoef(made.prior)
    pairs = [{"a": made.names[i], "b": made.names[j], "correlation": float(after[i, j]),
              "before": float(before[i, j])}
             for i in range(len(after)) for j in range(i) if abs(after[i, j] - before[i, j]) > STRONG]  # fmt: skip
    pairs.sort(key=lambda row: -abs(row["correlation"] - row["before"]))
    return {"widths": rows, "pairs": pairs[:MOST], "next": _next(made)[:MOST]}


def _next(made: Fit) -> list[dict[str, Any]]:
    """Series whose value in the last month, measured again as well as before, would narrow the entries most."""
    last: dict[tuple, int] = {}
    for at, item in enumerate(made.items):
        if item.series not in last or item.month >= made.items[last[item.series]].month:
            last[item.series] = at
    moved = covariance(made.posterior, made.after)
    whole = made.posterior.var(axis=1, ddof=1).sum()
    rows = []
    for series, at in last.items():
        item = made.items[at]
        left = leaving_out(item) * made.wider.get(series, 1.0)
        noise = made.after[at].var(ddof=1) + item.sd**2 + left**2  # the spread of predictions holds chance already
        rows.append({"series": "|".join(part for part in series if part), "month": item.month,
                     "share": float((moved[:, at] ** 2).sum() / noise / whole)})  # fmt: skip
    return sorted(rows, key=lambda row: -row["share"])
