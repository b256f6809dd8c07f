"""Why do two runs differ? The difference, shared out over named groups of changed assumptions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..outputs import definition_words
from ..scenario import Scenario, load_scenario
from ..values import USUAL
from .asked import checked_month, chosen_series
from .ensemble import BLOCK, blocks
from .mixtures import differences, grouped, mixed
from .rebuild import packed
from .shapley import EXACT, Z90, Shares, exact_shares, prefixes, sampled_orders, sampled_shares
from .unit import Task, simulate

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
    uncertainty: str = USUAL

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
    uncertainty: str = USUAL,
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
    uncertainty : "prior", "posterior" or "none", where both scenarios take their uncertain entries from
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
                "uncertainty": uncertainty}  # fmt: skip

    def task(mask, ids):
        moved = {name for at, part in enumerate(names) if mask >> at & 1 for name in parts[part]}
        chosen = packed(mixed(first, second, moved))
        return Task(mask, chosen, settings, {}, {}, {}, [0] * len(ids), ids.tolist(), [list(key)], [month])

    count = len(names)
    orders = sampled_orders(count, permutations, seed) if count > EXACT else None
    masks = range(1 << count) if orders is None else (mask for pair in orders for mask in prefixes(pair))
    levels = _levels(task, masks, draws, key, executor, progress)
    start, end = levels[0], levels[(1 << count) - 1]
    shares = exact_shares(count, levels.__getitem__) if orders is None else sampled_shares(orders, levels.__getitem__)
    keep = ~(np.isnan(start) | np.isnan(end) | np.isnan(shares.values).any(axis=0))
    if not keep.any():
        raise InputError(f"explain: {output} has no value in {month} in any draw")
    return _explanation(first, second, key, declared, month, parts, names, shares, start, end, keep,
                        (seed, uncertainty))


def _explanation(first, second, key, declared, month, parts, names, shares: Shares, start, end, keep, settings):
    values = {name: shares.values[at][keep] for at, name in enumerate(names)}
    order = sorted(names, key=lambda name: (-abs(float(np.mean(values[name]))), name))
    return Explanation(
        first.name, second.name, key, declared.title, declared.unit, month, {n: parts[n] for n in order},
        {n: values[n] for n in order}, start[keep], end[keep],
        {n: float(shares.error[names.index(n)]) for n in order}, shares.exact, shares.evaluations, *settings,
    )  # fmt: skip


def _levels(task, masks: Iterable[int], draws: int, key, executor, progress) -> dict[int, np.ndarray]:
    """The output by subset of groups, array (draws,) in its unit, each simulated once, a block of draws at a time."""
    work = [(mask, ids) for mask in dict.fromkeys(masks) for ids in blocks(draws, BLOCK)]
    tasks = (task(mask, ids) for mask, ids in work)
    parts: dict[int, list[np.ndarray]] = {}
    for done, found in enumerate(executor.map(simulate, tasks) if executor else map(simulate, tasks)):
        parts.setdefault(work[done][0], []).append(found[key][:, 0])
        if progress is not None:
            progress((done + 1) / len(work))
    return {mask: np.concatenate(some) for mask, some in parts.items()}


def words(explanation: Explanation) -> str:
    """What exactly is explained, in one line (text)."""
    parts = [definition_words(explanation.series[1]), *explanation.series[2:]]
    return f"{explanation.title}: {', '.join(p for p in parts if p)}"
