"""Studies for the page: stored ones opened and analysed, and a small one carried out beside the pages."""

import json
import os
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit

from ..errors import InputError
from ..experiments import analysis
from ..experiments.batch import State, batch
from ..experiments.catalogue import first_error
from ..experiments.executors import local_pool
from ..experiments.outcomes import inputs, names_of, outcome, whole_plan
from ..experiments.plan import PLAN
from .limits import limit
from .words import words

FOLDER = "AICOMPUTE_APP_FOLDER"  # where studies are, one folder each; "out" if not set
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
MINE = "app_"  # begins the names of studies that were carried out from a page
MOST_LISTED, MOST_LINES = 100, 400
DEVELOPERS, UNIT = 200, 32  # of a small study: simulated developers a draw, runs between two looks at "cancel"
SIZES = {"scenarios": 3, "factors": 4, "runs": 512}  # largest small study; runs a scenario
FEW = 16  # draws below which inputs that differ from draw to draw cannot be told apart
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Opened:
    """A stored study: what it asked, and every run of one outcome.

    Parameters
    ----------
    names, titles : of what differs from run to run, factors of the design first
    x : array (runs, names), in each one's unit, or the number of a choice
    y : {policy: array (runs,)} in ``unit``
    """

    about: str
    unit: str
    names: list[str]
    titles: list[str]
    x: np.ndarray
    y: Mapping[str, np.ndarray]
    factors: int


def folder() -> Path:
    """Where studies are kept."""
    return Path(os.environ.get(FOLDER, "out"))


def stored() -> list[str]:
    """The studies that are there, newest first (names of folders)."""
    if not folder().is_dir():
        return []
    found = [path for path in folder().iterdir() if PLAIN.fullmatch(path.name) and (path / PLAN).is_file()]
    found.sort(key=lambda path: (path / PLAN).stat().st_mtime, reverse=True)
    return [path.name for path in found[:MOST_LISTED]]


def place(name: str) -> Path:
    """The folder of a stored study.

    Raises
    ------
    InputError : if there is none of that name
    """
    if name not in stored():
        raise InputError(words("batch.gone"))
    return folder() / name


def described(name: str) -> dict[str, Any]:
    """What a stored study says of itself: title, question (text), policies, series, months, counts of runs.

    Raises
    ------
    InputError : if it is not whole
    """
    plan = whole_plan(place(name))
    notes = plan.notes
    return {"title": notes["title"], "question": notes["question"], "policies": list(plan.policies),
            "series": [tuple(series) for series in plan.series], "months": plan.months, "runs": plan.runs,
            "points": plan.count, "draws": plan.draws,
            "few": plan.draws < FEW and not plan.own_draw, "design": notes["design"]["kind"],
            "settings": notes["settings"]}  # fmt: skip


def series_title(key: Key) -> str:
    """A series in words, without its month (text)."""
    row = dict(zip(("output", "definition", "region", "detail"), key, strict=True)) | {"month": ""}
    return analysis.named(row).replace(",  (", " (").replace(", (", " (").removesuffix(", ")


def opened(name: str, key: Key, month: str) -> Opened:
    """One outcome of every run of a stored study (YYYY-MM; units of the outcome and of the inputs)."""
    path = place(name)
    return _opened(str(path), changed_at(str(path)), key, month)


def changed_at(path: str) -> int:
    """When the plan of a stored study was written (nanoseconds), so that another in its place is another."""
    return (Path(path) / PLAN).stat().st_mtime_ns


@lru_cache(maxsize=8)
def _opened(path: str, _changed: int, key: Key, month: str) -> Opened:
    found = outcome(path, key[0], month, *key[1:])
    names, x = inputs(path, found.plan)
    y = {policy: values.ravel() for policy, values in zip(found.policies, found.values, strict=True)}
    factors = sum(name in found.plan.factors for name in names)
    return Opened(series_title(key), found.unit, names, names_of(found.plan, names), x, y, factors)


