"""``aicompute rules``: every rated product under the rules of a month, with the rule and the bound that decide."""

import sys
from collections.abc import Sequence
from typing import Any

QUANTITIES = {  # of a rating: what it is called, and its unit
    "tpp": ("TPP", ""), "performance_density": ("density", ""), "bandwidth_gb_s": ("bandwidth", " GB/s"),
    "interconnect_gb_s": ("interconnect", " GB/s"),
    "memory_and_interconnect_gb_s": ("memory and interconnect", " GB/s"),
    "hbm_density_gb_s_mm2": ("stack density", " GB/s/mm2"),
}
NOT_YET = "not yet"
TPP_ALONE = "rated on TPP alone"
NO_EFFECT = "no effect in the model"
COLUMNS = {"title": "product", "maker": "maker", "introduced": "introduced", "status": "licence", "rule": "rule",
           "bounds": "bounds, closest first", "eased_by": "eased by", "tpp": "TPP", "density": "density",
           "bandwidth_gb_s": "GB/s"}
LISTED = {"rule": "rule", "title": "title", "actor": "whose", "kind": "kind", "destination": "for", "stage": "in law",
          "from": "from", "until": "until", "switched": "switched", "effect": "moves"}


def rules_command(scenario: str = "baseline", date: str | None = None, search: str = "", sets: Sequence[str] = (),
                  destination: str = "china", listing: bool = False) -> None:
    """Print the licence status of every rated foreign product for a destination in a month, and why; or all rules.

    Parameters
    ----------
    scenario : str, name or file
    date : "YYYY-MM", or None for the latest month in which a rule of the record starts
    search : str, only rows that hold all these words
    sets : texts such as "export.tpp_threshold=1600"
    destination : one of DESTINATIONS
    listing : bool, print the record of rules instead
    """
    from .errors import InputError, nearest, quoted
    from .markets.licensing import DESTINATIONS
    from .parameters.domain import read_month
    from .scenario import load_scenario
    from .units import month_label

    if destination not in DESTINATIONS:
        raise InputError(f"--destination: {quoted(destination)} is not known; use one of {', '.join(DESTINATIONS)}"
                         + nearest(destination, DESTINATIONS))
    chosen = load_scenario(scenario).with_sets(list(sets))
    month = latest_start(chosen) if date is None else read_month(date, "--date")
    when = f"in {month_label(month)}: {chosen.title} ({chosen.name})"
    if listing:
        _print(f"Rules {when}", LISTED, list_of_rules(chosen, month), search, ())
        return
    shown = _print(f"Licences for exports to {destination.replace('_', ' ')} {when}", COLUMNS,
                   rule_table(chosen, month, destination), search, ("tpp", "bandwidth_gb_s"))
    if shown:
        print("Density in TPP per mm² of die. Beside a product not yet out: the rule that would catch it.")
    first = min(row["from"] for row in chosen.records["rules"].rows.values() if row["kind"] == "accelerator")
    if month < first:
        print(f"The record of rules on accelerators begins in {month_label(first)}: earlier ones are not in it.")


def _print(title, columns, rows, search, right) -> bool:
    """Print the rows (text) that hold all the words; whether there were any."""
    from rich.console import Console
    from rich.table import Table

    words = search.lower().split()
    rows = [row for row in rows if all(word in " ".join(row.values()).lower() for word in words)]
    console = Console(width=None if sys.stdout.isatty() else 240, markup=False, emoji=False, highlight=False)
    table = Table(title=title, header_style="bold")
    for key, heading in columns.items():
        table.add_column(heading, overflow="fold", justify="right" if key in right else "left")
    for row in rows:
        table.add_row(*(row[key] for key in columns))
    console.print(table)
    if not rows:
        print("Nothing found.")
    return bool(rows)


def latest_start(scenario) -> int:
    """The latest month (month number) in which a rule on accelerators or persons starts; bills not in force do not."""
    from .listing import certain
    from .markets.licensing import of_kind

    values = certain(scenario)
    last = values.at(scenario.settings["end"]).rules
    starts = {int(start) for start in getattr(last, "from")}

    def begins(start):
        rules = values.at(start).rules
        licences = of_kind(rules, "accelerator") | of_kind(rules, "parent") | of_kind(rules, "cloud")
        return ((getattr(rules, "from") == start) & rules.in_force & (licences | of_kind(rules, "tools"))).any()

    return max([start for start in starts if begins(start)] or starts)


