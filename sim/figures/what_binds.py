"""What binds the Chinese chain: shares of draws month by month, and when each thing began and ceased to bind."""

import numpy as np

from . import style
from .ascend_ramp import ribbon
from .palette import CONSTRAINTS

MAKERS = {"huawei": "Huawei", "cambricon": "Cambricon", "other_chinese": "other Chinese makers"}
GROUPS = {"logic": ("logic: wafers, yield or dies", style.BLUE), **{name: CONSTRAINTS[name] for name in CONSTRAINTS
                                                                   if name not in ("wafers", "yield", "dies")}}


def what_binds(results, observations=None, makers=tuple(MAKERS)):
    """Shares of draws in which each thing stops one more accelerator, by maker, and the dates of its changes.

    Parameters
    ----------
    results : Results
    observations : not used, so that all figures are called alike
    makers : tuple of str, the definitions under which binding constraints are recorded; dates are those of the first

    Returns
    -------
    Figure; shares of draws (dimensionless), and dates in calendar years
    """
    figure, axes = style.canvas(
        "What stops one more Chinese accelerator, and since when",
        "Share of draws in which each thing binds, month by month. Beneath, for Huawei: from when to when each bound, "
        "median and P10 to P90 over the draws in which it ever did for three months in a row.",
        results, rows=len(makers) + 1, height=2.0 + 1.75 * len(makers) + 2.2,
        height_ratios=[*(1.0 for _ in makers), 1.25], sharex=True, grid={"hspace": 0.42, "left": 0.085},
    )  # fmt: skip
    for axis, maker in zip(axes[:, 0], makers, strict=False):
        ribbon(axis, results, maker)
        axis.set_title(MAKERS.get(maker, maker), loc="right", fontsize=style.FONT["label"], fontweight="bold")
    _dates(axes[-1, 0], results, makers[0])
    return figure


def _dates(axis, results, maker):
    """One row a constraint: a bar from its median first to its median last month, whiskers P10 to P90."""
    rows = []
    for group, (name, colour) in GROUPS.items():
        first, last = (_at_end(results, output, maker, group) for output in ("binding_first_year", "binding_last_year"))
        if len(first):
            rows.append((name, colour, first, last))
    for at, (_, colour, first, last) in enumerate(reversed(rows)):
        (a, begin, b), (c, end, d) = (np.quantile(x, (0.1, 0.5, 0.9)) for x in (first, last))
        axis.plot([begin, max(end, begin)], [at, at], color=colour, linewidth=7, alpha=0.45, solid_capstyle="butt")
        axis.plot([a, b], [at + 0.18, at + 0.18], color=style.ink(colour), linewidth=1.4)
        axis.plot([c, d], [at - 0.18, at - 0.18], color=style.ink(colour), linewidth=1.4)
        axis.plot([begin], [at + 0.18], "o", color=style.ink(colour), markersize=4)
        axis.plot([end], [at - 0.18], "s", color=style.ink(colour), markersize=4)
    axis.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    axis.set_yticks([])
    axis.grid(axis="x", color=style.PALE, linewidth=0.6)
    style.clock(axis, results.months)
    draws = max(results.draws, 1)
    right = axis.get_xlim()[1]
    for at, (name, colour, first, _) in enumerate(reversed(rows)):
        axis.annotate(f"{name.split(':')[0]} ({100 * len(first) / draws:.0f} %)", xy=(right, at),
                      xytext=(6, 0), textcoords="offset points", fontsize=style.FONT["label"],
                      color=style.ink(colour), va="center", annotation_clip=False)  # fmt: skip
    words = "circle: first month; square: last month so far; in brackets: draws in which it ever bound"
    axis.set_title(words, loc="left", fontsize=style.FONT["small"])


def _at_end(results, output, maker, group):
    """The dates known at the end of the run, calendar years, of the draws that have one."""
    if not results.has(output, maker, "china", group):
        return np.zeros(0)
    found = results.series(output, maker, "china", group)[1][:, -1]
    return found[np.isfinite(found)]
