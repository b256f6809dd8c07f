"""Many draws of one scenario, in blocks, as one set of results; and two runs compared draw by draw."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..archive import manifest, package_hash
from ..errors import InputError
from ..outputs import Headline, load_headline, load_outputs
from ..parameters.posterior import read_posterior
from ..recorder import Recorder
from ..results import Results
from ..scenario import Scenario, load_scenario
from ..units import month_label, month_number
from ..values import USUAL, posterior_of
from .progress import ticker

BLOCK = 64  # draws stepped at once: large enough to share Python's cost, small enough for the cache and 700 MB
SERIES = 950  # what a run records, for the estimate of memory below
MOST_GB = 4.0  # results held in memory by one run; larger studies are several runs


def run(
    scenario: "str | Path | Scenario" = "baseline",
    draws: int = 64,
    developers: int = 2000,
    start: str = "2022-01",
    end: str = "2030-12",
    as_of: str | None = None,
    seed: int = 1,
    set: "Mapping[str, Any] | Sequence[str] | None" = None,
    uncertainty: "str | Mapping[str, Any]" = USUAL,
    block: int | None = None,
    progress: "Callable[[float], None] | bool | None" = None,
) -> Results:
    """Run one scenario.

    Parameters
    ----------
    scenario : name in the library, path of a TOML file, or a loaded Scenario
    draws : int, samples of the uncertainties; draw 17 is the same whatever the number of draws
    developers : int, simulated developers a draw, each standing for many
    start, end : months, YYYY-MM, first and last reported; the world itself always begins in 2022-01
    as_of : month, YYYY-MM; the run uses only values known by then
    seed : int; scenarios run with one seed share their random numbers, so differences are paired
    set : {"section.name": value}, or texts "section.name=value", on top of the scenario
    uncertainty : "posterior" (the shipped one; the prior in a run as of a month for which none was fitted), "prior",
        "none" (register values), a posterior's file (its path), or {"section.name": array (draws,)}
    block : int, draws stepped at once; changes memory and speed, never a result
    progress : called with the share done (dimensionless); None draws a bar on a terminal, False nothing

    Returns
    -------
    Results, every output in the unit its register names
    """
    found = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if set:
        texts = [set] if isinstance(set, str) else set
        found = found.with_changes(dict(texts)) if isinstance(texts, Mapping) else found.with_sets(list(texts))
    first, last = check_settings(found, draws, developers, start, end, as_of, seed, block)
    origin = int(found.register["run.start"].value)  # the world always begins here: its first state is known
    if isinstance(uncertainty, str) and uncertainty.endswith(".csv"):
        uncertainty = read_posterior(uncertainty).samples(np.arange(draws), seed)

    from ..model import World

    outputs, parts = load_outputs(), []
    tick, close = ticker(progress, (last - origin + 1) * draws)
    try:
        for ids in blocks(draws, block or BLOCK):
            values = found.resolve(ids, seed=seed, as_of=as_of, uncertainty=_of_block(uncertainty, ids))
            recorder = Recorder(outputs, len(ids), (origin, last))
            world = World(
                values, draw_ids=ids, seed=seed, start=origin, end=last, developers=developers, recorder=recorder
            )
            world.run(on_month=partial(tick, len(ids)))
            recorder.check()
            parts.append({key: series[:, first - origin :] for key, series in recorder.series().items()})
            world.dissolve()
    finally:
        close()
    settings = {"seed": int(seed), "draws": int(draws), "developers": int(developers), "start": month_label(first),
                "end": month_label(last), "as_of": as_of, "uncertainty": _plain(uncertainty)}  # fmt: skip
    return with_manifest(found, joined(parts), settings)


def with_manifest(found: Scenario, series: Mapping[tuple, np.ndarray], settings: Mapping[str, Any]) -> Results:
    """Series of a run of a scenario, array (draws, months) in each output's unit, with what they follow from.

    Parameters
    ----------
    settings : seed, draws, developers, start and end (YYYY-MM), as_of, uncertainty
    """
    inputs = {"resolved": found.as_dict(), "register": package_hash("parameters"),
              "evidence": package_hash("evidence"),
              "posterior": posterior_of(settings["uncertainty"], settings["as_of"]), **settings}  # fmt: skip
    notes = manifest(found.name, inputs, title=found.title, question=found.question)
    return Results(series, notes, np.arange(settings["draws"]), load_outputs())


def check_settings(scenario, draws, developers, start, end, as_of, seed, block=None) -> tuple[int, int]:
    """First and last month number of a run, after checking every setting against the register.

    Raises
    ------
    InputError : naming the setting, its value and what is allowed
    """
    given = {"draws": draws, "developers": developers, "seed": seed, "start": start, "end": end}
    for name, value in given.items():
        scenario.register[f"run.{name}"].domain.check(value, f"--{name}")
    if block is not None and (not isinstance(block, int) or block < 1):
        raise InputError(f"block: {block!r} draws; at least 1")
    first, last = month_number(start), month_number(end)
    if last <= first:
        raise InputError(f"--end: {end} is not after --start, {start}")
    if as_of is not None:
        scenario.register["run.start"].domain.check(as_of, "--as-of")
    size = draws * (last - first + 1) * SERIES * 8 / 1e9
    if size > MOST_GB:
        most = int(draws * MOST_GB / size)
        raise InputError(
            f"--draws: {draws} would hold about {size:,.0f} GB of results in memory; at most {most} over these "
            "months, or several runs"
        )
    return first, last


def blocks(draws: int, size: int) -> list[np.ndarray]:
    """The draws 0 … draws − 1 in consecutive blocks: list of int arrays (≤ size,), dimensionless."""
    return [np.arange(at, min(at + size, draws), dtype=np.int64) for at in range(0, draws, size)]


def joined(parts: Sequence[Mapping[tuple, np.ndarray]]) -> dict[tuple, np.ndarray]:
    """Series of several blocks as series of all draws, array (draws, months) in each output's unit."""
    if len(parts) == 1:
        return dict(parts[0])
    names = list(parts[0])
    for part in parts[1:]:
        if list(part) != names:
            raise RuntimeError("blocks of draws recorded different series; what is recorded may not depend on a draw")
    return {key: np.concatenate([part[key] for part in parts]) for key in names}


