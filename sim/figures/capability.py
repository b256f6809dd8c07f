"""How far apart the best models are: the frontiers, and the lag read off them in months."""

import numpy as np

from . import style

FRONTIERS = (
    ("united_states", "all", "United States", "united_states"), ("china", "all", "China", "china"),
)  # fmt: skip
LAGS = (("china", "best Chinese\nmodel", "china"), ("open", "best open-\nweight model", "open"))


def capability(results, observations=None, against=None):
    """Frontier capability by region, and how many months behind the US frontier the others stand.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None

    Returns
    -------
    Figure; capability in points of the Epoch Capabilities Index, lags in months
    """
    figure, axes = style.canvas(
        "Capability of the best models, and the lag behind the frontier",
        "Best model released so far, points of the Epoch Capabilities Index (ECI); standing lag: months since the "
        "United States' frontier first reached the level of the best Chinese and the best open-weight model.",
        results, columns=2, notes="Points: models measured by Epoch AI (CC BY 4.0); on the right, lags at release. A "
        "lag cannot exceed the months since the run began."
        + style.dashed(against),
    )  # fmt: skip
    left, right = axes[0]
    style.heading(left, "Frontier, ECI points")
    labels, ends = [], []
    for region, detail, name, colour in FRONTIERS:
        key = ("frontier_capability", "", region, detail)
        q = style.draw(left, results, key, style.REGION_COLOURS[colour])
        ends += style.observed(left, observations, results, key, style.REGION_COLOURS[colour])
        style.draw_against(left, against, key, style.REGION_COLOURS[colour])
        labels.append((style.end_of(q), f"{name}\n{style.end_of(q):.0f}", style.REGION_COLOURS[colour]))
        ends += [np.nanmin(q[0]), np.nanmax(q[2])]
    left.set_ylim(min(ends) - 3, max(ends) + 3)
    style.clock(left, results.months)
    style.direct_labels(left, results.months, labels)

    style.heading(right, "Standing lag, months")
    labels, top = [], 6.0
    for detail, name, colour in LAGS:
        key = ("capability_lag_months", "", "", detail)
        q = style.draw(right, results, key, style.REGION_COLOURS[colour])
        released = (key[0], "at release", "", detail)
        seen = style.observed(right, observations, results, released, style.REGION_COLOURS[colour])
        style.draw_against(right, against, key, style.REGION_COLOURS[colour])
        labels.append((style.end_of(q), f"{name}\n{style.end_of(q):.0f} months", style.REGION_COLOURS[colour]))
        top = max(top, float(np.nanmax(q[2])), *seen)
    right.set_ylim(0, 1.1 * top)
    style.clock(right, results.months)
    style.direct_labels(right, results.months, labels)
    return figure
