"""What the model says of many points of its uncertain entries: a study of the batch machinery, one run a point."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...evidence.items import Item, on_scale
from ...evidence.targets import reduce_draws
from ...parameters.register import load_register
from ..batch import BatchStopped, State, batch
from ..catalogue import first_error
from ..durable import write_whole
from ..outcomes import whole_plan
from ..plan import RESULTS

BLOCK = 128  # points that are run together
SPREAD = 6.0  # predictions are read within so many robust standard deviations of their median


@dataclass(frozen=True)
class Setting:
    """What every evaluation of a calibration shares.

    Parameters
    ----------
    folder : Path, where studies are kept
    scenario : str
    end : YYYY-MM, last month of the runs
    as_of : YYYY-MM or None, values known later are ignored
    developers : int, simulated developers a run
    make : returns an executor
    workers : int
    report : called with what is being done (text) and the state after every unit
    """

    folder: Path
    scenario: str
    end: str
    as_of: str | None
    developers: int
    make: Callable[[], Executor]
    workers: int
    report: Callable[[str, State], None] | None = None


class Runs:
    """The kept series of many runs: ``series`` gives (months, array (runs, months)) in the output's unit."""

    def __init__(self, months: Sequence[str], values: Mapping[tuple, np.ndarray]):
        self.months, self.values = list(months), dict(values)

    def series(self, output, definition="", region="", detail=""):
        """(month labels, array (runs, months)) of one series, in the output's unit."""
        key = (output, definition, region, detail)
        if key not in self.values:
            raise KeyError(f"the runs have no {'|'.join(part for part in key if part)}")
        return self.months, self.values[key]


def evaluate(name: str, points: Mapping[str, np.ndarray], series: Sequence[tuple], seed: int, told: Setting,
             draws: int | None = None) -> Runs:  # fmt: skip
    """Run the model once a point, point 17 with draw 17; what is done already is read and not run again.

    Parameters
    ----------
    name : of the study, and of its folder
    points : {register name: array (points,)}, each in its unit or as a factor
    series : (output, definition, region, detail) to keep
    seed : int, of chance
    told : Setting
    draws : int, points so many apart run the same draw; without it every point runs its own

    Raises
    ------
    InputError : if the folder holds another calibration's runs
    BatchStopped : if runs fail
    """
    folder = told.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    columns = list(points)
    rows = ["\n".join([",".join(columns)]), *(",".join(repr(float(x)) for x in row)
                                              for row in zip(*(points[c] for c in columns), strict=True))]  # fmt: skip
    write_whole(folder / "points.csv", ("\n".join(rows) + "\n").encode())
    write_whole(folder / "study.toml", _study(name, series, seed, told, draws).encode())
    report = None if told.report is None else (lambda state: told.report(name, state))  # type: ignore
    state = batch(folder / "study.toml", folder / "runs", told.make, told.workers, resume=True, report=report)
    if state.failed:
        raise BatchStopped(f"{state.failed} of {state.units} units of {folder} failed: {first_error(folder / 'runs')}")
    return read_runs(folder / "runs")


def _study(name, series, seed, told, draws) -> str:
    keep = "".join(f'[[keep.series]]\noutput = "{o}"\ndefinition = "{d}"\nregion = "{r}"\ndetail = "{t}"\n'
                   for o, d, r, t in series)  # fmt: skip
    as_of = f'as_of = "{told.as_of}"\n' if told.as_of else ""
    return (f'title = "Calibration, {name}"\nquestion = "What does the model say of these points?"\n'
            f'scenarios = ["{told.scenario}"]\ndraws = 1\nblock = {BLOCK}\nseed = {seed}\n'
            f'developers = {told.developers}\nend = "{told.end}"\nuncertainty = "prior"\n{as_of}'
            f'[design]\nkind = "table"\nfile = "points.csv"\nown_draw = {draws or "true"}\n'
            f'[keep]\nmonths = "all"\n{keep}')  # fmt: skip


def read_runs(folder: Path) -> Runs:
    """The series of a whole study with one policy, each array (points, months) in its output's unit.

    Raises
    ------
    InputError : if units are missing
    """
    import pyarrow.dataset as ds

    plan = whole_plan(folder)
    table = ds.dataset(folder / RESULTS, format="parquet").to_table(
        columns=["point", "month", "output", "definition", "region", "detail", "value"]
    )
    codes = []
    sizes = []
    for column in ("output", "definition", "region", "detail", "month"):
        packed = table[column].combine_chunks()
        labels = packed.dictionary.to_pylist()
        codes.append((packed.indices.to_numpy(), labels))
        sizes.append(len(labels))
    whole = np.ravel_multi_index([code for code, _ in codes[:4]], sizes[:4])
    months = {label: at for at, label in enumerate(plan.months)}
    month = np.array([months[label] for label in codes[4][1]])[codes[4][0]]
    point, value = table["point"].to_numpy(), table["value"].to_numpy()
    names = [labels for _, labels in codes[:4]]
    place = {tuple(key): at for at, key in enumerate(plan.series)}
    row = np.zeros(int(np.prod(sizes[:4])), dtype=np.int64)
    for code in np.flatnonzero(np.bincount(whole, minlength=len(row))):
        key = zip(names, np.unravel_index(code, sizes[:4]), strict=True)
        row[code] = place[tuple(labels[at] for labels, at in key)]
    every = np.full((len(place), plan.count, len(months)), np.nan)
    every[row[whole], point, month] = value
    return Runs(plan.months, {key: every[at] for key, at in place.items()})


def places(runs: Any, items: Sequence[Item], drawn_in: bool = True) -> np.ndarray:
    """What runs say of items, on the items' scales: array (items, runs).

    A run without a value (a price at a level that nobody reached) takes the median, so it tells nothing; values far
    from the others are drawn in if asked, for a method of means and covariances.
    """
    found = []
    for item in items:
        row = on_scale(reduce_draws(runs, item.part), item.scale)
        row = np.where(np.isfinite(row), row, np.nan)
        if np.isnan(row).all():
            found.append(np.full(row.shape, item.place))
            continue
        middle = np.nanmedian(row)
        width = SPREAD * 1.4826 * max(float(np.nanmedian(np.abs(row - middle))), 1e-3) if drawn_in else np.inf
        found.append(np.clip(np.where(np.isnan(row), middle, row), middle - width, middle + width))
    return np.array(found)


def values_at(scores: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Normal scores, array (names, points), as values of the uncertain entries, each in its unit or as a factor."""
    from scipy.special import ndtr

    register = load_register()
    found = {}
    for name, row in zip(names, np.clip(scores, -4.0, 4.0), strict=True):
        entry = register[name]
        assert entry.prior is not None
        value = entry.prior.ppf(ndtr(row))
        found[name] = value if entry.prior.as_factor else np.clip(value, entry.domain.low, entry.domain.high)
    return found


def prior_scores(names: Sequence[str], points: int, seed: int) -> np.ndarray:
    """Normal scores of the prior's first points, array (names, points), correlated within groups."""
    from scipy.special import ndtri

    from ...parameters.copula import joint_uniforms

    return ndtri(joint_uniforms(list(names), np.arange(points), seed, load_register().groups))


def noise(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Variance of chance in predictions, array (items,): of pairs of runs of one point each, array (items, points)."""
    return np.mean((first - second) ** 2, axis=1) / 2.0
