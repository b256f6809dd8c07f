"""The register: every scalar the model may use, read from the TOML files beside this one and checked.

One file is a section, one table an entry: ``[defect_density]`` in ``foundry.toml`` is ``foundry.defect_density``.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import InputError, kind_of, nearest, quoted
from ..units import month_label
from .copula import FILE as CORRELATED
from .copula import Group, joint_uniforms, read_groups
from .domain import Domain, read_month
from .priors import Prior, read_prior
from .reading import read_toml, shown

FOLDER = Path(__file__).parent
ROLES = ("lever", "uncertainty", "constant", "setting")
CONFIDENCE = ("high", "medium", "low")
REQUIRED = ("title", "value", "unit", "role", "tier", "sources", "confidence", "why")
OPTIONAL = ("range", "choices", "prior", "levels")
ALWAYS = 0  # month number of "from the beginning"


@dataclass(frozen=True)
class Dated:
    """A value from a month on (month number), public since ``known`` (month number)."""

    start: int
    known: int
    value: Any


@dataclass(frozen=True)
class Entry:
    """One parameter with everything known about it; values are in ``unit``, months are month numbers."""

    name: str
    title: str
    unit: str
    role: str
    tier: int
    sources: tuple[str, ...]
    confidence: str
    why: str
    domain: Domain
    values: tuple[Dated, ...]
    prior: Prior | None = None
    levels: dict[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def section(self) -> str:
        """File the entry lives in (text)."""
        return self.name.split(".")[0]

    @property
    def leaf(self) -> str:
        """Table the entry lives in (text)."""
        return self.name.split(".", 1)[1]

    @property
    def value(self) -> Any:
        """The value from the beginning (the first dated one), in ``unit``."""
        return self.values[0].value

    @property
    def is_dated(self) -> bool:
        """Whether the value changes over time."""
        return len(self.values) > 1

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest value allowed, in ``unit``, or None where choices are listed."""
        low, high = self.domain.low, self.domain.high
        return None if low is None or high is None else (low, high)

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The values allowed, or None where a range is given."""
        return self.domain.choices

    def known_by(self, as_of: int | None) -> tuple[Dated, ...]:
        """The dated values public by month number ``as_of``; the earliest known one stays in any case."""
        if as_of is None:
            return self.values
        public = tuple(d for d in self.values if d.known <= as_of)
        return public or (min(self.values, key=lambda d: (d.known, d.start)),)

    def shown(self, value: Any) -> str:
        """``value`` as text, in the entry's unit; months as YYYY-MM."""
        return shown_value(value, self.domain)


@dataclass(frozen=True)
class Register:
    """All entries by name, the advice for names that are gone, and the groups of entries that err together."""

    entries: dict[str, Entry]
    retired: dict[str, str] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def __getitem__(self, name: str) -> Entry:
        if name in self.entries:
            return self.entries[name]
        raise InputError(f"{name}: unknown parameter{self.hint(name)}")

    def hint(self, name: str) -> str:
        """Advice on a name that is not there (text): what replaced it, or the nearest valid name."""
        if name in self.retired:
            return f"; retired: {self.retired[name]}"
        return nearest(name, self.entries)

    def sections(self) -> dict[str, list[Entry]]:
        """Entries by section, in the order of the files."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries.values():
            found.setdefault(entry.section, []).append(entry)
        return found

    def uncertain(self) -> list[Entry]:
        """Entries with a prior, sorted by name."""
        return sorted((e for e in self.entries.values() if e.prior), key=lambda e: e.name)

    def sample(self, names, draw_ids, seed: int) -> dict[str, Any]:
        """The priors' samples {name: array (draws,)}, each in its unit or as a factor; keyed by seed, name and draw."""
        uniforms = joint_uniforms(list(names), draw_ids, seed, self.groups)
        return {name: self[name].prior.ppf(u) for name, u in zip(names, uniforms, strict=True)}  # type: ignore


