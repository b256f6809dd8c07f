"""A study file: scenarios or policies, a design over factors, draws, and what to keep; every mistake is one line."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError, nearest, quoted
from ..parameters.changes import made, split_dated
from ..parameters.domain import Domain, read_month
from ..parameters.reading import read_toml, shown
from ..scenario import Scenario, load_scenario
from ..units import month_label
from .designs import KINDS, Factor
from .ensemble import check_settings

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Words = str | list[str]
Cell = bool | int | float | str
NAME_RULE = "small letters, digits and underscores, at most 60"
MOST_CELLS = 100_000_000  # points times draws
EVERY = "*"  # factor.parameter: every uncertain entry
YEARS = "years"  # keep.months: every December, and the last month


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class PolicyTable(_Strict):
    """One option to compare: a scenario with named values on top (each in the unit of its parameter)."""

    name: Name
    scenario: Text = "baseline"
    title: Text | None = None
    set: dict[str, Cell] = {}


class FactorTable(_Strict):
    """One input of the design, with a range or a list of values in the unit of its parameter."""

    parameter: Text
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = None
    values: Annotated[list[Cell], Field(min_length=1)] | None = None
    levels: Annotated[int, Field(ge=2, le=10_000)] | None = None
    multiply: bool = False


class DesignTable(_Strict):
    """How points are chosen: the kind and its size (numbers of points, dimensionless)."""

    kind: Literal["single", "list", "factorial", "latin_hypercube", "sobol", "morris", "table", "samples"] = "single"
    points: Annotated[int, Field(ge=1)] | None = None
    trajectories: Annotated[int, Field(ge=2)] | None = None
    levels: Annotated[int, Field(ge=4, le=64)] | None = None
    second_order: bool | None = None
    point: Annotated[list[dict[str, Cell]], Field(min_length=1)] | None = None
    file: Text | None = None
    own_draw: bool | None = None


class KeepTable(_Strict):
    """What is stored: months, and series by output, definition, region and detail (left out: any)."""

    months: Annotated[list[str], Field(min_length=1)] | Literal["all", "years"] = "years"
    series: Annotated[list[dict[str, Words]], Field(min_length=1)] | None = None


class SeriesTable(_Strict):
    """One series in one month (YYYY-MM)."""

    output: Text
    definition: str = ""
    region: str = ""
    detail: str = ""
    month: Text


class ReportTable(SeriesTable):
    """What a report is about: an outcome, which way is wanted, what is good enough (its unit), and what to watch."""

    goal: Literal["high", "low"]
    threshold: int | float
    indicator: list[SeriesTable] = []


class StudyTable(_Strict):
    """A study file as written; dates are YYYY-MM, numbers are counts (dimensionless)."""

    title: Text
    question: Text
    scenarios: Annotated[list[Text], Field(min_length=1, max_length=1000)] | None = None
    policy: Annotated[list[PolicyTable], Field(min_length=1, max_length=1000)] | None = None
    draws: Annotated[int, Field(ge=1)] = 64
    block: Annotated[int, Field(ge=1, le=4096)] = 64
    seed: int = 1
    developers: int = 1000
    start: str = "2022-01"
    end: str = "2030-12"
    as_of: str | None = None
    uncertainty: Literal["prior", "posterior", "none"] = "prior"
    design: DesignTable = DesignTable()
    factor: list[FactorTable] = []
    keep: KeepTable = KeepTable()
    report: ReportTable | None = None


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
        raise InputError(f"{file}: {_words(error)}") from None
    policies = _policies(table, path.parent, file)
    first = next(iter(policies.values()))
    t = table
    try:
        months = check_settings(first, 1, t.developers, t.start, t.end, t.as_of, t.seed)
    except InputError as error:
        raise InputError(f"{file}: {str(error).removeprefix('--')}") from None
    _check_design(table, file)
    factors = read_factors(table.factor, first, file)
    return Study(table, policies, factors, months, file)


def read_factors(rows, scenario: Scenario, file: str) -> list[Factor]:
    """Factors with their parameters looked up; ranges and values are in the unit of the parameter.

    Raises
    ------
    InputError : if a parameter is unknown or fixed, or a bound or value is not allowed
    """
    found: list[Factor] = []
    for number, row in enumerate(rows, start=1):
        if row.parameter == EVERY:
            found += _everyone(row, scenario, found, f"{file}: factor {number}")
            continue
        factor = read_factor(row, scenario, f"{file}: factor {number} ({row.parameter[:80]})")
        if factor.name in [other.name for other in found]:
            raise InputError(f"{file}: factor {number}: {factor.name} is given twice")
        found.append(factor)
    return found


def _everyone(row, scenario, found, where) -> list[Factor]:
    """One factor an uncertain entry that has none yet, each over its prior: then draws differ by chance alone."""
    if row.model_fields_set - {"parameter"}:
        raise InputError(f'{where}: parameter = "{EVERY}" takes every prior as it is; leave out the other keys')
    taken = {factor.parameter for factor in found}
    return [Factor(entry.name, entry.name, sampled=True, prior=entry.prior)
            for entry in scenario.register.uncertain() if entry.name not in taken]  # fmt: skip


def read_factor(row: FactorTable, scenario: Scenario, where: str) -> Factor:
    """One factor, checked at both ends of its range or at each value (unit of its parameter, or a plain factor)."""
    name, date = split_dated(row.parameter, where)
    entry = scenario.register.entries.get(name)
    prior = entry.prior if entry is not None else None
    if row.range is not None and row.values is not None:
        raise InputError(f"{where}: give either range or values, not both")
    if row.levels is not None and row.range is None:
        raise InputError(f"{where}: levels: only a range has levels")
    sampled = prior is not None and date is None and not row.multiply
    domain = check_value(scenario, name, date, None, row.multiply, where)
    if sampled and prior is not None and prior.as_factor:
        domain = Domain("number", "factor", 0.0, 1e6)
    if row.values is not None:
        values = tuple(_canonical(value, scenario, name, date, row.multiply, sampled, domain, f"{where}: values")
                       for value in row.values)  # fmt: skip
        if len(set(values)) < len(values):
            raise InputError(f"{where}: values: one of them is given twice")
        return Factor(row.parameter, name, date, row.multiply, sampled, values=values)
    if row.range is not None:
        if domain.type not in ("number", "integer") or domain.choices is not None:
            raise InputError(f"{where}: range: only a number has a range; list its values: {domain.allowed}")
        low, high = (_canonical(value, scenario, name, date, row.multiply, sampled, domain, f"{where}: range")
                     for value in row.range)  # fmt: skip
        if not low < high:
            raise InputError(f"{where}: range: {quoted(low)} is not below {quoted(high)}")
        return Factor(row.parameter, name, date, row.multiply, sampled, low=low, high=high, levels=row.levels)
    if sampled:
        return Factor(row.parameter, name, date, row.multiply, sampled, prior=prior)
    raise InputError(f"{where}: range: missing; give range = [lowest, highest] or values = [...]"
                     + (f"; allowed is {domain.allowed}" if not row.multiply else ""))  # fmt: skip


def check_value(scenario: Scenario, name, date, value, multiply, where) -> Domain:
    """The domain of a parameter that may be changed; with a value (in its unit), that value is checked too.

    Raises
    ------
    InputError : as for a change in a scenario file
    """
    entry = scenario.register.entries.get(name)
    if value is None:
        made(scenario.register, scenario.records, name, date, None, None, 1.0, "-", where, where) if multiply else None
        domain = entry.domain if entry else None
        if domain is None or (entry and entry.role in ("setting", "constant")):
            _probe(scenario, name, date, where)
            record, _, column = name.split(".")
            domain = scenario.records[record].columns[column].domain
        elif entry is not None and date is not None:
            _probe(scenario, name, date, where, entry.value)
        return Domain("number", "factor", 0.0, 1e6) if multiply else domain
    change = (None, value) if multiply else (value, None)
    made(scenario.register, scenario.records, name, date, None, change[0], change[1], "-", where, where)
    return entry.domain if entry else Domain("number")


def _probe(scenario, name, date, where, value=None):
    """Raise what a scenario file would raise for this name and date, whatever the value."""
    try:
        made(scenario.register, scenario.records, name, date, None, value, None, "-", where, where)
    except InputError as error:
        if ": value:" not in str(error):
            raise


def _canonical(value, scenario, name, date, multiply, sampled, domain, where):
    if sampled:
        return domain.check(value, where)
    check_value(scenario, name, date, value, multiply, where)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


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


def _words(error: ValidationError) -> str:
    """The first complaint of pydantic in our own words: key, value, what is allowed."""
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    path = [part for at, part in enumerate(first["loc"])
            if at == 0 or isinstance(part, int) or not ("[" in part or part in _TYPES)]  # less pydantic's branches
    key = ".".join(str(part + 1) if isinstance(part, int) else str(part)[:60] for part in path)
    if first["type"] == "extra_forbidden":
        known = _known(path[:-1])
        return f"{key}: unknown key{nearest(str(path[-1]), known)}; known are {', '.join(known)}"
    if first["type"] == "missing":
        return f"{key}: missing"
    value = first.get("input")
    said = first["msg"].removeprefix("Input ").removeprefix("should be ")
    if path and path[-1] == "kind":
        said = f"one of {', '.join(KINDS)}{nearest(value, KINDS)}"
    if path and path[-1] == "name" and first["type"] == "string_pattern_mismatch":
        said = NAME_RULE
    return f"{key}: {quoted(value)} is not allowed; expected {said[:1].lower() + said[1:]}"


_TYPES = ("bool", "int", "float", "str", "literal")


def _known(path) -> list[str]:
    places: dict[str, type[BaseModel]] = {"policy": PolicyTable, "factor": FactorTable, "design": DesignTable,
                                          "keep": KeepTable, "report": ReportTable}  # fmt: skip
    model: type[BaseModel] = places.get(str(path[0]), StudyTable) if path else StudyTable
    return list(model.model_fields)
