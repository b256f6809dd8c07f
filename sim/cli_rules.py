"""``aicompute rules``: every rated product under the rules of a month, with the rule and the bound that decide."""

import sys
from collections.abc import Sequence
from typing import Any

QUANTITIES = {"tpp": ("TPP", ""), "performance_density": ("density", ""), "bandwidth_gb_s": ("bandwidth", " GB/s"),
              "interconnect_gb_s": ("interconnect", " GB/s")}  # of a rating: what it is called, and its unit
NOT_YET = "not yet"


def rules_command(scenario: str = "baseline", date: str | None = None, search: str = "",
                  sets: Sequence[str] = ()) -> None:
    """Print the licence status of every rated foreign product for China in a month, and why.

    Parameters
    ----------
    scenario : str, name or file
    date : "YYYY-MM", or None for the latest month in which a rule of the record starts
    search : str, only rows that hold all these words
    sets : texts such as "export.tpp_threshold=1600"
    """
    from rich.console import Console
    from rich.table import Table

    from .parameters.domain import read_month
    from .scenario import load_scenario
    from .units import month_label

    chosen = load_scenario(scenario).with_sets(list(sets))
    month = latest_start(chosen) if date is None else read_month(date, "--date")
    words = search.lower().split()
    rows = [row for row in rule_table(chosen, month) if all(word in " ".join(row.values()).lower() for word in words)]
    console = Console(width=None if sys.stdout.isatty() else 240, markup=False, emoji=False, highlight=False)
    table = Table(title=f"Licences for exports to China in {month_label(month)}: {chosen.title} ({chosen.name})",
                  header_style="bold")
    for heading in ("product", "maker", "introduced", "licence", "rule", "bounds, closest first", "eased by", "TPP",
                    "density", "GB/s"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("TPP", "GB/s") else "left")
    for row in rows:
        table.add_row(*(row[key] for key in ("title", "maker", "introduced", "status", "rule", "bounds", "eased_by",
                                             "tpp", "density", "bandwidth_gb_s")))
    console.print(table)
    console.print("Density in TPP per mm² of die. Beside a product not yet out: the rule that would catch it."
                  if rows else "Nothing found.")


def latest_start(scenario) -> int:
    """The latest month (month number) in which a rule of the record comes into force; bills not in force do not."""
    from .listing import certain

    values = certain(scenario)
    last = values.at(scenario.settings["end"]).rules
    starts = {int(start) for start in getattr(last, "from")}
    begun = [start for start in starts if ((getattr(values.at(start).rules, "from") == start)
                                           & values.at(start).rules.in_force).any()]
    return max(begun or starts)


def rule_table(scenario, month: int) -> list[dict[str, str]]:
    """Every rated foreign product under the rules on exports to China, as text, in order of introduction.

    Parameters
    ----------
    scenario : Scenario; what is uncertain stands at its register value, and shocks that only may happen do not
    month : month number

    Returns
    -------
    list of {product, title, maker, introduced (YYYY-MM), status, rule, bounds, eased_by, tpp (TPP),
    density (TPP / mm²), bandwidth_gb_s (GB/s)}
    """
    import numpy as np

    from .agents.government import accelerator_tests, in_force
    from .listing import certain
    from .mechanisms.export_rules import STATUS, judge
    from .units import month_label

    p = certain(scenario).at(month)
    products, tested = p.products, accelerator_tests(p, in_force(p.rules, month))
    found = judge(**tested)
    rows = []
    for i in np.argsort(products.introduced, kind="stable"):
        if p.makers.region[p.makers.index[products.maker[i]]] == "china" or not products.tpp[i] > 0:
            continue
        status, rule, limb, window = (int(a[0, i]) for a in (found.status, found.rule, found.limb, found.window))
        licence = STATUS[status].replace("_", " ") if products.introduced[i] <= month else NOT_YET
        rows.append({
            "product": str(products.names[i]), "maker": str(products.maker[i]), "status": licence,
            "title": products.title[i] + (" (hypothetical)" if products.hypothetical[i] else ""),
            "introduced": month_label(products.introduced[i]),
            "rule": str(p.rules.title[rule]) if rule >= 0 else "", "bounds": _bounds(tested, i, rule, limb),
            "eased_by": f"{p.rules.title[window]} ({_bounds(tested, i, window)})" if window >= 0 else "",
            "tpp": f"{products.tpp[i]:,.0f}", "density": _density(products, i),
            "bandwidth_gb_s": f"{products.bandwidth_tb_s[i] * 1000:,.0f}",
        })
    return rows


def _bounds(tested: dict[str, Any], product: int, rule: int, first: int = -1) -> str:
    """The bounds of a rule that a product meets, such as "density 9.7 ≥ 5.92"; the limb ``first`` leads."""
    texts = []
    for index, (limb, bound) in enumerate(tested["tests"].items()):
        limit = bound.reshape(-1, bound.shape[-1])[0, rule]
        if rule >= 0 and limit == limit:  # a limb that is nan is no test
            key = limb.replace("_min", "").replace("_max", "")
            (name, unit), value = QUANTITIES[key], tested["rating"][key][product]
            sign = "<" if "_max" in limb else "≥"
            texts.append((index != first, f"{name} {_number(value)} {sign} {_number(limit)}{unit}"))
    return ", ".join(text for _, text in sorted(texts, key=lambda pair: pair[0]))


def _number(value: float) -> str:
    """A rating or a bound as text, in its unit: whole from a hundred, else up to two decimals."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def _density(products, i: int) -> str:
    """A product's performance density in TPP / mm² as text; the rules test it on data-centre products alone."""
    density = products.performance_density[i]
    if density != density:
        return "area unknown"
    return _number(density) + ("" if products.data_centre[i] else " (not tested)")
