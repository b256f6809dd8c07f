"""Record tables: products, rules, labs, capital spending. A CSV is master; its columns are declared in schemas.toml.

``p.products.names`` gives the rows, ``p.products.price_usd`` a column, ``p.products.index["h20"]`` a row's number.
One cell is as addressable in a scenario as any scalar: ``products.h20.price_usd``.
"""

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, nearest, quoted
from ..units import month_in_force
from .domain import Domain, read_month
from .reading import read_text, read_toml, shown
from .register import CONFIDENCE, FOLDER, shown_value

TYPES = ("number", "integer", "text", "month", "date", "boolean", "key")
COLUMN_KEYS = ("title", "unit", "type", "range", "choices", "optional", "missing", "references", "why")
FACTS = ("source", "confidence", "known")  # about a row, never changed by a scenario
MAX_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"^[a-z0-9_]+$")
_DATE = re.compile(r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")


@dataclass(frozen=True)
class Column:
    """One declared column: its type, unit and bounds; ``optional`` cells may be blank (nan, none, or false)."""

    name: str
    title: str
    type: str
    domain: Domain
    optional: bool = False
    references: str = ""

    def check(self, value: Any, where: str) -> Any:
        """A cell's value (TOML type) in canonical form: float, int, str, bool or month number; unit of the column."""
        if self.type == "date":
            if hasattr(value, "isoformat"):
                value = value.isoformat()[:10]
            if isinstance(value, str) and _DATE.match(value):
                return month_in_force(value)
            return read_month(value, where)
        value = self.domain.check(value, where)
        if self.type == "key" and not _NAME.match(value):
            raise InputError(f"{where}: {quoted(value)} is not a name; use small letters, digits and underscores")
        return value

    def parse(self, text: str, where: str) -> Any:
        """A cell of a CSV (text) in canonical form; blank where optional: nan, -1 for months, empty text, false."""
        text = text.strip()
        if not text:
            if not self.optional:
                raise InputError(f"{where}: blank, but the column is not declared optional")
            return {"number": float("nan"), "integer": -1, "month": -1, "date": -1, "boolean": False}.get(self.type, "")
        if self.type == "boolean":
            if text.lower() not in ("true", "false"):
                raise InputError(f"{where}: {quoted(text)} is not allowed; use true or false")
            return text.lower() == "true"
        if self.type in ("number", "integer"):
            try:
                return self.check(int(text) if self.type == "integer" else float(text), where)
            except ValueError as error:
                if isinstance(error, InputError):
                    raise
                raise InputError(f"{where}: {quoted(text)} is not a number; use {self.domain.allowed}") from None
        return self.check(text, where)

    def array(self, values: list[Any]) -> Any:
        """A column as the model reads it: float array (rows,), int64 (months, integers), bool, or tuple of text."""
        if self.type in ("text", "key"):
            return tuple(values)
        kind = {"number": np.float64, "boolean": np.bool_}.get(self.type, np.int64)
        array: np.ndarray = np.array(values, dtype=kind)
        array.flags.writeable = False
        return array

    def shown(self, value: Any) -> str:
        """A cell's value as text in the column's unit; months as YYYY-MM."""
        return shown_value(value, Domain("month") if self.type == "date" else self.domain)


class Record:
    """One table: rows by name, columns declared; every cell in its column's unit (canonical form of `Column.parse`)."""

    def __init__(self, name: str, columns: dict[str, Column], rows: dict[str, dict[str, Any]], file: str) -> None:
        self.name, self.columns, self.rows, self.file = name, columns, rows, file

    def known_by(self, as_of: int | None) -> "Record":
        """The rows public by month number ``as_of``; a table without a ``known`` column keeps all of them."""
        if as_of is None or "known" not in self.columns:
            return self
        rows = {name: row for name, row in self.rows.items() if row["known"] <= as_of}
        return Record(self.name, self.columns, rows, self.file)


class Table:
    """What the model sees of a record in a month: ``names``, ``index``, one array (rows,) per column, in its unit."""

    def __init__(self, record: Record, cells: dict[tuple[str, str], Any] | None = None) -> None:
        self.names = tuple(record.rows)
        self.index = {name: i for i, name in enumerate(self.names)}
        changed = cells or {}
        for column in record.columns.values():
            values = [changed.get((name, column.name), row[column.name]) for name, row in record.rows.items()]
            setattr(self, column.name, column.array(values))
        self._record = record.name

    def __len__(self) -> int:
        return len(self.names)

    def __getattr__(self, column: str) -> Any:
        if column.startswith("__") or "_record" not in self.__dict__:
            raise AttributeError(column)
        raise AttributeError(f"record {self._record} has no column '{column}'{nearest(column, self.__dict__)}")


@lru_cache(maxsize=4)
def load_records(folder: str | Path = FOLDER / "records") -> dict[str, Record]:
    """Read and check every CSV of a folder against its ``schemas.toml``.

    Returns
    -------
    dict of Record by table name; cells in the unit of their column

    Raises
    ------
    InputError : on the first defect, naming file, line and column
    """
    folder = Path(folder)
    schemas = _read_schemas(folder / "schemas.toml")
    records = {}
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in schemas:
            continue  # `undeclared` reports it
        records[path.stem] = _read_record(path, schemas[path.stem])
    for record in records.values():
        check_references(record, records)
    return records


def undeclared(folder: str | Path = FOLDER / "records") -> list[str]:
    """Complaints (text) about CSV files that no schema declares, so that nothing reads them."""
    schemas = _read_schemas(Path(folder) / "schemas.toml")
    return [f"{shown(path)}: no columns declared; add [{path.stem}.name] and so on to schemas.toml"
            for path in sorted(Path(folder).glob("*.csv")) if path.stem not in schemas]


def _read_schemas(path):
    text = read_text(path) if path.exists() else ""
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return {}
    schemas = {}
    for table, columns in read_toml(path).items():
        where = f"{shown(path)}: [{table}]"
        if not isinstance(columns, dict) or not all(isinstance(c, dict) for c in columns.values()):
            raise InputError(f"{where}: expected tables such as [{table}.price_usd]")
        schemas[table] = {name: _read_column(name, keys, f"{shown(path)}: [{table}.{name}]")
                          for name, keys in columns.items()}
        if "name" not in schemas[table]:
            schemas[table] = {"name": Column("name", "Name", "key", Domain("text")), **schemas[table]}
    return schemas


def _read_column(name, keys, where):
    for key in keys:
        if key not in COLUMN_KEYS:
            raise InputError(f"{where}: {key}: unknown key{nearest(key, COLUMN_KEYS)}")
    if not _NAME.match(name) or name in ("names", "index"):
        raise InputError(f"{where}: not a name for a column; use small letters, digits and underscores")
    for key in ("title", "type"):
        if key not in keys:
            raise InputError(f"{where}: {key}: missing")
    kind = Domain("text", choices=TYPES).check(keys["type"], f"{where}: type")
    unit, low, high, choices = keys.get("unit", ""), None, None, None
    if kind in ("number", "integer"):
        bounds = keys.get("range")
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise InputError(f"{where}: range: a column of numbers needs two values, lowest and highest")
        low, high = (Domain("number").check(b, f"{where}: range") for b in bounds)
        if low >= high:
            raise InputError(f"{where}: range: the lowest must be below the highest")
    if "choices" in keys:
        choices = tuple(keys["choices"])
    base = {"key": "text", "date": "month"}.get(kind, kind)
    optional = bool(keys.get("optional", False)) or keys.get("missing") == "nan"
    return Column(name, keys["title"], kind, Domain(base, unit, low, high, choices), optional,
                  keys.get("references", ""))


def _read_record(path, columns):
    rows: dict[str, dict[str, Any]] = {}
    try:
        lines = list(csv.reader(io.StringIO(read_text(path, MAX_BYTES)), strict=True))
    except csv.Error as error:
        raise InputError(f"{shown(path)}: not valid CSV: {error}") from None
    header = [h.strip() for h in lines[0]]
    for h in header:
        if h not in columns:
            raise InputError(f"{shown(path)}: line 1: column '{h}' is not declared in schemas.toml"
                             + nearest(h, columns))
        if header.count(h) > 1:
            raise InputError(f"{shown(path)}: line 1: column '{h}' appears twice")
    for name, column in columns.items():
        if name not in header and not column.optional:
            raise InputError(f"{shown(path)}: line 1: column '{name}' is missing")
    if header[0] != "name":
        raise InputError(f"{shown(path)}: line 1: the first column must be 'name', not '{header[0]}'")
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        where = f"{shown(path)}: line {number}"
        if len(line) != len(header):
            raise InputError(f"{where}: {len(line)} cells, but the header has {len(header)}")
        row = {name: column.parse("", f"{where}: {name}") for name, column in columns.items() if name not in header}
        for h, cell in zip(header, line, strict=True):
            row[h] = columns[h].parse(cell, f"{where}: {h}")
        if row["name"] in rows:
            raise InputError(f"{where}: name: '{row['name']}' appears twice")
        if row.get("confidence") not in (None, *CONFIDENCE):
            raise InputError(f"{where}: confidence: {quoted(row['confidence'])}; use one of {', '.join(CONFIDENCE)}")
        if row.get("source") == "":
            raise InputError(f"{where}: source: missing")
        rows[row["name"]] = row
    ordered = {name: columns[name] for name in columns}
    return Record(path.stem, ordered, rows, shown(path))


def check_references(record: Record, records: dict[str, Record]) -> None:
    """Refuse a cell that names a row which the record it refers to does not have (text, dimensionless)."""
    for column in record.columns.values():
        if not column.references:
            continue
        other = records.get(column.references)
        if other is None:
            raise InputError(f"{record.file}: {column.name}: refers to record '{column.references}', which is missing")
        for name, row in record.rows.items():
            for key in row[column.name].split():  # one name, or several with blanks between
                if key not in other.rows:
                    raise InputError(f"{record.file}: {name}: {column.name}: {quoted(key)} is not in "
                                     f"{column.references}{nearest(key, other.rows)}")
