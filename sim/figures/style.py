"""One look for every figure: colours, bands, labels on the lines, the definition above and the run id below."""

import textwrap

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from ..units import month_number, written
from .palette import (  # noqa: F401  (figures take their colours from here)
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    PURPLE,
    REGION_COLOURS,
    REGION_NAMES,
    SKY,
    VERMILLION,
    YELLOW,
)

DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
DPI = 150
WIDTH, HEIGHT = 9.6, 5.8  # inches
FONT = {"title": 14.0, "subtitle": 9.5, "axis": 9.5, "label": 9.5, "small": 7.8}  # points


def years(months) -> np.ndarray:
    """Month labels as decimal years, array (months,): 2025-07 is 2025.5."""
    return np.array([month_number(m) for m in months]) / 12.0


def ink(colour):
    """A darker shade of a colour, dark enough to read as text on white (dimensionless)."""
    red, green, blue = to_rgb(colour)
    light = 0.3 * red + 0.59 * green + 0.11 * blue
    return tuple(min(0.75, 0.42 / max(light, 0.01)) * part for part in (red, green, blue))


def canvas(title: str, subtitle: str, results, columns=1, rows=1, notes="", **layout):
    """A figure with its title, the definition beneath it, notes and the run id, and a grid of axes.

    Returns
    -------
    Figure and array of Axes (rows, columns); sizes in inches, fonts in points
    """
    figure = Figure(figsize=(WIDTH, layout.pop("height", HEIGHT)), dpi=DPI, facecolor="white")
    lines = textwrap.wrap(subtitle, 122)
    inch = 1.0 / figure.get_figheight()
    figure.text(0.035, 1 - 0.16 * inch, title, fontsize=FONT["title"], fontweight="bold", va="top")
    figure.text(0.035, 1 - 0.46 * inch, "\n".join(lines), fontsize=FONT["subtitle"], color="#444444", va="top")
    small = textwrap.wrap(notes, 150)
    for at, line in enumerate(reversed(small)):
        figure.text(0.035, (0.30 + 0.15 * at) * inch, line, fontsize=FONT["small"], color=GREY)
    stamp = f"run {results.run_id} · scenario {results.scenario} · {results.draws} draws"
    figure.text(0.965, 0.12 * inch, stamp, fontsize=FONT["small"], color=GREY, ha="right")
    figure.text(0.035, 0.12 * inch, "Medians of draws, with P10 to P90. Conditional on assumptions.",
                fontsize=FONT["small"], color=GREY)  # fmt: skip
    grid = {"left": 0.085, "right": 0.965, "wspace": 0.2, "hspace": 0.3} | layout.pop("grid", {})
    grid |= {"top": 1 - (0.86 + 0.16 * len(lines)) * inch, "bottom": (0.72 + 0.15 * len(small)) * inch}
    if "height_ratios" in layout:
        grid["height_ratios"] = layout.pop("height_ratios")
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid, **layout)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=FONT["axis"], length=3)
        axis.grid(axis="y", color=PALE, linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, axes


def heading(axis, text: str) -> None:
    """What one panel shows, above it, left-aligned (dimensionless)."""
    axis.set_title(text, loc="left", fontsize=FONT["label"], fontweight="bold", pad=8)


def fan(axis, months, q, colour, dash="-", band=True, width=1.9):
    """A median line with its P10–P90 band; q is an array (3, months) in the axis' unit."""
    x = years(months)
    if axis.get_yscale() == "log":
        q = np.where(q > 0, q, np.nan)
    if band:
        axis.fill_between(x, q[0], q[2], color=colour, alpha=0.22, linewidth=0)
    axis.plot(x, q[1], color=colour, linewidth=width, linestyle=dash)


def draw(axis, results, key, colour, dash="-", band=True, width=1.9):
    """Draw one series (output, definition, region, detail) as a fan; returns array (3, months) in the axis' unit."""
    months, q = results.quantiles(*key)
    fan(axis, months, q, colour, dash, band, width)
    return q


def draw_against(axis, against, key, colour) -> None:
    """The median of the same series in another scenario, dashed (axis' unit); nothing without one."""
    if against is not None and against.has(*key):
        draw(axis, against, key, colour, dash=DASHES[1], band=False)


def clock(axis, months, room=1.15) -> None:
    """A time axis in years, narrowed by ``room`` inches on the right for labels on the lines."""
    x = years(months)
    axis.set_xlim(x[0], x[-1])
    box, across = axis.get_position(), axis.figure.get_figwidth()
    axis.set_position([box.x0, box.y0, box.width - room / across, box.height])
    first, last = int(np.ceil(x[0])), int(np.floor(x[-1] + 1e-9))
    inches = (box.width * across) - room
    step = max(1, int(np.ceil((last - first + 1) * 0.5 / inches)))
    axis.set_xticks(range(first, last + 1, step))
    axis.set_xticklabels([str(year) for year in range(first, last + 1, step)])
    axis.set_xticks(range(first, last + 1), minor=True)


def direct_labels(axis, months, entries) -> None:
    """Labels at the right end of lines, moved apart so that none overlaps; call it after `clock` and the limits.

    Parameters
    ----------
    entries : list of (value in the axis' unit, text, colour)
    """
    low, high = axis.get_ylim()
    log = axis.get_yscale() == "log"
    gap = 1.3 * FONT["label"] / 72 / (axis.get_position().height * axis.figure.get_figheight())

    def height(value):
        if log:
            value, floor, top = np.log(max(value, low)), np.log(low), np.log(high)
        else:
            floor, top = low, high
        return float((value - floor) / (top - floor))

    placed = sorted(((height(v), text, colour) for v, text, colour in entries if np.isfinite(v)), key=lambda e: e[0])
    sizes = [gap * (1 + text.count("\n")) for _, text, _ in placed]
    at = [min(max(y, 0.0), 1.0) for y, _, _ in placed]
    for _ in range(200):
        for i in range(1, len(at)):
            short = (sizes[i] + sizes[i - 1]) / 2 - (at[i] - at[i - 1])
            if short > 1e-9:
                at[i - 1] -= short / 2
                at[i] += short / 2
        at = [min(max(y, sizes[i] / 2 - 0.03), 1.05 - sizes[i] / 2) for i, y in enumerate(at)]
    end = years(months)[-1]
    for y, (own, text, colour) in zip(at, placed, strict=True):
        axis.annotate(
            text, xy=(end, min(max(own, 0.0), 1.0)), xycoords=_blend(axis),
            xytext=(end + 0.14 * _years_per_inch(axis), y), textcoords=_blend(axis),
            fontsize=FONT["label"], color=ink(colour), va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 0},
        )  # fmt: skip