def compare(a: Results, b: Results, output: str | None = None, definition="", region="", detail="", month=None):
    """The paired difference a − b, draw by draw, which shared random numbers make much tighter than two intervals.

    Parameters
    ----------
    a, b : Results of the same seed, draws and months
    output, definition, region, detail : one series; without an output, every headline entry
    month : YYYY-MM or a sequence of them; without one, every month of the run (headline months for the headline)

    Returns
    -------
    pandas frame: name, title, definition (how it is counted), month, unit, p10, p50, p90 of the difference (the
    output's unit), the medians a_p50 and b_p50, and the Monte Carlo error of p50
    """
    import pandas as pd

    if a.draws != b.draws or a.months != b.months or a.manifest.get("seed") != b.manifest.get("seed"):
        raise InputError("compare: the two runs need the same seed, draws and months; only then are draws pairs")
    rows = []
    for name, title, key, unit, entry, x, y in _pairs(a, b, output, definition, region, detail):
        months = [month] if isinstance(month, str) else list(month or (a.months if output else a.headline_months()))
        words = "|".join(part for part in key[1:] if part)
        for label in months:
            if label not in a.months:
                raise InputError(f"compare: {label} is outside the run, {a.months[0]} to {a.months[-1]}")
            at = a.months.index(label)
            apart = x[:, at] - y[:, at]
            medians = entry.summarise(x[:, at])[1], entry.summarise(y[:, at])[1]
            rows.append((name, title, words, label, unit, *entry.summarise(apart), *medians, entry.error(apart)))
    columns = ["name", "title", "definition", "month", "unit", "p10", "p50", "p90", "a_p50", "b_p50", "error"]
    return pd.DataFrame(rows, columns=columns)


def _pairs(a, b, output, definition, region, detail):
    if output is not None:
        declared = a.output(output)
        key = (output, definition, region, detail)
        entry = Headline(output, output, declared.title, definition, region, detail)
        yield output, declared.title, key, declared.unit, entry, a.series(*key)[1], b.series(*key)[1]
        return
    for entry in load_headline()[1]:
        unit = entry.unit or a.output(entry.output).unit
        yield entry.name, entry.title, entry.key, unit, entry, a.headline_values(entry), b.headline_values(entry)


def _of_block(uncertainty, ids):
    if isinstance(uncertainty, str):
        return uncertainty
    return {name: np.asarray(values, dtype=float)[ids] for name, values in uncertainty.items()}


def _plain(uncertainty):
    if isinstance(uncertainty, str):
        return uncertainty
    return {name: [float(v) for v in values] for name, values in uncertainty.items()}
