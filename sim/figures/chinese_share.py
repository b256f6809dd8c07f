"""Chinese and open-weight shares of use, as each instrument sees the same world."""

import numpy as np

from . import style

PANELS = (
    ("Chinese models", (
        ("chinese_token_share", "tokens", "", "", "all tokens\n(truth)", style.BLACK),
        ("router_token_share", "", "", "chinese_open", "router tokens,\nopen models", style.VERMILLION),
        ("hub_download_share_12m", "", "", "china", "hub downloads,\n12 months", style.SKY),
        ("enterprise_workload_share", "", "", "chinese", "US enterprise\nworkloads", style.PURPLE),
    )),
    ("Open-weight models", (
        ("open_weight_token_share", "truth", "", "", "all tokens\n(truth)", style.BLACK),
        ("router_token_share", "", "", "open", "router tokens", style.VERMILLION),
        ("enterprise_workload_share", "", "", "open", "US enterprise\nworkloads", style.PURPLE),
    )),
)  # fmt: skip


def chinese_share(results, observations=None):
    """Shares of Chinese and of open-weight models by observer, side by side.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None

    Returns
    -------
    Figure; shares are fractions of what each instrument counts, dimensionless
    """
    figure, axes = style.canvas(
        "Whose models are used: each instrument sees its own corner",
        "Share of what each instrument counts: tokens everywhere (the simulated truth), tokens on a price-shopper's "
        "router, downloads on the hub (twelve months, all models), API workloads of US enterprises.",
        results, columns=2, notes="Circles: published figures with their ranges. Bar: published average of 13 months "
        "on the router; diamond: its highest week.", grid={"wspace": 0.14},
    )  # fmt: skip
    for axis, (title, lines) in zip(axes[0], PANELS, strict=True):
        style.heading(axis, title)
        labels, top = [], 0.1
        for output, definition, region, detail, name, colour in lines:
            key = (output, definition, region, detail)
            q = style.draw(axis, results, key, colour, width=2.2 if "truth" in name else 1.7)
            seen = style.observed(axis, observations, results, (output, "", region, detail), colour)
            if output == "router_token_share" and detail == "chinese_open":
                seen += _summaries(axis, observations, results, colour)
            labels.append((style.end_of(q), f"{name} {style.share_words(style.end_of(q))}", colour))
            top = max(top, float(np.nanmax(q[2])), *seen)
        axis.set_ylim(0, min(1.0, 1.08 * top))
        style.percent(axis)
        style.clock(axis, results.months, room=1.5)
        style.direct_labels(axis, results.months, labels)
    return figure


def _summaries(axis, observations, results, colour):
    """What was published of the router's year: its average (a bar over the months averaged) and its highest week."""
    drawn: list[float] = []
    for definition in ("average of 13 months", "highest week"):
        rows = style.select(observations, ("router_token_share", definition, "", "chinese_open"))
        for row in rows[rows["month"].isin(results.months)].itertuples() if rows is not None else ():
            x = style.years([row.month])[0]
            if definition == "highest week":
                axis.plot([x], [row.value], "D", markersize=4.6, markerfacecolor="white",
                          markeredgecolor=style.ink(colour), markeredgewidth=1.2, zorder=5)  # fmt: skip
            else:
                axis.plot([x - 1.0, x], [row.value] * 2, color=style.ink(colour), linewidth=2.5, zorder=5)
            drawn.append(float(row.value))
    return drawn
