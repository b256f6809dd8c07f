"""The Ascend ramp: Huawei's accelerators by product, and beneath them what stopped one more."""

import numpy as np

from . import style
from .palette import CONSTRAINTS

PRODUCTS = (style.SKY, style.BLUE, style.GREEN, style.YELLOW, style.ORANGE, style.PURPLE, style.VERMILLION, style.GREY)


def ascend_ramp(results, observations=None, maker="huawei"):
    """Packages of twelve months by product as a stack of medians, with the share of draws in which each thing binds.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None
    maker : str, the definition under which the binding constraint is recorded

    Returns
    -------
    Figure; thousands of packages a year (sum of the last twelve months), and shares of draws (dimensionless)
    """
    figure, axes = style.canvas(
        "The Ascend ramp, and what stops one more accelerator",
        "Huawei accelerator packages sold in the last twelve months, thousands, by product (a 910C package holds two "
        "dies): stack of means over draws, with the total's P10 to P90. Beneath, in what share of draws each binds.",
        results, rows=2, height=6.8,
        notes="Circles: published estimates of the total, which disagree fourfold for 2025; the triangle: an official "
        "upper bound, read as domestic silicon without the bank of dies bought abroad.",
        height_ratios=[2.4, 1], sharex=True, grid={"hspace": 0.2, "left": 0.085},
    )  # fmt: skip
    _stack(axes[0, 0], results, observations)
    ribbon(axes[1, 0], results, maker)
    return figure


def _stack(axis, results, observations):
    output = "huawei_packages_per_year"
    details = [key[3] for key in results.keys(output, definition="") if key[3] != "total"]
    means = {detail: results.series(output, "", "", detail)[1].mean(axis=0) / 1e3 for detail in details}
    ranked = sorted(means, key=lambda d: -means[d].max())
    few = [detail for detail in details if detail in ranked[: len(PRODUCTS) - 1] and means[detail].max() > 0]
    x, base, labels = style.years(results.months), np.zeros(len(results.months)), []
    rest = sum((means[d] for d in details if d not in few), np.zeros(len(base)))
    layers = [(detail, means[detail]) for detail in few] + ([("other", rest)] if rest.max() > 0 else [])
    for (detail, mean), colour in zip(layers, PRODUCTS, strict=False):
        axis.fill_between(x, base, base + mean, color=colour, linewidth=0, alpha=0.85)
        at = int(np.clip(mean.argmax(), min(4, len(x) - 1), max(min(4, len(x) - 1), len(x) - 5)))
        labels.append((detail, x[at], base[at] + mean[at] / 2, mean[at], colour))
        base = base + mean
    months, q = results.quantiles(output, "", "", "total")
    for edge in (q[0], q[2]):
        axis.plot(x, edge / 1e3, color=style.GREY, linewidth=0.9, linestyle="--")
    axis.plot(x, q[1] / 1e3, color=style.BLACK, linewidth=1.3)
    seen = style.observed(axis, observations, results, (output, "", "", "total"), style.BLACK, scale=1e-3)
    top = 1.08 * max(float(q[2].max()) / 1e3, 1.0, *seen)
    for detail, at, middle, size, colour in labels:
        if size > 0.055 * top:
            axis.text(at, middle, detail.upper().replace("_", " "), fontsize=style.FONT["small"], ha="center",
                      va="center", color="white" if colour in (style.BLUE, style.GREEN, style.GREY) else "black",
                      fontweight="bold")  # fmt: skip
    axis.set_ylim(0, top)
    style.plain(axis)
    axis.set_ylabel("thousand packages a year", fontsize=style.FONT["axis"])
    style.clock(axis, results.months)
    end = style.end_of(q) / 1e3
    style.direct_labels(axis, results.months, [
        (q[2][-1] / 1e3, "P90", style.GREY), (end, f"median total\n{end:,.0f} thousand", style.BLACK),
        (q[0][-1] / 1e3, "P10", style.GREY),
    ])  # fmt: skip


def ribbon(axis, results, maker):
    """The share of draws in which each thing stops one more accelerator of a maker (dimensionless), stacked."""
    x, base, labels = style.years(results.months), np.zeros(len(results.months)), []
    for detail, (name, colour) in CONSTRAINTS.items():
        if not results.has("binding_constraint", maker, "china", detail):
            continue
        share = np.nan_to_num(results.series("binding_constraint", maker, "china", detail)[1]).mean(axis=0)
        if share.max() > 0.005:
            axis.fill_between(x, base, base + share, color=colour, linewidth=0)
            labels.append((float(base[-1] + share[-1] / 2), name, colour, share))
        base = base + share
    axis.set_ylim(0, 1)
    style.percent(axis)
    axis.set_ylabel("share of draws", fontsize=style.FONT["axis"])
    style.clock(axis, results.months)
    ends = [(y, name, colour) for y, name, colour, share in labels if share[-1] > 0.02]
    style.direct_labels(axis, results.months, ends)
    gone = [(name, colour, share) for _, name, colour, share in labels if share[-1] <= 0.02 and share.max() > 0.02]
    for at, (name, colour, _) in enumerate(gone):
        axis.text(0.012 + 0.125 * at, 1.05, "■", transform=axis.transAxes, fontsize=style.FONT["axis"], color=colour)
        axis.text(0.03 + 0.125 * at, 1.05, name, transform=axis.transAxes, fontsize=style.FONT["small"])
