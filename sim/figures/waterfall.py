"""From one scenario to another, step by step: how much each group of assumptions adds to the difference."""

import textwrap

import numpy as np
from matplotlib.figure import Figure

from ..outputs import definition_words
from ..units import written
from .style import BLACK, BLUE, DPI, FONT, GREY, ORANGE, PALE, REGION_NAMES, WIDTH

ROW = 0.42  # inches a bar
TOP, BOTTOM = 1.0, 0.8  # inches for the title above and the notes below
LABEL = 0.36  # share of the width for the names of the groups


def waterfall(explanation) -> Figure:
    """Bars from the mean of a to the mean of b, each as long as a group's mean share (the output's unit).

    The thin line is the 90 % interval of the mean share. Blue raises the output, orange lowers it.
    """
    names, shares = list(explanation.shares), explanation.shares
    level = float(np.mean(explanation.start))
    rows = len(names) + 2
    figure = Figure(figsize=(WIDTH, TOP + BOTTOM + ROW * rows), dpi=DPI, facecolor="white")
    inch = 1.0 / figure.get_figheight()
    axis = figure.add_axes((LABEL, BOTTOM * inch, 0.93 - LABEL, 1 - (TOP + BOTTOM) * inch))
    _title(figure, explanation, inch)
    scale = "share" in explanation.unit
    number = _percent(explanation.gap) if scale else _signed
    _total(axis, 0, level, explanation.a, number)
    for at, name in enumerate(names, start=1):
        step, half = float(np.mean(shares[name])), explanation.half_width(name)
        colour = BLUE if step > 0 else ORANGE
        axis.barh(at, step, left=level, height=0.62, color=colour, zorder=3)
        axis.plot([level, level], [at - 1.31, at + 0.31], color=GREY, linewidth=0.8, zorder=2)
        level += step
        axis.plot([level - half, level + half], [at, at], color=BLACK, linewidth=1.1, zorder=4)
        axis.annotate(number(step, "+"), (max(level, level - step, level + half), at), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=FONT["label"])
    _total(axis, rows - 1, level, explanation.b, number)
    axis.set_yticks(range(rows), [explanation.a, *(textwrap.fill(n, 46) for n in names), explanation.b])
    axis.tick_params(labelsize=FONT["axis"], length=0)
    axis.set_ylim(rows - 0.5, -0.5)
    _reach(axis, explanation)
    axis.xaxis.set_major_formatter(lambda v, _: f"{100 * v:.3g} %" if scale else written(v))
    axis.grid(axis="x", color=PALE, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    return figure


def _title(figure, explanation, inch):
    region = REGION_NAMES.get(explanation.series[2], explanation.series[2].replace("_", " "))
    what = ", ".join(part for part in (explanation.title, region, explanation.series[3]) if part)
    figure.text(0.035, 1 - 0.16 * inch, f"{what}, {explanation.month}", fontsize=FONT["title"], fontweight="bold",
                va="top")
    lines = textwrap.wrap(definition_words(explanation.series[1]) or f"in {explanation.unit}", 122)
    figure.text(0.035, 1 - 0.50 * inch, "\n".join([f"What takes {explanation.a} to {explanation.b}", *lines]),
                fontsize=FONT["subtitle"], color="#444444", va="top")
    how = "every subset of the groups" if explanation.exact else "sampled orders of the groups"
    notes = (f"Means over {explanation.draws} paired draws, seed {explanation.seed}, uncertainty "
             f"{explanation.uncertainty}. Shapley values over {how} ({explanation.evaluations} runs): they sum to the "
             "difference and prefer no order. Lines: 90 % interval of the mean. Conditional on assumptions.")
    for at, line in enumerate(reversed(textwrap.wrap(notes, 140))):
        figure.text(0.035, (0.12 + 0.15 * at) * inch, line, fontsize=FONT["small"], color=GREY)


def _total(axis, at, level, name, number):
    axis.barh(at, level, height=0.62, color=GREY, zorder=3)
    axis.annotate(number(level), (level, at), xytext=(4, 0), textcoords="offset points", va="center",
                  fontsize=FONT["label"])


def _reach(axis, explanation):
    """From zero if the bars are a sizeable part of the level, else close to them, with a broken first bar."""
    ends = np.cumsum([float(np.mean(explanation.start)), *(float(np.mean(v)) for v in explanation.shares.values())])
    low, high = min(0.0, ends.min()), max(0.0, ends.max())
    axis.set_xlim(low, high + 0.12 * (high - low))


def _percent(gap):
    """How to write shares as per cent, and their changes as points, with decimals enough to tell the parts apart."""
    decimals = int(np.clip(2 - np.floor(np.log10(max(abs(100 * gap), 1e-9))), 1, 4)) - 1

    def number(value, sign=""):
        text = f"{100 * abs(value):.{decimals}f}"
        if float(text) == 0:
            return "0" if value == 0 else "≈ 0"
        return _sign(value, sign) + text + (" points" if sign else " %")

    return number


def _signed(value, sign=""):
    return "0" if value == 0 else _sign(value, sign) + written(abs(value))


def _sign(value, sign):
    return "−" if value < 0 else "+" if sign else ""
