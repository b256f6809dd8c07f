"""``aicompute run`` and ``aicompute headline``: run, print one table or JSON, write data and pictures."""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import InputError

COMPARED = ("baseline", "no_controls", "tight_controls")  # the first is what the others are measured against
WIDE = 172  # columns of a table that does not go to a terminal


def run_command(scenario: str, settings: Mapping, sets: Sequence[str], out: Path | None, format: str, figures: bool):
    """Run one scenario, write it to ``out`` if given, print the headline (each output in its unit)."""
    from .experiments.ensemble import run

    if out is not None:
        writable(out)
    results = run(scenario, set=list(sets), **settings)
    if out is not None:
        results.save(out)
        if figures:
            draw(results, out / "figures")
    if format == "json":
        print(json.dumps(results.document(), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print_table({results.scenario: results})
        if out is not None:
            print(f"Written to {out}.", file=sys.stderr)


def headline_command(out: Path, settings: Mapping, figures: bool):
    """Run the compared scenarios on common random numbers, write each to a folder, print one table."""
    from .experiments.ensemble import run

    writable(out)
    runs = {}
    for name in COMPARED:
        runs[name] = run(name, **settings)
        runs[name].save(out / name)
    if figures:
        for name, results in runs.items():
            draw(results, out / name / "figures")
    rows = headline_rows(runs)
    _write_csv(rows, out / "headline.csv")
    print_table(runs, rows)
    print(f"Data and pictures are in {out}{'/' if not str(out).endswith('/') else ''}.", file=sys.stderr)


def headline_rows(runs: Mapping) -> list[dict]:
    """The headline as rows, each in its entry's unit: a level for every run, and its paired difference from the first.

    Returns
    -------
    list of dict with output, title, unit, definition, scenario, what ("level" or "difference"), month, p10, p50, p90
    """
    from .experiments.ensemble import compare

    first, *others = runs
    tables = {name: results.headline() for name, results in runs.items()}
    pairs = {}
    for name in others:
        for pair in compare(runs[name], runs[first]).itertuples():
            pairs[name, pair.name, pair.month] = {"p10": pair.p10, "p50": pair.p50, "p90": pair.p90}
    rows = []
    for output, entry in tables[first].items():
        about = {key: entry[key] for key in ("title", "unit", "definition")}
        for name in runs:
            for month, values in tables[name][output]["values"].items():
                rows.append({"output": output, **about, "scenario": name, "what": "level", "month": month, **values})
                if name != first:
                    values = pairs[name, output, month]
                    rows.append(rows[-1] | {"what": "difference", **values})
    return rows


def print_table(runs: Mapping, rows: list[dict] | None = None) -> None:
    """Print the headline: a block an output, a line a run, a column a month, P50 (P10 to P90) in the entry's unit."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = headline_rows(runs) if rows is None else rows
    months = list(dict.fromkeys(row["month"] for row in rows))
    cells = {(r["output"], r["scenario"], r["what"], r["month"]): r for r in rows}
    lines = list(dict.fromkeys((r["output"], r["scenario"], r["what"]) for r in rows))
    several = len(runs) > 1
    notes = " · ".join(f"{name}: run {results.run_id}, {results.draws} draws" for name, results in runs.items())
    heading = "Headline outputs: P50 (P10 to P90)" + ("; Δ is the paired difference from baseline" if several else "")
    table = Table(title=heading, caption=notes, header_style="bold", title_justify="left", caption_justify="left")
    table.add_column("output and definition", ratio=1)
    table.add_column("unit")
    if several:
        table.add_column("scenario", no_wrap=True)
    for month in months:
        table.add_column(month, justify="right", no_wrap=True)
    for at, (output, scenario, what) in enumerate(lines):
        row = cells[output, scenario, what, months[0]]
        new, end = at == 0 or lines[at - 1][0] != output, at + 1 == len(lines) or lines[at + 1][0] != output
        values = [_cell(cells[output, scenario, what, month], what) for month in months]
        about = Text()
        if new and several:  # the definition fills the lines of its block instead of making the first one tall
            about.append(row["title"], style="bold")
        elif new:
            about.append(row["title"] + "\n", style="bold").append(row["definition"], style="dim")
        elif several and (at < 2 or lines[at - 2][0] != output):
            about.append(row["definition"], style="dim")
        who = [("Δ " if what == "difference" else "") + scenario] if several else []
        table.add_row(about, row["unit"] if new else "", *who, *values, end_section=end and several)
    console = Console()
    (console if console.is_terminal else Console(width=WIDE)).print(table)


def _cell(row: Mapping, what: str) -> str:
    from .units import written

    if row["p50"] is None or row["p50"] != row["p50"]:
        return "–"
    sign = "+" if what == "difference" else ""
    low, middle, high = (written(row[name], sign) for name in ("p10", "p50", "p90"))
    return f"{middle} ({low} to {high})"


def draw(results, folder: Path) -> list[Path]:
    """Draw every figure (each in its outputs' units) with the observations on top; returns the files."""
    from .evidence.observations import observations
    from .figures import draw_all

    return draw_all(results, folder, observations())


def writable(folder: Path) -> None:
    """Make a folder and try to write into it, before any work is done (dimensionless).

    Raises
    ------
    InputError : if that is not possible
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"--out: cannot write into '{folder}': {error.strerror or error}") from None


def _write_csv(rows: list[dict], path: Path) -> None:
    import csv

    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
