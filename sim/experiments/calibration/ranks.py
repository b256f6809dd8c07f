"""Simulation-based calibration: does the fit find what it should, in worlds made by the model itself?

Each run of the prior stands once for the truth: its predictions with an error drawn on top are the observations, the
other runs are the ensemble. Over many truths the rank of the true value among the posterior's members must be uniform
(Talts and others 2018, arXiv 1804.06788). One ensemble serves every truth, so this costs no further runs; the price is
that observations are assimilated at once and not in four steps, each of which would need runs of its own.

``python -m sim.experiments.calibration.ranks out/calibration-2025-12 --keep`` takes the ensemble of a calibration.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ...evidence.items import Item, discrepancy, items, observation_errors
from ...parameters.register import load_register
from .calibrate import NOTES, seen_by_the_model, widened
from .forward import places, prior_scores, read_runs
from .smoother import smooth
from .stored import RANKS, keep

IDENTIFIED = 0.9  # posterior over prior width below which an entry is identifiable enough to be tested


def ranks(scores: np.ndarray, predicted: np.ndarray, errors: np.ndarray, truths: int, seed: int) -> np.ndarray:
    """Share of posterior members below the truth, array (entries, truths), dimensionless.

    Parameters
    ----------
    scores : array (entries, members), normal scores of the prior
    predicted : array (items, members), what each predicts, on the items' scales, chance included
    errors : array (items, items), covariance of observation errors
    truths : int, members that stand for the truth, at most all of them
    seed : int
    """
    root = np.linalg.cholesky(errors)
    found = np.empty((len(scores), truths))
    for truth in range(truths):
        others = np.delete(np.arange(scores.shape[1]), truth)
        noise = np.random.default_rng([seed, truth]).standard_normal(len(predicted))
        observed = predicted[:, truth] + root @ noise

        def forward(_step, _scores, others=others):
            return predicted[:, others]

        after = smooth(scores[:, others], observed, errors, forward, np.zeros(len(predicted)), seed + truth, steps=1)
        found[:, truth] = (after < scores[:, [truth]]).mean(axis=1)
    return found


def uniform(found: np.ndarray) -> np.ndarray:
    """Probability of ranks as uneven as these if the fit is right, array (entries,) (Kolmogorov and Smirnov)."""
    from scipy.stats import kstest

    return np.array([kstest(row, "uniform").pvalue for row in found])


def widths(scores: np.ndarray, predicted: np.ndarray, errors: np.ndarray, seed: int) -> np.ndarray:
    """Posterior over prior width of every entry, array (entries,), in the world that the ensemble's mean predicts."""
    after = smooth(scores, predicted.mean(axis=1), errors, lambda _step, _scores: predicted, np.zeros(len(predicted)),
                   seed, steps=1)  # fmt: skip
    return after.std(axis=1) / scores.std(axis=1)


def study(found: list[Item], predicted: np.ndarray, truths: int, seed: int) -> dict[str, Any]:
    """Ranks of known truths in worlds made by the model, as plain data.

    Parameters
    ----------
    found : items
    predicted : array (items, members), what the prior's members predict, on the items' scales
    truths : int, members that stand for the truth
    seed : int, of the prior's points too

    Returns
    -------
    truths, members, observations; rows of identifiable entries: name, title, width, p (of uniform ranks), inside_80;
    all_inside_80 over every entry (dimensionless)
    """
    register = load_register()
    names = [entry.name for entry in register.uncertain()]
    scores = prior_scores(names, predicted.shape[1], seed)
    wider = widened(found, np.array([item.place for item in found]), predicted)
    errors = observation_errors(found) + discrepancy(found, found, wider)
    width = widths(scores, predicted, errors, seed)
    place = ranks(scores, predicted, errors, truths, seed)
    even, inside = uniform(place), (np.abs(place - 0.5) < 0.4).mean(axis=1)
    rows = [{"name": names[at], "title": register[names[at]].title, "width": float(width[at]), "p": float(even[at]),
             "inside_80": float(inside[at])} for at in np.argsort(width) if width[at] < IDENTIFIED]  # fmt: skip
    return {"truths": truths, "members": predicted.shape[1] - 1, "observations": len(found), "rows": rows,
            "all_inside_80": float(inside.mean())}  # fmt: skip


def main(argv=None) -> int:
    """Test the fit on the ensemble of a finished calibration; exit code 0 (dimensionless)."""
    parser = argparse.ArgumentParser(prog="python -m sim.experiments.calibration.ranks",
                                     description=__doc__.split("\n")[0])  # fmt: skip
    parser.add_argument("folder", type=Path, help="folder of a finished calibration")
    parser.add_argument("--truths", type=int, default=200)
    parser.add_argument("--keep", action="store_true", help="keep the result that docs/identifiability.md shows")
    chosen = parser.parse_args(argv)
    notes = json.loads((chosen.folder / NOTES).read_text(encoding="utf-8"))
    found = seen_by_the_model(items(notes["until"], prefer=notes["prefer"]), notes["scenario"], notes["as_of"])
    told = study(found, places(read_runs(chosen.folder / "step-0" / "runs"), found), chosen.truths, notes["seed"])
    for row in told["rows"]:
        print(f"{row['name']:<50} width {row['width']:.2f}  p {row['p']:.2f}  inside 80 % {row['inside_80']:.0%}")
    print(f"All entries: {told['all_inside_80']:.0%} of {told['truths']} truths inside the 80 % interval")
    if chosen.keep:
        print(f"Kept in {keep(RANKS, told)}; make docs writes the page.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
