"""Pictures of a study: regret by policy and future, which inputs move the outcome, where a condition holds."""

import textwrap

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..units import written
from .style import BLACK, BLUE, DPI, FONT, GREY, ORANGE, PALE, WIDTH

ROW = 0.5  # inches a policy or an input
TOP, BOTTOM = 1.0, 0.95  # inches for the title above and the axis and notes below
NAMES = 0.34  # share of the width for names
PICTURE_ROWS = 8  # height of a picture without rows, in rows
SHADES = LinearSegmentedColormap.from_list("regret", ["#F7F7F7", BLUE, "#00263F"])


def regret_matrix(title: str, unit: str, policies, regret, notes: str) -> Figure:
    """Regret by policy and future: array (policies, futures) in ``unit``, futures in order of the first one's regret.

    White is no regret: that policy is the best one in that future.
    """
    figure, axis = canvas("Regret: what each policy falls short of the best one, future by future", title, notes,
                                 len(policies))
    known = regret[:, np.isfinite(regret).all(axis=0)]
    order = np.lexsort(known[::-1])
    top = float(np.quantile(known, 0.98)) or 1.0
    image = axis.imshow(known[:, order], aspect="auto", cmap=SHADES, vmin=0, vmax=top, interpolation="nearest")
    axis.set_yticks(range(len(policies)), [textwrap.fill(name, 44) for name in policies])
    axis.set_xlabel(f"{known.shape[1]} futures, each with the same assumptions and chance under every policy",
                    fontsize=FONT["small"])
    axis.set_xticks([])
    axis.tick_params(labelsize=FONT["axis"], length=0)
    bar = figure.colorbar(image, ax=axis, fraction=0.03, pad=0.02, extend="max")
    bar.ax.tick_params(labelsize=FONT["small"])
    bar.set_label(f"regret ({unit})", fontsize=FONT["small"])
    bar.ax.yaxis.set_major_formatter(lambda value, _: written(value))
    return figure


def index_bars(heading: str, title: str, names, index, error, axis_title: str, notes: str, share=True) -> Figure:
    """Indices with the half-widths of their 90 % intervals: shares of variance, or effects in the outcome's unit."""
    figure, axis = canvas(heading, title, notes, len(names))
    at = np.arange(len(names))
    axis.barh(at, np.maximum(index, 0.0), height=0.6, color=BLUE)
    axis.errorbar(np.maximum(index, 0.0), at, xerr=error, fmt="none", ecolor=BLACK, elinewidth=1.0)
    axis.set_yticks(at, [textwrap.fill(name, 44) for name in names])
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_xlim(left=0.0)
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %" if share else written(value))
    axis.set_xlabel(axis_title, fontsize=FONT["small"])
    axis.tick_params(labelsize=FONT["axis"], length=0)
    axis.grid(axis="x", color=PALE, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    return figure


def box_picture(heading: str, title: str, unit: str, labels, names, x, y, holds, box, side: str, notes: str,
                threshold: float | None = None) -> Figure:
    """The runs over the first two inputs of a box, or over the first and the outcome; the box is shaded.

    Parameters
    ----------
    labels : {input: title}
    names, x : the inputs and array (runs, inputs), in their units
    y, holds : array (runs,), the outcome in ``unit``, and whether the condition holds
    box : its ``limits`` {input: (lowest, highest)}
    threshold : a line where the outcome is drawn, in ``unit``
    """
    first, *others = list(box.limits)
    if others[1:]:
        notes += f" The box has one condition more, not drawn, on: {labels.get(others[1], others[1])}."
    figure, axis = canvas(heading, title, notes, PICTURE_ROWS, left=0.09)
    across = np.asarray(x)[:, list(names).index(first)]
    up = np.asarray(x)[:, list(names).index(others[0])] if others else np.asarray(y)
    axis.scatter(across[~holds], up[~holds], s=12, facecolors="none", edgecolors=GREY, linewidths=0.7,
                 label=f"not {side}")
    axis.scatter(across[holds], up[holds], s=14, color=ORANGE, linewidths=0, label=side)
    low, high = box.limits[first]
    bottom, top = box.limits[others[0]] if others else (-np.inf, np.inf)
    spans = [(np.min(v[np.isfinite(v)]), np.max(v[np.isfinite(v)])) for v in (across, up)]
    (left, right), (floor, roof) = [(a - 0.03 * (b - a), b + 0.03 * (b - a)) for a, b in spans]
    axis.set_xlim(left, right)
    axis.set_ylim(floor, roof)
    axis.fill_between([max(low, left), min(high, right)], max(bottom, floor), min(top, roof), color=BLUE, alpha=0.12,
                      linewidth=0)
    axis.set_xlabel(labels.get(first, first), fontsize=FONT["label"])
    if not others and threshold is not None:
        axis.axhline(threshold, color=GREY, linewidth=0.8, linestyle="--")
    beside = labels.get(others[0], others[0]) if others else f"the outcome ({unit})"
    axis.set_ylabel(textwrap.fill(beside, 48), fontsize=FONT["label"])
    axis.tick_params(labelsize=FONT["axis"], length=3)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=FONT["small"])
    return figure


def canvas(title: str, subtitle: str, notes: str, rows: int, left: float = NAMES):
    """A figure of so many rows with title, subtitle and notes, and its one axis; ``left`` is a share of the width."""
    figure = Figure(figsize=(WIDTH, TOP + BOTTOM + ROW * rows), dpi=DPI, facecolor="white")
    inch = 1.0 / figure.get_figheight()
    figure.text(0.035, 1 - 0.16 * inch, title, fontsize=FONT["title"], fontweight="bold", va="top")
    figure.text(0.035, 1 - 0.48 * inch, "\n".join(textwrap.wrap(subtitle, 122)), fontsize=FONT["subtitle"],
                color="#444444", va="top")
    for at, line in enumerate(reversed(textwrap.wrap(notes, 150))):
        figure.text(0.035, (0.1 + 0.15 * at) * inch, line, fontsize=FONT["small"], color=GREY)
    axis = figure.add_axes((left, BOTTOM * inch, (0.95 if left == NAMES else 0.85) - left, 1 - (TOP + BOTTOM) * inch))
    return figure, axis
