"""What a study file may say, table by table, and a wrong key or value of it in one line."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import nearest, quoted
from .designs import KINDS

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Words = str | list[str]
Cell = bool | int | float | str
NAME_RULE = "small letters, digits and underscores, at most 60"


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
    own_draw: bool | Annotated[int, Field(ge=1)] | None = None


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
    uncertainty: Literal["prior", "posterior", "none"] = "posterior"
    design: DesignTable = DesignTable()
    factor: list[FactorTable] = []
    keep: KeepTable = KeepTable()
    report: ReportTable | None = None


def complaint(error: ValidationError) -> str:
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
