"""Scores a run against the calibration targets: ``python -m sim.experiments.score baseline --draws 64``."""

import argparse
import sys
from pathlib import Path

from ..evidence.targets import evaluate, show_value, summary, verdict, widths
from ..results import Results, load
from ..values import USUAL
from .ensemble import run


def report(results: Results) -> str:
    """The scores of a run as plain text, misses first, each number in the unit of its row."""
    scores = evaluate(results)
    scores["width"] = widths(scores)
    hits = summary(scores).set_index("id")["hit"]
    first, *rest = verdict(scores)
    lines = [f"{results.scenario}: {first}", *rest,
             "X: the median is outside; W: the 80 % interval is wider than twice the range, and by what factor"]
    for wanted in (False, True):
        for part in scores[scores["id"].map(hits) == wanted].itertuples():
            p10, p50, p90, low, high = (
                show_value(x, part.unit) for x in (part.p10, part.p50, part.p90, part.low, part.high)
            )
            mark = ("X" if not part.hit else " ") + ("W" if not part.width <= 1.0 else " ")
            model = part.problem or f"{p10} / {p50} / {p90}"
            lines.append(f"{mark} {part.id:<4}{part.part:<38}{model:<32}{low} to {high}  ({part.unit})"
                         + (f"  {part.width:.2f}" if not part.width <= 1.0 else ""))
    return "\n".join(lines)


def main(argv=None) -> int:
    """Print the scores of a scenario, or of a saved run's folder; exit code 0 (dimensionless)."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.score", description=__doc__.split(":")[0])
    parser.add_argument("scenario", nargs="?", default="baseline", help="scenario, or folder of a saved run")
    parser.add_argument("--draws", type=int, default=256)
    parser.add_argument("--developers", type=int, default=16_000, help="many, so that sampling is no part of a width")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--uncertainty", default=USUAL, help="posterior, prior, none, or a posterior file")
    parser.add_argument("--set", action="append", default=[], metavar="section.name=value")
    chosen = parser.parse_args(argv)
    if (Path(chosen.scenario) / "manifest.json").exists():
        results = load(chosen.scenario)
    else:
        results = run(chosen.scenario, draws=chosen.draws, developers=chosen.developers, end="2026-12", set=chosen.set,
                      seed=chosen.seed, uncertainty=chosen.uncertainty)  # fmt: skip
    print(report(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
