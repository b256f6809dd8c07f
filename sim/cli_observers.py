"""``aicompute observers``: the Chinese share of use in one state, truth and instruments, and why they differ."""

import json
from collections.abc import Sequence

from .cli_definitions import as_cell, console, state_of


def observers_command(subject: str, date: str, settings: dict, sets: Sequence[str], format: str) -> None:
    """Print the Chinese share of use by measure and instrument, what was published, and why they differ.

    Parameters
    ----------
    subject : str, a folder that a run has written, or a scenario's name or file
    date : "YYYY-MM"
    settings : draws, developers and seed as for a run; ignored for a folder
    sets : as for a run; refused for a folder
    format : "table" or "json"
    """
    from .outputs.readings import OTHERS, readings, why_readings_differ

    results = state_of(subject, date, settings, sets, needs="derivative_bloc_share")
    found = {"scenario": results.scenario, "run_id": results.run_id, "draws": results.draws, "month": date,
             "shares": readings(results, date), "others": readings(results, date, OTHERS),
             "why": why_readings_differ(results, date)}
    for row in (*found["shares"], *found["others"]):
        row["published"] = _published(row, date)
    if format == "json":
        print(json.dumps(found, indent=1, ensure_ascii=True, allow_nan=False))
    else:
        _print(found)


def _published(row, date):
    """The last published value of a series in the year up to a month: month, value or bounds, source; or None."""
    from .evidence.observations import observations
    from .units import month_label, month_number

    seen = observations(row["output"])
    year = [month_label(month_number(date) - back) for back in range(12)]
    seen = seen[(seen["detail"] == row["detail"]) & seen["month"].isin(year)]
    if row["observer"] == "truth" or not len(seen):
        return None
    last = seen.sort_values(["month", "definition"], key=_plain_last).iloc[-1]
    numbers = {name: float(last[name]) for name in ("value", "low", "high") if last[name] == last[name]}
    return {"month": last["month"], "definition": last["definition"], **numbers, "source": last["source"]}


def _plain_last(column):
    """Sorts a month's own value after summaries such as an average, and these after a highest week."""
    return column.map({"highest week": 0, "": 2}).fillna(1) if column.name == "definition" else column


def _print(found) -> None:
    from rich.table import Table

    out = console()
    for name, title in (("shares", f"Chinese share of use, {found['month']}: {found['scenario']}, {found['draws']} "
                         "draws, median [5 %, 95 %]"), ("others", "What else instruments show of the same state")):
        table = Table(title=title, header_style="bold")
        headings = ("who sees", "what it counts", "model", "published")
        for heading in headings:
            table.add_column(heading, justify="right" if heading in headings[2:] else "left")
        for row in found[name]:
            percent = 100 if row["unit"] == "share" else 0
            who = f"truth: {row['name']}" if row["observer"] == "truth" else row["name"]
            table.add_row(who, row["counts"], as_cell(row["value"], percent), _as_published(row["published"], percent))
        out.print(table)
    out.print(found["why"])


def _as_published(seen, percent):
    if seen is None:
        return "–"
    scale, unit = (100, " %") if percent else (1, "")
    known = [seen[name] for name in ("value", "low", "high") if name in seen]
    return f"{scale * known[0]:.3g}{unit} ({', '.join(x for x in (seen['definition'], seen['month']) if x)})"
