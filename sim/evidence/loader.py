"""Reads the evidence tables and says exactly where one of them is wrong.

Evidence is compared with the model, or turned by hand into parameters; nothing the model runs imports this package.
"""

import csv
import math
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"

_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTIAL_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?")


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place of an evidence file."""

    file: str
    line: int
    column: str
    value: str
    expected: str

    def __str__(self):
        found = "blank" if self.value == "" else repr(self.value)
        return f"{self.file}, line {self.line}, column {self.column}: {found}, expected {self.expected}"


@cache
def _declarations() -> dict[str, Any]:
    with open(FOLDER / "tables.toml", "rb") as file:
        return tomllib.load(file)


def tables() -> tuple[str, ...]:
    """Names of the evidence tables, in alphabetical order."""
    return tuple(sorted(name for name in _declarations() if not name.startswith("_")))


def describe(table: str) -> dict[str, Any]:
    """The declaration of a table: title, role, what a row is, columns with type, unit, range, choices."""
    if table not in tables():
        raise InputError(f"{table!r} is not an evidence table; there are: {', '.join(tables())}")
    return _declarations()[table]


@cache
def sources() -> dict[str, dict[str, str]]:
    """Everything a parameter may cite: key to title, url, date, licence."""
    with open(FOLDER / "sources.toml", "rb") as file:
        return tomllib.load(file)


@cache
def _checked(table: str):
    import pandas as pd

    problems = check_table(DATA / f"{table}.csv", table)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InputError(f"{problems[0]}{more}")
    columns = describe(table)["columns"]
    frame = pd.read_csv(DATA / f"{table}.csv", dtype=str, keep_default_na=False)
    for name, column in columns.items():
        if column["type"] == "number":
            frame[name] = pd.to_numeric(frame[name].where(frame[name] != ""))
    return frame


def load(table: str) -> "pd.DataFrame":
    """A checked evidence table: numbers are floats (NaN where blank), everything else is text.

    Raises
    ------
    InputError : for an unknown table, or naming file, line and column of the first thing wrong
    """
    describe(table)
    return _checked(table).copy()


def check_all(folder: Path | str = DATA) -> list[Problem]:
    """Problems in all evidence tables of a folder; empty when all is well."""
    folder = Path(folder)
    present = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    problems = []
    for table in tables():
        if table in present:
            problems += check_table(present[table], table)
        else:
            problems.append(Problem(str(folder / f"{table}.csv"), 0, "file", "", "an evidence table of this name"))
    for table in sorted(set(present) - set(tables())):
        problems.append(Problem(str(present[table]), 0, "file", table, "a table declared in tables.toml"))
    return problems


def check_table(path: Path | str, table: str) -> list[Problem]:
    """Problems in one file, judged as the named table."""
    path, declared = Path(path), describe(table)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [Problem(str(path), 0, "file", type(error).__name__, "a readable file in UTF-8")]
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    expected = list(declared["columns"])
    problems: list[Problem] = []
    try:
        header = next(reader, [])
        if header != expected:
            return [_wrong_header(path, header, expected)]
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) != len(expected):
                problems.append(Problem(str(path), line, "row", f"{len(cells)} cells", f"{len(expected)} cells"))
            else:
                row = dict(zip(expected, cells, strict=True))
                for column, value, wish in _wrong_cells(row, declared):
                    problems.append(Problem(str(path), line, column, value, wish))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(str(path), reader.line_num, "row", str(error), "well-formed CSV"))
    return problems


def _wrong_header(path, header, expected):
    for found, wish in zip(header, expected, strict=False):
        if found != wish:
            return Problem(str(path), 1, found or wish, found, f"column {wish!r} here")
    if len(header) > len(expected):
        extra = header[len(expected)]
        return Problem(str(path), 1, extra, extra, "no further column")
    missing = expected[len(header)]
    return Problem(str(path), 1, missing, "", f"column {missing!r}")


def _wrong_cells(row, declared):
    """(column, value, what was expected) of every cell of one row that is wrong."""
    wrong = []
    for name, column in declared["columns"].items():
        wish = _wish(row, name, column, declared)
        if wish:
            wrong.append((name, row[name], wish))
    if wrong:
        return wrong
    for spread in declared.get("spreads", ()):
        known = [(name, float(row[name])) for name in spread if row[name]]
        for (lower, low), (upper, high) in zip(known, known[1:], strict=False):
            if low > high:
                wrong.append((upper, row[upper], f"at least {lower}, which is {row[lower]}"))
    return wrong


def _wish(row, name, column, declared):
    """What was expected of a cell, or "" when the cell is right."""
    value = row[name]
    if value.strip() == "":
        return "" if column.get("optional") and value == "" else _kind(column)
    if column["type"] == "number":
        return _number_wish(value, _range(row, name, column, declared))
    if column["type"] == "date":
        return "" if _is_date(value, column.get("partial", False)) else _kind(column)
    if column["type"] == "choice":
        return "" if value in column["choices"] else _kind(column)
    if name == "source_url" and not value.startswith(("http://", "https://")):
        return "an address that starts with http"
    return ""


def _kind(column):
    if column["type"] == "date":
        return "a date YYYY-MM-DD" + (", YYYY-MM or YYYY" if column.get("partial") else "")
    if column["type"] == "choice":
        return "one of " + ", ".join(column["choices"])
    return {"number": "a number", "text": "some text"}[column["type"]]


def _range(row, name, column, declared):
    if "range" in column:
        return column["range"], column["unit"]
    units, unit = _declarations()["_units"], row.get("unit", "")
    if unit.startswith("percent"):
        beyond = row.get("metric") in declared.get("percent_beyond_100", ())
        return units["percent beyond 100" if beyond else "percent"], unit
    return units.get(unit, units["*"]), unit


def _number_wish(text, range_and_unit):
    (low, high), unit = range_and_unit
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text):
        return "a number"
    value = float(text)
    if not math.isfinite(value) or not low <= value <= high:
        return f"a number from {low:g} to {high:g}" + (f" ({unit})" if unit else "")
    return ""


def _is_date(text, partial):
    if not (_PARTIAL_DATE if partial else _FULL_DATE).fullmatch(text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True
