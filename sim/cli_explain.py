"""``aicompute explain``: why two scenarios differ, as a table, a picture or JSON."""

import json
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from .cli_progress import Line
from .errors import InputError, quoted


def explain_command(a: str, b: str, series: dict, date: str, groups: Sequence[str], by: str, settings: dict,
                    workers: int | None, out: Path | None, format: str) -> int:
    """Share out a difference and print it in the output's unit; returns the exit code (dimensionless).

    Raises
    ------
    InputError : if a scenario, series, date or group cannot be used
    """
    from .experiments.executors import cores, local_pool
    from .experiments.explain import explain

    if out is not None:
        from .cli_run import writable

        writable(out)
    pool = local_pool(workers if workers is not None else cores())
    try:
        with Line() as line:
            found = explain(a, b, **series, date=date, groups=read_groups(groups) if groups else by_word(by),
                            **settings, executor=pool, progress=line.share)
    except BrokenProcessPool:
        raise InputError("explain: a worker process was killed, perhaps for want of memory; give fewer --workers or "
                         "--developers") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if out is not None:
        stem = f"explain_{found.a}_{found.b}_{found.series[0]}_{found.month}"
        found.figure().savefig(out / f"{stem}.png", metadata={"Software": None})
        found.frame().to_csv(out / f"{stem}.csv", index=False, lineterminator="\n")
        print(f"Written to {out / stem}.png and .csv.", file=sys.stderr)
    if format == "json":
        print(json.dumps(document(found), indent=1, allow_nan=False, default=str))
    else:
        print_table(found)
    return 0


def read_groups(texts: Sequence[str]) -> dict[str, list[str]]:
    """Groups from texts such as "Licences=export.fee_share,export.importer_approval" (names only).

    Raises
    ------
    InputError : if a text has no "=" or a title is given twice
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        title, equals, names = text.partition("=")
        if not equals or not title.strip() or not names.strip():
            raise InputError(f"--group {quoted(text)}: write --group \"Title=section.name,section.name\"")
        if title.strip() in found:
            raise InputError(f"--group {quoted(title)}: given twice")
        found[title.strip()] = [name.strip() for name in names.split(",") if name.strip()]
    return found


def by_word(word: str) -> str | None:
    """How to group without --group: None for one group a parameter, "section" for one a section (names only)."""
    return None if word == "parameter" else "section"


def document(found) -> dict:
    """An explanation as one JSON document, numbers in the output's unit."""
    rows = [{key: None if value != value else value for key, value in row.items()} for row in found.rows()]
    return {"a": found.a, "b": found.b, "series": list(found.series), "title": found.title, "unit": found.unit,
            "month": found.month, "draws": found.draws, "seed": found.seed, "uncertainty": found.uncertainty,
            "exact": found.exact, "evaluations": found.evaluations, "a_mean": float(found.start.mean()),
            "b_mean": float(found.end.mean()), "gap": found.gap,
            "sum_of_shares": sum(row["mean"] for row in found.rows()), "groups": rows}


def print_table(found) -> None:
    """Print one line a group: mean share, 90 % interval of the mean, P10 to P90 over draws (output's unit)."""
    from rich.console import Console
    from rich.table import Table

    from .experiments.explain import words

    console = Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False, emoji=False)
    console.print(f"{words(found)}, {found.month} ({found.unit})", style="bold")
    how = "all subsets of groups" if found.exact else "sampled orders of groups"
    console.print(f"Means over {found.draws} paired draws, seed {found.seed}, uncertainty {found.uncertainty}; Shapley "
                  f"values over {how}, {found.evaluations} runs", style="dim")
    table = Table(header_style="bold", box=None, pad_edge=False)
    for heading in ("", "mean", "90 % interval of the mean", "P10 to P90 of draws", "of the gap"):
        table.add_column(heading, justify="left" if not heading else "right", overflow="fold")
    table.add_row(found.a, short(float(found.start.mean())))
    for row in found.rows():
        low, high, p10, p90 = (short(row[key], "+") for key in ("low", "high", "p10", "p90"))
        of_gap = "–" if row["of_gap"] != row["of_gap"] else f"{100 * row['of_gap'] + 0.0:.0f} %".replace("-0 %", "0 %")
        table.add_row(f"  {row['group']}", short(row["mean"], "+"), f"{low} to {high}", f"{p10} to {p90}", of_gap)
    table.add_row(found.b, short(float(found.end.mean())))
    table.add_row("difference", short(found.gap, "+"))
    console.print(table)


def short(value: float, sign: str = "") -> str:
    """A number in any unit in few characters, with two digits also where it is small."""
    from .cli_run import compact

    return f"{value:{sign}.2g}" if 0 < abs(value) < 0.1 else compact(value, sign)
