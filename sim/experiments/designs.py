"""Which points a study visits: lists, grids, Latin hypercubes, Saltelli's and Morris's designs, a user's table.

The samplers are those of SALib and scipy.stats.qmc; here their points of the unit cube become values.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, nearest, quoted
from ..parameters.priors import Prior
from ..parameters.reading import read_text, shown

KINDS = ("single", "list", "factorial", "latin_hypercube", "sobol", "morris", "table", "samples")
MOST_POINTS = 1_000_000  # the table of points is held in memory
MOST_BYTES = 256 * 1024 * 1024  # of a user's table
EDGE = 1e-9  # a prior has no quantile at 0 or 1
MORRIS_SPAN = (0.025, 0.975)  # quantiles of a prior between which Morris steps


@dataclass(frozen=True)
class Factor:
    """One input of a design; values are in the unit of its parameter, or plain factors if ``multiply``.

    Parameters
    ----------
    name : str, column of the table of points: "section.leaf" or "section.leaf@YYYY-MM"
    parameter, date : str, the register name or record cell, and the month from which the value holds (None: always)
    multiply : bool, the value multiplies what is in force
    sampled : bool, the value replaces the sample of an uncertain entry
    low, high, levels : a range, and how many steps a grid takes over it
    values : the list of values instead of a range
    prior : Prior, where neither is given
    """

    name: str
    parameter: str
    date: str | None = None
    multiply: bool = False
    sampled: bool = False
    low: float | None = None
    high: float | None = None
    levels: int | None = None
    values: tuple[Any, ...] | None = None
    prior: Prior | None = None

    def at(self, u: np.ndarray) -> np.ndarray:
        """Values at points of the unit interval, array (points,), in the factor's unit."""
        if self.values is not None:
            index = np.minimum((u * len(self.values)).astype(int), len(self.values) - 1)
            return np.array(self.values, dtype=_kind(self.values))[index]
        if self.prior is not None:
            return self.prior.ppf(np.clip(u, EDGE, 1 - EDGE))
        assert self.low is not None and self.high is not None
        return self.low + (self.high - self.low) * u

    def grid(self, where: str = "design") -> Sequence[Any]:
        """The values of a full grid, in the factor's unit."""
        if self.values is not None:
            return list(self.values)
        if self.levels is None or self.low is None or self.high is None:
            raise InputError(f"{where}: factor {self.name}: levels: missing; a factorial design needs values or a "
                             "range with levels")  # fmt: skip
        return [float(v) for v in np.linspace(self.low, self.high, self.levels)]


@dataclass(frozen=True)
class Points:
    """The table of points: columns by factor name, arrays (points,), in each factor's unit; ``unit`` the cube's."""

    columns: dict[str, np.ndarray]
    unit: np.ndarray | None
    count: int


def single() -> Points:
    """One point without factors (dimensionless)."""
    return Points({}, None, 1)


def samples(points: int, where: str = "design") -> Points:
    """Points without factors, so many: each is one sample of everything uncertain (dimensionless)."""
    check_size(points, f"{where}.points")
    return Points({}, None, points)


def factorial(factors: Sequence[Factor], where: str = "design") -> Points:
    """Every combination of every factor's values, the last factor fastest (each in its unit).

    Raises
    ------
    InputError : if the grid is larger than the table of points may be, before any of it is made
    """
    grids = [factor.grid(where) for factor in factors]
    check_size(math.prod(len(grid) for grid in grids), where)
    index = np.indices([len(grid) for grid in grids]).reshape(len(grids), -1)
    columns = {f.name: np.array(grid, dtype=_kind(grid))[at] for f, grid, at in zip(factors, grids, index, strict=True)}
    return Points(columns, None, index.shape[1])


def latin_hypercube(factors: Sequence[Factor], points: int, seed: int, where: str = "design") -> Points:
    """A Latin hypercube of ``points`` points (dimensionless) by scipy.stats.qmc, mapped to each factor's values."""
    from scipy.stats import qmc

    check_size(points, f"{where}.points")
    return _mapped(factors, qmc.LatinHypercube(len(factors), rng=np.random.default_rng(seed)).random(points))


