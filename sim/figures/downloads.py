"""Llama and Qwen: cumulative downloads on the model hub, and the month in which they cross."""

import numpy as np

from . import style


def downloads(results, observations=None, families=("llama", "qwen"), against=None):
    """Cumulative hub downloads of two families, and when the second first passes the first.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None
    families : two families of the hub

    Returns
    -------
    Figure; downloads in millions, cumulative
    """
    figure, axes = style.canvas(
        "Downloads on the model hub cross: Llama and Qwen", _subtitle(results), results,
        notes="Points: counts published by the hub's observers." + style.dashed(against),
    )  # fmt: skip
    axis, labels, paths, top = axes[0, 0], [], [], 0.0
    for family, colour in zip(families, (style.SKY, style.VERMILLION), strict=True):
        key = ("hub_downloads_cumulative_m", "", "", family)
        paths.append(results.series(*key)[1])
        q = style.draw(axis, results, key, colour)
        style.observed(axis, observations, results, key, colour)
        style.draw_against(axis, against, key, colour)
        labels.append((style.end_of(q), f"{family.capitalize()}\n{style.end_of(q):,.0f} M", colour))
        top = max(top, float(np.nanmax(q[2])))
    axis.set_ylim(0, 1.05 * top)
    axis.set_ylabel("million downloads, cumulative", fontsize=style.FONT["axis"])
    style.plain(axis)
    style.clock(axis, results.months)
    style.direct_labels(axis, results.months, labels)
    _mark_crossing(axis, results, *paths)
    return figure


def _subtitle(results):
    declared = results.output("hub_downloads_cumulative_m")
    return f"{declared.title}: {declared.definition} [hub_downloads_cumulative_m]"


def _mark_crossing(axis, results, first, second):
    """The month in which the second family passes the first: median and P10–P90 over the draws that get there."""
    above = second > first
    crossed = above.any(axis=1) & ~above[:, 0]
    if crossed.mean() < 0.5:
        axis.text(0.02, 0.95, f"Qwen passes Llama in {crossed.mean():.0%} of draws by {results.months[-1]}",
                  transform=axis.transAxes, fontsize=style.FONT["label"], va="top")  # fmt: skip
        return
    month = above[crossed].argmax(axis=1)
    low, middle, high = np.quantile(month, (0.1, 0.5, 0.9), method="nearest")
    x = style.years(results.months)
    axis.axvspan(x[low], x[high], color=style.PALE, alpha=0.6, linewidth=0, zorder=0)
    axis.axvline(x[middle], color=style.GREY, linewidth=1)
    axis.text(0.02, 0.95, f"Qwen passes Llama in {results.months[middle]}\n(P10 to P90: {results.months[low]} to "
              f"{results.months[high]};\n{crossed.mean():.0%} of draws)", transform=axis.transAxes, va="top",
              fontsize=style.FONT["label"])  # fmt: skip
