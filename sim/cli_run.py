"""``aicompute run`` and ``aicompute headline``: run, print one table or JSON, write data and pictures."""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import InputError

COMPARED = ("baseline", "no_controls", "tight_controls")  # the first is what the others are measured against
NAME, CELL = 20, 34  # characters of the first and of the other columns


def run_command(scenario: str, settings: Mapping, sets: Sequence[str], out: Path | None, format: str, figures: bool):
    """Run one scenario, write it to ``out`` if given, print the headline (each output in its unit)."""
    from .experiments.ensemble import run

    if out is not None:
        writable(out)
    results = run(scenario, set=list(sets), **settings)
    if out is not None:
        _save(results, out)
        if figures:
            draw(results, out / "figures")
    if format == "json":
        print(json.dumps(results.document(), indent=1, ensure_ascii=not _unicode(), allow_nan=False))
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
        _save(runs[name], out / name)
    if figures:
        for name, results in runs.items():
            draw(results, out / name / "figures", runs[COMPARED[0]] if name != COMPARED[0] else None)
    rows = headline_rows(runs)
    _write_csv(rows, out / "headline.csv")
    print_table(runs, rows)
    print(f"Data and pictures are in {out}{'/' if not str(out).endswith('/') else ''}.", file=sys.stderr)


def _save(results, folder: Path) -> None:
    """Write data, manifest and a data package that describes both."""
    from .interop.datapackage import describe

    describe(results.save(folder))


def headline_rows(runs: Mapping) -> list[dict]:
    """The headline as rows, each in its entry's unit: a level for every run, and its paired difference from the first.

    Returns
    -------
    list of dict with output, title, unit, definition, scenario, what ("level" or "difference"), month, p10, p50, p90
    and error, the Monte Carlo error of p50
    """
    from .experiments.ensemble import compare

    first, *others = runs
    tables = {name: results.headline() for name, results in runs.items()}
    pairs = {}
    for name in others:
        for pair in compare(runs[name], runs[first]).itertuples():
            pairs[name, pair.name, pair.month] = {q: getattr(pair, q) for q in ("p10", "p50", "p90", "error")}
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
    """Print the headline: a block an output, a line a run, a column a month, P50 ± its error [P10, P90] in its unit."""
    import textwrap

    from rich.console import Console

    rows = headline_rows(runs) if rows is None else rows
    months = list(dict.fromkeys(row["month"] for row in rows))
    cells = {(r["output"], r["scenario"], r["what"], r["month"]): r for r in rows}
    console = Console(highlight=False, soft_wrap=True, markup=False)
    about = "P50 ± Monte Carlo error [P10, P90] over draws"
    about += "; Δ is the paired difference from baseline" if len(runs) > 1 else ""
    console.print(f"Headline outputs: {about}", style="bold")
    for name, results in runs.items():
        console.print(f"  {name}: run {results.run_id}, {results.draws} draws, seed {results.manifest.get('seed')}")
    output = None
    nothing = {r["output"]: r["title"] for r in rows}
    for r in rows:
        if r["p50"] is None or any(r[name] for name in ("p10", "p50", "p90")):
            nothing.pop(r["output"], None)
    for row in {(r["output"], r["scenario"], r["what"]): r for r in rows if r["output"] not in nothing}.values():
        if row["output"] != output:
            output = row["output"]
            console.print(f"\n{row['title']} ({row['unit']})", style="bold")
            for line in textwrap.wrap(row["definition"], NAME + CELL * len(months) - 2):
                console.print(f"  {line}", style="dim")
            console.print(" " * NAME + "".join(month.rjust(CELL) for month in months), style="dim")
        who = f"  Δ {row['scenario']}" if row["what"] == "difference" else f"  {row['scenario']}"
        values = [cells[output, row["scenario"], row["what"], month] for month in months]
        console.print(who.ljust(NAME) + "".join(_cell(value).rjust(CELL) for value in values))
    if nothing:
        console.print("\nNothing in any run or month shown", style="bold")
        for title in nothing.values():
            console.print(f"  {title}")


def _cell(row: Mapping) -> str:
    if row["p50"] is None or row["p50"] != row["p50"]:
        return "–"
    sign = "+" if row["what"] == "difference" else ""
    low, high = (compact(row[name], sign) for name in ("p10", "p90"))
    return f"{with_error(row['p50'], row['error'], sign)} [{low}, {high}]"


def with_error(value: float, error: float | None, sign: str = "") -> str:
    """A number and its error in any unit in few characters: 0.764 ± 0.004, 20.9 ± 0.3 M."""
    text = compact(value, sign)
    if error is None or error != error:
        return text
    number, space, letter = text.partition(" ")
    scale = {"": 1.0, "k": 1e3, "M": 1e6, "bn": 1e9}[letter]
    size = error / scale
    written = f"{size:.1g}".replace("e+", "e") if size < 10 or size >= 1e12 else f"{size:,.0f}"
    return f"{number} ± {written}{space}{letter}"


def compact(value: float, sign: str = "") -> str:
    """A number in any unit in few characters: 0.764, 12.3, 450 k, 20.9 M, 3.1e26."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e12:
        return f"{value:{sign}.2g}".replace("e+", "e")
    for scale, letter in ((1e9, " bn"), (1e6, " M"), (1e4, " k")):
        if size >= scale:
            divisor = 1e3 if letter == " k" else scale
            return f"{value / divisor:{sign}{'.3g' if size / divisor < 999.5 else ',.0f'}}{letter}"
    return f"{value:{sign},.0f}" if size >= 100 else f"{value:{sign}.{3 if size < 1 else 2 if size < 10 else 1}f}"


def draw(results, folder: Path, against=None) -> list[Path]:
    """Draw every figure (each in its outputs' units), observations on top, a second run dashed; returns the files."""
    from .evidence.observations import observations
    from .figures import draw_all

    return draw_all(results, folder, observations(), against)


def writable(folder: Path) -> None:
    """Make a folder and try to write into it, before any work is done (dimensionless).

    Raises
    ------
    InputError : if that is not possible
    """
    if not folder.name:
        raise InputError("--out: name a folder to write into, such as out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"--out: cannot write into '{folder}': {error.strerror or error}") from None


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _write_csv(rows: list[dict], path: Path) -> None:
    import csv

    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
