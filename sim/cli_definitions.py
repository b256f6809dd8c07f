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

    settings = {"draws": draws, "developers": PEOPLE, "seed": seed}
    results = state_of(subject, date, settings, sets, needs="census_lag_months")
    found = {"scenario": results.scenario, "run_id": results.run_id, "draws": results.draws, "month": date,
             "shares": views(results, date), "ways": ways(results, date), "why": why_they_differ(results, date)}
    if format == "json":
        print(json.dumps(found, indent=1, ensure_ascii=True, allow_nan=False))
    else:
        _print(found)


def state_of(subject: str, date: str, settings: dict, sets: Sequence[str], needs: str):
    """The results that hold a month: those of a folder, or of a run made now up to it (units as their outputs say).

    Parameters
    ----------
    subject, date, sets : as for `definitions_command`
    settings : draws, developers and seed of a run
    needs : str, an output without which a folder is of an earlier version

    Raises
    ------
    InputError : if the month is outside the run, or the folder cannot be used
    """
    from .experiments.ensemble import run
    from .parameters.domain import read_month
    from .results import load

    read_month(date, "--date")
    if Path(subject).is_dir():
        if sets:
            raise InputError("--set: a finished run cannot be changed; give a scenario instead of a folder")
        results = load(subject)
    else:
        results = run(subject, end=max(date, "2022-02"), set=list(sets), **settings)  # two months at least
    if date not in results.months:
        raise InputError(f"--date: {date} is outside the run, {results.months[0]} to {results.months[-1]}")
    if needs not in {key[0] for key in results.keys()}:
        raise InputError(f"{subject}: written by an earlier version, which did not keep {needs}; run it again")
    return results


def console():
    """A rich console without colours or marks, as wide as the terminal or 160 characters (dimensionless)."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, markup=False, emoji=False, highlight=False)


def _print(found) -> None:
    from rich.table import Table

    out = console()
    shares = Table(title=f"Share of compute, {found['month']}: {found['scenario']}, {found['draws']} draws, "
                   "median [5 %, 95 %]", header_style="bold")  # fmt: skip
    for heading in ("definition", "United States", "China"):
        shares.add_column(heading, justify="left" if heading == "definition" else "right")
    for row in found["shares"]:
        shares.add_row(row["definition"], *(as_cell(row.get(region), 100) for region in ("united_states", "china")))
    out.print(shares)
    ways = Table(title="How China's accelerators came", header_style="bold")
    for heading in ("way", "H100e", "share"):
        ways.add_column(heading, justify="left" if heading == "way" else "right")
    for row in found["ways"]:
        ways.add_row(row["way"].replace("_", " "), as_cell(row["h100e"]), as_cell(row["share"], 100))
    out.print(ways)
    out.print(found["why"])


def as_cell(values, percent=0):
    """Median [5 %, 95 %] as text, in per cent if ``percent`` is 100, else in its own unit; a dash for None."""
    if values is None:
        return "–"
    low, middle, high = (f"{percent * x:.1f}" if percent else compact(x) for x in values)
    return f"{middle} [{low}, {high}]" + (" %" if percent else "")
