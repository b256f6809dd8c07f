"""Headline medians of every scenario, kept under test: numbers move only when somebody means them to.

``make golden`` (``python -m sim.experiments.golden``) is the only way they move; it prints by how much.
"""

import csv
import sys
from pathlib import Path

from ..outputs import load_headline
from ..scenario import library
from .ensemble import run

DRAWS, DEVELOPERS, SEED = 8, 400, 1  # small, so that all scenarios take seconds
SAME = 1e-6  # another processor may differ in a last bit; a moved assumption moves more
FILE = Path(__file__).resolve().parents[2] / "scenarios" / "golden" / "headline.csv"
COLUMNS = ("scenario", "headline", "month", "p50", "unit")
Rows = dict[tuple[str, str, str], tuple[str, str]]


def rows_of(scenario: str) -> Rows:
    """Headline medians of one scenario over a few draws: (scenario, headline, month) → (value, unit)."""
    results = run(scenario, draws=DRAWS, developers=DEVELOPERS, seed=SEED)
    return {
        (scenario, name, month): ("" if values["p50"] is None else f"{values['p50']:.9g}", entry["unit"])
        for name, entry in results.headline().items()
        for month, values in entry["values"].items()
    }


def stored() -> Rows:
    """The golden rows as committed; empty if there are none yet."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="", encoding="utf-8") as file:
        return {(r["scenario"], r["headline"], r["month"]): (r["p50"], r["unit"]) for r in csv.DictReader(file)}


def moved(old: Rows, new: Rows) -> list[str]:
    """One line for every row that differs by more than ``SAME``, with the relative change (dimensionless)."""
    lines = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, ("", ""))[0], new.get(key, ("", ""))[0]
        if before == after or (before and after and _close(float(before), float(after))):
            continue
        size = f"{float(after) / float(before) - 1:+.2%}" if before and after and float(before) else ""
        lines.append(f"{' '.join(key)}: {before or '-'} -> {after or '-'} {size}".rstrip())
    return lines


def _close(before: float, after: float) -> bool:
    return abs(after - before) <= SAME * max(abs(before), abs(after))


def main() -> int:
    """Recompute every scenario's golden rows, say what moved, and write them."""
    assert load_headline()[1], "no headline entries declared"
    new: Rows = {}
    for name in sorted(library()):
        new |= rows_of(name)
    for line in moved(stored(), new):
        print(line)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    with FILE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*key, *value) for key, value in sorted(new.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
