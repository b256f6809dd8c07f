"""What goes in: a scenario file's dated changes and shocks, each with its reason, over the register."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import InputError, kind_of, nearest, quoted
from .parameters.domain import Domain, read_month
from .parameters.reading import parse_toml, read_toml, shown
from .parameters.records import FACTS, Record, load_records
from .parameters.register import ALWAYS, Register, load_register, read_sources
from .randomness import FIRST_MONTH, LAST_MONTH
from .units import month_label
from .values import Values

TOP_KEYS = ("title", "question", "sources", "based_on", "change", "shock")
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


@dataclass(frozen=True)
class Scenario:
    """A named what-if: register and records, and layers of changes from the weakest to the strongest.

    Values are in the units of the register; months are month numbers.
    """

    name: str
    title: str
    question: str
    sources: tuple[str, ...]
    based_on: tuple[str, ...]
    layers: tuple[Layer, ...]
    register: Register = field(repr=False)
    records: dict[str, Record] = field(repr=False)
    file: str = ""

    @property
    def changes(self) -> list[Change]:
        """Every change, from the weakest layer to the strongest (values in the units of the register)."""
        return [change for layer in self.layers for change in layer.changes]

    @property
    def shocks(self) -> list[Change]:
        """Every shock, from the weakest layer to the strongest (values in the units of the register)."""
        return [shock for layer in self.layers for shock in layer.shocks]

    def with_changes(self, changes: dict[str, Any], origin: str = "--set", why: str = "set by hand") -> "Scenario":
        """The same scenario with one more, strongest layer.

        Parameters
        ----------
        changes : {"section.name": value} or {"section.name@YYYY-MM": value}, values in the parameter's unit
        origin, why : str, shown beside the values

        Raises
        ------
        InputError : if a name is unknown or may not be changed, or a value is not allowed
        """
        made = []
        for key, value in changes.items():
            name, start = _split_dated(key, origin)
            made.append(_made(self.register, self.records, name, start, None, value, None, why, origin,
                              f"{origin} {key}"))
        return self._with_layer(Layer(origin, tuple(made)))

    def with_sets(self, sets: list[str] | tuple[str, ...], origin: str = "--set") -> "Scenario":
        """The same scenario with ``section.name=value`` or ``section.name@YYYY-MM=value`` texts on top."""
        changes: dict[str, Any] = {}
        for text in sets:
            key, value = parse_set(text)
            if key in changes:
                raise InputError(f"{origin} {key}: given twice")
            changes[key] = value
        return self.with_changes(changes, origin) if changes else self

    def _with_layer(self, layer):
        _check_duplicates(layer, layer.origin)
        return replace(self, layers=(*self.layers, layer)) if layer.changes or layer.shocks else self

    def moves(self) -> dict[str, list[tuple[list[Change], list[Change]]]]:
        """For each changed name its layers of (changes, shocks), weakest first, each in order of date."""
        found: dict[str, list[tuple[list[Change], list[Change]]]] = {}
        for layer in self.layers:
            for name in dict.fromkeys(c.parameter for c in (*layer.changes, *layer.shocks)):
                pair = tuple(sorted((c for c in group if c.parameter == name), key=lambda c: c.start)
                             for group in (layer.changes, layer.shocks))
                found.setdefault(name, []).append((pair[0], pair[1]))
        return found

    def resolve(self, draw_ids, seed: int = 1, as_of: "int | str | None" = None, uncertainty="prior") -> Values:
        """The values in force, for a block of draws.

        Parameters
        ----------
        draw_ids : int array (draws,), any non-negative identities
        seed : int
        as_of : month number or YYYY-MM; register and record values that became known later are ignored
        uncertainty : "prior", "none", or a mapping of samples (see `Values`)
        """
        month = read_month(as_of, "as-of") if isinstance(as_of, str) else as_of
        return Values(self, draw_ids, seed, month, uncertainty)

    def show(self, month: "int | str | None" = None, search: str = "") -> list[dict[str, str]]:
        """Rows of every value in force with unit, origin, source and confidence (text); see `sim.listing`."""
        from .listing import rows

        return rows(self, read_month(month, "month") if isinstance(month, str) else month, search)

    def as_dict(self) -> dict[str, Any]:
        """The scenario as plain data for an archive: title, question, changes with dates as YYYY-MM, and origins."""
        def plain(change):
            row = {"parameter": change.parameter, "from": month_label(change.start) if change.start else None,
                   "until": month_label(change.until) if change.until else None, "value": change.value,
                   "factor": change.factor, "why": change.why, "origin": change.origin}
            if change.probability < 1 or change.event:
                row |= {"probability": change.probability, "event": change.event}
            return {key: value for key, value in row.items() if value is not None and value != ""}

        return {"name": self.name, "title": self.title, "question": self.question, "based_on": list(self.based_on),
                "sources": list(self.sources), "changes": [plain(c) for c in self.changes],
                "shocks": [plain(s) for s in self.shocks]}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Values of the register's settings (run.start and run.end as month numbers)."""
        return {e.leaf: e.value for e in self.register.entries.values() if e.role == "setting"}


