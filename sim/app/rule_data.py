"""Numbers for the page on rules: ratings of products, rules in force as areas, and a rule of one's own."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..cli_rules import list_of_rules, rule_table
from ..cli_sandbox import NAME, best_part, effect_on_products, with_rule, without_rules_added
from ..listing import certain
from ..scenario import Scenario
from ..units import month_label, month_number
from .view import scenario_named

DESTINATION = "china"
RATINGS = {"tpp": "TPP", "performance_density": "TPP / mm²", "bandwidth": "GB/s"}
LIMBS = ("tpp", "performance_density", "bandwidth")


def products(scenario: Scenario, month: str) -> list[dict[str, Any]]:
    """Every rated foreign product under the rules of a month (YYYY-MM), also those not yet out.

    Returns
    -------
    list of {title, maker, introduced, status, rule, bounds, eased_by (text), tpp (TPP), density (TPP / mm², or None),
    bandwidth (GB/s), out (bool)}
    """
    number = month_number(month)
    p = certain(scenario).at(number).products
    rows = []
    for row in rule_table(scenario, number, DESTINATION, at_once=True):
        i = p.index[row["product"]]
        density = float(p.performance_density[i])
        rows.append({
            "title": row["title"], "maker": row["maker"], "introduced": row["introduced"], "status": row["status"],
            "rule": row["rule"], "bounds": row["bounds"], "eased_by": row["eased_by"], "tpp": float(p.tpp[i]),
            "density": None if density != density else density, "bandwidth": float(p.bandwidth_tb_s[i]) * 1000.0,
            "out": bool(p.introduced[i] <= number),
        })  # fmt: skip
    return rows


def areas(scenario: Scenario, month: str) -> list[dict[str, Any]]:
    """The rules on TPP and density in force in a month (YYYY-MM), as boxes of ratings; None is no bound.

    Rules that name parts or test other ratings have no area here; `others` lists them.
    """
    p = certain(scenario).at(month_number(month))
    rules, found = p.rules, []
    if not p.export.accelerator_rules_on:
        return []
    for i in _in_force(rules, month_number(month)):
        limits = {limb: tuple(_bound(rules, f"{limb}_{end}", i) for end in ("min", "max"))
                  for limb in ("tpp", "performance_density")}
        elsewhere = [name for name in vars(rules) if name.startswith(("bandwidth", "interconnect", "memory_and", "hbm"))
                     and _bound(rules, name, i) is not None]
        if any(v is not None for pair in limits.values() for v in pair) and not elsewhere and not rules.eases[i]:
            found.append({"rule": str(rules.title[i]), "status": str(rules.status[i]).replace("_", " "),
                          "tpp": limits["tpp"], "density": limits["performance_density"]})
    return found


def listed(scenario: Scenario, month: str) -> list[dict[str, str]]:
    """The rules on accelerators for China that are in force in a month (YYYY-MM), as text."""
    rows = list_of_rules(scenario, month_number(month))
    return [{key: row[key] for key in ("title", "from", "stage", "effect")} for row in rows
            if row["kind"] == "accelerator" and row["destination"] == DESTINATION and row["switched"] == "in force"]


def sandbox(scenario: Scenario, rule: Mapping[str, Any]) -> tuple[Scenario, Scenario]:
    """A scenario without and with a rule of one's own (both without earlier rules of the sandbox).

    Parameters
    ----------
    rule : {"test": ["tpp_min=2400", …], "start": "YYYY-MM", "status": text}

    Raises
    ------
    InputError : one line, if a bound is not allowed
    """
    base = without_rules_added(scenario)
    return base, replace(with_rule(base, rule), name=NAME)


def effect(base: Scenario, ruled: Scenario, month: str) -> list[dict[str, str]]:
    """The products whose status the rule changes in a month (YYYY-MM), as text."""
    rows = effect_on_products(base, ruled, month_number(month), DESTINATION)
    return [{key: row[key] for key in ("title", "tpp", "density", "bandwidth_gb_s", "without", "with", "bounds")}
            for row in rows if row["with"] != row["without"]]


def best(scenario: Scenario, month: str, maker: str = "nvidia") -> dict[str, Any] | None:
    """The best part a maker could sell without a licence in a month: ratings in their units, what holds each (text)."""
    return best_part(scenario, maker, month_number(month), destination=DESTINATION)


@lru_cache(maxsize=4)
def rule_months() -> list[str]:
    """The months at which rules for China start or end, and the one after the evidence (YYYY-MM)."""
    rules = certain(scenario_named("baseline")).at(month_number("2026-11")).rules
    starts = {int(v) for v in getattr(rules, "from") if v >= 0}
    return sorted({month_label(v) for v in starts if month_number("2022-01") <= v <= month_number("2030-12")}
                  | {"2022-01", "2026-11", "2027-01", "2028-01", "2029-01", "2030-01"})  # fmt: skip


def _in_force(rules, month):
    for i, kind in enumerate(rules.kind):
        begun = getattr(rules, "from")[i] <= month and (rules.until[i] < 0 or month < rules.until[i])
        if kind == "accelerator" and rules.destination[i] == DESTINATION and bool(rules.in_force[i]) and begun:
            yield i


def _bound(rules, name, i):
    column = getattr(rules, name, None)
    value = float(column.reshape(-1, column.shape[-1])[0, i]) if column is not None else float("nan")
    return None if value != value else value
