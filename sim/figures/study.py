"""Pictures of a study: regret of every policy in every future, and which inputs move the outcome."""

import textwrap

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..units import written
from .style import BLUE, DPI, FONT, GREY, PALE, WIDTH

ROW = 0.5  # inches a policy or an input
TOP, BOTTOM = 1.0, 0.95  # inches for the title above and the axis and notes below
NAMES = 0.34  # share of the width for names
SHADES = LinearSegmentedColormap.from_list("regret", ["#F7F7F7", BLUE, "#00263F"])


def regret_matrix(title: str, unit: str, policies, regret, notes: str) -> Figure:
    """Regret by policy and future: array (policies, futures) in ``unit``, futures in order of the first one's regret.

    White is no regret: that policy is the best one in that future.
    """
    figure, axis, inch = _canvas("Regret: what each policy falls short of the best one, future by future", title, notes,
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
    bar.set_label(unit, fontsize=FONT["small"])
    bar.ax.yaxis.set_major_formatter(lambda value, _: written(value))
    return figure


def sensitivity_bars(title: str, names, index, error, notes: str) -> Figure:
    """First-order indices (shares of variance, dimensionless) with the half-widths of their 90 % intervals."""
    figure, axis, inch = _canvas("Which assumptions move the outcome", title, notes, len(names))
    at = np.arange(len(names))
    axis.barh(at, np.maximum(index, 0.0), height=0.6, color=BLUE)
    axis.errorbar(np.maximum(index, 0.0), at, xerr=error, fmt="none", ecolor="#000000", elinewidth=1.0)
    axis.set_yticks(at, [textwrap.fill(name, 44) for name in names])
    axis.invert_yaxis()
    axis.set_xlim(left=0.0)
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axis.set_xlabel("share of the outcome's variance that the assumption explains alone", fontsize=FONT["small"])
    axis.tick_params(labelsize=FONT["axis"], length=0)
    axis.grid(axis="x", color=PALE, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    return figure


def _canvas(title, subtitle, notes, rows):
    figure = Figure(figsize=(WIDTH, TOP + BOTTOM + ROW * rows), dpi=DPI, facecolor="white")
    inch = 1.0 / figure.get_figheight()
    figure.text(0.035, 1 - 0.16 * inch, title, fontsize=FONT["title"], fontweight="bold", va="top")
    figure.text(0.035, 1 - 0.48 * inch, "\n".join(textwrap.wrap(subtitle, 122)), fontsize=FONT["subtitle"],
                color="#444444", va="top")
    for at, line in enumerate(reversed(textwrap.wrap(notes, 150))):
        figure.text(0.035, (0.1 + 0.15 * at) * inch, line, fontsize=FONT["small"], color=GREY)
    axis = figure.add_axes((NAMES, BOTTOM * inch, 0.95 - NAMES, 1 - (TOP + BOTTOM) * inch))
    return figure, axis, inch
