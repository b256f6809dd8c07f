"""Calibration in two pictures: what the data tell of each entry, and how forecasts fared against naive rivals."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .palette import BLACK, BLUE, GREY, ORANGE
from .study import canvas
from .style import FONT


def informed_entries(rows: Sequence[dict[str, Any]], most: int, notes: str) -> Figure:
    """Posterior over prior width of the entries that narrowed most.

    Parameters
    ----------
    rows : title and width (dimensionless) of every entry, narrowest first
    most : int, how many are shown
    notes : what was fitted
    """
    shown = rows[:most]
    figure, axis = canvas("What observations tell of the uncertain entries",
                          "Width of the posterior over width of the prior; 1 is nothing learnt", notes,
                          len(shown))  # fmt: skip
    at = np.arange(len(shown))
    axis.barh(at, np.ones(len(shown)), height=0.6, color=GREY, alpha=0.3)
    axis.barh(at, [row["width"] for row in shown], height=0.6, color=BLUE)
    _named(axis, [row["title"] for row in shown])
    axis.set_xlim(0.0, 1.05)
    return figure


def forecasts_against_rivals(rows: Sequence[dict[str, Any]], notes: str) -> Figure:
    """CRPS of the model over that of each naive rival, a series a row, worst first; left of 1 the model did better.

    Parameters
    ----------
    rows : series, and its ratio to carry_forward and to log_linear (dimensionless)
    notes : origins and runs
    """
    figure, axis = canvas("Forecasts against two rivals that know only the series",
                          "CRPS of the model over the rival's, logarithmic; left of 1 the model did better", notes,
                          len(rows))  # fmt: skip
    at = np.arange(len(rows))
    for name, colour, marker in (("carry_forward", BLUE, "o"), ("log_linear", ORANGE, "s")):
        axis.plot([row[name] for row in rows], at, marker, color=colour, markersize=5, label=name.replace("_", " "))
    axis.set_xscale("log")
    axis.set_xticks([0.1, 0.3, 1.0, 3.0], ["0.1", "0.3", "1", "3"])
    axis.minorticks_off()
    axis.axvline(1.0, color=BLACK, linewidth=0.8)
    _named(axis, [row["series"].replace("|", ", ") for row in rows])
    axis.legend(frameon=False, fontsize=FONT["small"], loc="lower left")
    return figure


def _named(axis, names) -> None:
    axis.set_yticks(np.arange(len(names)), [textwrap.fill(name, 42) for name in names])
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.tick_params(labelsize=FONT["axis"], length=0)
    axis.spines[["top", "right", "left"]].set_visible(False)
