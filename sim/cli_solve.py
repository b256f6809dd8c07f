"""``aicompute solve`` and ``converge``: which value answers a question, and how many draws an answer takes."""

import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from .cli_progress import Line
from .errors import InputError, quoted
from .units import percent, written


def solve_command(scenario: str, lever: str, between: tuple[float, float], series: Mapping, date: str,
                  bound: tuple[str, float], probability: float, settings: Mapping, out: Path | None,
                  format: str) -> int:
    """Find the lever's value (its unit) at which an output holds with a probability; returns the exit code.

    Raises
    ------
    InputError : if the question cannot be asked
    """
    from .experiments.inverse import question

    _prepare(out)
    side, threshold = bound
    low, high = between
    with Line() as line:
        asked = question(scenario, lever, low, high, date=date, threshold=threshold, goal=side,
                         probability=probability, **series, **settings, say=line.say)
    found = asked.answer
    if out is not None:
        from .figures.inverse import answer_curve

        _write(out, "solve", ["value", "probability"], list(found.tried.items()), answer_curve(asked))
    words = {"question": asked.words, "answer": found.why, "value": found.value, "interval": found.interval,
             "side": found.side or None, "unit": asked.unit, "probability": found.probability,
             "fresh_probability": found.fresh_probability, "fresh_interval": found.fresh_interval,
             "tried": [{"value": x, "probability": p} for x, p in found.tried.items()]}  # fmt: skip
    if format == "json":
        print(json.dumps(words, indent=1))
        return 0
    print(asked.words)
    if found.value is None or found.interval is None:
        print(f"Answer: {found.why}.")
    else:
        a, b = (written(v) for v in found.interval)
        print(f"Answer: {found.why} ({asked.unit}); 90 % interval {a} to {b}.")
    a, b = (percent(v) for v in found.fresh_interval)
    print(f"On the draws used the condition holds in {percent(found.probability)}; on fresh ones, "
          f"{'there' if found.value is not None else 'at the best value'}, in {percent(found.fresh_probability)} "
          f"({a} to {b}).")  # fmt: skip
    for tried, chance in found.tried.items():
        print(f"  {written(tried):>10}  {percent(chance)}")
    return 0


def converge_command(scenario: str, series: Mapping, date: str, error: float, mean: bool, most: int,
                     settings: Mapping, out: Path | None, format: str) -> int:
    """Add draws until an output's median or mean is as exact as asked (its unit); the exit code is 1 if it never is.

    Raises
    ------
    InputError : if the output or a setting cannot be used
    """
    from .experiments.convergence import converged
    from .experiments.levels import output_level

    _prepare(out)
    if not 0 < error < float("inf"):
        raise InputError(f"--error: {error} is out of range; it must be above 0")
    _, title, unit = output_level(scenario, series["output"], date, developers=settings["developers"],
                                  **{k: v for k, v in series.items() if k != "output"})  # fmt: skip
    with Line() as line:
        found = converged(scenario, date=date, error=error, q=None if mean else 0.5, most=most, **series, **settings,
                          say=line.say)
    what = f"{'Mean' if mean else 'Median'} of {title}, {date}"
    if out is not None:
        from .figures.inverse import convergence_path

        figure = convergence_path(what, unit, found, error)
        _write(out, "converge", ["draws", "value", "error"], list(found.path), figure)
    if format == "json":
        print(json.dumps({"what": what, "unit": unit, "value": found.value, "error": found.error, "draws": found.draws,
                          "enough": found.enough, "path": found.path}, indent=1))  # fmt: skip
        return 0 if found.enough else 1
    print(f"{what} ({unit})")
    for draws, value, near in found.path:
        print(f"  {draws:>6,} draws  {written(value)} ± {near:.2g}")
    print(f"{written(found.value)} ± {found.error:.2g} (half of a 90 % interval) after {found.draws:,} draws: "
          + (f"as exact as asked, {error:g}." if found.enough else f"not yet {error:g}; raise --most."))  # fmt: skip
    return 0 if found.enough else 1


def one_bound(at_least: float | None, at_most: float | None) -> tuple[str, float] | None:
    """The condition asked for, ("at least" or "at most", threshold), or None for none (the output's unit).

    Raises
    ------
    InputError : if both are given
    """
    if at_least is not None and at_most is not None:
        raise InputError("--at-least, --at-most: give one of them")
    if at_least is not None:
        return "at least", at_least
    return ("at most", at_most) if at_most is not None else None


def read_range(text: str) -> tuple[float, float]:
    """A range written LOW:HIGH (any unit).

    Raises
    ------
    InputError : if it is not two rising numbers
    """
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise InputError(f"--between: {quoted(text)}: write two numbers as LOW:HIGH, such as 0:3") from None
    if not low < high or not abs(low) < float("inf") or not abs(high) < float("inf"):
        raise InputError(f"--between: {quoted(text)}: the first number must be below the second")
    return low, high


def _prepare(out) -> None:
    if out is not None:
        from .cli_run import writable

        writable(out)


def _write(out, stem, columns, rows, figure) -> None:
    with open(out / f"{stem}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    figure.savefig(out / f"{stem}.png", metadata={"Software": None})
    print(f"Written to {out / stem}.png and .csv.", file=sys.stderr)
