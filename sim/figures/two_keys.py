"""Announced is not delivered: foreign accelerators for China at each of four stages."""

import numpy as np

from ..results import quantiles
from . import style

STAGES = {"announced": ("announced", style.GREY), "licensed": ("licensed", style.ORANGE),
          "ordered": ("ordered", style.BLUE), "delivered": ("delivered", style.GREEN)}
YEAR = 12


def two_keys(results, observations=None, against=None):
    """Foreign accelerators for China announced, licensed, ordered and delivered over the last twelve months.

    Parameters
    ----------
    results : Results
    observations : not drawn: no source counts all four stages
    against : Results of a second scenario, whose deliveries are drawn dashed, or None

    Returns
    -------
    Figure; thousands of accelerators a year (sums of up to twelve months)
    """
    figure, axes = style.canvas(
        "Two keys: what is announced, licensed, ordered and delivered to China",
        "Foreign accelerators for Chinese owners in China, thousands, last twelve months (medians; P10 to P90 of what "
        "is delivered). Announced: opened by the exporter's policy. Ordered: after importer's approval and fee.",
        results, notes="Parts that need no licence count as announced and licensed. What is announced in one year may "
                       "be licensed in the next, so lines may cross; running totals do not." + style.dashed(against),
    )  # fmt: skip
    axis, labels, top = axes[0, 0], [], 1.0
    for stage, (name, colour) in STAGES.items():
        q = _year(results, stage)
        style.fan(axis, results.months, q, colour, band=stage == "delivered")
        end, top = style.end_of(q), max(top, float(np.nanmax(q[1])), float(np.nanmax(q[2])) * (stage == "delivered"))
        labels.append((end, f"{name} {style.written(end)}", colour))
    if against is not None:
        q = _year(against, "delivered")
        style.fan(axis, against.months, q, STAGES["delivered"][1], dash=style.DASHES[1], band=False)
        top = max(top, float(np.nanmax(q[1])))
    axis.set_ylim(0, 1.08 * top)
    style.plain(axis)
    axis.set_ylabel("thousand accelerators a year", fontsize=style.FONT["axis"])
    style.clock(axis, results.months, room=1.3)
    style.direct_labels(axis, results.months, labels)
    return figure


def _year(results, stage):
    """Quantiles of the sum over the last twelve months, array (3, months), thousand accelerators a year."""
    _, values = results.series("two_key_accelerators", stage)
    so_far = np.cumsum(values, axis=1)
    so_far[:, YEAR:] -= so_far[:, :-YEAR].copy()
    return quantiles(so_far, (0.1, 0.5, 0.9)) / 1e3
