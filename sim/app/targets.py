"""The calibration targets as rows of text, misses first."""

from ..evidence.targets import evaluate, show_value, summary
from ..results import Results


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
        rows.append({"hit": "✓" if part.hit else "✗", "target": f"{part.id} {part.title}", "part": part.part,
                     "observed": f"{low} … {high}", "model": part.problem or f"{p50} ({p10} … {p90})",
                     "unit": part.unit, "observer": part.observer.replace("_", " "), "how": part.how})  # fmt: skip
    return rows, int(hits.sum()), len(hits)
