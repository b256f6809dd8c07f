"""The model as a plain function of named inputs, which is all that other tools for experiments ask for."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InputError
from ..experiments.asked import chosen_series
from ..experiments.designs import Factor
from ..experiments.factors import read_factor
from ..experiments.plan import alone
from ..experiments.rebuild import packed
from ..experiments.study_tables import FactorTable
from ..experiments.unit import Task, simulate
from ..parameters.domain import read_month
from ..scenario import Scenario, load_scenario
from ..units import month_label

BLOCK = 64  # rows stepped at once; moves speed and memory, never a number


class ModelFunction:
    """Outputs of the model as a function of chosen inputs; every other entry stays at its register value.

    Parameters
    ----------
    scenario : name, file or Scenario
    inputs : names of parameters, "section.name" or "section.name@YYYY-MM", or {name: (low, high) or list of values};
        a name alone takes its prior; None: every entry with a prior. Values in the unit of the parameter, or a factor
        on the register's path where `docs/parameters.md` says so
    outcomes : [(output, definition, region, detail, month)], trailing texts may be left out but the month stands last
    developers, seed : of every run
    draws : int, chance repetitions of every row, the same in all rows; the mean over them is returned
    """

    def __init__(self, scenario: "str | Scenario" = "baseline", inputs=None,
                 outcomes: Sequence[Sequence[str]] = (("compute_share", "owner|all|stock|8bit", "china", "2028-12"),),
                 developers: int = 500, seed: int = 1, draws: int = 1):  # fmt: skip
        self.scenario = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        self.factors = [self._factor(name, given) for name, given in _asked(inputs, self.scenario).items()]
        self.outcomes = [self._outcome(row) for row in outcomes]
        if draws < 1:
            raise InputError(f"draws: {draws} is out of range; use 1 or more")
        self.developers, self.seed, self.draws = developers, seed, draws

    @property
    def names(self) -> list[str]:
        """Names of the inputs, in order (no unit)."""
        return [factor.name for factor in self.factors]

    @property
    def outcome_names(self) -> list[str]:
        """Names of the outcomes: output, definition, region, detail and month joined (no unit)."""
        return ["|".join(part for part in (*key, month) if part) for key, month in self.outcomes]

    def _factor(self, name, given) -> Factor:
        range_, values = (None, list(given)) if isinstance(given, list) else (given, None)
        row = FactorTable.model_construct(parameter=name, range=range_ if range_ is None else list(range_),
                                          values=values, levels=None, multiply=False)  # fmt: skip
        return read_factor(row, self.scenario, f"input {name[:80]}")

    def _outcome(self, row) -> tuple[tuple[str, str, str, str], str]:
        output, *parts, month = row
        found = [part if part else None for part in (*parts, *[""] * (3 - len(parts)))]
        key, _ = chosen_series(self.scenario, output, *found)
        return key, month_label(read_month(month, f"outcome {output}"))

    def __call__(self, columns: Mapping[str, Sequence]) -> np.ndarray:
        """Outcomes at given inputs: array (rows, outcomes), each in its output's unit.

        Parameters
        ----------
        columns : {name of an input: values (rows,)}, all of one length

        Raises
        ------
        InputError : if an input is missing or unknown
        """
        if set(columns) != set(self.names):
            odd = sorted(set(columns) ^ set(self.names))
            raise InputError(f"inputs: {odd[0]} is {'missing' if odd[0] in self.names else 'not an input'}")
        arrays = {f.name: np.array(columns[f.name], dtype=object if _texts(f) else float) for f in self.factors}
        rows = len(next(iter(arrays.values())))
        shared = [f.name for f in self.factors if alone(f, self.scenario, arrays[f.name])]
        labels = [tuple(arrays[name][row] for name in shared) for row in range(rows)]
        found = np.full((rows, len(self.outcomes)), np.nan)
        for label in dict.fromkeys(labels):
            mine = [row for row in range(rows) if labels[row] == label]
            size = max(1, BLOCK // self.draws)
            for first in range(0, len(mine), size):
                some = mine[first : first + size]
                found[some] = self._block(dict(zip(shared, label, strict=True)), arrays, some)
        return found

    def _block(self, shared, arrays, rows) -> np.ndarray:
        columns = {name: np.repeat(values[rows], self.draws).astype(float).tolist() for name, values in arrays.items()
                   if name not in shared}  # fmt: skip
        how = {f.name: {"parameter": f.parameter, "date": f.date, "multiply": f.multiply, "sampled": f.sampled,
                        "alone": f.name in shared} for f in self.factors}  # fmt: skip
        months, keys = sorted({month for _, month in self.outcomes}), dict.fromkeys(key for key, _ in self.outcomes)
        settings = {"seed": self.seed, "developers": self.developers, "start": "2022-01", "end": months[-1],
                    "as_of": None, "uncertainty": "none"}  # fmt: skip
        runs = len(rows) * self.draws
        task = Task(0, packed(self.scenario), settings, shared, columns, how, list(range(runs)),
                    list(range(self.draws)) * len(rows), [list(key) for key in keys], months)  # fmt: skip
        series = simulate(task)
        each = [series[key][:, months.index(month)].reshape(len(rows), self.draws) for key, month in self.outcomes]
        return np.stack([values.mean(axis=1) for values in each], axis=1)


def _asked(inputs, scenario) -> dict:
    if inputs is None:
        return {entry.name: None for entry in scenario.register.uncertain()}
    if isinstance(inputs, Mapping):
        return dict(inputs)
    return dict.fromkeys([inputs] if isinstance(inputs, str) else inputs)


def _texts(factor: Factor) -> bool:
    """Whether an input's values are choices and not numbers."""
    return factor.values is not None and not all(isinstance(v, int | float) for v in factor.values)
