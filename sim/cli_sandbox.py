"""``aicompute sandbox``: a rule of one's own; which parts pass, the best part under its line, and what it does."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import InputError, nearest, quoted

MAKERS = ("nvidia", "amd")
FOR = ("china", "gulf", "tier_2")
NAME = "sandbox"
PASSES = {"title": "product", "introduced": "introduced", "tpp": "TPP", "density": "density", "bandwidth_gb_s": "GB/s",
          "without": "without the rule", "with": "with it", "bounds": "bounds, closest first"}
LEVERS = {"fee": "export.fee_share", "cap": "export.licence_volume_cap"}
HEADLINES = ("licensed_h100e_per_year", "diverted_h100e_per_year", "huawei_packages_per_year",
             "compute_share_china_owner_all", "compute_ratio_us_china_stock_tpp", "largest_training_run_flop",
             "flagship_price_ratio_china_us", "router_token_share_chinese_open")


def sandbox_command(scenario: str, rule: Mapping[str, Any], maker: str, date: str | None, alone: bool, parent: bool,
                    product: bool, out: Path | None, draws: int | None, everything: bool) -> None:
    """Print what a rule catches and the best part under it; write it as a scenario, or run it, where asked.

    Parameters
    ----------
    scenario : str, name or file; a file that adds rules of its own needs no ``rule``
    rule : {"test": ["tpp_min=2400"], "part": ["h20"], "start": "YYYY-MM", "until", "status", "destination", "window",
        "fee", "cap"}; fee and cap are shares
    maker : "nvidia" or "amd"
    date : month, YYYY-MM, at which parts are judged and designed; None for the start of the rule
    alone : bool, without the other rules on accelerators; parent : bool, for firms with a Chinese parent abroad too
    product : bool, add the solved part as a product; out : file to write; draws : run so many draws, None for no run
    everything : bool, print parts that the rule leaves alone as well
    """
    from .cli_rules import _print
    from .parameters.domain import read_month
    from .scenario import load_scenario
    from .units import month_label

    if maker not in MAKERS:
        raise InputError(f"--maker: {quoted(maker)} sells to nobody in China; use one of {', '.join(MAKERS)}"
                         + nearest(maker, MAKERS))
    destination = rule.get("destination") or "china"
    if destination not in FOR:
        raise InputError(f"--destination: {quoted(destination)} has no rules on parts of its own; use one of "
                         f"{', '.join(FOR)}; for firms with a Chinese parent add --parent")
    found = load_scenario(scenario)
    base, ruled = without_rules_added(found), with_rule(found, rule, parent)
    if alone:
        base, ruled = (only_rules(each, [a.name for a in ruled.added]) for each in (base, ruled))
    month = read_month(date, "--date") if date else max(a.cells["from"] for a in ruled.added if a.kind == "rule")
    rows = effect_on_products(base, ruled, month, destination)
    caught = [row for row in rows if row["with"] != row["without"]]
    print(f"{len(caught)} of {len(rows)} rated products change their status in {month_label(month)} for "
          f"{destination.replace('_', ' ')}; {sum(row['with'] == 'free' for row in rows)} are free with it.")
    title, shown = ("All rated products", rows) if everything else ("Products whose status changes", caught)
    _print(title, PASSES, shown, "", ("tpp", "bandwidth_gb_s"))
    if not _acts(ruled, month):
        print("Rules on accelerators are switched off in this scenario (export.accelerator_rules_on): none acts.")
    for name, where in (("without the rule", base), ("with the rule", ruled)):
        for case_by_case in (False, True):
            print(design_text(where, maker, month, name, case_by_case, destination))
    if product:
        ruled = with_product(ruled, maker, month, bool(rule.get("window")))
    if out is not None:
        _write(ruled, out)
    if draws is not None:
        _run(base, ruled, draws)


def _acts(scenario, month):
    """Whether rules on accelerators are switched on at all."""
    from .listing import certain

    return bool(certain(scenario).at(month).export.accelerator_rules_on)


def without_rules_added(scenario):
    """The scenario without the rules that it adds to the record (Scenario, dimensionless)."""
    from dataclasses import replace

    from .parameters.added import without_rows

    rules = tuple(a for a in scenario.added if a.kind == "rule")
    return replace(scenario, records=without_rows(scenario.records, rules),
                   added=tuple(a for a in scenario.added if a.kind != "rule"))


def with_rule(scenario, rule: Mapping[str, Any], parent: bool = False):
    """The scenario with a rule made of texts from the command line (Scenario; units of the columns of the record).

    Raises
    ------
    InputError : if there is no rule at all, or a test, date or share is wrong
    """
    tests = list(rule.get("test") or [])
    if not tests and not rule.get("part"):
        if any(a.kind == "rule" for a in scenario.added):
            return scenario
        raise InputError("sandbox: no rule; give --test tpp_min=2400, --part h20, or a scenario file with a [[rule]]")
    start = rule.get("start") or "2026-09"
    row: dict[str, Any] = {"name": NAME, "title": "Rule of the sandbox", "from": start, "why": "Written by hand."}
    row |= {key: rule[key] for key in ("until", "destination") if rule.get(key)}
    row |= {"parts": list(rule["part"])} if rule.get("part") else {}
    if rule.get("window"):
        row |= {"eases": True, "status": "case_by_case"}
    if rule.get("status"):
        row["status"] = rule["status"]
    row |= _limbs(tests, scenario)
    scenario = scenario.with_row("rule", row)
    if parent:
        scenario = scenario.with_row("rule", {
            "name": NAME + "_parent", "kind": "parent", "destination": "chinese_parent_abroad", "from": start,
            "why": "The same for firms with a Chinese parent, wherever they buy."})
    levers = {f"{name}@{start}": rule[key] for key, name in LEVERS.items() if rule.get(key) is not None}
    return scenario.with_changes(levers, "by hand", "A term of the rule of the sandbox.") if levers else scenario


def _limbs(tests, scenario):
    """Limbs and bounds from texts such as "tpp_min=2400"."""
    from .markets.licensing import LIMBS

    found: dict[str, Any] = {}
    for text in tests:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals:
            raise InputError(f"--test {quoted(text)}: no '='; write --test tpp_min=2400")
        if name not in LIMBS:
            raise InputError(f"--test {name[:60]}: no such test{nearest(name, LIMBS)}; use {', '.join(LIMBS)}")
        if name in found:
            raise InputError(f"--test {name}: given twice")
        found[name] = scenario.records["rules"].columns[name].parse(value or " ", f"--test {name}")
        if found[name] != found[name]:
            raise InputError(f"--test {name}: no number after '='")
    return found


def only_rules(scenario, names: Sequence[str]):
    """The scenario with all rules on accelerators off but the named ones (Scenario, dimensionless)."""
    rules = scenario.records["rules"].rows
    off = {f"rules.{name}.in_force": False for name, row in rules.items()
           if row["kind"] == "accelerator" and name not in names}
    return scenario.with_changes(off, "by hand", "Only the rule of the sandbox.")


def effect_on_products(base, ruled, month: int, destination: str = "china") -> list[dict[str, str]]:
    """Every rated foreign product, hypothetical ones too, under both scenarios in a month (month number), as text.

    Products not yet out are judged as if they were.

    Returns
    -------
    list of {product, title, introduced, tpp (TPP), density (TPP / mm²), bandwidth_gb_s (GB / s), without, with, bounds}
    """
    from .cli_rules import rule_table

    before = {row["product"]: row for row in rule_table(base, month, destination, at_once=True)}
    after = rule_table(ruled, month, destination, at_once=True)
    return [row | {"without": before.get(row["product"], {}).get("status", ""), "with": row["status"]} for row in after]


def best_part(scenario, maker: str, month: int, case_by_case: bool = False,
              destination: str = "china") -> dict[str, Any] | None:
    """The best part that a maker could sell somewhere without a licence in a month (month number), or None.

    With ``case_by_case`` it may also be one whose licence is judged case by case, as inside a window.

    Returns
    -------
    dict of the columns of the record of products in their units, with ``worth`` and, less the cost of silicon, ``net``
    (shares of those of its best part), ``best`` (the name of that part) and ``binds``, what holds each rating, in words
    """
    from .listing import certain
    from .markets.licensing import accelerator_tests
    from .markets.to_the_line import best_under, part_of, worth_of
    from .mechanisms.export_rules import CASE_BY_CASE, FREE

    p = certain(scenario).at(month)
    aim = CASE_BY_CASE if case_by_case else FREE
    found = best_under(p, accelerator_tests(p, month, destination), maker, month, aim=aim)
    if found is None:
        return None
    design, rows = found
    best, worth, products = rows[0], worth_of(p), p.products
    links = products.interconnect_gb_s[best]
    top = (products.tpp[best], products.bandwidth_tb_s[best] * 1000.0, links if links == links else 0.0)
    mine = (design.tpp, design.bandwidth, design.interconnect)
    return part_of(p, design, rows) | {
        "worth": float(worth.of(*mine, 1.0) / worth.of(*top, 1.0)), "best": products.title[best],
        "net": float(design.worth / worth.of(*top, products.die_area_cm2[best] * 100.0)), "binds": dict(design.binds)}


def design_text(scenario, maker: str, month: int, name: str, case_by_case: bool = False,
                destination: str = "china") -> str:
    """The best part under a scenario's rules in a month (month number), and what binds it, as lines of text."""
    from .cli_rules import number
    from .units import month_label

    part, free = (best_part(scenario, maker, month, aim, destination) for aim in (case_by_case, False))
    how = "with a licence case by case at most" if case_by_case else "without a licence"
    head = f"\nBest part that {maker} could sell to {destination} {how}, {name}, {month_label(month)}:"
    if part is None:
        return f"{head} none"
    if case_by_case and free is not None and free["worth"] == part["worth"]:
        return f"{head} the same"
    binds = part["binds"]
    worth = f"{part['worth']:.2f} of {part['best']}, {number(part['price_usd'])} USD, {number(part['tdp_w'])} W"
    lines = [
        ("TPP", number(part["tpp"]), binds["TPP"]),
        ("memory bandwidth", f"{number(part['bandwidth_tb_s'] * 1000)} GB/s, HBM stacks: {part['hbm_stacks']:.0f}",
         binds["bandwidth"]),
        ("interconnect", f"{number(part['interconnect_gb_s'])} GB/s", binds["interconnect"]),
        ("silicon", f"{number(part['die_area_cm2'] * 100)} mm2, {number(part['performance_density'])} TPP/mm2",
         binds["silicon"]),
        ("worth", worth, "weights in the section redesign"),
    ]
    return "\n".join([head, *(f"  {what:<18}{value:<36} held by {who}" for what, value, who in lines)])


