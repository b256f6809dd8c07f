"""Rows that a scenario adds to a record: a rule nobody has written yet, a product nobody has built."""

from dataclasses import dataclass
from math import inf
from typing import Any

from ..errors import InputError, nearest, quoted
from ..units import month_label
from .records import Column, Record, check_references

RECORDS = {"rule": "rules", "product": "products"}  # [[rule]] in a file adds a row to this record
STARTS = {"rule": "from", "product": "introduced"}  # the column with the date of a row, from which it is known too
DEFAULTS: dict[str, dict[str, Any]] = {
    "rule": {"actor": "united_states", "kind": "accelerator", "destination": "china", "stage": "proposed",
             "in_force": True, "status": "presumption_of_denial"},
    "product": {"market": "china", "data_centre": True, "hypothetical": False, "foundry": "tsmc", "software": "cuda"},
}
BITS_8, BITS_16 = 8.0, 16.0  # TPP is operations a second times bit length


@dataclass(frozen=True, eq=False)
class Added:
    """One added row: kind ("rule" or "product"), name, its cells in the units of their columns, why, and from where."""

    kind: str
    name: str
    cells: dict[str, Any]
    why: str
    origin: str

    @property
    def where(self) -> str:
        """Where the row stands, as the start of the names of its cells: "rules.my_line" (text, dimensionless)."""
        return f"{RECORDS[self.kind]}.{self.name}"

    def plain(self, columns: dict[str, Column]) -> dict[str, Any]:
        """The row as plain data: months as YYYY-MM, blank cells left out."""
        found: dict[str, Any] = {"name": self.name}
        for name, value in self.cells.items():
            if value in ("", -1) or value != value or name in ("name", "note", "source", "confidence"):
                continue
            found[name] = month_label(value) if columns[name].type in ("month", "date") else value
        if self.kind == "product" and "performance_density" not in found:
            found["performance_density"] = ""  # not known: nothing is to be worked out from area and TPP
        return found | {"why": self.why}


def read_added(kind: str, rows: Any, records: dict[str, Record], file: str, origin: str) -> list[Added]:
    """The rows of one kind that a file adds, checked as the cells of the record are.

    Parameters
    ----------
    kind : "rule" or "product"
    rows : the tables of the file; each has a name, a why and columns of the record (in their units), or ``like``, the
        name of a row from which the other cells are taken
    records : the records so far, by name

    Raises
    ------
    InputError : one line naming file, row, key and what is allowed
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file}: {kind}: write each one as [[{kind}]], in double brackets")
    if not rows:
        return []
    record = records[RECORDS[kind]]
    found: dict[str, Added] = {}
    for number, row in enumerate(rows, start=1):
        where = f"{file}: {kind} {number}"
        name = row.get("name")
        if not isinstance(name, str) or not name:
            raise InputError(f"{where}: name: missing")
        where += f" ({name[:60]})"
        if name in record.rows or name in found:
            raise InputError(f"{where}: name: {quoted(name)} is already in {record.file}; choose another")
        if not isinstance(row.get("why"), str) or not row["why"].strip():
            raise InputError(f"{where}: why: give the reason in words")
        cells = _cells(kind, row, record, where)
        _check(kind, cells, where)
        check_references(Record(record.name, record.columns, {name: cells}, where), records)
        found[name] = Added(kind, name, cells, row["why"].strip(), origin)
    return list(found.values())


def with_rows(records: dict[str, Record], added: list[Added]) -> dict[str, Record]:
    """The records with the added rows at their ends (cells in the units of their columns)."""
    found = dict(records)
    for row in added:
        old = found[RECORDS[row.kind]]
        found[old.name] = Record(old.name, old.columns, old.rows | {row.name: row.cells}, old.file)
    return found


def without_rows(records: dict[str, Record], added: tuple[Added, ...]) -> dict[str, Record]:
    """The records without rows that were added to them (cells in the units of their columns)."""
    found = dict(records)
    for row in added:
        old = found[RECORDS[row.kind]]
        rows = {name: cells for name, cells in old.rows.items() if name != row.name}
        found[old.name] = Record(old.name, old.columns, rows, old.file)
    return found


def _cells(kind, row, record, where):
    keys = [*record.columns, "why", "like"]
    for key in row:
        if key not in keys:
            raise InputError(f"{where}: {key[:60]}: unknown key{nearest(key, keys)}")
    like = row.get("like")
    if like is not None and like not in record.rows:
        raise InputError(f"{where}: like: no row {quoted(like)} in {record.file}{nearest(str(like), record.rows)}")
    given = {key: value for key, value in row.items() if key not in ("why", "like")}
    if isinstance(given.get("parts"), list):
        given["parts"] = " ".join(str(part) for part in given["parts"])
    start = STARTS[kind]
    given.setdefault("title", row["name"].replace("_", " "))
    given.setdefault("known", given.get(start, ""))
    given |= {"source": given.get("source", "assumption"), "confidence": given.get("confidence", "low")}
    if "die" in record.columns and (like is None or "die_area_cm2" in given):
        given.setdefault("die", row["name"])  # silicon of its own, unless it is that of the part it is like
    below = dict(record.rows[like]) if like is not None else DEFAULTS[kind]
    cells = {}
    for name, column in record.columns.items():
        if name in given and given[name] != "":
            cells[name] = column.check(given[name], f"{where}: {name}")
        elif name in below and name != "note":
            cells[name] = below[name]
        elif column.optional:
            cells[name] = column.parse("", f"{where}: {name}")
        else:
            raise InputError(f"{where}: {start if name == 'known' else name}: missing")
    return _derived(cells, given) if kind == "product" else cells


def _derived(cells, given):
    """Ratings that follow from others where they are not given: density, and throughput by format from TPP."""
    if "performance_density" not in given and ("tpp" in given or "die_area_cm2" in given):
        cells["performance_density"] = cells["tpp"] / (cells["die_area_cm2"] * 100.0)
    for column, bits in (("tops_8bit", BITS_8), ("tflops_16bit", BITS_16)):
        if column not in given and "tpp" in given:
            cells[column] = cells["tpp"] / bits
    return cells


def _check(kind, cells, where):
    if kind != "rule":
        return
    if 0 <= cells["until"] <= cells["from"]:
        ends, starts = month_label(cells["until"]), month_label(cells["from"])
        raise InputError(f"{where}: until: {ends} is not after from, {starts}")
    limbs = [name for name, value in cells.items() if "_min" in name or "_max" in name]
    for low, high in ((limb, limb.replace("_min", "_max")) for limb in limbs if "_min" in limb):
        if cells.get(high, inf) <= cells[low]:
            raise InputError(f"{where}: {high}: {cells[high]:g} is not above {low}, {cells[low]:g}; no part meets both")
    if cells["kind"] == "accelerator" and not cells["parts"] and all(cells[limb] != cells[limb] for limb in limbs):
        raise InputError(f"{where}: no test: name parts, or give one of {', '.join(limbs)}")
