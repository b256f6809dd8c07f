"""Pictures of two questions: which value of a lever makes a condition hold, and how an estimate settles with draws."""

import numpy as np
from matplotlib.figure import Figure

from ..units import written
from .study import PICTURE_ROWS, canvas
from .style import BLACK, BLUE, FONT, GREY, ORANGE, PALE


def answer_curve(asked) -> Figure:
    """Probability that the condition holds (dimensionless) over the lever (its unit), with the answer and its interval.

    Parameters
    ----------
    asked : `sim.experiments.inverse.Question`, a question with its answer
    """
    found = asked.answer
    notes = (f"Points: values tried on {asked.draws} shared draws, with the 90 % interval of the share. Diamond: "
             "checked on fresh draws. Conditional on assumptions.")  # fmt: skip
    figure, axis = canvas("Which value makes it hold?", asked.words, notes, PICTURE_ROWS, left=0.09)
    x, p = np.array(list(found.tried)), np.array(list(found.tried.values()))
    around = np.array([asked.interval_of(share) for share in p])
    axis.fill_between(x, around[:, 0], around[:, 1], color=BLUE, alpha=0.18, linewidth=0)
    axis.plot(x, p, "o-", color=BLUE, markersize=4, linewidth=1.5)
    axis.axhline(asked.probability, color=GREY, linewidth=1.0, linestyle=(0, (5, 2)))
    axis.annotate(f"wanted: {100 * asked.probability:.0f} %", (1.0, asked.probability),
                  xycoords=axis.get_yaxis_transform(), xytext=(4, 0), textcoords="offset points", va="center",
                  fontsize=FONT["small"], color=GREY)  # fmt: skip
    if found.value is not None and found.interval is not None:
        axis.axvspan(*found.interval, color=ORANGE, alpha=0.2, linewidth=0)
        axis.axvline(found.value, color=BLACK, linewidth=1.1)
        axis.annotate(f"{found.side} {written(found.value)}", (found.value, 1.0), xycoords=axis.get_xaxis_transform(),
                      xytext=(0, 4), textcoords="offset points", ha="center", fontsize=FONT["label"])  # fmt: skip
        low, high = found.fresh_interval
        at = found.fresh_probability
        axis.errorbar([found.value], [at], yerr=[[at - low], [high - at]], fmt="D", color=BLACK, markersize=5)
    axis.set_ylim(-0.03, 1.03)
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axis.set_ylabel("share of draws in which it holds", fontsize=FONT["small"])
    axis.set_xlabel(f"{asked.lever} ({asked.unit})", fontsize=FONT["small"])
    _plain(axis)
    return figure


def convergence_path(what: str, unit: str, found, error: float) -> Figure:
    """An estimate (its unit) with the half-width of its 90 % interval after every block of draws."""
    notes = f"Shaded: half-width of the 90 % interval. Dashed: ± {error:g}, as asked, around the last."
    figure, axis = canvas("How the estimate settles", f"{what} ({unit})", notes, PICTURE_ROWS, left=0.12)
    draws, value, near = (np.array(column, dtype=float) for column in zip(*found.path, strict=True))
    axis.fill_between(draws, value - near, value + near, color=BLUE, alpha=0.2, linewidth=0)
    axis.plot(draws, value, "o-", color=BLUE, markersize=4, linewidth=1.5)
    for edge in (found.value - error, found.value + error):
        axis.axhline(edge, color=GREY, linewidth=1.0, linestyle=(0, (5, 2)))
    axis.set_xlabel("draws", fontsize=FONT["small"])
    axis.set_ylabel(unit, fontsize=FONT["small"])
    axis.yaxis.set_major_formatter(lambda v, _: written(v))
    _plain(axis)
    return figure


def _plain(axis) -> None:
    axis.tick_params(labelsize=FONT["axis"], length=3)
    axis.grid(axis="y", color=PALE, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