def with_product(scenario, maker: str, month: int, case_by_case: bool = False):
    """The scenario with the solved part as a product, out after the lag from a month (month number) on (Scenario)."""
    from .listing import certain
    from .units import month_label

    part = best_part(scenario, maker, month, case_by_case)
    if part is None:
        return scenario
    p = certain(scenario).at(month)
    out = month_label(month + round(float(p.accelerators.redesign_lag_months)))
    cells = {key: round(value, 4) for key, value in part.items() if key not in ("worth", "net", "best", "binds")}
    software = p.makers.stack[p.makers.index[maker]]
    return scenario.with_row("product", {
        "name": f"{maker}_{NAME}", "title": f"{p.makers.title[p.makers.index[maker]]}, part of the sandbox",
        "maker": maker, "introduced": out, "software": software, **cells,
        "why": "The best part under the rule, solved from the maker's process and package."})


def _write(scenario, out):
    """Write the scenario as a file."""
    text = scenario.as_toml(f"Rule sandbox on {scenario.name}", "What does this rule do?")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out: cannot write '{out}': {error.strerror or error}") from None
    print(f"\nWritten to {out}; run it with: aicompute run {out}", file=sys.stderr)


def _run(base, ruled, draws):
    """Run both on the same random numbers and print the paired differences of some headlines."""
    from dataclasses import replace

    from .cli_run import headline_rows, print_table
    from .experiments.ensemble import run

    runs = {"without": run(replace(base, name="without"), draws=draws, developers=400),
            "with": run(replace(ruled, name="with"), draws=draws, developers=400)}
    print()
    print_table(runs, [row for row in headline_rows(runs) if row["output"] in HEADLINES])
