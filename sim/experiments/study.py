"""A study file: scenarios or policies, a design over factors, draws, and what to keep; every mistake is one line."""

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..errors import InputError, quoted
from ..parameters.domain import read_month
from ..parameters.reading import read_toml, shown
from ..scenario import Scenario, load_scenario
from ..units import month_label, month_number
from ..values import sampled
from .ensemble import check_settings
from .factors import read_factors
from .study_tables import NAME_RULE, PolicyTable, StudyTable, complaint

MOST_CELLS = 100_000_000  # points times draws
YEARS = "years"  # keep.months: every December, and the last month
ALLOWED = {  # which keys a design takes beside "kind"
    "single": (), "list": ("point", "own_draw"), "factorial": (), "latin_hypercube": ("points", "own_draw"),
    "sobol": ("points", "second_order"), "morris": ("trajectories", "levels"), "table": ("file", "own_draw"),
    "samples": ("points",),
}  # fmt: skip
NEEDED = {"list": "point", "latin_hypercube": "points", "sobol": "points", "morris": "trajectories", "table": "file",
          "samples": "points"}  # fmt: skip


class Study:
    """A checked study: policies as scenarios, factors, design, settings (month numbers) and what to keep."""

    def __init__(self, table: StudyTable, policies, factors, months, file):
        self.table, self.policies, self.factors, self.file = table, policies, factors, file
        self.first, self.last = months
        self.kept_months = _kept_months(table.keep.months, months, f"{file}: keep.months")

    @property
    def settings(self) -> dict[str, Any]:
        """What every unit of work shares: seed, developers, dates as YYYY-MM, as-of month, uncertainty."""
        t = self.table
        return {"seed": t.seed, "developers": t.developers, "start": t.start, "end": t.end, "as_of": t.as_of,
                "uncertainty": t.uncertainty, "draws": t.draws, "block": t.block}  # fmt: skip


def read_study(path: "str | Path", uncertainty: str | None = None) -> Study:
    """A study file, checked against the register (values in the register's units).

    Parameters
    ----------
    path : the file
    uncertainty : "prior", "posterior" or "none", instead of what the file says

    Raises
    ------
    InputError : one line naming file, key, value, what is allowed and the nearest valid name
    """
    path, file = Path(path), shown(path)
    try:
        over = {} if uncertainty is None else {"uncertainty": uncertainty}
        table = StudyTable.model_validate(read_toml(path) | over)
    except ValidationError as error:
        raise InputError(f"{file}: {complaint(error)}") from None
    policies = _policies(table, path.parent, file)
    first = next(iter(policies.values()))
    t = table
    try:
        months = check_settings(first, 1, t.developers, t.start, t.end, t.as_of, t.seed)
        known = month_number(t.as_of) if t.as_of else None
        sampled(first.register, np.arange(1), t.seed, known, t.uncertainty)  # is there what it names?
    except InputError as error:
        raise InputError(f"{file}: {str(error).removeprefix('--')}") from None
    _check_design(table, file)
    factors = read_factors(table.factor, first, file)
    return Study(table, policies, factors, months, file)


def _policies(table, folder, file) -> dict[str, Scenario]:
    if (table.scenarios is None) == (table.policy is None):
        verdict = "not both" if table.policy else "one of them is missing"
        raise InputError(f"{file}: scenarios: give either scenarios = [...] or [[policy]] tables; {verdict}")
    rows = table.policy or [PolicyTable.model_construct(name=None, scenario=s, title=None, set={})
                            for s in table.scenarios]  # fmt: skip
    found: dict[str, Scenario] = {}
    for number, row in enumerate(rows, start=1):
        where = f"{file}: policy {number}" if row.name else f"{file}: scenarios"
        try:
            local = folder / row.scenario
            chosen = load_scenario(local if row.scenario.endswith(".toml") and local.exists() else row.scenario)
            name = row.name or chosen.name
            if row.set:
                chosen = chosen.with_changes(dict(row.set), f"policy {name}", row.title or "set by the study")
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        if name in found:
            raise InputError(f"{where}: two policies are called {quoted(name)}")
        if not name.isprintable() or any(c in name for c in "/\\= "):
            raise InputError(f"{where}: {quoted(name)} cannot name a folder; use {NAME_RULE}")
        found[name] = chosen
    return found


def _check_design(table, file):
    design, where = table.design, f"{file}: design"
    allowed = ALLOWED[design.kind]
    for key in design.model_fields_set - {"kind"}:
        if key not in allowed:
            takes = ", ".join(allowed) or "no other key"
            raise InputError(f"{where}: {key}: not a key of a {design.kind} design, which takes {takes}")
    needed = NEEDED.get(design.kind)
    if needed and getattr(design, needed) is None:
        raise InputError(f"{where}: {needed}: missing; a {design.kind} design needs it")
    if design.own_draw and table.draws != 1:
        raise InputError(f"{where}: own_draw: each point runs one draw, the one of its own number; use draws = 1")
    if design.kind == "samples" and table.uncertainty == "none":
        raise InputError(f'{where}: kind: samples of what is uncertain need uncertainty = "prior" or "posterior"')
    named = design.kind in ("factorial", "latin_hypercube", "sobol", "morris")
    if named and not table.factor:
        raise InputError(f"{file}: factor: missing; a {design.kind} design needs [[factor]] tables")
    if not named and table.factor:
        takes = "has no factors" if design.kind in ("single", "samples") else "takes its factors from its points"
        raise InputError(f"{file}: factor: a {design.kind} design {takes}; leave it out")


def _kept_months(asked, months, where) -> list[str]:
    first, last = months
    if asked == "all":
        return [month_label(m) for m in range(first, last + 1)]
    if asked == YEARS:
        return [month_label(m) for m in range(first, last + 1) if month_label(m).endswith("-12") or m == last]
    found = []
    for text in asked:
        month = read_month(text, where)
        if not first <= month <= last:
            raise InputError(f"{where}: {text} is outside the study, {month_label(first)} to {month_label(last)}")
        found.append(month)
    return [month_label(m) for m in sorted(set(found))]
