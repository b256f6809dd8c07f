"""Rival structures: how well each selectable form of the model foretells what was observed, before any fit.

Every form is run with the same draws of the prior and the same chance, so that forms differ by their structure alone;
each observed number is scored against the ensemble with its errors added. Nothing is fitted, so no form gains from a
fit that was made for another: ``python -m sim.experiments.calibration.structures --keep``.
"""

import argparse
import sys
from typing import Any

import numpy as np

from ...evidence.items import Item, discrepancy, items, observation_errors
from ...parameters.register import load_register
from ..ensemble import run
from .calibrate import seen_by_the_model
from .forward import places
from .scoring import crps_of_sample
from .stored import STRUCTURES, keep

NO_FORM = ("boolean",)  # a switch of policy is a lever and no theory of the world
ASIDE = ("serving.price_war_region",)  # where a price war is fought, if one is
UNTIL = "2025-12"


def forms() -> list[tuple[str, str]]:
    """(register name, value) of every form that is not the one in force."""
    return [(entry.name, str(choice)) for entry in load_register().entries.values()
            if entry.domain.choices is not None and entry.domain.type not in NO_FORM and entry.name not in ASIDE
            for choice in entry.domain.choices if choice != entry.value]  # fmt: skip


def series_scores(predicted: np.ndarray, found: list[Item], seed: int) -> dict[tuple, float]:
    """Mean CRPS of every series of items.

    Parameters
    ----------
    predicted : array (items, draws), on the items' scales
    found : items
    seed : int, of the errors added
    """
    sd = np.sqrt(np.diag(observation_errors(found) + discrepancy(found, found)))
    noisy = predicted + sd[:, None] * np.random.default_rng(seed).standard_normal(predicted.shape)
    rows: dict[tuple, list[float]] = {}
    for at, item in enumerate(found):
        rows.setdefault(item.series, []).append(crps_of_sample(noisy[at], item.place))
    return {series: float(np.mean(scores)) for series, scores in rows.items()}


def compared(base: dict[tuple, float], other: dict[tuple, float]) -> dict[str, Any]:
    """A form against the one in force over series (dimensionless).

    Returns
    -------
    moved : series whose score differs by more than a thousandth
    ratio, error : geometric mean over those series of its CRPS over that of the form in force, and the standard error
        of its logarithm; 1 and 0 where nothing moved, no error where one series did
    better : share of those series in which it scores better
    """
    logs = np.array([np.log(other[series] / base[series]) for series in base])
    logs = logs[np.abs(logs) > 1e-3]
    if not len(logs):
        return {"moved": 0, "ratio": 1.0, "error": 0.0, "better": 0.0}
    error = float(logs.std(ddof=1) / np.sqrt(len(logs))) if len(logs) > 1 else None
    return {"moved": len(logs), "ratio": float(np.exp(logs.mean())), "error": error,
            "better": float((logs < 0).mean())}  # fmt: skip


def study(draws: int, developers: int, seed: int, report=print) -> dict[str, Any]:
    """The scores of every form as plain data: draws, observations, rows of name, title, form, in force and `compared`.

    Parameters
    ----------
    draws, developers, seed : int, of every run
    report : called with a line after every form
    """
    found = seen_by_the_model(items(UNTIL), "baseline", None)
    told: dict[str, Any] = {"draws": draws, "developers": developers, "seed": seed, "end": UNTIL,
                            "uncertainty": "prior", "progress": False}  # fmt: skip

    def scored(change: dict[str, str]) -> dict[tuple, float]:
        results = run("baseline", set=change, **told)
        return series_scores(places(results, found), found, seed)

    base, rows = scored({}), []
    for name, form in forms():
        entry = load_register()[name]
        rows.append({"name": name, "title": entry.title, "form": form, "in_force": str(entry.value),
                     **compared(base, scored({name: form}))})  # fmt: skip
        error = "" if rows[-1]["error"] is None else f" ± {rows[-1]['error']:.3f}"
        report(f"{name} = {form}: {rows[-1]['ratio']:.3f}{error} over {rows[-1]['moved']} series")
    return {"until": UNTIL, "draws": draws, "observations": len(found), "series": len(base), "rows": rows}


def main(argv=None) -> int:
    """Score every form; exit code 0 (dimensionless)."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.calibration.structures",
                                     description=__doc__.split("\n")[0])  # fmt: skip
    parser.add_argument("--draws", type=int, default=256)
    parser.add_argument("--developers", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the result that docs/scoreboard.md shows")
    chosen = parser.parse_args(argv)
    found = study(chosen.draws, chosen.developers, chosen.seed)
    if chosen.keep:
        print(f"Kept in {keep(STRUCTURES, found)}; make docs writes the page.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
