"""A batch as tables for analysis: one outcome a run, beside the inputs of that run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError, nearest
from .catalogue import DONE, Catalogue
from .plan import INPUTS, RESULTS, UNIT_OF_CUBE, Plan
from .stored_plan import read_plan


@dataclass(frozen=True)
class Outcome:
    """One outcome of every run: ``values`` array (policies, points, draws) in ``unit``, NaN where there is none."""

    name: str
    unit: str
    policies: list[str]
    values: np.ndarray
    plan: Plan


def whole_plan(folder) -> Plan:
    """The plan of a batch all of whose units are done.

    Raises
    ------
    InputError : if some are pending or failed, since the order of a design's points is the design
    """
    folder = Path(folder)
    plan, catalogue = read_plan(folder), Catalogue(folder)
    try:
        counts = catalogue.counts()
    finally:
        catalogue.close()
    if counts[DONE] < plan.units:
        raise InputError(f"{folder}: {plan.units - counts[DONE]:,} of {plan.units:,} units are missing; complete the "
                         "study with --resume before it is analysed")
    return plan


def outcome(folder, output: str, month: str, definition: str = "", region: str = "", detail: str = "") -> Outcome:
    """One series of a whole batch in one month, for every run (the output's unit).

    Raises
    ------
    InputError : if the batch is not whole or did not keep the series or month
    """
    import pyarrow.dataset as ds

    folder, key = Path(folder), [output, definition, region, detail]
    plan = whole_plan(folder)
    if key not in plan.series:
        known = ["|".join(part for part in series if part) for series in plan.series]
        asked = "|".join(part for part in key if part)
        raise InputError(f"{folder}: the series {asked} was not kept{nearest(asked, known)}")
    if month not in plan.months:
        raise InputError(f"{folder}: {month} was not kept; kept are {', '.join(plan.months)}")
    policies = list(plan.policies)
    values = np.full((len(policies), plan.count, plan.draws), np.nan)
    unit = ""
    for at, name in enumerate(policies):
        files = ds.dataset(folder / RESULTS / f"scenario={name}", format="parquet")
        wanted = ds.field("month") == month
        for column, text in zip(("output", "definition", "region", "detail"), key, strict=True):
            wanted &= ds.field(column) == text
        table = files.to_table(columns=["point", "draw", "value", "unit"], filter=wanted)
        values[at, table["point"].to_numpy(), table["draw"].to_numpy() % plan.draws] = table["value"].to_numpy()
        if table.num_rows:
            unit = str(table["unit"][0])
    return Outcome("|".join(part for part in key if part), unit, policies, values, plan)


def inputs(folder, plan: Plan) -> tuple[list[str], np.ndarray]:
    """What differs from run to run: names, and array (points × draws, names) in each one's unit or code.

    Factors of the design come first, then the samples of the uncertain entries; texts become the number of their
    choice, and what never varies is left out.
    """
    import pyarrow.parquet as pq

    points, draws = np.divmod(np.arange(plan.count * plan.draws), plan.draws)
    columns: dict[str, np.ndarray] = {}
    for name in plan.factors:
        column = plan.points[name]
        codes = column if column.dtype == float else np.unique(column.astype(str), return_inverse=True)[1]
        columns[name] = np.asarray(codes, dtype=float)[points]
    table = pq.read_table(Path(folder) / INPUTS, page_checksum_verification=True)
    for name in table.column_names[1:]:
        if name not in columns:
            columns[name] = table[name].to_numpy()[points if plan.inputs_by_point else draws]
    varying = [name for name, column in columns.items() if np.ptp(column) > 0]
    if not varying:
        raise InputError(f"{folder}: no input varies from run to run")
    return varying, np.column_stack([columns[name] for name in varying])


def unit_cube(plan: Plan) -> np.ndarray:
    """The points of a sampled design in the unit cube, array (points, factors).

    Raises
    ------
    InputError : if the design is not a sampled one
    """
    names = [UNIT_OF_CUBE + name for name in plan.factors]
    if not names or any(name not in plan.points for name in names):
        raise InputError(f"a {plan.notes['design']['kind']} design has no points in a unit cube")
    return np.column_stack([plan.points[name] for name in names])


FACTOR = " (× the assumed path)"  # ends the title of an input that multiplies a dated value


def names_of(plan: Plan, names: Sequence[str]) -> list[str]:
    """Titles of parameters (text), the name where there is none."""
    from ..parameters.register import load_register

    found = []
    for name in names:
        entry = load_register().entries.get(name.split("@")[0])
        factor = entry is not None and entry.prior is not None and entry.prior.as_factor and "@" not in name
        found.append((entry.title if entry else name) + (FACTOR if factor else ""))
    return found