def sobol(factors: Sequence[Factor], points: int, seed: int, second_order=False, where: str = "design") -> Points:
    """Saltelli's design over a scrambled Sobol sequence (SALib): points · (k + 2) rows, 2k + 2 with second order."""
    if points & (points - 1):
        raise InputError(f"{where}.points: {points} is not a power of two, which a Sobol sequence needs; "
                         f"use {1 << (points.bit_length() - 1)} or {1 << points.bit_length()}")  # fmt: skip
    check_size(points * ((2 * len(factors) if second_order else len(factors)) + 2), f"{where}.points")
    from SALib.sample import sobol as sampler

    return _mapped(factors, sampler.sample(problem(factors), points, calc_second_order=second_order, seed=seed))


def morris(factors: Sequence[Factor], trajectories: int, levels: int, seed: int, where: str = "design") -> Points:
    """Morris's trajectories (SALib): trajectories · (k + 1) rows (dimensionless); priors between two quantiles."""
    if levels % 2:
        raise InputError(f"{where}.levels: {levels} is odd; Morris's steps need an even number")
    check_size(trajectories * (len(factors) + 1), f"{where}.trajectories")
    from SALib.sample import morris as sampler

    unit = sampler.sample(problem(factors), trajectories, num_levels=levels, seed=seed)
    low, high = MORRIS_SPAN
    spanned = unit.copy()
    for k, factor in enumerate(factors):
        if factor.prior is not None:
            spanned[:, k] = low + (high - low) * unit[:, k]
    return Points(_mapped(factors, spanned).columns, unit, len(unit))


def problem(factors: Sequence[Factor]) -> dict[str, Any]:
    """The factors as a SALib problem on the unit cube (dimensionless); rows of a design keep SALib's order."""
    return {"num_vars": len(factors), "names": [f.name for f in factors], "bounds": [[0.0, 1.0]] * len(factors)}


def listed(rows: Sequence[Mapping[str, Any]], where: str = "design.point") -> dict[str, list[Any]]:
    """Points written out one by one, as columns; every point names the same parameters (values in their units)."""
    names = list(rows[0])
    if not names:
        raise InputError(f"{where} 1: names no parameter")
    for number, row in enumerate(rows, start=1):
        for name in row:
            if name not in names:
                raise InputError(f"{where} {number}: {name[:80]}: not in the first point{nearest(name, names)}")
        for name in names:
            if name not in row:
                raise InputError(f"{where} {number}: {name[:80]}: missing; every point gives every parameter")
    return {name: [row[name] for row in rows] for name in names}


def read_table(path, where: str) -> dict[str, list[Any]]:
    """A user's CSV table of points as columns; numbers become numbers (in each parameter's unit), true and false too.

    Raises
    ------
    InputError : naming file, line and column
    """
    name = shown(path)
    text = read_text(path, MOST_BYTES)
    lines = list(csv.reader(io.StringIO(text), strict=False))
    header = [cell.strip() for cell in lines[0]]
    for at, column in enumerate(header, start=1):
        if not column:
            raise InputError(f"{name}: line 1: column {at} has no name")
        if header.count(column) > 1:
            raise InputError(f"{name}: line 1: column {quoted(column)} is there twice")
    rows = [(at, row) for at, row in enumerate(lines[1:], start=2) if row]
    if not rows:
        raise InputError(f"{name}: the table has a header and no points")
    check_size(len(rows), where)
    for at, row in rows:
        if len(row) != len(header):
            raise InputError(f"{name}: line {at}: {len(row)} cells, but the header has {len(header)} columns")
    return {column: [_cell(row[k], f"{name}: line {at}: {column}") for at, row in rows]
            for k, column in enumerate(header)}  # fmt: skip


def check_size(points: int, where: str) -> None:
    """Refuse more points (dimensionless) than the table of points may hold."""
    if points > MOST_POINTS:
        size = f"{points:,}" if points < 10**15 else f"about 10^{len(str(points)) - 1}"
        raise InputError(f"{where}: {size} points; at most {MOST_POINTS:,}. Fewer values, or a latin_hypercube")


def _cell(text, where):
    text = text.strip()
    if not text:
        raise InputError(f"{where}: the cell is empty")
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _mapped(factors, unit) -> Points:
    return Points({f.name: f.at(unit[:, k]) for k, f in enumerate(factors)}, unit, len(unit))


def _kind(values):
    kinds = {type(v) for v in values}
    return float if kinds <= {int, float} else (bool if kinds == {bool} else object)
