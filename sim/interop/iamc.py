"""Results in the long format of the IAMC, and the template of variables that says what each one is.

One row a model, scenario, region, variable, unit and year (or month): what pyam and the scenario explorers of
integrated assessment read. Percentiles over draws are variables of their own, "… |10.0th Percentile", as there.
"""

import csv
import io
from collections.abc import Iterator

import numpy as np

from ..outputs import definition_words, load_outputs, quantiles
from ..units import month_label, month_number
from .stored import Key, Stored, stored

MODEL = "aicompute"
WORLD = "World"  # region of a series that has none
REGIONS = {"united_states": "United States of America", "china": "China", "east_asia": "East Asia", "europe": "Europe",
           "gulf": "Gulf", "south_east_asia": "South-East Asia", "india": "India", "rest_of_world": "Rest of World",
           "world": WORLD}  # fmt: skip
PERCENTILES = (10.0, 50.0, 90.0)
SUFFIX = "|{:.1f}th Percentile"
TEMPLATE = ("variable", "unit", "kind", "description", "output", "definition", "detail", "regions")


def variable(key: Key) -> str:
    """The IAMC variable of a series: title of the output, then definition and detail as levels (text)."""
    output, definition, _, detail = key
    levels = [load_outputs()[output].title, *(part for part in (*definition.split("|"), detail) if part)]
    return "|".join(levels)


def region(key: Key) -> str:
    """The IAMC region of a series (text); "World" where it has none."""
    return REGIONS.get(key[2], key[2].replace("_", " ").title()) if key[2] else WORLD


def template(keys) -> list[dict[str, str]]:
    """One row a variable that these series (keys) give, with its unit, definition and regions, sorted by name."""
    rows: dict[str, dict[str, str]] = {}
    for key in keys:
        declared, name = load_outputs()[key[0]], variable(key)
        where = [] if name not in rows else rows[name]["regions"].split("; ")
        words = definition_words(key[1]) if "|" in key[1] else ""
        rows[name] = {
            "variable": name, "unit": declared.unit, "kind": declared.kind,
            "description": "; ".join(part for part in (declared.definition, words) if part), "output": key[0],
            "definition": key[1], "detail": key[3], "regions": "; ".join(dict.fromkeys([*where, region(key)])),
        }  # fmt: skip
    return [rows[name] for name in sorted(rows)]


def template_page() -> str:
    """docs/iamc_variables.csv: the template of every series that a run of the baseline records (text)."""
    from ..experiments.unit import recorded_series
    from ..scenario import load_scenario

    text = io.StringIO()
    writer = csv.DictWriter(text, TEMPLATE, lineterminator="\n")
    writer.writeheader()
    writer.writerows(template(recorded_series(load_scenario())))
    return text.getvalue()


def rows(source, outputs=None, monthly: bool = False, each_draw: bool = False) -> Iterator[list]:
    """The table of `write_iamc`, header first, row by row (values in each variable's unit)."""
    found = source if isinstance(source, Stored) else stored(source)
    kept = list(range(len(found.months))) if monthly else yearly(found.months)
    extra = ["draw"] if each_draw else []
    yield ["model", "scenario", "region", "variable", "unit", *extra, "time" if monthly else "year", "value"]
    when = [last_day(found.months[at]) if monthly else found.months[at][:4] for at in kept]
    for policy in found.policies:
        for output in found.chosen(outputs):
            for key, values in found.series(policy, output):
                name, unit, place = variable(key), found.outputs[output].unit, region(key)
                for point in range(found.count):
                    head = [f"{MODEL} {found.version}".strip(), scenario_name(policy, point, found.count), place]
                    for label, more, line in _lines(values[point][:, kept], found.draw_ids, each_draw):
                        for time, value in zip(when, line, strict=True):
                            if np.isfinite(value):
                                yield [*head, name + label, unit, *more, time, repr(float(value))]


def _lines(values, draw_ids, each_draw):
    """(suffix of the variable, further cells, array (times,)) of one series, array (draws, times) in its unit."""
    if each_draw:
        for draw, line in zip(draw_ids, values, strict=True):
            yield "", [int(draw)], line
        return
    for percent, line in zip(PERCENTILES, quantiles(values, [p / 100 for p in PERCENTILES]), strict=True):
        yield SUFFIX.format(percent), [], line


def write_iamc(source, path, outputs=None, monthly: bool = False, each_draw: bool = False) -> int:
    """Write a run or a whole batch as an IAMC table in long format (CSV); returns the number of rows.

    Parameters
    ----------
    source : folder of a run or batch, Results, or Stored
    path : the file, replaced if it is there
    outputs : names to take, or None for all
    monthly : every month, in a column ``time`` that holds its last day; otherwise Decembers, in a column ``year``
    each_draw : a row a draw, with the further column ``draw``; otherwise percentiles (10, 50, 90) over draws

    Raises
    ------
    InputError : if the source cannot be read, or does not hold an output
    """
    table = rows(source, outputs, monthly, each_draw)
    header = next(table)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        count = 0
        for row in table:
            writer.writerow(row)
            count += 1
    return count


def yearly(months) -> list[int]:
    """Where the Decembers stand (indices), or the last month if there is none."""
    return [at for at, month in enumerate(months) if month.endswith("-12")] or [len(months) - 1]


def last_day(month: str) -> str:
    """The last day of a month YYYY-MM, as YYYY-MM-DD: stocks are counted at the end of a month."""
    following = np.datetime64(month_label(month_number(month) + 1), "D")
    return str(following - np.timedelta64(1, "D"))


def scenario_name(policy: str, point: int, count: int) -> str:
    """The IAMC scenario of a policy at a point of a design (text)."""
    return policy if count == 1 else f"{policy} point {point}"


