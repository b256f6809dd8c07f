"""``aicompute calibrate`` and ``aicompute hindcast``: fit, ship, judge; progress on standard error."""

import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .cli_batch import INCOMPLETE, Progress, pools
from .errors import InputError

FIRST = "2022-12"  # observations until here at least


def calibrate_command(settings: dict[str, Any], executor: dict[str, Any], out: Path | None, prefer: Sequence[str],
                      ship: bool, keep: bool) -> int:  # fmt: skip
    """Fit the uncertain entries, write the posterior and say what it did; the exit code (dimensionless).

    Raises
    ------
    InputError : if a setting cannot be used
    """
    from .experiments.calibration.calibrate import calibrate, folder_of, ship_posterior
    from .experiments.calibration.identifiability import report
    from .experiments.calibration.stored import IDENTIFIABILITY

    _month(settings["until"], "--until")
    if settings["as_of"]:
        _month(settings["as_of"], "--as-of")
    chosen = _pairs(prefer)
    folder = out or folder_of(settings["until"], settings["as_of"])

    def work(told):
        posterior, made = calibrate(settings["until"], settings["as_of"], settings["budget"], settings["seed"], told,
                                    chosen)  # fmt: skip
        print(f"{posterior.notes['observations']} observations until {settings['until']}, "
              f"{posterior.notes['members']} members, {posterior.notes['runs']:,} runs")
        if keep:
            _kept(IDENTIFIABILITY, {"until": settings["until"], "observations": len(made.items),
                                    "members": posterior.notes["members"], **report(made)})  # fmt: skip
        print(_narrowed(made))
        print(f"The posterior is {folder / 'posterior.csv'}.")
        if ship:
            print(f"Shipped as {ship_posterior(folder)}.")
        return 0

    return _carry_out(work, settings, executor, folder, settings["until"], settings["as_of"])


def hindcast_command(settings: dict[str, Any], executor: dict[str, Any], out: Path | None, origins: Sequence[str],
                     last: str, keep: bool) -> int:  # fmt: skip
    """Judge forecasts from one or several origins, write every row and the summary; the exit code (dimensionless).

    Raises
    ------
    InputError : if a setting cannot be used
    """
    from .experiments.calibration.hindcast import hindcast, summary
    from .experiments.calibration.stored import HINDCAST
    from .units import month_number

    _month(last, "--score")
    for origin in origins:
        _month(origin, "--until")
        if month_number(last) <= month_number(origin):
            raise InputError(f"--score: {last} is not after --until, {origin}")
    folder = out or Path("out") / "hindcast"
    rows: list[dict[str, Any]] = []
    for origin in origins:
        def work(told, origin=origin):
            found = hindcast(origin, last, settings["budget"], settings["seed"], told)
            known = found[0]["observations"] if found else 0
            print(f"{origin}: {known} observations known, {len(found)} judged later")
            rows.extend(found)
            return 0

        code = _carry_out(work, settings, executor, folder / origin, origin, origin)
        if code:
            return code
    table, overall = summary(rows)
    (folder / "hindcast.json").write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    table.to_csv(folder / "series.csv", index=False, float_format="%.4g")
    print(table[table["counts"]].sort_values("ratio", ascending=False)
          .to_string(index=False, columns=["series", "observations", "crps", "rival", "rival_crps", "ratio",
                                           "inside_80"], float_format=lambda x: f"{x:.3g}"))  # fmt: skip
    print(f"Median CRPS over the better rival's: {overall['median_ratio']:.2f} over {overall['series']} series; "
          f"inside 50/80/90 % intervals: {overall['inside_50']:.0%}, {overall['inside_80']:.0%}, "
          f"{overall['inside_90']:.0%} of {overall['observations']} observations")
    print(f"Every forecast is in {folder / 'hindcast.json'}.")
    if keep:
        known = {row["origin"]: row["observations"] for row in rows}
        _kept(HINDCAST, {"last": last, "budget": settings["budget"], "known": known, "rows": rows})
    return 0


def _kept(path: Path, notes: dict[str, Any]) -> None:
    """Keep results for the generated pages.

    Raises
    ------
    InputError : if this is not a source tree
    """
    from .experiments.calibration.stored import keep

    if not path.parent.is_dir():
        raise InputError(f"--keep: {path.parent} is not there; only a source tree has pages")
    print(f"Kept in {keep(path, notes)}; make docs writes the page.")


def _carry_out(work, settings, executor, folder: Path, end: str, as_of: str | None) -> int:
    from .experiments.batch import BatchStopped
    from .experiments.calibration.forward import Setting

    progress = Progress()
    try:
        with pools(**executor) as (make, number):
            told = Setting(folder, settings["scenario"], end, as_of, settings["developers"], make, number,
                           lambda name, state: progress(state, f"{name}: "))  # fmt: skip
            return work(told)
    except BatchStopped as stopped:
        print(f"aicompute: stopped: {stopped}", file=sys.stderr)
        return INCOMPLETE
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("interrupted; every unit already done is whole. The same command goes on with it.", file=sys.stderr)
        return 130
    finally:
        progress.end()


def _narrowed(made) -> str:
    from .experiments.calibration.calibrate import widths

    told = sorted(widths(made).items(), key=lambda row: row[1])[:8]
    return "Narrowed most (posterior over prior width): " + ", ".join(f"{name} {width:.2f}" for name, width in told)


def _month(text: str, where: str) -> None:
    from .parameters.register import load_register

    load_register()["run.end"].domain.check(text, where)
    if text < FIRST:
        raise InputError(f"{where}: {text} is out of range; use {FIRST} or later")


def _pairs(prefer: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in prefer:
        output, equals, source = text.partition("=")
        if not equals or not source.strip():
            raise InputError(f"--prefer: {text[:80]!r} is not allowed; expected output=words of the source")
        found[output.strip()] = source.strip()
    return found
