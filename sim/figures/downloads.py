"""Llama and Qwen: cumulative downloads on the model hub, and the month in which they cross."""

import numpy as np

from . import style

CLOSE_UP = "2026-12"  # last month of the panel that shows the crossing
FAMILIES = (("llama", style.SKY), ("qwen", style.VERMILLION))


def downloads(results, observations=None, against=None):
    """Cumulative hub downloads of Llama and Qwen: close up on a linear axis, and the whole run on a log axis.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None
    against : Results of another scenario, drawn dashed and without bands, or None

    Returns
    -------
    Figure; downloads in millions, cumulative
    """
    declared = results.output("hub_downloads_cumulative_m")
    figure, axes = style.canvas(
        "Downloads on the model hub: Llama and Qwen",
        f"{declared.title}, {declared.unit}. {declared.definition} [{declared.name}]. {_crossing_words(results)}",
        results, columns=2, notes="Points: published counts. Grey: months in which Qwen first passes Llama, P10 to P90 "
        "and median." + style.dashed(against), grid={"wspace": 0.2},
    )  # fmt: skip
    last = results.months.index(CLOSE_UP) if CLOSE_UP in results.months else len(results.months) - 1
    for axis, months, words in ((axes[0, 0], results.months[: last + 1], "Close up, linear axis"),
                                (axes[0, 1], results.months, "Whole run, log axis")):  # fmt: skip
        log = axis is axes[0, 1]
        style.heading(axis, f"{words}, million downloads")
        axis.set_yscale("log" if log else "linear")
        labels, top = [], 1.0
        for family, colour in FAMILIES:
            key = ("hub_downloads_cumulative_m", "", "", family)
            q = style.draw(axis, results, key, colour)[:, : len(months)]
            seen = style.observed(axis, observations, results, key, colour)
            style.draw_against(axis, against, key, colour)
            labels.append((style.end_of(q), f"{family.capitalize()}\n{style.end_of(q):,.0f} M", colour))
            top = max(top, float(np.nanmax(q[2])), *seen)
        axis.set_ylim((0.3, 2 * top) if log else (0, 1.05 * top))
        style.log_ticks(axis, (1.0,)) if log else style.plain(axis)
        style.clock(axis, months, room=0.95)
        style.direct_labels(axis, months, labels)
        _mark_crossing(axis, results)
    return figure


def crossing(results):
    """Months (index) of the first Qwen lead: array of the draws that cross, and the share of draws that do."""
    first, second = (results.series("hub_downloads_cumulative_m", "", "", family)[1] for family, _ in FAMILIES)
    above = second > first
    crossed = above.any(axis=1) & ~above[:, 0]
    return above[crossed].argmax(axis=1), float(crossed.mean())


def _crossing_words(results):
    months, share = crossing(results)
    if share < 0.5:
        return f"Qwen passes Llama in {100 * share:.0f} % of draws."
    low, middle, high = (results.months[int(m)] for m in np.quantile(months, (0.1, 0.5, 0.9), method="nearest"))
    return f"Qwen passes Llama in {middle} (P10 to P90: {low} to {high}; {100 * share:.0f} % of draws)."


def _mark_crossing(axis, results):
    months, share = crossing(results)
    if share >= 0.5:
        x = style.years(results.months)
        low, middle, high = (x[int(m)] for m in np.quantile(months, (0.1, 0.5, 0.9), method="nearest"))
        axis.axvspan(low, high, color=style.PALE, alpha=0.6, linewidth=0, zorder=0)
        axis.axvline(middle, color=style.GREY, linewidth=1, zorder=1)