def _years_per_inch(axis):
    first, last = axis.get_xlim()
    return (last - first) / (axis.get_position().width * axis.figure.get_figwidth())


def _blend(axis):
    """x in years, y as a share of the axis."""
    return axis.get_xaxis_transform()


def observed(axis, observations, results, key, colour=BLACK, scale=1.0):
    """Observations of one series as points with their ranges; returns the numbers drawn (axis' unit).

    A row with only one bound is drawn as an arrow from it: "at least" points up, "at most" down.
    """
    rows = select(observations, key)
    if rows is None:
        return []
    drawn: list[float] = []
    rows = rows[rows["month"].isin(results.months)]
    for row in rows.itertuples():
        x = years([row.month])[0]
        low, high = float(row.low) * scale, float(row.high) * scale
        middle = float(row.value) * scale
        if np.isfinite(low) and np.isfinite(high) and high > low:
            axis.plot([x, x], [low, high], color=ink(colour), linewidth=1.0, zorder=4, solid_capstyle="butt")
        if np.isfinite(middle):
            axis.plot([x], [middle], "o", markersize=4.6, markerfacecolor="white", markeredgecolor=ink(colour),
                      markeredgewidth=1.2, zorder=5)  # fmt: skip
        elif np.isfinite(low) != np.isfinite(high):
            axis.plot([x], [low if np.isfinite(low) else high], "^" if np.isfinite(low) else "v", markersize=5,
                      color=ink(colour), zorder=5)  # fmt: skip
        drawn += [value for value in (low, middle, high) if np.isfinite(value)]
    return drawn


def select(observations, key):
    """The rows of an observations table (in their output's unit) for one series key, or None if there are none."""
    if observations is None or not len(observations):
        return None
    found = observations
    for column, want in zip(("output", "definition", "region", "detail"), key, strict=True):
        found = found[found[column].fillna("").astype(str) == want]
    return found if len(found) else None


def values_seen(observations, output) -> list[float]:
    """Every observed value of an output, in its unit, so that an axis can hold them."""
    if observations is None:
        return []
    found = observations[observations["output"] == output]["value"]
    return [float(v) for v in found if np.isfinite(v) and v > 0]


def dashed(against) -> str:
    """The note that explains dashed lines (text, dimensionless), empty without a second scenario."""
    return f" Dashed: median of scenario {against.scenario} (run {against.run_id})." if against is not None else ""


def percent(axis, decimals=0) -> None:
    """Shares (dimensionless fractions) written as per cent."""
    axis.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=decimals, symbol=" %"))


def log_ticks(axis, steps=(1.0, 2.0, 5.0)) -> None:
    """Ticks of a log axis at 1, 2 and 5 times powers of ten, written plainly (axis' unit)."""
    axis.yaxis.set_major_locator(LogLocator(base=10, subs=steps, numticks=12))
    axis.yaxis.set_minor_locator(NullLocator())
    plain(axis)


def plain(axis) -> None:
    """Numbers as people write them, also on a log axis (axis' unit)."""
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))


def share_words(value: float) -> str:
    """A share (dimensionless fraction) as per cent, with a decimal below ten per cent."""
    return "–" if not np.isfinite(value) else f"{100 * value:.{0 if value >= 0.1 else 1}f} %"


def end_of(q) -> float:
    """The last median that is a number, in the axis' unit (NaN if there is none)."""
    known = np.flatnonzero(np.isfinite(q[1]))
    return float(q[1][known[-1]]) if len(known) else float("nan")