def lines(found: Opened, policy: str, names: Sequence[str], inside: np.ndarray) -> list[dict[str, Any]]:
    """Rows of the parallel coordinates: run, axis, place on it (0 to 1), value, outcome, whether the filter keeps it.

    Of many runs an even selection is drawn, the same for every filter.
    """
    y = found.y[policy]
    runs = np.flatnonzero(np.isfinite(y))
    runs = runs[:: max(1, -(-len(runs) // MOST_LINES))]
    columns = [(found.titles[found.names.index(name)], found.x[:, found.names.index(name)]) for name in names]
    rows = []
    for title, column in [*columns, (found.about, y)]:
        low, high = float(np.nanmin(column)), float(np.nanmax(column))
        spread = (high - low) or 1.0
        for run in runs:
            rows.append({"run": int(run), "axis": title, "at": round(float((column[run] - low) / spread), 4),
                         "value": float(f"{column[run]:.4g}"), "outcome": float(f"{y[run]:.4g}"),
                         "kept": bool(inside[run])})  # fmt: skip
    return rows


def ranges(found: Opened, policy: str, most: int) -> dict[int, tuple[str, float, float]]:
    """What runs may be filtered by: {column: (title, lowest, highest)}, in its unit; column −1 is the outcome."""
    columns = {k: (found.titles[k], found.x[:, k]) for k in range(min(found.factors or most, most))}
    columns[-1] = (found.about, found.y[policy])
    return {k: (title, float(np.nanmin(v)), float(np.nanmax(v))) for k, (title, v) in columns.items()}


def within(found: Opened, policy: str, picked: Mapping[int, tuple[float, float]]) -> np.ndarray:
    """Which runs have an outcome and lie within ranges {column: (lowest, highest)}, as of `ranges`: bool (runs,)."""
    inside = np.isfinite(found.y[policy])
    for k, (low, high) in picked.items():
        column, slack = found.y[policy] if k < 0 else found.x[:, k], 1e-9 * (high - low)
        inside = inside & (column >= low - slack) & (column <= high + slack)
    return inside


def bands(values: np.ndarray) -> tuple[float, float, float]:
    """P10, P50 and P90 of values, in their unit."""
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    return float(low), float(middle), float(high)


def quarter(found: Opened, policy: str, side: str) -> float:
    """The threshold that a quarter of all runs reaches at the "high" or "low" side, to three digits (its unit)."""
    return float(f"{np.nanquantile(found.y[policy], 0.75 if side == 'high' else 0.25):.3g}")


def points(found: Opened, policy: str, names: Sequence[str], side: str, threshold: float) -> list[dict[str, Any]]:
    """Runs by two inputs: {x, y (their units), holds (bool), outcome}; of many runs an even selection."""
    a, b = (found.x[:, found.names.index(name)] for name in names)
    y = found.y[policy]
    holds = y >= threshold if side == "high" else y <= threshold
    step = max(1, -(-len(y) // (2 * MOST_LINES)))
    return [{"x": float(a[k]), "y": float(b[k]), "holds": bool(holds[k]), "outcome": float(f"{y[k]:.4g}")}
            for k in range(0, len(y), step) if np.isfinite(y[k])]  # fmt: skip


def ends(found: Opened, policy: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """The lowest and highest value of every axis (its unit), for labels."""
    rows = []
    for name in [*names, None]:
        title, column = (found.about, found.y[policy]) if name is None else (
            found.titles[found.names.index(name)], found.x[:, found.names.index(name)])  # fmt: skip
        rows += [{"axis": title, "at": 0.0, "value": float(np.nanmin(column))},
                 {"axis": title, "at": 1.0, "value": float(np.nanmax(column))}]  # fmt: skip
    return rows


def analysed(path: str, key: Key, month: str, policy: str, bound: tuple[str, float] | None) -> Any:
    """What moves an outcome, or with a bound (at "high" or "low" than a value of its unit) where it holds.

    Called in a worker; the picture of the command line is left out, the page draws its own.

    Raises
    ------
    InputError : if the study has too few runs, or a library of the extra "analysis" is missing
    """
    found = outcome(path, key[0], month, *key[1:])
    about = analysis.named(dict(zip(("output", "definition", "region", "detail"), key, strict=True)) | {"month": month})
    try:
        finding = (analysis.sensitivity_of(found, path, policy, about) if bound is None
                   else analysis.box_of(found, path, policy, bound[1], bound[0], about))  # fmt: skip
    except ImportError as error:
        raise InputError(f"{error.name} is not installed; use pip install 'aicompute[analysis]'") from None
    return replace(finding, figure=None, words=[line.replace("`", "") for line in finding.words])


def study_text(title: str, scenarios: Sequence[str], factors: Mapping[str, tuple[float, float]], runs: int,
               series: Sequence[Key], months: Sequence[str]) -> str:
    """A study file (TOML): a Latin hypercube over ranges of parameters, {"section.name@YYYY-MM": (low, high)}.

    Each of the runs has a draw of its own, so that levers and uncertain entries vary at once.
    """
    document = {
        "title": title, "question": "What moves the outcome?", "scenarios": list(scenarios), "draws": 1,
        "block": UNIT, "developers": DEVELOPERS,
        "design": {"kind": "latin_hypercube", "points": runs, "own_draw": True},
        "factor": [{"parameter": name, "range": list(pair)} for name, pair in factors.items()],
        "keep": {"months": list(months), "series": [
            dict(zip(("output", "definition", "region", "detail"), key, strict=True)) for key in series]},
    }  # fmt: skip
    return tomlkit.dumps(document)


class Cancelled(Exception):
    """Raised in the thread of a study whose visitor wants it no more."""


class Doing:
    """A small study on its way, in a thread with a process of its own.

    Parameters
    ----------
    text : the study file
    """

    def __init__(self, text: str):
        self.name = MINE + time.strftime("%Y%m%d_%H%M%S") + f"_{os.urandom(3).hex()}"
        self.done, self.of = 0, 0
        self.seconds_left: float | None = None
        self.error, self.over, self.whole = "", False, False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(text,), daemon=True)

    def start(self) -> "Doing":
        """Begin; returns itself."""
        self._thread.start()
        return self

    def cancel(self) -> None:
        """Ask it to stop after the unit it is at; what is done is thrown away."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Whether it is over, after so many seconds at most."""
        self._thread.join(seconds)
        return self.over

    def told(self) -> str:
        """What there is to say when it is over (text)."""
        if self.whole:
            return ""
        return f"{words('batch.failed')} {self.error}" if self.error else words("batch.cancelled")

    def _work(self, text):
        out = folder() / self.name
        try:
            out.mkdir(parents=True)
            (out / "study.toml").write_text(text, encoding="utf-8")
            state = batch(out / "study.toml", out, lambda: local_pool(1), report=self._note)
            if state.failed:
                raise InputError(first_error(out))
            self.whole = True
        except Cancelled:
            _discard(out)
        except Exception as error:
            self.error = str(error) if isinstance(error, InputError) else type(error).__name__
            _discard(out)
        finally:
            self.over = True

    def _note(self, state: State):
        self.done, self.of, self.seconds_left = state.done + state.failed, state.units, state.seconds_left
        if self._stop.is_set():
            raise Cancelled


def _discard(out: Path) -> None:
    """Remove a study that a page began and that is not whole."""
    import shutil

    if out.name.startswith(MINE) and out.parent == folder():
        shutil.rmtree(out, ignore_errors=True)


_now: list[Doing] = []
_lock = threading.Lock()


def begin(text: str) -> Doing:
    """Carry out a small study; one at a time on this server.

    Raises
    ------
    InputError : if another is under way, or as many are kept as this server keeps
    """
    with _lock:
        _now[:] = [doing for doing in _now if not doing.over]
        if _now:
            raise InputError(words("batch.busy"))
        if sum(name.startswith(MINE) for name in stored()) >= limit("studies"):
            raise InputError(words("batch.kept", most=limit("studies")))
        doing = Doing(text).start()
        _now.append(doing)
        return doing


def csv(found: Opened, policy: str, inside: np.ndarray) -> str:
    """The runs that a filter keeps as text for a file: inputs and outcome, in their units."""
    rows = [",".join(json.dumps(name) if "," in name else name for name in (*found.names, "outcome"))]
    for x, y in zip(found.x[inside], found.y[policy][inside], strict=True):
        rows.append(",".join(f"{v:.6g}" for v in (*x, y)))
    return "\n".join(rows) + "\n"


