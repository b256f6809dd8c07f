"""What a visitor looks at: a scenario, a reference, what was changed by hand; as a link, and back, checked."""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import tomlkit

from ..archive import code_hash, package_hash
from ..errors import InputError
from ..listing import certain
from ..outputs import COMPUTE_KEYS, METRIC, load_headline
from ..parameters.changes import parse_set
from ..parameters.reading import parse_toml
from ..scenario import Scenario, library, load_scenario
from ..units import month_label, month_number
from .limits import LINK_CHANGES, LINK_CHARACTERS, UPLOAD_CHANGES, UPLOAD_KB, limit
from .words import told

VERSION = "1"  # of the link
REFERENCE = "baseline"
START = "2027-01"  # changes hold from the first month after the evidence, unless another is chosen
OWN = "own file"
WORD = re.compile(r"[A-Za-z0-9_.|:, -]{0,120}")
CHOICES: dict[str, tuple[str, ...]] = dict(zip(COMPUTE_KEYS, (
    ("owner", "location", "user"), ("all", "tracked"), ("stock", "flow12"), tuple(METRIC)), strict=True))  # fmt: skip
USUAL = "owner|all|stock|8bit"


@dataclass(frozen=True)
class View:
    """One view; ``changes`` are values in the units of the register that hold from ``start`` (YYYY-MM) on.

    ``own`` is a scenario that was uploaded or written in the sandbox, and ``text`` its file; it then stands in the
    place of ``scenario``.
    """

    scenario: str = REFERENCE
    reference: str = REFERENCE
    start: str = START
    changes: Mapping[str, Any] = field(default_factory=dict)
    definition: str = USUAL
    month: str = "2030-12"
    own: Scenario | None = None
    text: str = ""

    @property
    def base(self) -> Scenario:
        """The scenario before anything was changed by hand (values in the units of the register)."""
        return self.own if self.own is not None else scenario_named(self.scenario)

    @property
    def chosen(self) -> Scenario:
        """The scenario with what was changed by hand, each from ``start`` on (values in the units of the register)."""
        if not self.changes:
            return self.base
        dated = {f"{name}@{self.start}": value for name, value in sorted(self.changes.items())}
        return self.base.with_changes(dated, "moved by hand", "Moved by hand in the app.")

    @property
    def title(self) -> str:
        """What the scenario is called, in the session's language where there is a text for it."""
        return self._told("name", self.base.title)

    @property
    def question(self) -> str:
        """What the scenario asks, in the session's language where there is a text for it."""
        return self._told("question", self.base.question)

    def _told(self, what, plain):
        return plain if self.own is not None else told(f"scenario.{what}", self.scenario, plain)

    def in_force(self, name: str) -> Any:
        """The value of a parameter at ``start`` before anything is moved, in its unit."""
        return value_at(self.base, name, self.start)


def file_of(view: View, title: str, rule: Scenario | None = None) -> str:
    """A scenario file (TOML) that leads back to a view: its own file with what was changed since, or a new one.

    Parameters
    ----------
    title : of a new file
    rule : the view's scenario with a rule of one's own, which the file is to hold as well
    """
    if view.own is None:
        chosen = view.chosen if rule is None else replace(rule, name=view.scenario)
        return chosen.as_toml(title, view.base.question)
    document = tomlkit.parse(view.text)
    rows = [{"parameter": name, "from": view.start, "value": _toml(view.base.register[name], value),
             "why": "Moved by hand in the app."} for name, value in sorted(view.changes.items())]
    _append(document, "change", rows)
    if rule is not None:
        columns = rule.records["rules"].columns
        _append(document, "rule", [row.plain(columns) for row in rule.added if row.origin == "by hand"])
    return tomlkit.dumps(document)


def _append(document, table, rows):
    names = {row.get("name") for row in rows} - {None}
    found = tomlkit.aot()
    for row in [*(old for old in document.get(table, ()) if old.get("name") not in names), *rows]:
        found.append(tomlkit.item(dict(row)))
    document.pop(table, None)
    if found:
        document.add(table, found)


def _toml(entry, value):
    return month_label(value) if entry.domain.type == "month" else value


@lru_cache(maxsize=64)
def scenario_named(name: str) -> Scenario:
    """A scenario of the library (values in the units of the register)."""
    return load_scenario(name)


def value_at(scenario: Scenario, name: str, month: str) -> Any:
    """A value of a scenario in a month (YYYY-MM), in its unit, as one plain number, switch or text."""
    plain = scenario.name in _names() and scenario is scenario_named(scenario.name)
    values = _sure(scenario.name) if plain else certain(scenario)
    value = values.value(name, month_number(month))
    return value.reshape(-1)[0].item() if hasattr(value, "reshape") else value


@cache
def _names():
    return frozenset(library())


@lru_cache(maxsize=64)
def _sure(name):
    return certain(scenario_named(name))


