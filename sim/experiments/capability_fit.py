"""Fits capability to training compute: ``python -m sim.experiments.capability_fit``.

Ordinary least squares over the models with both a score on the Epoch Capabilities Index and an estimate of training
compute. A line in time with a bend at the first reasoning model takes up algorithms and recipes, and a step takes up
laboratories in China, which learn more from others; what is left is the slope in compute,

    ECI = c + s · log₁₀(FLOP / anchor) + d · years + b · max(years since the bend, 0) + h · in China.

``training.points_per_decade`` holds ``s`` and its prior the fitted standard error; a test compares them.
"""

import csv

import numpy as np

from ..evidence.loader import DATA
from ..parameters.records import load_records
from ..parameters.register import load_register
from ..units import MONTHS_PER_YEAR, month_number

NAMES = ("constant", "points_per_decade", "points_per_year", "more_per_year_after_reasoning", "in_china")


def least_squares(columns, y):
    """Coefficients and standard errors of an ordinary least-squares fit.

    Parameters
    ----------
    columns : array (observations, k), any unit
    y : array (observations,), any unit

    Returns
    -------
    two arrays (k,) of coefficients and standard errors, and the residual standard deviation (unit of ``y``)
    """
    found = np.linalg.lstsq(columns, y, rcond=None)[0]
    left = y - columns @ found
    variance = float(left @ left) / (len(y) - columns.shape[1])
    errors = np.sqrt(np.diag(np.linalg.inv(columns.T @ columns)) * variance)
    return found, errors, variance**0.5


def fit():
    """The fit, {name: (coefficient, standard error)} in ECI points, the residual deviation and the number of models."""
    register = load_register()
    anchor, origin = register["training.anchor_flop"].value, register["training.anchor_month"].value
    bend = min(row["from"] for row in load_records()["recipes"].rows.values() if row["recipe"] == "reasoning")
    with open(DATA / "models.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["eci_score"] and row["training_compute_flop"]]
    when = np.array([month_number(row["release_date"][:7]) for row in rows], dtype=float)
    columns = np.stack([
        np.ones(len(rows)), np.log10([float(row["training_compute_flop"]) / anchor for row in rows]),
        (when - origin) / MONTHS_PER_YEAR, np.maximum(when - bend, 0.0) / MONTHS_PER_YEAR,
        [row["country"] == "China" for row in rows]], axis=1).astype(float)
    found, errors, spread = least_squares(columns, np.array([float(row["eci_score"]) for row in rows]))
    pairs = zip(found.tolist(), errors.tolist(), strict=True)
    return dict(zip(NAMES, pairs, strict=True)), spread, len(rows)


def main() -> int:
    """Print coefficients with standard errors; exit code 0 (dimensionless)."""
    found, spread, models = fit()
    print(f"{models} models, residual standard deviation {spread:.2f} ECI points")
    for name, (value, error) in found.items():
        print(f"  {name:<32}{value:8.2f} ± {error:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
