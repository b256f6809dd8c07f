"""``aicompute analyse``: of an outcome of a stored batch, what moves it, where it holds, what to choose."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import InputError
from .units import written

EVERYTHING = ("sensitivity", "box", "choice", "variance")
TABLE_ROWS = 12  # printed; the CSV has all


def analyse_command(folder: Path, what: Sequence[str], series: Mapping, date: str | None, policy: str | None,
                    bound: tuple[str, float] | None, goal: str | None, out: Path | None, format: str) -> int:
    """Analyse one outcome of a batch and print what is found; returns the exit code (dimensionless).

    Parameters
    ----------
    what : any of `EVERYTHING`, or nothing for all that the batch permits
    series, date : output, definition, region, detail and month; without an output the study's own report says
    bound : ("high" or "low", threshold in the outcome's unit): the outcome at least or at most that
    goal : "high" or "low", which values are wanted; without it what the bound or the report says

    Raises
    ------
    InputError : if the folder, the outcome or an analysis cannot be used
    """
    from .experiments import analysis
    from .experiments.outcomes import outcome, whole_plan

    if out is not None:
        from .cli_run import writable

        writable(out)
    plan = whole_plan(folder)
    key, month, goal, threshold = _asked(plan, series, date, bound, goal)
    found = outcome(folder, key[0], month, *key[1:])
    if policy is not None and policy not in found.policies:
        from .errors import nearest

        raise InputError(f"--policy: the study has no policy '{policy[:60]}'{nearest(policy, found.policies)}; it has "
                         f"{', '.join(found.policies)}")  # fmt: skip
    about = analysis.named(dict(zip(("output", "definition", "region", "detail"), key, strict=True)) | {"month": month})
    one = policy or found.policies[0]
    makers = {
        "sensitivity": lambda: analysis.sensitivity_of(found, folder, one, about),
        "box": lambda: analysis.box_of(found, folder, one, _needed("box", threshold), goal or "high", about),
        "choice": lambda: analysis.choice_of(found, folder, goal or "high", threshold, about),
        "variance": lambda: analysis.split_of(found, about),
    }
    findings = [analysis.levels(found, about)]
    for name in what or EVERYTHING:
        if not what and _senseless(name, found, threshold):
            continue
        try:
            findings.append(makers[name]())
        except InputError as error:
            if what:
                raise
            print(f"{name} is left out: {error}", file=sys.stderr)
        except ImportError as error:
            raise InputError(f"--what {name}: {error.name} is not installed; use pip install 'aicompute[analysis]'"
                             ) from None
    if out is not None:
        for finding in findings:
            _write(finding, out)
    print(json.dumps([_document(f) for f in findings], indent=1, allow_nan=False)) if format == "json" else \
        _print(findings)
    return 0


def _asked(plan, series, date, bound, goal):
    """The outcome's series, month, wanted direction and threshold, the study's report filling what is left out."""
    from .experiments.analysis import chosen

    report = plan.notes.get("report") or {}
    if series["output"] is None:
        if not report:
            raise InputError("--output: missing; the study has no [report] table that would name an outcome")
        series = {part: report[part] for part in ("output", "definition", "region", "detail")}
        date = date or report["month"]
        if bound is None:
            bound = (report["goal"], float(report["threshold"]))
    key = chosen(plan, series["output"], series["definition"], series["region"], series["detail"])
    month = date or plan.months[-1]
    if month not in plan.months:
        raise InputError(f"--date: {month[:20]} was not kept; kept are {', '.join(plan.months)}")
    side, threshold = bound if bound is not None else (None, None)
    if threshold is not None and threshold != threshold:
        raise InputError("--at-least, --at-most: nan is no threshold")
    return key, month, goal or side, threshold


def _senseless(name, found, threshold) -> bool:
    """Whether an analysis nobody named has nothing to say about this batch."""
    many = len(found.policies) > 1
    return {"sensitivity": False, "box": threshold is None, "choice": not many,
            "variance": not many or found.plan.count < 2 or found.plan.draws < 2}[name]  # fmt: skip


def _needed(name, threshold) -> float:
    if threshold is None:
        raise InputError(f"--what {name}: needs --at-least or --at-most, a value of the outcome")
    return threshold


def _document(finding) -> dict:
    rows = [{column: _plain(cell) for column, cell in zip(finding.columns, row, strict=True)} for row in finding.rows]
    return {"analysis": finding.name, "title": finding.title, "words": finding.words, "rows": rows}


def _plain(cell):
    """A cell for JSON: what is no number or infinite is null."""
    if cell is None or isinstance(cell, str | int):
        return cell
    return float(cell) if abs(cell) < float("inf") else None


def _write(finding, out: Path) -> None:
    with open(out / f"{finding.name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(finding.columns)
        writer.writerows([[cell if isinstance(cell, str) else "" if cell is None else repr(cell) for cell in row]
                          for row in finding.rows])  # fmt: skip
    if finding.figure is not None:
        finding.figure.savefig(out / f"{finding.name}.png", metadata={"Software": None})
        print(f"Written to {out / finding.name}.png and .csv.", file=sys.stderr)


def _print(findings) -> None:
    """Print words and tables, numbers with three figures (units are named in the titles)."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False, emoji=False)
    for at, finding in enumerate(findings):
        console.print(("\n" if at else "") + finding.title, style="bold")
        for line in finding.words:
            console.print(line)
        if not finding.rows:
            continue
        table = Table(header_style="bold", box=None, pad_edge=False)
        for k, column in enumerate(finding.columns):
            table.add_column(column, justify="left" if k == 0 else "right", overflow="fold")
        for row in finding.rows[:TABLE_ROWS]:
            table.add_row(*(cell if isinstance(cell, str) else "–" if cell is None else written(float(cell))
                            for cell in row))  # fmt: skip
        console.print(table)
        if len(finding.rows) > TABLE_ROWS:
            console.print(f"and {len(finding.rows) - TABLE_ROWS} more in {finding.name}.csv, with --out", style="dim")
