"""Every value in force, as rows of text: for ``aicompute show``, the documentation and the archive."""

from collections import Counter
from dataclasses import replace

from .parameters.records import FACTS
from .units import month_label


def rows(scenario, month: int | None = None, search: str = "") -> list[dict[str, str]]:
    """Every parameter, every changed record cell, and (where ``search`` finds them) the other record cells.

    Parameters
    ----------
    scenario : Scenario
    month : month number, or None for all dates
    search : str, words that must all occur in the name, title, unit, origin or source

    Returns
    -------
    list of {name, title, value, unit, prior, role, origin, source, confidence, why}, all text; uncertain values are
    shown at the register's value, with the prior beside it
    """
    values = certain(scenario)
    moves = scenario.moves()
    found = [_entry_row(entry, values, moves.get(entry.name, []), month)
             for entry in scenario.register.entries.values()]
    for record in scenario.records.values():
        for row in record.rows:
            for column in record.columns.values():
                name = f"{record.name}.{row}.{column.name}"
                if column.name not in ("name", *FACTS) and (search or name in moves):
                    found.append(_cell_row(record, row, column, values, moves.get(name, []), month))
    words = search.lower().split()
    return [r for r in found if all(w in _searched(r) for w in words)]


def _searched(row):
    """What a search looks at; for a record's cell not its source, or a table's name would find every row of it."""
    cell = row["role"] == "record" and row["origin"].endswith(".csv")
    return " ".join((row["name"], row["title"], row["unit"], *(() if cell else (row["origin"], row["source"])))).lower()


def certain(scenario):
    """The scenario's values for one draw, in the register's units: without what only may happen or is sampled."""
    sure = replace(scenario, layers=tuple(
        replace(layer, shocks=tuple(s for s in layer.shocks if s.probability >= 1)) for layer in scenario.layers))
    return sure.resolve([0], uncertainty="none")


def _entry_row(entry, values, layers, month):
    return {
        "name": entry.name, "title": entry.title,
        "value": _text(entry.name, [d.start for d in entry.values], entry.shown, values, layers, month),
        "unit": entry.unit, "prior": str(entry.prior) if entry.prior else "", "role": entry.role,
        "origin": _origin(layers, month), "source": ", ".join(entry.sources), "confidence": entry.confidence,
        "why": _why(layers, month) or entry.why,
    }


def _cell_row(record, row, column, values, layers, month):
    name = f"{record.name}.{row}.{column.name}"
    facts = record.rows[row]
    return {
        "name": name, "title": f"{column.title}, {row}",
        "value": _text(name, [], column.shown, values, layers, month),
        "unit": column.domain.unit, "prior": "", "role": "record",
        "origin": _origin(layers, month, f"sim/parameters/records/{record.name}.csv"),
        "source": str(facts.get("source", "")), "confidence": str(facts.get("confidence", "")),
        "why": _why(layers, month),
    }


def _moves(layers, month):
    return [m for changes, shocks in layers for m in (*changes, *shocks) if month is None or m.holds(month)]


def _text(name, starts, shown, values, layers, month):
    """The value in a month, or by date: "1; 2 from 2026-01"."""
    if month is not None:
        text = shown(values.value(name, month))
    else:
        moves = _moves(layers, None)
        dates = sorted({0, *starts[1:], *(m.start for m in moves), *(m.until for m in moves if m.until is not None)})
        parts: list[str] = []
        last = None
        for date in dates:
            value = shown(values.value(name, date))
            if value != last:
                parts.append(f"{value} from {month_label(date)}" if parts else value)
            last = value
        text = "; ".join(parts)
    chances = [s for _, shocks in layers for s in shocks
               if s.probability < 1 and (month is None or s.holds(month))]
    for shock in chances:
        what = shown(shock.value) if shock.factor is None else f"× {shock.factor:g}"
        text += f"; {what} from {month_label(shock.start)} with probability {shock.probability:g}"
    return text


def _origin(layers, month, file="register"):
    origins = Counter(m.origin for m in _moves(layers, month))
    return ", ".join(origins) or file


def _why(layers, month):
    return " / ".join(dict.fromkeys(m.why for m in _moves(layers, month)))
