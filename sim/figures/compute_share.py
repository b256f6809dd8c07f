"""Who holds AI compute: shares of the United States and China, and under which definition."""

from ..outputs import definition_words
from . import style


def compute_share(results, observations=None, definition="owner|all|stock|8bit", against=None):
    """Shares of compute over time under one named definition, beside the census of known clusters.

    Parameters
    ----------
    results : Results
    observations : table with the columns of a run's results plus low, high and source, or None
    definition : str, basis|diverted|kind|metric
    against : Results of another scenario, drawn dashed and without bands, or None

    Returns
    -------
    Figure; shares are fractions of the world's total, dimensionless
    """
    subtitle = f"Left, share of the world's {definition_words(definition)}. Right, {CENSUS}"
    figure, axes = style.canvas(
        "Who holds AI compute depends on how it is counted", subtitle, results, columns=2,
        notes="Points: published estimates with their ranges (Epoch AI, CC BY 4.0, and others)."
        + style.dashed(against),
    )  # fmt: skip
    panels = (
        (axes[0, 0], "compute_share", definition, "By " + definition.split("|")[0]),
        (axes[0, 1], "census_share", "", "By location, as a census of known clusters sees it"),
    )
    for axis, output, which, words in panels:
        style.heading(axis, words)
        labels = []
        for region in ("united_states", "china"):
            colour = style.REGION_COLOURS[region]
            key = (output, which, region, "")
            q = style.draw(axis, results, key, colour)
            style.observed(axis, observations, results, key, colour)
            style.draw_against(axis, against, key, colour)
            end = style.end_of(q)
            labels.append((end, f"{style.REGION_NAMES[region]}\n{style.share_words(end)}", colour))
        axis.set_ylim(0, 1)
        style.percent(axis)
        style.clock(axis, results.months)
        style.direct_labels(axis, results.months, labels)
    return figure


CENSUS = (
    "share of the compute that a census of known clusters would find, by location, in dense 8-bit throughput "
    "[census_share]."
)
