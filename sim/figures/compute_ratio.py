"""How many times as much compute the United States holds and adds as China."""

from ..outputs import definition_words
from . import style


def compute_ratio(results, observations=None, basis="owner|all", metric="tpp", against=None):
    """US : China ratio of the stock and of twelve-month deliveries, on one log axis.

    Parameters
    ----------
    results : Results
    observations : as in `compute_share`, or None
    basis : str, the first two parts of the definition
    metric : str, the last part

    Returns
    -------
    Figure; ratios are dimensionless
    """
    lines = (("stock", "Stock in service", style.GREEN), ("flow12", "Deliveries of\n12 months", style.PURPLE))
    words = definition_words(f"{basis}|stock|{metric}").replace("stock in service, ", "")
    figure, axes = style.canvas(
        "United States to China: compute held, and compute added",
        f"Ratio of the United States to China, {words}; stock in service, and deliveries of twelve months "
        f"[{basis}|flow12|{metric}]. Log axis.",
        results, notes="At 1 the two are equal." + style.dashed(against),
    )  # fmt: skip
    axis, labels, seen = axes[0, 0], [], []
    axis.set_yscale("log")
    for kind, name, colour in lines:
        key = ("compute_ratio_us_china", f"{basis}|{kind}|{metric}", "", "")
        q = style.draw(axis, results, key, colour)
        style.observed(axis, observations, results, key, colour)
        style.draw_against(axis, against, key, colour)
        labels.append((style.end_of(q), f"{name}\n{style.end_of(q):.1f} : 1", colour))
        seen += [value for value in (*q[0], *q[2]) if value > 0]
        seen += [value for value in against.quantiles(*key)[1][1] if value > 0] if against is not None else []
    axis.set_ylim(min(0.9, 0.8 * min(seen, default=1)), max(10.0, 1.3 * max(seen, default=10)))
    axis.axhline(1.0, color=style.GREY, linewidth=0.9)
    style.log_ticks(axis)
    axis.set_ylabel("United States : China", fontsize=style.FONT["axis"])
    style.clock(axis, results.months, room=1.3)
    style.direct_labels(axis, results.months, labels)
    return figure
