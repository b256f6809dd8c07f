"""``aicompute definitions``: one simulated state under every published definition, how each part came, and why."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .cli_run import compact
from .errors import InputError

PEOPLE = 200  # simulated developers a draw: nearly nothing here depends on them


def definitions_command(subject: str, date: str, draws: int, seed: int, sets: Sequence[str], format: str) -> None:
    """Print shares of compute under each definition, China's accelerators by how each came, and why shares differ.

    Parameters
    ----------
    subject : str, a folder that a run has written, or a scenario's name or file
    date : "YYYY-MM"
    draws, seed, sets : as for a run; ignored for a folder
    format : "table" or "json"
    """
    from .outputs.accounting import views, ways, why_they_differ
    from .parameters.domain import read_month

    read_month(date, "--date")
    results = _results(subject, date, draws, seed, sets)
    if date not in results.months:
        raise InputError(f"--date: {date} is outside the run, {results.months[0]} to {results.months[-1]}")
    if not results.has("census_lag_months"):
        raise InputError(f"{subject}: written by an earlier version, which kept no census by region; run it again")
    found = {"scenario": results.scenario, "run_id": results.run_id, "draws": results.draws, "month": date,
             "shares": views(results, date), "ways": ways(results, date), "why": why_they_differ(results, date)}
    if format == "json":
        print(json.dumps(found, indent=1, ensure_ascii=True, allow_nan=False))
    else:
        _print(found)


def _results(subject, date, draws, seed, sets):
    from .experiments.ensemble import run
    from .results import load

    if Path(subject).is_dir():
        if sets:
            raise InputError("--set: a finished run cannot be changed; give a scenario instead of a folder")
        return load(subject)
    end = max(date, "2022-02")  # a run has two months at least
    return run(subject, draws=draws, developers=PEOPLE, end=end, seed=seed, set=list(sets))


def _print(found) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 160, markup=False, emoji=False, highlight=False)
    shares = Table(title=f"Share of compute, {found['month']}: {found['scenario']}, {found['draws']} draws, "
                   "median [5 %, 95 %]", header_style="bold")  # fmt: skip
    for heading in ("definition", "United States", "China"):
        shares.add_column(heading, justify="left" if heading == "definition" else "right")
    for row in found["shares"]:
        shares.add_row(row["definition"], *(_cell(row.get(region), 100) for region in ("united_states", "china")))
    console.print(shares)
    ways = Table(title="How China's accelerators came", header_style="bold")
    for heading in ("way", "H100e", "share"):
        ways.add_column(heading, justify="left" if heading == "way" else "right")
    for row in found["ways"]:
        ways.add_row(row["way"].replace("_", " "), _cell(row["h100e"]), _cell(row["share"], 100))
    console.print(ways)
    console.print(found["why"])


def _cell(values, percent=0):
    if values is None:
        return "–"
    low, middle, high = (f"{percent * x:.1f}" if percent else compact(x) for x in values)
    return f"{middle} [{low}, {high}]" + (" %" if percent else "")
