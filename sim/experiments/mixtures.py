"""What two scenarios assume differently, in named groups, and scenarios between the two."""

from collections.abc import Sequence

from ..errors import InputError, nearest
from ..parameters.added import with_rows, without_rows
from ..parameters.changes import Change, Layer
from ..scenario import Scenario


def differences(a: Scenario, b: Scenario) -> list[str]:
    """The names of what two scenarios assume differently, in alphabetical order (text)."""
    mine, other = a.moves(), b.moves()
    rows = ({row.where: repr(row.cells) for row in scenario.added} for scenario in (a, b))
    added = {where for where, _ in set.symmetric_difference(*(set(found.items()) for found in rows))}
    return sorted(added | {name for name in mine.keys() | other.keys()
                           if _content(mine.get(name)) != _content(other.get(name))})


def _content(layers):
    return [[_fields(move) for move in (*changes, *shocks)] for changes, shocks in layers or ()]


def _fields(move: Change):
    return move.start, move.until, move.value, move.factor, move.probability, move.event


def mixed(a: Scenario, b: Scenario, moved: set[str]) -> Scenario:
    """Scenario ``a`` in everything but the names in ``moved``, which are as in ``b`` (units of the register)."""
    def some(scenario, wanted):
        for layer in scenario.layers:
            changes, shocks = (tuple(c for c in kind if (c.parameter in moved) == wanted)
                               for kind in (layer.changes, layer.shocks))
            if changes or shocks:
                yield Layer(f"{scenario.name}: {layer.origin}", changes, shocks)

    layers = (*some(a, False), *some(b, True))
    added = (*(row for row in a.added if row.where not in moved), *(row for row in b.added if row.where in moved))
    records = with_rows(without_rows(a.records, a.added), list(added))
    return Scenario(f"{a.name}+{b.name}", a.title, a.question, a.sources, (), layers, a.register, records, "", added)


def grouped(scenario: Scenario, changed: Sequence[str], groups) -> dict[str, list[str]]:
    """Groups of changed names: {title: [names]}; see `explain`.

    Raises
    ------
    InputError : if a group names what does not differ, or a name stands in two groups
    """
    parts: dict[str, list[str]] = {}
    placed: set[str] = set()
    if isinstance(groups, str):
        if groups != "section":
            raise InputError(f'groups: "{groups}" is not known; use "section", or a table of names')
        for name in changed:
            parts.setdefault(name.split(".")[0].replace("_", " "), []).append(name)
        return parts
    for title, names in (groups or {}).items():
        for name in names:
            if name not in changed:
                raise InputError(f"groups: {title[:60]}: {name[:80]} does not differ{nearest(name, changed)}; "
                                 f"what differs is {', '.join(changed)}")
            if name in placed:
                raise InputError(f"groups: {name} stands in two groups")
            placed.add(name)
            parts.setdefault(title, []).append(name)
    for name in changed:
        if name not in placed:
            title = title_of(scenario, name)
            parts.setdefault(title if title not in parts else name, []).append(name)
    return {title: sorted(names) for title, names in parts.items()}


def title_of(scenario: Scenario, name: str) -> str:
    """What a parameter or a cell of a record is called (text)."""
    entry = scenario.register.entries.get(name)
    if entry is not None:
        return entry.title
    record, row, column = (*name.split("."), "")[:3]
    return f"{row}: {scenario.records[record].columns[column].title}" if column else f"{row}, added to {record}"