def to_query(view: View) -> dict[str, str]:
    """The parts of a link that lead back to a view: what differs from the first view, and the version of the program.

    Raises
    ------
    InputError : if the view cannot be told in a link
    """
    if view.own is not None:
        raise InputError("a scenario from a file does not fit into a link; share the file")
    first, parts = View(), {"v": VERSION}
    for key, (name, _) in PARTS.items():
        if getattr(view, name) != getattr(first, name):
            parts[key] = getattr(view, name)
    register = view.base.register
    if view.changes:
        parts["c"] = ",".join(f"{name}:{_written(register[name], value)}"
                              for name, value in sorted(view.changes.items()))  # fmt: skip
    parts["h"] = program()
    if len(view.changes) > LINK_CHANGES or sum(len(k) + len(x) + 8 for k, x in parts.items()) > LINK_CHARACTERS - 200:
        raise InputError(f"more than {LINK_CHANGES} changes do not fit into a link; download the scenario file")
    return parts


def program() -> str:
    """What decides the numbers of a view beside it, in a few characters: program, data, draws and developers."""
    return f"{code_hash()[:6]}{package_hash('parameters', 'outputs')[:6]}-{limit('draws')}-{limit('developers')}"


def from_query(query: Mapping[str, str]) -> tuple[View, list[str]]:
    """The view of a link, and one line for every part that was refused (everything is checked by the register)."""
    refused: list[str] = []
    if not query.get("v"):
        return View(), refused
    if query["v"] != VERSION:
        return View(), [f"link: version {query['v'][:8]!r} is not known; this program reads version {VERSION}"]
    taken: dict[str, Any] = {}
    for key, (name, allowed) in PARTS.items():
        text = query.get(key)
        if text is not None and WORD.fullmatch(text) and allowed(text):
            taken[name] = text
        elif text is not None:
            refused.append(f"link: {name}: not allowed, so {getattr(View(), name)} is shown")
    view = View(**taken)
    changes: dict[str, Any] = {}
    for part in query.get("c", "").split(",")[: LINK_CHANGES] if query.get("c") else ():
        name, _, text = part.partition(":")
        try:
            key, value = parse_set(f"{name}={text}")
            view.base.with_changes({f"{key}@{view.start}": value}, "link")
            changes[key] = view.base.register[key].domain.check(value, key)
        except InputError as error:
            refused.append(str(error))
    made_by = query.get("h", program())
    if made_by != program():
        refused.append("link: made with another version or another number of draws; numbers may differ from those seen")
    return replace(view, changes=changes), refused


def is_definition(text: str) -> bool:
    """Whether a text names a way to count compute, such as owner|all|stock|8bit."""
    parts = text.split("|")
    return len(parts) == len(CHOICES) and all(p in c for p, c in zip(parts, CHOICES.values(), strict=True))


def starts() -> list[str]:
    """The months from which changes may hold: every half year of the usual clock (YYYY-MM)."""
    return [f"{year}-{month}" for year in range(2022, 2031) for month in ("01", "07")]


def months() -> list[str]:
    """The months at which tiles may be read: the headline months and every December (YYYY-MM)."""
    return sorted({*load_headline()[0], *(f"{year}-12" for year in range(2022, 2031))})


PARTS: dict[str, tuple[str, Callable[[str], bool]]] = {  # of a link: part of the view, and what it may be
    "s": ("scenario", lambda text: text in library()), "r": ("reference", lambda text: text in library()),
    "f": ("start", lambda text: text in starts()), "d": ("definition", is_definition),
    "m": ("month", lambda text: text in months()),
}  # fmt: skip


def _written(entry, value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if entry.domain.type == "month":
        return month_label(value)
    return repr(value) if isinstance(value, float) else str(value)


def uploaded(content: bytes, name: str) -> Scenario:
    """The scenario of an uploaded file: data only, small, based on the library alone.

    Raises
    ------
    InputError : one line that says what is wrong
    """
    stem = re.sub(r"[^a-z0-9_]", "_", Path(name).stem.lower())[:40] or "own"
    if len(content) > UPLOAD_KB * 1024:
        raise InputError(f"{stem}.toml: {len(content) // 1024} KB is too large; at most {UPLOAD_KB} KB")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{stem}.toml: not a text in UTF-8; a scenario is a TOML file") from None
    tables = parse_toml(text, f"{stem}.toml")
    base = tables.get("based_on", REFERENCE)
    if not isinstance(base, str) or base not in library():
        raise InputError(f"{stem}.toml: based_on: only scenarios of the library; use one of {', '.join(library())}")
    entries = sum(len(rows) for rows in tables.values() if isinstance(rows, list))
    if entries > UPLOAD_CHANGES:
        raise InputError(f"{stem}.toml: {entries} entries are too many; at most {UPLOAD_CHANGES}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{stem}.toml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path)
