"""``aicompute leakage``: what came by the two routes round a refusal, over millions of draws, by year."""

import json
import sys
from collections.abc import Sequence

from .cli_run import compact
from .errors import InputError

YEARS = tuple(range(2022, 2028))
TITLES = {"shipping": "shipping: diverted, H100e in the year", "cloud": "cloud: rented abroad, H100e on average",
          "total": "both"}
CLOSED = ("What surrounds the routes (money refused, sales elsewhere, compute abroad) comes from a short run of the "
          "world under this scenario, not from observations; orders are delivered at once.")


def leakage_command(scenario: str, draws: int, years: Sequence[int], seed: int, sets: Sequence[str], format: str):
    """Print median, 5 and 95 % of diverted and rented accelerators by year (H100e).

    Parameters
    ----------
    scenario : str, name or file
    draws, seed : int
    years : sequence of int; 2022 to 2027 if empty
    sets : texts such as "diversion.leak_share=0.2"
    format : "table" or "json"
    """
    from .experiments.leakage import LEVELS_SHOWN, ROUTES, leakage
    from .scenario import load_scenario

    chosen = load_scenario(scenario).with_sets(list(sets))
    if not 0 <= seed < 2**63:
        raise InputError(f"--seed: {seed} is not a whole number from 0")
    found = leakage(chosen, years or YEARS, draws, seed, LEVELS_SHOWN)
    if format == "json":
        names = [f"p{round(level * 100):02d}" for level in found.levels]
        document = {
            "scenario": chosen.name, "draws": found.draws, "seed": seed, "unit": "H100e", "closed_by": CLOSED,
            "years": {str(year): {route: dict(zip(names, (float(x) for x in found.values[r, at]), strict=True))
                                  for r, route in enumerate(ROUTES)} for at, year in enumerate(found.years)},
        }  # fmt: skip
        print(json.dumps(document, indent=1, allow_nan=False))
        return
    _print(chosen, found, ROUTES)


def _print(chosen, found, routes) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 160, markup=False, emoji=False, highlight=False)
    table = Table(title=f"Round the refusal: {chosen.title} ({chosen.name}), {found.draws:,} draws, median [5 %, 95 %]",
                  header_style="bold")
    table.add_column("year")
    for route in routes:
        table.add_column(TITLES[route], justify="right")
    for at, year in enumerate(found.years):
        cells = [[compact(float(x)) for x in found.values[route, at]] for route in range(len(routes))]
        table.add_row(str(year), *(f"{middle} [{low}, {high}]" for low, middle, high in cells))
    console.print(table)
    console.print(CLOSED)