def rule_table(scenario, month: int, destination: str = "china", at_once: bool = False) -> list[dict[str, str]]:
    """Every rated foreign product under the rules on exports, as text, in order of introduction.

    Parameters
    ----------
    scenario : Scenario; what is uncertain stands at its register value, and shocks that only may happen do not
    month : month number
    destination : one of DESTINATIONS
    at_once : bool, judge products that are not yet out as if they were

    Returns
    -------
    list of {product, title, maker, introduced (YYYY-MM), status, rule, bounds, eased_by, tpp (TPP),
    density (TPP / mm²), bandwidth_gb_s (GB/s)}
    """
    import numpy as np

    from .listing import certain
    from .markets.licensing import judgement
    from .mechanisms.export_rules import STATUS
    from .units import month_label

    p = certain(scenario).at(month)
    products, (found, tested) = p.products, judgement(p, month, destination)
    rows = []
    for i in np.argsort(products.introduced, kind="stable"):
        if p.makers.region[p.makers.index[products.maker[i]]] == "china" or not products.tpp[i] > 0:
            continue
        status, rule, limb, window = (int(a[0, i]) for a in (found.status, found.rule, found.limb, found.window))
        licence = STATUS[status].replace("_", " ") if at_once or products.introduced[i] <= month else NOT_YET
        rows.append({
            "product": str(products.names[i]), "maker": str(products.maker[i]), "status": licence,
            "title": products.title[i] + (" (hypothetical)" if products.hypothetical[i] else ""),
            "introduced": month_label(products.introduced[i]),
            "rule": str(p.rules.title[rule]) if rule >= 0 else "", "bounds": _why(p, tested, i, rule, limb),
            "eased_by": f"{p.rules.title[window]} ({_why(p, tested, i, window)})" if window >= 0 else "",
            "tpp": f"{products.tpp[i]:,.0f}", "density": _density(products, i),
            "bandwidth_gb_s": f"{products.bandwidth_tb_s[i] * 1000:,.0f}",
        })
    return rows


def list_of_rules(scenario, month: int) -> list[dict[str, str]]:
    """Every rule of the record as text, with whether it is in force in a month and what it moves in the model.

    Parameters
    ----------
    scenario : Scenario
    month : month number
    """
    from .listing import certain
    from .markets.licensing import effect, scheduled
    from .units import month_label

    rules = certain(scenario).at(month).rules
    due, rows = scheduled(rules, month), []
    for i, name in enumerate(rules.names):
        when = "in force" if due[i] else "not yet" if getattr(rules, "from")[i] > month else "ended"
        switched = when if rules.in_force[i] else "off"
        rows.append({
            "rule": name, "title": rules.title[i], "actor": rules.actor[i].replace("_", " "), "kind": rules.kind[i],
            "destination": rules.destination[i].replace("_", " "), "stage": rules.stage[i].replace("_", " "),
            "from": month_label(getattr(rules, "from")[i]), "switched": switched,
            "until": month_label(rules.until[i]) if rules.until[i] >= 0 else "",
            "effect": effect(rules.kind[i], rules.destination[i], rules.status[i]) or NO_EFFECT,
        })
    return rows


def _why(p, tested: dict[str, Any], product: int, rule: int, first: int = -1) -> str:
    """The bounds of a rule that a product meets, such as "density 9.7 ≥ 5.92", or "named"; the limb ``first`` leads."""
    if rule < 0:
        return ""
    texts = [(False, "named")] if p.rules.parts[rule] else []
    for index, (limb, bound) in enumerate(tested["tests"].items()):
        limit = bound.reshape(-1, bound.shape[-1])[0, rule]
        if limit == limit:  # a limb that is nan is no test
            key = limb.replace("_min", "").replace("_max", "")
            (name, unit), value = QUANTITIES[key], tested["rating"][key][product]
            sign = "<" if "_max" in limb else "≥"
            texts.append((index != first, f"{name} {number(value)} {sign} {number(limit)}{unit}"))
    return ", ".join(text for _, text in sorted(texts, key=lambda pair: pair[0]))


def number(value: float) -> str:
    """A rating or a bound as text, in its unit: whole from a hundred, else up to two decimals."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def _density(products, i: int) -> str:
    """A product's performance density in TPP / mm² as text; the rules test it on data-centre products alone."""
    density = products.performance_density[i]
    if density != density:
        return TPP_ALONE
    return number(density) + ("" if products.data_centre[i] else " (not tested)")
