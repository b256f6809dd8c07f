"""Open or closed, as it was and as it is simulated: ``python -m sim.experiments.openness_history``.

The weights of the triggers were set by hand; this is the table of their hits and misses. A release is a hit when most
draws offer its line in the same way in that month, or when they first offer it within the half-year after. Licences are
not told apart: weights that can be downloaded are open.
"""

import csv
import tomllib
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..evidence.loader import DATA, FOLDER
from .ensemble import run


@dataclass(frozen=True)
class Release:
    """One release: line, model, month (YYYY-MM), whether its weights were open, and the share of draws that open it."""

    line: str
    model: str
    month: str
    was_open: bool
    simulated: float

    @property
    def hit(self):
        """Whether most draws agree with what happened (bool)."""
        return (self.simulated > 0.5) == self.was_open


def releases(results):
    """Every mapped release within the months of a run, in order of date; list of `Release`."""
    with open(DATA / "models.csv", encoding="utf-8") as file:
        known = {row["model"]: row for row in csv.DictReader(file)}
    with open(FOLDER / "openness_history.toml", "rb") as file:
        lines = tomllib.load(file)
    found = []
    for line, models in lines.items():
        stance = results.series("open_line", "", "", line)[1]
        for model in models:
            if model not in known:
                raise InputError(f"openness_history.toml: {line}: {model!r} is not in models.csv")
            month = known[model]["release_date"][:7]
            if month not in results.months:
                continue
            at = results.months.index(month)
            seen = stance[:, at:][:, : 7]  # the first half-year in which a draw offers the line at all
            first = np.array([row[np.isfinite(row)][0] if np.isfinite(row).any() else np.nan for row in seen])
            offered = first[np.isfinite(first)]
            share = float(offered.mean()) if len(offered) else 0.0
            found.append(Release(line, model, month, known[model]["open_weights"] == "true", share))
    return sorted(found, key=lambda release: (release.month, release.line))


def table(found):
    """The releases as text, misses marked, with the count of hits below."""
    rows = [f"{'' if r.hit else 'X':<2}{r.month}  {r.line:<20}{r.model:<28}{'open' if r.was_open else 'closed':<8}"
            f"{r.simulated:5.2f}" for r in found]
    hits = sum(r.hit for r in found)
    return "\n".join([*rows, f"{hits} of {len(found)} releases as observed"])


def main() -> int:
    """Print the table for 64 draws of `baseline`; exit code 0 (dimensionless)."""
    print(table(releases(run("baseline", draws=64, developers=500, end="2026-06", progress=False))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
