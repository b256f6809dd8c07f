"""A scenario from its archived changes, so that a stored study or run can be repeated without its files."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..parameters.added import RECORDS, read_added, with_rows
from ..parameters.changes import Change, Layer, made
from ..parameters.records import load_records
from ..parameters.register import load_register
from ..scenario import Scenario
from ..units import month_label

DATED = ("month", "date")  # kinds of value that are stored as month numbers


def packed(scenario: Scenario) -> dict[str, Any]:
    """A scenario as plain JSON data, layer by layer; values in the units of the register, dates as YYYY-MM."""
    return {
        "name": scenario.name, "title": scenario.title, "question": scenario.question,
        "rows": {kind: scenario.as_dict()[kind] for kind in RECORDS if kind in scenario.as_dict()},
        "layers": [{"origin": layer.origin, "changes": [_plain(c, scenario) for c in layer.changes],
                    "shocks": [_plain(s, scenario) for s in layer.shocks]} for layer in scenario.layers],
    }  # fmt: skip


def unpacked(data: Mapping[str, Any]) -> Scenario:
    """The scenario of `packed` data, checked again (units as there).

    Raises
    ------
    InputError : if a parameter is gone or a value is no longer allowed
    """
    register, (records, added) = load_register(), _records(data.get("rows", {}))

    def change(row, origin):
        return made(register, records, row["parameter"], row.get("from"), row.get("until"), row.get("value"),
                    row.get("factor"), row["why"], origin, f"{origin}: {row['parameter']}",
                    row.get("probability", 1.0), row.get("event", ""))  # fmt: skip

    layers = tuple(
        Layer(layer["origin"], *(tuple(change(row, layer["origin"]) for row in layer.get(kind, ()))
                                 for kind in ("changes", "shocks")))
        for layer in data["layers"]
    )  # fmt: skip
    return Scenario(data["name"], data["title"], data["question"], (), (), layers, register, records, "", added)


def _records(rows):
    """The records with the rows that a scenario adds, and those rows."""
    records = load_records()
    added = [row for kind, tables in rows.items() for row in read_added(kind, tables, records, "archive", "archive")]
    return with_rows(records, added), tuple(added)


def from_manifest(resolved: Mapping[str, Any]) -> Scenario:
    """The scenario of a single run's manifest, whose layers are runs of changes of one origin (register's units)."""
    rows = {kind: resolved[kind] for kind in RECORDS if kind in resolved}
    register, (records, _) = load_register(), _records(rows)
    layers: list[dict[str, Any]] = []
    for kind in ("changes", "shocks"):
        for row in resolved[kind]:
            row = dict(row)
            if isinstance(row.get("value"), int) and _kind(register, records, row["parameter"]) in DATED:
                row["value"] = month_label(row["value"])
            _place(layers, kind, row, resolved)
    return unpacked({"name": resolved["name"], "title": resolved["title"], "question": resolved["question"],
                     "rows": rows, "layers": layers})  # fmt: skip


def _place(layers, kind, row, resolved):
    origin = row["origin"]
    mine = [layer for layer in layers if layer["origin"] == origin]
    if not mine:
        order = _origins(resolved)
        layers.append({"origin": origin, "changes": [], "shocks": []})
        layers.sort(key=lambda layer: order.index(layer["origin"]))
        mine = [layer for layer in layers if layer["origin"] == origin]
    mine[-1][kind].append(row)


def _origins(resolved) -> Sequence[str]:
    """Origins from the weakest to the strongest: the files it is based on come first, then its own, then the rest."""
    bases = [f"{name}.toml" for name in reversed(resolved.get("based_on", []))] + [f"{resolved['name']}.toml"]
    found = list(dict.fromkeys(row["origin"] for kind in ("changes", "shocks") for row in resolved[kind]))

    def rank(origin):
        return bases.index(origin.rsplit("/", 1)[-1]) if origin.rsplit("/", 1)[-1] in bases else len(bases)

    return sorted(found, key=rank)


def _plain(change: Change, scenario: Scenario) -> dict[str, Any]:
    value = change.value
    if isinstance(value, int) and _kind(scenario.register, scenario.records, change.parameter) in DATED:
        value = month_label(value)
    row = {"parameter": change.parameter, "from": month_label(change.start) if change.start else None,
           "until": month_label(change.until) if change.until else None, "value": value, "factor": change.factor,
           "why": change.why, "probability": change.probability if change.probability < 1 else None,
           "event": change.event or None}  # fmt: skip
    return {key: value for key, value in row.items() if value is not None}


def _kind(register, records, name):
    if name in register.entries:
        return register.entries[name].domain.type
    record, _, column = name.split(".")
    return records[record].columns[column].type