def shown_value(value: Any, domain: Domain) -> str:
    """A value of this domain as text in its unit."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if domain.type == "month":
        return month_label(value) if value >= 0 else "none"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


@lru_cache(maxsize=4)
def load_register(folder: str | Path = FOLDER) -> Register:
    """Read and check every TOML file of a folder (files, not records).

    ``retired.toml`` holds old names, ``correlated.toml`` the groups of entries that err together.

    Returns
    -------
    Register : entries by name, each in its own unit

    Raises
    ------
    InputError : on the first defect, naming file, entry and key
    """
    folder = Path(folder)
    entries: dict[str, Entry] = {}
    retired: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.stem == "retired":
            retired = _read_retired(path)
        if path.name in ("retired.toml", CORRELATED):
            continue
        for leaf, table in read_toml(path).items():
            name = f"{path.stem}.{leaf}"
            entries[name] = read_entry(name, table, f"{shown(path)}: [{leaf}]")
    for name in retired:
        if name in entries:
            raise InputError(f"{shown(folder / 'retired.toml')}: {name}: is listed as retired but still exists")
    priors, path = {name: entry.prior is not None for name, entry in entries.items()}, folder / CORRELATED
    return Register(entries, retired, read_groups(path, priors) if path.exists() else ())


def read_entry(name: str, table: Any, where: str) -> Entry:
    """One register entry from its TOML table, checked; values in the entry's own unit.

    Raises
    ------
    InputError : naming ``where`` and the key at fault
    """
    if not isinstance(table, dict):
        raise InputError(f"{where}: {quoted(table)} is {kind_of(table)}; every entry is a table")
    for key in table:
        if key not in REQUIRED + OPTIONAL:
            raise InputError(f"{where}: {key}: unknown key{nearest(key, REQUIRED + OPTIONAL)}")
    for key in REQUIRED:
        if key not in table:
            raise InputError(f"{where}: {key}: missing")
    for key in ("title", "unit", "why"):
        if not isinstance(table[key], str) or not table[key].strip():
            raise InputError(f"{where}: {key}: must be text that is not empty")
    role = Domain("text", choices=ROLES).check(table["role"], f"{where}: role")
    tier = Domain("integer", low=1, high=3).check(table["tier"], f"{where}: tier")
    confidence = Domain("text", choices=CONFIDENCE).check(table["confidence"], f"{where}: confidence")
    sources = read_sources(table["sources"], f"{where}: sources")
    domain = _read_domain(table, where)
    values = _read_values(table["value"], domain, where)
    if ("prior" in table) != (role == "uncertainty"):
        raise InputError(f"{where}: prior: " + (
            "missing; an entry with role \"uncertainty\" needs one" if role == "uncertainty"
            else f"only an entry with role \"uncertainty\" has one, this is a {role}"))
    prior = None
    if role == "uncertainty":
        if domain.type != "number" or domain.choices is not None:
            raise InputError(f"{where}: role: only a number with a range can be an uncertainty, this is {domain.type}")
        prior = read_prior(table["prior"], domain, where)
        if len(values) > 1 and not prior.as_factor:
            raise InputError(f'{where}: prior.as: missing; a dated uncertain value needs as = "factor"')
    levels = table.get("levels", {})
    if not isinstance(levels, dict):
        raise InputError(f"{where}: levels: expected a table of level names and values")
    levels = {key: domain.check(value, f"{where}: levels.{key}") for key, value in levels.items()}
    return Entry(name, table["title"].strip(), table["unit"].strip(), role, tier, sources, confidence,
                 table["why"].strip(), domain, values, prior, levels, where.split(":")[0])


def read_sources(value: Any, where: str) -> tuple[str, ...]:
    """Source keys (text) from a TOML list that must not be empty."""
    if not isinstance(value, list) or not value or not all(isinstance(s, str) and s.strip() for s in value):
        raise InputError(f'{where}: expected a list of source keys that is not empty, for example ["assumption"]')
    return tuple(value)


def _read_domain(table, where):
    """The type and bounds, worked out from ``range`` or ``choices`` and the value."""
    if ("range" in table) == ("choices" in table):
        verdict = "not both" if "range" in table else "one of them"
        raise InputError(f"{where}: give either range or choices, {verdict}")
    unit, first = table["unit"], _first(table["value"])
    if "choices" in table:
        choices = table["choices"]
        if not isinstance(choices, list) or not choices or len({type(c) for c in choices}) != 1:
            raise InputError(f"{where}: choices: expected a list of values of one type")
        if isinstance(choices[0], bool):
            return Domain("boolean", unit, choices=(True, False))
        if isinstance(choices[0], str):
            return Domain("text", unit, choices=tuple(choices))
        return Domain("number", unit, choices=tuple(float(c) for c in choices))
    bounds = table["range"]
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise InputError(f"{where}: range: expected two values, lowest and highest")
    if isinstance(bounds[0], str):
        low, high = (read_month(b, f"{where}: range") for b in bounds)
        kind = "month"
    else:
        low, high = (Domain("number").check(b, f"{where}: range") for b in bounds)
        whole = table["role"] == "setting" and all(type(x) is int for x in (*bounds, first))
        kind = "integer" if whole else "number"
    if low >= high:
        raise InputError(f"{where}: range: the lowest must be below the highest")
    return Domain(kind, unit, low, high)


def _first(value):
    if isinstance(value, dict) and value:
        return next(iter(value.values()))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return value[0].get("value")
    return value


def _read_values(value, domain, where):
    """Dated values in order of date, from a plain value, a table by date, or a list with from, known and value."""
    if isinstance(value, dict):
        rows = [{"from": date, "value": v} for date, v in value.items()]
    elif isinstance(value, list):
        rows = value
    else:
        return (Dated(ALWAYS, ALWAYS, domain.check(value, f"{where}: value")),)
    if not rows:
        raise InputError(f"{where}: value: holds no dates")
    dated = []
    for row in rows:
        if not isinstance(row, dict) or not {"from", "value"} <= set(row) <= {"from", "known", "value"}:
            raise InputError(f"{where}: value: each row of a dated list has from, value and perhaps known")
        start = read_month(row["from"], f"{where}: value.from")
        known = read_month(row["known"], f"{where}: value.known") if "known" in row else start
        dated.append(Dated(start, known, domain.check(row["value"], f"{where}: value.{row['from']}")))
    dated.sort(key=lambda d: (d.start, d.known))
    if len({(d.start, d.known) for d in dated}) < len(dated):
        raise InputError(f"{where}: value: two values have the same date")
    return tuple(dated)


def _read_retired(path):
    table = read_toml(path)
    for name, advice in table.items():
        if not isinstance(advice, str) or not advice.strip():
            raise InputError(f'{shown(path)}: "{name}": expected advice, for example "renamed … in 0.2"')
    return table
