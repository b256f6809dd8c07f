"""Why do two runs differ? The difference, shared out over named groups of changed assumptions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..outputs import Output, definition_words, load_headline, load_outputs
from ..parameters.added import with_rows, without_rows
from ..parameters.changes import Change, Layer
from ..scenario import Scenario, load_scenario
from ..units import month_label, month_number
from .ensemble import check_settings
from .rebuild import packed
from .shapley import EXACT, Z90, Shares, exact_shares, sampled_shares
from .unit import Task, recorded_series, simulate

PERMUTATIONS = 40  # pairs of an order and its reverse, beyond EXACT groups
DRAWS, DEVELOPERS = 64, 500


@dataclass(frozen=True)
class Explanation:
    """A difference shared out; values in ``unit``, arrays over draws.

    Parameters
    ----------
    a, b : names of the two scenarios; the difference is b minus a
    series : (output, definition, region, detail); title and unit are its output's
    month : YYYY-MM
    groups : {name: parameters in it}, in the order of the size of their shares
    shares : {name: array (draws,)}
    start, end : array (draws,), the output in a and in b
    error : {name: standard error of the mean share from sampling orders}, 0 if exact
    """

    a: str
    b: str
    series: tuple[str, str, str, str]
    title: str
    unit: str
    month: str
    groups: dict[str, list[str]]
    shares: dict[str, np.ndarray]
    start: np.ndarray
    end: np.ndarray
    error: dict[str, float]
    exact: bool
    evaluations: int
    seed: int

    @property
    def draws(self) -> int:
        """Number of draws that enter (dimensionless)."""
        return len(self.start)

    @property
    def gap(self) -> float:
        """The mean difference b − a, in the output's unit; the mean shares sum to it."""
        return float(np.mean(self.end - self.start))

    def rows(self) -> list[dict[str, Any]]:
        """One row a group: mean, 90 % interval of the mean, P10 and P90 over draws, all in the output's unit."""
        rows = []
        for name, values in self.shares.items():
            mean, half = float(np.mean(values)), self.half_width(name)
            low, high = np.quantile(values, (0.1, 0.9))
            rows.append({"group": name, "mean": mean, "low": mean - half, "high": mean + half, "p10": float(low),
                         "p90": float(high), "of_gap": mean / self.gap if self.gap else float("nan"),
                         "parameters": ", ".join(self.groups[name])})  # fmt: skip
        return rows

    def half_width(self, name: str) -> float:
        """Half of the 90 % interval of a group's mean share (output's unit): finite draws, and sampled orders."""
        values = self.shares[name]
        chance = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
        return Z90 * float(np.hypot(chance, self.error[name]))

    def frame(self):
        """`rows` as a pandas frame (output's unit)."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def figure(self):
        """The waterfall from a to b (output's unit), as a matplotlib Figure."""
        from ..figures.waterfall import waterfall

        return waterfall(self)


def explain(
    a: "str | Scenario",
    b: "str | Scenario",
    output: str,
    date: str,
    definition: str | None = None,
    region: str | None = None,
    detail: str | None = None,
    groups: "Mapping[str, Sequence[str]] | str | None" = None,
    draws: int = DRAWS,
    developers: int = DEVELOPERS,
    seed: int = 1,
    permutations: int = PERMUTATIONS,
    executor: Executor | None = None,
    progress: Callable[[float], None] | None = None,
) -> Explanation:
    """Share out the difference of one output between two scenarios over what they assume differently.

    Parameters
    ----------
    a, b : scenarios (name, file or Scenario); the difference is b minus a, draw by draw on shared random numbers
    output, definition, region, detail : one series; what is left out is taken from the headline (China's first)
    date : YYYY-MM
    groups : {name: [parameters]}; a parameter in none is a group of its own. "section": one group a section of the
        register; None: one group a parameter
    draws, developers, seed : as in `run`
    permutations : int, pairs of orders sampled where there are more than ten groups
    executor : where the runs are done; None: here, one after another
    progress : called with the share done (dimensionless)

    Returns
    -------
    Explanation, in the output's unit

    Raises
    ------
    InputError : one line, if a scenario, series, date or group cannot be used
    """
    first, second = (s if isinstance(s, Scenario) else load_scenario(s) for s in (a, b))
    month = checked_month(first, date, draws, developers, seed)
    key, declared = chosen_series(first, output, definition, region, detail)
    changed = differences(first, second)
    if not changed:
        raise InputError(f"explain: {first.name} and {second.name} assume the same; there is nothing to explain")
    parts = grouped(first, changed, groups)
    names = sorted(parts)
    settings = {"seed": seed, "developers": developers, "start": "2022-01", "end": month, "as_of": None,
                "uncertainty": "prior"}  # fmt: skip

    def task(mask):
        moved = {name for at, part in enumerate(names) if mask >> at & 1 for name in parts[part]}
        chosen = mixed(first, second, moved)
        return Task(mask, packed(chosen), settings, {}, {}, {}, [0] * draws, list(range(draws)), [list(key)], [month])

    exact = len(names) <= EXACT
    levels = _Levels(task, key, executor, progress)
    if exact:
        levels.prepare(range(1 << len(names)))
    start, end = levels(0), levels((1 << len(names)) - 1)
    shares = exact_shares(len(names), levels) if exact else sampled_shares(len(names), levels, permutations, seed)
    keep = ~(np.isnan(start) | np.isnan(end) | np.isnan(shares.values).any(axis=0))
    if not keep.any():
        raise InputError(f"explain: {output} has no value in {month} in any draw")
    return _explanation(first, second, key, declared, month, parts, names, shares, start, end, keep, seed)


def _explanation(first, second, key, declared, month, parts, names, shares: Shares, start, end, keep, seed):
    values = {name: shares.values[at][keep] for at, name in enumerate(names)}
    order = sorted(names, key=lambda name: (-abs(float(np.mean(values[name]))), name))
    return Explanation(
        first.name, second.name, key, declared.title, declared.unit, month, {n: parts[n] for n in order},
        {n: values[n] for n in order}, start[keep], end[keep],
        {n: float(shares.error[names.index(n)]) for n in order}, shares.exact, shares.evaluations, seed,
    )  # fmt: skip


class _Levels:
    """The output by subset of groups, array (draws,) in its unit, each simulated once."""

    def __init__(self, task, key, executor, progress):
        self.task, self.key, self.executor, self.progress = task, key, executor, progress
        self.known: dict[int, np.ndarray] = {}
        self.wanted = 0

    def prepare(self, masks: Iterable[int]) -> None:
        todo = [mask for mask in masks if mask not in self.known]
        self.wanted = len(todo)
        results = self.executor.map(simulate, map(self.task, todo)) if self.executor else (
            simulate(self.task(mask)) for mask in todo)  # fmt: skip
        for mask, found in zip(todo, results, strict=True):
            self._take(mask, found)

    def __call__(self, mask: int) -> np.ndarray:
        if mask not in self.known:
            self._take(mask, simulate(self.task(mask)))
        return self.known[mask]

    def _take(self, mask, found):
        self.known[mask] = found[self.key][:, 0]
        if self.progress is not None:
            self.progress(min(1.0, len(self.known) / self.wanted) if self.wanted else float("nan"))


def differences(a: Scenario, b: Scenario) -> list[str]:
    """The names of what two scenarios assume differently, in alphabetical order (text)."""
    mine, other = a.moves(), b.moves()
    rows = ({row.where: repr(row.cells) for row in scenario.added} for scenario in (a, b))
    added = {where for where, _ in set.symmetric_difference(*(set(found.items()) for found in rows))}
    return sorted(added | {name for name in mine.keys() | other.keys()
                           if _content(mine.get(name)) != _content(other.get(name))})


def _content(layers):
    return [[_fields(move) for move in (*changes, *shocks)] for changes, shocks in layers or ()]


def _fields(move: Change):
    return move.start, move.until, move.value, move.factor, move.probability, move.event


def mixed(a: Scenario, b: Scenario, moved: set[str]) -> Scenario:
    """Scenario ``a`` in everything but the names in ``moved``, which are as in ``b`` (units of the register)."""
    def some(scenario, wanted):
        for layer in scenario.layers:
            changes, shocks = (tuple(c for c in kind if (c.parameter in moved) == wanted)
                               for kind in (layer.changes, layer.shocks))
            if changes or shocks:
                yield Layer(f"{scenario.name}: {layer.origin}", changes, shocks)

    layers = (*some(a, False), *some(b, True))
    added = (*(row for row in a.added if row.where not in moved), *(row for row in b.added if row.where in moved))
    records = with_rows(without_rows(a.records, a.added), list(added))
    return Scenario(f"{a.name}+{b.name}", a.title, a.question, a.sources, (), layers, a.register, records, "", added)


def grouped(scenario: Scenario, changed: Sequence[str], groups) -> dict[str, list[str]]:
    """Groups of changed names: {title: [names]}; see `explain`.

    Raises
    ------
    InputError : if a group names what does not differ, or a name stands in two groups
    """
    parts: dict[str, list[str]] = {}
    placed: set[str] = set()
    if isinstance(groups, str):
        if groups != "section":
            raise InputError(f'groups: "{groups}" is not known; use "section", or a table of names')
        for name in changed:
            parts.setdefault(name.split(".")[0].replace("_", " "), []).append(name)
        return parts
    for title, names in (groups or {}).items():
        for name in names:
            if name not in changed:
                raise InputError(f"groups: {title[:60]}: {name[:80]} does not differ{nearest(name, changed)}; "
                                 f"what differs is {', '.join(changed)}")
            if name in placed:
                raise InputError(f"groups: {name} stands in two groups")
            placed.add(name)
            parts.setdefault(title, []).append(name)
    for name in changed:
        if name not in placed:
            title = title_of(scenario, name)
            parts.setdefault(title if title not in parts else name, []).append(name)
    return {title: sorted(names) for title, names in parts.items()}


def title_of(scenario: Scenario, name: str) -> str:
    """What a parameter or a cell of a record is called (text)."""
    entry = scenario.register.entries.get(name)
    if entry is not None:
        return entry.title
    record, row, column = (*name.split("."), "")[:3]
    return f"{row}: {scenario.records[record].columns[column].title}" if column else f"{row}, added to {record}"


def chosen_series(scenario, output, definition=None, region=None, detail=None) -> tuple[tuple, Output]:
    """One series that fits what is asked, and its output; of several the headline's, China's before others (keys).

    Raises
    ------
    InputError : if none fits, naming the nearest
    """
    declared = load_outputs()
    if output not in declared:
        raise InputError(f"--output: no output is called '{output[:60]}'{nearest(output, declared)}")
    recorded = [key for key in recorded_series(scenario) if key[0] == output]
    fits = recorded
    for at, (part, asked) in enumerate((("definition", definition), ("region", region), ("detail", detail)), start=1):
        if asked is not None:
            known = sorted({key[at] for key in fits})
            fits = [key for key in fits if key[at] == asked]
            if not fits:
                raise InputError(f"--{part}: {output} has no {part} '{asked[:60]}'{nearest(asked, known)}; known are "
                                 f"{', '.join(known)}")
    front = [entry.key for entry in load_headline()[1] if entry.key in fits]
    front.sort(key=lambda key: "china" not in key)
    if not front and not fits:
        raise InputError(f"--output: {output} is recorded in no series")
    return (front or fits)[0], declared[output]


def words(explanation: Explanation) -> str:
    """What exactly is explained, in one line (text)."""
    parts = [definition_words(explanation.series[1]), *explanation.series[2:]]
    return f"{explanation.title}: {', '.join(p for p in parts if p)}"


def checked_month(scenario, date, draws, developers, seed) -> str:
    """The month of an outcome, YYYY-MM, once it and the counts of a run are checked against the register.

    Raises
    ------
    InputError : naming the setting, its value and what is allowed
    """
    from ..parameters.domain import read_month

    month = read_month(date, "--date")
    first = int(scenario.register["run.start"].value)
    end = month_label(max(month, first + 1))
    check_settings(scenario, draws, developers, "2022-01", end, None, seed)
    if month <= first:
        raise InputError(f"--date: {date} is not after the beginning, {month_label(first)}")
    return month_label(month_number(end))
