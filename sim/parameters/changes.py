"""A dated change or shock of one value, checked as it comes into being, from a file or from the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, kind_of, nearest, quoted
from ..units import month_label
from .domain import Domain, read_month
from .reading import parse_toml
from .records import FACTS, Record
from .register import ALWAYS, Register

CHANGE_KEYS = ("parameter", "from", "until", "value", "factor", "why")
SHOCK_KEYS = ("parameter", "from", "until", "value", "factor", "probability", "event", "why")
_FACTOR = Domain("number", "factor", 0.0, 1e6)


@dataclass(frozen=True, eq=False)
class Change:
    """A dated change (or shock) of one value: ``value`` in the parameter's unit, or a dimensionless ``factor`` on it.

    It holds from month number ``start`` up to, and not including, ``until``. A shock has a ``probability``; shocks
    with the same ``event`` happen together.
    """

    parameter: str
    start: int
    until: int | None
    value: Any
    factor: float | None
    why: str
    origin: str
    probability: float = 1.0
    event: str = ""

    def holds(self, month: int) -> bool:
        """Whether the change is in force in a month (month number)."""
        return self.start <= month and (self.until is None or month < self.until)


@dataclass(frozen=True)
class Layer:
    """Changes and shocks of one origin: a scenario file, the command line or a slider (dates in month numbers)."""

    origin: str
    changes: tuple[Change, ...] = ()
    shocks: tuple[Change, ...] = ()


def read_changes(rows: Any, kind: str, register: Register, records: dict[str, Record], file: str) -> Iterator[Change]:
    """The changes (or shocks) of one file; values in the parameter's unit, dates as month numbers.

    Raises
    ------
    InputError : naming file, number of the change, parameter and key
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file}: {kind}: write each one as [[{kind}]], in double brackets")
    allowed = CHANGE_KEYS if kind == "change" else SHOCK_KEYS
    for number, row in enumerate(rows, start=1):
        where = f"{file}: {kind} {number}"
        name = row.get("parameter")
        if isinstance(name, str) and name:
            where += f" ({name[:80]})"
        for key in row:
            if key not in allowed:
                raise InputError(f"{where}: {key[:60]}: unknown key{nearest(key, allowed)}")
        for key in ("parameter", "from", "why"):
            if key not in row:
                raise InputError(f"{where}: {key}: missing")
        if not isinstance(name, str):
            raise InputError(f"{where}: parameter: {quoted(name)} is {kind_of(name)}; expected a name in quotes")
        if not isinstance(row["why"], str) or not row["why"].strip():
            raise InputError(f"{where}: why: give the reason in words, got {quoted(row['why'])}")
        if ("value" in row) == ("factor" in row):
            raise InputError(f"{where}: value: " + ("give either value or factor, not both" if "value" in row
                                                    else "missing (or give factor)"))
        extra = {}
        if kind == "shock":
            chance = row.get("probability", 1.0)
            extra["probability"] = Domain("number", "", 0.0, 1.0).check(chance, f"{where}: probability")
            extra["event"] = Domain("text").check(row.get("event", ""), f"{where}: event")
        yield made(register, records, name, row["from"], row.get("until"), row.get("value"), row.get("factor"),
                    row["why"].strip(), file, where, **extra)


def made(register: Register, records: dict[str, Record], name: str, start: Any, until: Any, value: Any, factor: Any,
         why: str, origin: str, where: str, probability: float = 1.0, event: str = "") -> Change:
    """A checked change; ``value`` in the parameter's unit, dates as YYYY-MM texts, None for always."""
    target = _target(register, records, name, where)
    first = ALWAYS if start is None else _on_clock(start, register, f"{where}: from")
    last = None if until is None else _on_clock(until, register, f"{where}: until")
    if last is not None and last <= first:
        raise InputError(f"{where}: until: {month_label(last)} is not after from, {month_label(first)}")
    if factor is not None:
        if target.type != "number":
            raise InputError(f"{where}: factor: only a number can be multiplied, this is {target.type}")
        factor = _FACTOR.check(factor, f"{where}: factor")
    else:
        value = target.check(value, f"{where}: value")
    if probability < 1 and (target.type != "number" or name not in register.entries):
        raise InputError(f"{where}: probability: only a number of the register can change in some draws alone")
    return Change(name, first, last, value, factor, why, origin, probability, event)


