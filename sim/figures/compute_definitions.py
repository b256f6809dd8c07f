"""The same world under every definition of "share of compute"."""

import numpy as np

from ..outputs.accounting import why_they_differ
from . import style

ROWS = (
    "owner|all|stock|8bit", "owner|tracked|stock|8bit", "user|all|stock|8bit", "location|all|stock|8bit",
    "census", "owner|all|stock|tpp", "owner|all|stock|16bit", "owner|all|stock|bandwidth", "owner|all|stock|dollars",
    "owner|all|flow12|8bit", "owner|tracked|flow12|8bit",
)  # fmt: skip


def compute_definitions(results, observations=None, month="2025-12"):
    """Shares of the United States and China at one month under each definition, as medians with P10–P90.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None
    month : YYYY-MM; the last month of a shorter run

    Returns
    -------
    Figure; shares are fractions of the world's total, dimensionless
    """
    month = month if month in results.months else results.months[-1]
    at = results.months.index(month)
    figure, axes = style.canvas(
        f"One simulated world, many published answers ({month})",
        "Share of the world's AI compute by definition [basis | diverted | stock or twelve-month flow | metric]: all "
        "rows are the same state of the same draws.",
        results, columns=2, height=6.2,
        notes="Points and bars: model, median and P10 to P90. White circles: published estimates for that month (Epoch "
        "AI, CC BY 4.0, and others). " + why_they_differ(results, month),
        grid={"left": 0.345, "right": 0.97, "wspace": 0.12}, sharey=True,
    )  # fmt: skip
    pairs = [("census_share", "") if row == "census" else ("compute_share", row) for row in ROWS]
    pairs = [pair for pair in pairs if results.has(*pair, "china")]
    for axis, region in zip(axes[0], ("united_states", "china"), strict=True):
        colour, top = style.REGION_COLOURS[region], 0.0
        for y, pair in enumerate(pairs):
            key = (*pair, region, "")
            low, middle, high = results.quantiles(*key)[1][:, at]
            if not np.isfinite(middle):
                continue
            axis.plot([low, high], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
            axis.plot([middle], [y], "o", color=colour, markersize=7)
            axis.annotate(style.share_words(middle), (middle, y), (0, 7),
                          textcoords="offset points", ha="center", fontsize=style.FONT["small"],
                          color=style.ink(colour))  # fmt: skip
            top = max(top, high, _published(axis, observations, key, month, y, colour))
        axis.set_xlim(0, min(1.0, np.ceil((top + 0.02) * 20) / 20))
        axis.xaxis.set_major_formatter(style.PercentFormatter(1.0, decimals=0, symbol=" %"))
        axis.grid(axis="x", color=style.PALE, linewidth=0.6)
        style.heading(axis, style.REGION_NAMES[region])
    axes[0, 0].set_yticks(range(len(pairs)), [_words(*pair) for pair in pairs])
    axes[0, 0].set_ylim(len(pairs) - 0.4, -0.7)
    return figure


def _words(output, definition):
    if output == "census_share":
        return "census of known clusters, by location"
    basis, diverted, kind, metric = definition.split("|")
    short = {"tracked": "without diverted", "all": "", "flow12": "12 months", "stock": "", "8bit": "8-bit",
             "tpp": "TPP", "16bit": "16-bit", "bandwidth": "memory bandwidth"}  # fmt: skip
    parts = [f"by {basis}", *(short.get(part, part) for part in (kind, metric, diverted))]
    return ", ".join(part for part in parts if part)


def _published(axis, observations, key, month, y, colour):
    rows = style.select(observations, key)
    top = 0.0
    for row in rows[rows["month"] == month].itertuples() if rows is not None else ():
        if np.isfinite(row.low) and np.isfinite(row.high):
            axis.plot([row.low, row.high], [y + 0.24] * 2, color=style.ink(colour), linewidth=1)
            top = row.high
        if np.isfinite(row.value):
            axis.plot([row.value], [y + 0.24], "o", markersize=5, markerfacecolor="white",
                      markeredgecolor=style.ink(colour))  # fmt: skip
            top = max(top, row.value)
    return top
