"""What the flagship models cost, and the ratio of the Chinese price to the American."""

from . import style


def price(results, observations=None, against=None):
    """Flagship list prices of the United States and China, and their ratio.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None

    Returns
    -------
    Figure; prices in USD per million tokens, the ratio dimensionless
    """
    figure, axes = style.canvas(
        "Flagship list prices, and the Chinese price over the American",
        "Blended list price (three input tokens to one output token) of the most capable model that a laboratory "
        "of the country serves itself, USD per million tokens; and the Chinese price over the American. Log axes.",
        results, columns=2, notes="Points: list prices when published, and ratios of named pairs. At 100 % both cost "
        "the same." + style.dashed(against),
    )  # fmt: skip
    left, right = axes[0]
    style.heading(left, "USD per million tokens")
    left.set_yscale("log")
    labels, values = [], []
    for region in ("united_states", "china"):
        key, colour = ("flagship_price_usd_per_mtok", "", region, ""), style.REGION_COLOURS[region]
        q = style.draw(left, results, key, colour)
        style.observed(left, observations, results, key, colour)
        style.draw_against(left, against, key, colour)
        labels.append((style.end_of(q), f"{style.REGION_NAMES[region]}\n${style.written(style.end_of(q))}", colour))
        values += [*q[0][q[0] > 0], *q[2][q[2] > 0]]
    seen = style.values_seen(observations, "flagship_price_usd_per_mtok")
    left.set_ylim(0.7 * min([*values, *seen], default=0.1), 1.4 * max([*values, *seen], default=100))
    style.log_ticks(left)
    style.clock(left, results.months)
    style.direct_labels(left, results.months, labels)

    style.heading(right, "China over United States")
    key = ("flagship_price_ratio_china_us", "", "", "")
    right.set_yscale("log")
    q = style.draw(right, results, key, style.ORANGE)
    seen = style.observed(right, observations, results, key, style.ORANGE)
    style.draw_against(right, against, key, style.ORANGE)
    bounds = [*q[0][q[0] > 0], *q[2][q[2] > 0], *seen]
    right.set_ylim(0.7 * min(bounds, default=0.05), max(1.0, 1.4 * max(bounds, default=1.0)))
    right.axhline(1.0, color=style.GREY, linewidth=0.9)
    style.log_ticks(right)
    style.percent(right)
    style.clock(right, results.months, room=0.6)
    style.direct_labels(right, results.months, [(style.end_of(q), style.share_words(style.end_of(q)), style.ORANGE)])
    return figure