def _target(register, records, name, where):
    """The domain or column that a name stands for, if it may be changed at all."""
    entry = register.entries.get(name)
    if entry is not None:
        if entry.role == "setting":
            raise InputError(f"{where}: {name} is a setting of the run, not part of a scenario; use --{entry.leaf}")
        if entry.role == "constant":
            raise InputError(f"{where}: {name} is a constant; only levers and uncertainties can be changed")
        return entry.domain
    parts = name.split(".")
    if name in register.retired or len(parts) < 2:
        raise InputError(f"{where}: unknown parameter {quoted(name)}{register.hint(name)}")
    record = records.get(parts[0])
    if record is None:
        known = [*register.entries, *records]
        raise InputError(f"{where}: unknown parameter {quoted(name)}{register.hint(name) or nearest(name, known)}")
    if len(parts) != 3:
        raise InputError(f"{where}: {quoted(name)} is not a cell; write {parts[0]}.ROW.COLUMN")
    if parts[1] not in record.rows:
        raise InputError(f"{where}: no row {quoted(parts[1])} in {record.file}{nearest(parts[1], record.rows)}")
    changeable = [c for c in record.columns if c != "name" and c not in FACTS]
    if parts[2] not in changeable:
        raise InputError(f"{where}: no column {quoted(parts[2])} to change in {record.file}"
                         f"{nearest(parts[2], changeable)}")
    return record.columns[parts[2]]


def _on_clock(value, register, where):
    """A month number that some run can reach: the ranges of run.start and run.end are the clock."""
    month = read_month(value, where)
    first, last = register["run.start"].domain.low, register["run.end"].domain.high
    if not first <= month <= last:
        raise InputError(f"{where}: {quoted(value)} is outside the clock; use {month_label(first)} to "
                         f"{month_label(last)}")
    return month


def check_duplicates(layer: Layer, where: str) -> None:
    """Refuse two changes of one parameter from the same month (dates are month numbers) in one layer."""
    for kind, group in (("change", layer.changes), ("shock", layer.shocks)):
        seen: set[tuple[str, int, str]] = set()
        for change in group:
            key = (change.parameter, change.start, change.event)
            if key in seen:
                date = month_label(change.start) if change.start else "the beginning"
                raise InputError(f"{where}: {kind}: {change.parameter} is changed twice from {date}")
            seen.add(key)


def split_dated(key: Any, origin: str) -> tuple[str, str | None]:
    """("section.name", date as YYYY-MM or None) from a key that may carry ``@YYYY-MM``."""
    if not isinstance(key, str) or not key.strip():
        raise InputError(f"{origin}: {quoted(key)} is not a parameter name; write section.name=value")
    name, at, date = key.strip().partition("@")
    return name.strip(), (date.strip() if at else None)


def parse_set(text: str) -> tuple[str, Any]:
    """("section.name" or "section.name@YYYY-MM", value) from the text after ``--set``; value in the parameter's unit.

    Raises
    ------
    InputError : if there is no "=", no name or no value
    """
    if not isinstance(text, str) or "=" not in text:
        raise InputError(f"--set {quoted(text)}: no '='; write --set section.name=value")
    key, value = (part.strip() for part in text.split("=", 1))
    if not key:
        raise InputError(f"--set {quoted(text)}: no name before '='; write --set section.name=value")
    if not value:
        raise InputError(f"--set {key[:80]}: no value after '='; write --set section.name=value")
    if "\n" in text or "\r" in text or len(text) > 1000:
        raise InputError(f"--set {key[:80]}: one short value on one line, please")
    try:
        tables = parse_toml(f"v = {value}", "--set")
    except InputError as error:
        if "too" in str(error):  # too many digits, nested too deeply
            raise InputError(f"--set {key[:80]}: {str(error).split(': ', 1)[1]}") from None
        return key, value  # a bare word, such as a choice or a month
    return key, tables["v"]
