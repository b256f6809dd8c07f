"""The calibration targets and the hindcasts as rows of text, misses first."""

from ..evidence.targets import evaluate, show_value, summary
from ..results import Results
from .words import told, unit_told


def scores(results: Results) -> tuple[list[dict[str, str]], int, int]:
    """Rows of text, how many targets are hit, and how many there are (counts).

    Parameters
    ----------
    results : Results of a run that reaches the months of the targets (units of the outputs)
    """
    found = evaluate(results)
    hits = summary(found).set_index("id")["hit"]
    rows = []
    for part in found.sort_values("hit", kind="stable").itertuples():
        low, high, p10, p50, p90 = (show_value(x, part.unit) for x in (part.low, part.high, part.p10, part.p50,
                                                                        part.p90))  # fmt: skip
        rows.append({"hit": "✓" if part.hit else "✗", "target": f"{part.id} {told('target', part.id, part.title)}",
                     "part": told("target_part", part.part, part.part),
                     "observed": f"{low} … {high}", "model": part.problem or f"{p50} ({p10} … {p90})",
                     "unit": unit_told(part.unit), "observer": part.observer.replace("_", " "),
                     "how": told("how", part.how, part.how)})  # fmt: skip
    return rows, int(hits.sum()), len(hits)


def hindcasts() -> tuple[list[dict[str, str]], dict[str, str]] | None:
    """How forecasts fared: rows of text, worst first, and the numbers over all series; None where none is kept."""
    from ..experiments.calibration.hindcast import summary
    from ..experiments.calibration.stored import HINDCAST, kept

    stored = kept(HINDCAST)
    if stored is None:
        return None
    frame, overall = summary(stored["rows"])
    rows = [{"series": row.series.replace("_", " ").replace("|", " · "), "observations": str(row.observations),
             "ratio": f"{row.ratio:.2f}", "rival": told("rival", row.rival, row.rival.replace("_", " ")),
             "inside": f"{row.inside_80:.0%}"}
            for row in frame[frame["counts"]].sort_values("ratio", ascending=False).itertuples()]  # fmt: skip
    over_all = {"ratio": f"{overall['median_ratio']:.2f}", "series": str(overall["series"]),
                "inside": f"{overall['inside_80']:.0%}", "observations": str(overall["observations"]),
                "origins": ", ".join(stored["known"]), "last": str(stored["last"])}  # fmt: skip
    return rows, over_all
