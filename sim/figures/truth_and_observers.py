"""The Chinese share of use by date: the truth in three measures, and every instrument's reading beside it."""

import numpy as np

from ..outputs.readings import SHARES, TRUTH
from ..units import month_number
from . import style

MONTHS = ("2023-12", "2024-12", "2025-12", "2027-12")
NEAR = (-5, 2)  # months before and after a date within which a published value is shown
ROOM = 0.65  # a bar that ends beyond this share has its number on the left
SUMMARIES = ("average of 13 months", "all fine-tunes")  # published of more than the row counts
COLOURS = {TRUTH: style.BLACK, "router": style.VERMILLION, "hub": style.SKY, "enterprise_survey": style.PURPLE,
           "provider_totals": style.BLUE}  # fmt: skip


def truth_and_observers(results, observations=None):
    """Chinese share of use at four dates, row by row: medians with P10 to P90, and what was published near.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None

    Returns
    -------
    Figure; shares are fractions of what each row counts, dimensionless
    """
    months = [month for month in MONTHS if month in results.months] or results.months[-1:]
    rows = [reading for reading in SHARES if results.has(*reading.key)]
    figure, axes = style.canvas(
        "One simulated world, many readings: the Chinese share of model use",
        "Share of models of Chinese laboratories in what each row counts. Black: the simulated truth, which nobody "
        "publishes. Colours: what each published instrument shows of that same world; a colour is an instrument.",
        results, columns=len(months), height=6.4, sharey=True,
        notes="Points and bars: model, median and P10 to P90. White circles: what was published for the nearest month, "
        "five before to two after (bars: its range); router, 2025: average of the 13 months to November; derivatives, "
        "2025: all fine-tunes, not language models alone. Reasons: aicompute observers.",
        grid={"left": 0.25, "right": 0.975, "wspace": 0.09},
    )  # fmt: skip
    top = 0.1
    for axis, month in zip(axes[0], months, strict=True):
        style.heading(axis, month)
        for y, reading in enumerate(rows):
            top = max(top, _row(axis, results, observations, reading, month, y))
        axis.grid(axis="x", color=style.PALE, linewidth=0.6)
        axis.grid(visible=False, axis="y")
        truths = sum(reading.observer == TRUTH for reading in rows)
        axis.axhline(truths - 0.5, color=style.PALE, linewidth=1.0)
        axis.xaxis.set_major_formatter(style.PercentFormatter(1.0, decimals=0, symbol=" %"))
        axis.tick_params(axis="y", length=0)
    for axis in axes[0]:
        axis.set_xlim(0, min(1.0, np.ceil((top + 0.18) * 10) / 10))
        axis.set_xticks(np.arange(0, axis.get_xlim()[1], 0.25))
    labels = [f"{'truth: ' if reading.observer == TRUTH else ''}{reading.name}\n{reading.counts}" for reading in rows]
    axes[0, 0].set_yticks(range(len(rows)), labels, fontsize=style.FONT["small"] + 0.7, linespacing=1.15)
    for label, reading in zip(axes[0, 0].get_yticklabels(), rows, strict=True):
        label.set_color(style.ink(COLOURS[reading.observer]))
    axes[0, 0].set_ylim(len(rows) - 0.4, -0.8)
    return figure


def _row(axis, results, observations, reading, month, y):
    """One reading at one date; returns the largest share drawn (dimensionless)."""
    colour = COLOURS[reading.observer]
    low, middle, high = results.quantiles(*reading.key)[1][:, results.months.index(month)]
    if not np.isfinite(middle):
        return 0.0
    axis.plot([low, high], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
    axis.plot([middle], [y], "o", color=colour, markersize=6.5)
    published = _published(axis, observations, reading, month, y, colour)
    right = high < ROOM
    axis.annotate(style.share_words(middle), (high if right else low, y), (6 if right else -6, 0), va="center",
                  ha="left" if right else "right", textcoords="offset points", fontsize=style.FONT["label"],
                  color=style.ink(colour))  # fmt: skip
    return max(high, published)


def _published(axis, observations, reading, month, y, colour):
    """The published value nearest to a month, drawn below the model's; returns it (dimensionless)."""
    output, definition, region, detail = reading.key
    drawn = 0.0
    for kind in (definition, *SUMMARIES):
        rows = style.select(observations, (output, kind, region, detail)) if reading.observer != TRUTH else None
        if rows is None:
            continue
        away = rows["month"].map(month_number) - month_number(month)
        near = away[away.between(*NEAR)].abs().sort_values(kind="stable").index[:1]
        for row in rows.loc[near].itertuples():
            if np.isfinite(row.low) and np.isfinite(row.high) and kind == definition:
                axis.plot([row.low, row.high], [y + 0.25] * 2, color=style.ink(colour), linewidth=1)
            if np.isfinite(row.value):
                axis.plot([row.value], [y + 0.25], "o", markersize=5, markerfacecolor="white",
                          markeredgecolor=style.ink(colour))  # fmt: skip
                drawn = max(drawn, float(row.value))
    return drawn