def library() -> dict[str, Path]:
    """Scenario files by name: the packaged ones, or those of the repository (text, dimensionless)."""
    here = Path(__file__).parent
    folder = here / "_scenarios" if (here / "_scenarios").is_dir() else here.parent / "scenarios"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_scenario(name_or_path: "str | Path" = "baseline") -> Scenario:
    """A scenario of the library by name, or of any file by path, checked; values in the units of the register.

    Raises
    ------
    InputError : one line naming file, key, value, what is allowed and the nearest valid name
    """
    return _load(_find(str(name_or_path), None, "scenario"), ())


def _find(name, beside, where):
    if not name.strip() or not name.isprintable() or len(name) > 400:
        raise InputError(f"{where}: {quoted(name)} is not a scenario name or file")
    if name.endswith(".toml") or "/" in name or "\\" in name:
        path = Path(name)
        if beside is not None and not path.is_absolute():
            path = beside / path
        if not path.exists():
            raise InputError(f"{where}: no such file {quoted(name)}{nearest(path.stem, library())}")
        return path
    if beside is not None and (beside / f"{name}.toml").exists():
        return beside / f"{name}.toml"
    files = library()
    if name not in files:
        hint = nearest(name, files) or f"; known are {', '.join(files)}"
        raise InputError(f"{where}: no scenario named {quoted(name)}{hint}")
    return files[name]


def _load(path, chain):
    file = shown(path)
    identity = path.resolve()
    if identity in chain:
        loop = " → ".join(p.stem for p in (*chain[chain.index(identity):], identity))
        raise InputError(f"{file}: based_on: the scenarios form a cycle: {loop}")
    tables = read_toml(path)
    for key in tables:
        if key not in TOP_KEYS:
            raise InputError(f"{file}: {key[:60]}: unknown key{nearest(key, TOP_KEYS)}; "
                             f"a scenario has {', '.join(TOP_KEYS)}")
    for key in ("title", "question"):
        if key not in tables:
            raise InputError(f"{file}: {key}: missing")
        if not isinstance(tables[key], str) or not tables[key].strip():
            raise InputError(f"{file}: {key}: must be text that is not empty, got {quoted(tables[key])}")
    if "sources" not in tables:
        raise InputError(f"{file}: sources: missing")
    sources = read_sources(tables["sources"], f"{file}: sources")
    base = None
    if "based_on" in tables:
        if not isinstance(tables["based_on"], str):
            raise InputError(f"{file}: based_on: {quoted(tables['based_on'])} is {kind_of(tables['based_on'])}; "
                             "expected the name of one scenario")
        base = _load(_find(tables["based_on"], path.parent, f"{file}: based_on"), (*chain, identity))
    register, records = (base.register, base.records) if base else (load_register(), load_records())
    layer = Layer(file, *(tuple(_read_changes(tables.get(kind, []), kind, register, records, file))
                          for kind in ("change", "shock")))
    _check_duplicates(layer, file)
    return Scenario(path.stem, tables["title"].strip(), tables["question"].strip(), sources,
                    (base.name, *base.based_on) if base else (), (*(base.layers if base else ()), layer),
                    register, records, file)


def _read_changes(rows, kind, register, records, file):
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
        yield _made(register, records, name, row["from"], row.get("until"), row.get("value"), row.get("factor"),
                    row["why"].strip(), file, where, **extra)


def _made(register, records, name, start, until, value, factor, why, origin, where, probability=1.0, event=""):
    """A checked change; the only way one comes into being."""
    target = _target(register, records, name, where)
    first = ALWAYS if start is None else _on_clock(start, f"{where}: from")
    last = None if until is None else _on_clock(until, f"{where}: until")
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


def _on_clock(value, where):
    month = read_month(value, where)
    if not FIRST_MONTH <= month <= LAST_MONTH:
        raise InputError(f"{where}: {quoted(value)} is outside the clock; use {month_label(FIRST_MONTH)} to "
                         f"{month_label(LAST_MONTH)}")
    return month


def _check_duplicates(layer, where):
    for kind, group in (("change", layer.changes), ("shock", layer.shocks)):
        seen = set()
        for change in group:
            key = (change.parameter, change.start, change.event)
            if key in seen:
                date = month_label(change.start) if change.start else "the beginning"
                raise InputError(f"{where}: {kind}: {change.parameter} is changed twice from {date}")
            seen.add(key)


def _split_dated(key, origin):
    """("section.name", date or None) from a key that may carry ``@YYYY-MM``."""
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
