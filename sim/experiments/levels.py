"""One output of one scenario at given values of its levers, draw by draw: what root finding and convergence ask for."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..scenario import Scenario, load_scenario
from ..values import USUAL
from .asked import checked_month, chosen_series
from .ensemble import BLOCK
from .factors import read_factor
from .rebuild import packed
from .study_tables import FactorTable
from .unit import Task, simulate

Level = Callable[[float, int, np.ndarray], np.ndarray]  # lever value, seed, draw ids → output by draw


def output_level(
    scenario: "str | Scenario", output: str, date: str, parameter: str | None = None,
    bounds: tuple[float, float] | None = None, definition=None, region=None, detail=None, developers: int = 500,
    draws: int = 1, seed: int = 1, uncertainty: str = USUAL,
) -> tuple[Level, str, str]:  # fmt: skip
    """A function of (value of ``parameter``, seed, draw ids) that gives the output in a month, array (draws,).

    Parameters
    ----------
    scenario : name, file or Scenario
    output, definition, region, detail, date : one series in one month, chosen as in `explain`
    parameter : "section.name" or "section.name@YYYY-MM" of a number, or None to vary nothing
    bounds : lowest and highest value of it, in its unit
    developers : int, simulated developers a draw
    uncertainty : "prior", "posterior" or "none"
    draws, seed : only checked here, so that a wrong one is refused before the first run

    Returns
    -------
    (function, what is given in words, unit of the output)

    Raises
    ------
    InputError : if a name, series or bound cannot be used
    """
    base = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    date = checked_month(base, date, draws, developers, seed)
    key, declared = chosen_series(base, output, definition, region, detail)
    factors: Mapping = {}
    if parameter is not None:
        row = FactorTable(parameter=parameter, range=list(bounds) if bounds else None)
        factor = read_factor(row, base, f"parameter ({parameter[:80]})")
        factors = {factor.name: {"parameter": factor.parameter, "date": factor.date, "multiply": False,
                                 "sampled": factor.sampled, "alone": False}}  # fmt: skip

    def block(value: float, seed: int, ids: list[int]) -> np.ndarray:
        settings = {"seed": seed, "developers": developers, "start": "2022-01", "end": date, "as_of": None,
                    "uncertainty": uncertainty}  # fmt: skip
        columns = {name: [float(value)] * len(ids) for name in factors}
        task = Task(0, packed(base), settings, {}, columns, factors, [0] * len(ids), ids, [list(key)], [date])
        return simulate(task)[key][:, 0]

    def level(value: float, seed: int, draws: Sequence[int] | np.ndarray) -> np.ndarray:
        ids = [int(d) for d in draws]
        return np.concatenate([block(value, seed, ids[at : at + BLOCK]) for at in range(0, len(ids), BLOCK)])

    return level, ", ".join(part for part in (declared.title, *key[1:]) if part), declared.unit
