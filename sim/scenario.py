"""What goes in: a scenario file's dated changes and shocks, each with its reason, over the register."""

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import InputError, kind_of, nearest, quoted
from .parameters.added import RECORDS, Added, read_added, with_rows
from .parameters.changes import Change, Layer, check_duplicates, made, parse_set, read_changes, split_dated
from .parameters.domain import read_month
from .parameters.reading import read_toml, shown
from .parameters.records import Record, load_records
from .parameters.register import Register, load_register, read_sources
from .units import month_label
from .values import Values

__all__ = ["Change", "Layer", "Scenario", "library", "load_scenario", "parse_set"]

TOP_KEYS = ("title", "question", "sources", "based_on", "change", "shock", "rule", "product")


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
    added: tuple[Added, ...] = ()

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
        layer = []
        for key, value in changes.items():
            name, start = split_dated(key, origin)
            layer.append(made(self.register, self.records, name, start, None, value, None, why, origin,
                              f"{origin} {key}"))
        return self._with_layer(Layer(origin, tuple(layer)))

    def with_sets(self, sets: list[str] | tuple[str, ...], origin: str = "--set") -> "Scenario":
        """The same scenario with ``section.name=value`` or ``section.name@YYYY-MM=value`` texts on top."""
        changes: dict[str, Any] = {}
        for text in sets:
            key, value = parse_set(text)
            if key in changes:
                raise InputError(f"{origin} {key}: given twice")
            changes[key] = value
        return self.with_changes(changes, origin) if changes else self

    def with_row(self, kind: str, row: dict[str, Any], origin: str = "by hand") -> "Scenario":
        """The same scenario with one more row in a record.

        Parameters
        ----------
        kind : "rule" or "product"
        row : columns of the record in their units, dates as YYYY-MM, with a name and a why

        Raises
        ------
        InputError : if a cell is not allowed
        """
        new = read_added(kind, [row], self.records, origin, origin)
        return replace(self, records=with_rows(self.records, new), added=(*self.added, *new))

    def _with_layer(self, layer):
        check_duplicates(layer, layer.origin)
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

        rows = {kind: [a.plain(self.records[RECORDS[kind]].columns) for a in self.added if a.kind == kind]
                for kind in RECORDS}
        return {"name": self.name, "title": self.title, "question": self.question, "based_on": list(self.based_on),
                "sources": list(self.sources), "changes": [plain(c) for c in self.changes],
                "shocks": [plain(s) for s in self.shocks]} | {kind: found for kind, found in rows.items() if found}

    def as_toml(self, title: str, question: str = "What if these values were different?") -> str:
        """A scenario file (text) based on this scenario's file, with the changes laid over it by hand.

        Values are in the units of the register; a change without a date is written from the first month of the clock.
        """
        import tomlkit

        document = tomlkit.document()
        for key, value in (("title", title), ("question", question), ("based_on", self.name),
                           ("sources", list(self.sources))):
            document.add(key, value)
        changes = tomlkit.aot()
        for change in (c for layer in self.layers[len(self.based_on) + 1:] for c in layer.changes):
            first = change.start or int(self.register["run.start"].domain.low or 0)
            kind = _kind_of(self, change.parameter)
            value = month_label(change.value) if kind in ("month", "date") else change.value
            changes.append(tomlkit.item({"parameter": change.parameter, "from": month_label(first), "value": value,
                                         "why": change.why}))
        if changes:
            document.add("change", changes)
        for kind, record in RECORDS.items():
            rows = tomlkit.aot()
            for row in (a for a in self.added if a.kind == kind and a.origin == "by hand"):
                rows.append(tomlkit.item(row.plain(self.records[record].columns)))
            if rows:
                document.add(kind, rows)
        return tomlkit.dumps(document)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Values of the register's settings (run.start and run.end as month numbers)."""
        return {e.leaf: e.value for e in self.register.entries.values() if e.role == "setting"}


def _kind_of(scenario, name):
    entry = scenario.register.entries.get(name)
    record, _, column = (name.split(".") + ["", ""])[:3]
    return entry.domain.type if entry else scenario.records[record].columns[column].type


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
        if not os.path.exists(path):
            raise InputError(f"{where}: no such file {quoted(name)}{nearest(path.stem, library())}")
        return path
    if beside is not None and os.path.exists(beside / f"{name}.toml"):
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
    origin = f"scenarios/{path.name}" if identity in {p.resolve() for p in library().values()} else path.name
    added = [row for kind in RECORDS for row in read_added(kind, tables.get(kind, []), records, file, origin)]
    records = with_rows(records, added)
    changes, shocks = (  # the same origin, and so the same archive, wherever the project is installed
        tuple(replace(change, origin=origin)
              for change in read_changes(tables.get(kind, []), kind, register, records, file))
        for kind in ("change", "shock"))
    layer = Layer(origin, changes, shocks)
    check_duplicates(layer, file)
    return Scenario(path.stem, tables["title"].strip(), tables["question"].strip(), sources,
                    (base.name, *base.based_on) if base else (), (*(base.layers if base else ()), layer),
                    register, records, file, (*(base.added if base else ()), *added))
