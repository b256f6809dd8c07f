"""The smoother against a rival: a Gaussian-process emulator with importance sampling (scikit-learn), in known worlds.

Runs of the prior that a calibration has kept are the worlds: some stand once as the truth, with errors drawn on top,
and the rest are what each method may learn from. Both see the same runs, so they cost the same runs of the model.

    python benchmarks/calibration_methods.py out/calibration-2025-12 --truths 40

The emulator learns how the leading directions of all predictions depend on the entries that the data inform most; what
it cannot explain (other entries, chance) is noise that it estimates. Points of the prior are weighed by likelihood.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from sim.evidence.items import discrepancy, items, observation_errors
from sim.experiments.calibration.calibrate import NOTES, seen_by_the_model, widened
from sim.experiments.calibration.forward import places, prior_scores, read_runs
from sim.experiments.calibration.ranks import widths
from sim.experiments.calibration.smoother import smooth
from sim.parameters.register import load_register

ENTRIES, DIRECTIONS, POINTS = 8, 8, 8_000


def smoother(scores, predicted, errors, observed, rng):
    """Members after one assimilation, array (entries, members), equally likely: (members, weights)."""
    seed = int(rng.integers(2**31))
    after = smooth(scores, observed, errors, lambda _step, _at: predicted, np.zeros(len(predicted)), seed, steps=1)
    return after, np.full(after.shape[1], 1.0 / after.shape[1])


class Emulator:
    """Gaussian processes of the leading directions of predictions, whitened by their errors (dimensionless)."""

    def __init__(self, scores, predicted, errors):
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

        self.root = np.linalg.cholesky(errors)
        white = np.linalg.solve(self.root, predicted)
        self.middle = white.mean(axis=1, keepdims=True)
        self.axes = np.linalg.svd(white - self.middle, full_matrices=False)[0][:, :DIRECTIONS]
        placed = self.axes.T @ (white - self.middle)
        self.sizes = placed.std(axis=1)
        self.models = []
        for row, size in zip(placed, self.sizes, strict=True):
            kernel = ConstantKernel(0.5) * RBF(np.full(len(scores), 4.0), (0.5, 100.0)) + WhiteKernel(0.5, (0.01, 2.0))
            self.models.append(GaussianProcessRegressor(kernel, n_restarts_optimizer=0).fit(scores.T, row / size))

    def predict(self, points):
        """Means and variances (chance included), arrays (directions, points), of points (entries, points)."""
        told = [model.predict(points.T, return_std=True) for model in self.models]
        means, sds = (np.array([one[part] for one in told]) * self.sizes[:, None] for part in (0, 1))
        return means, sds**2

    def place(self, observed):
        """Observations on the emulated directions, array (directions,)."""
        return self.axes.T @ (np.linalg.solve(self.root, observed) - self.middle[:, 0])


def main(argv=None) -> int:
    """Print coverage, width and error of both methods."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--truths", type=int, default=40)
    parser.add_argument("--members", type=int, default=512)
    chosen = parser.parse_args(argv)
    notes = json.loads((chosen.folder / NOTES).read_text(encoding="utf-8"))
    found = seen_by_the_model(items(notes["until"]), notes["scenario"], notes["as_of"])
    predicted = places(read_runs(chosen.folder / "step-0" / "runs"), found)[:, : chosen.members]
    names = [entry.name for entry in load_register().uncertain()]
    scores = prior_scores(names, notes["members"], notes["seed"])[:, : chosen.members]
    wider = widened(found, np.array([item.place for item in found]), predicted)
    errors = observation_errors(found) + discrepancy(found, found, wider)
    best = np.argsort(widths(scores, predicted, errors, 1))[:ENTRIES]
    truths, known = np.arange(chosen.truths), np.arange(chosen.truths, predicted.shape[1])
    started = time.process_time()
    emulator = Emulator(scores[np.ix_(best, known)], predicted[:, known], errors)
    points = np.random.default_rng(5).standard_normal((ENTRIES, POINTS))
    means, variances = emulator.predict(points)
    trained = time.process_time() - started

    def emulated(observed):
        miss = emulator.place(observed)[:, None] - means
        log = -0.5 * (miss**2 / (variances + 1.0) + np.log(variances + 1.0)).sum(axis=0)
        weights = np.exp(log - log.max())
        return points, weights / weights.sum()

    rows = {"smoother": [], "emulator": []}
    spent = {"smoother": 0.0, "emulator": trained}
    for truth in truths:
        rng = np.random.default_rng([9, truth])
        observed = predicted[:, truth] + np.linalg.cholesky(errors) @ rng.standard_normal(len(predicted))
        for name in rows:
            started = time.process_time()
            if name == "smoother":
                after, weights = smoother(scores[:, known], predicted[:, known], errors, observed, rng)
                after = after[best]
            else:
                after, weights = emulated(observed)
            spent[name] += time.process_time() - started
            mean = after @ weights
            sd = np.sqrt(((after - mean[:, None]) ** 2) @ weights)
            place = ((after < scores[best, truth][:, None]) * weights).sum(axis=1)
            rows[name].append((np.abs(place - 0.5) < 0.4, sd, (mean - scores[best, truth]) ** 2))
    for name, told in rows.items():
        inside, sd, miss = (np.array([row[part] for row in told]) for part in range(3))
        print(f"{name}: {len(known)} runs, {spent[name]:.0f} s beside them; 80 % intervals hold the truth in "
              f"{inside.mean():.0%}; width {sd.mean():.2f}, error of the mean {np.sqrt(miss.mean()):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
