"""The record of rules as tests: which are in force, for whom, and what each one moves in the model."""

from bisect import bisect_right
from functools import lru_cache

import numpy as np

from ..mechanisms.export_rules import DENIAL, FREE, STATUS, judge
from ..numerics import col

LIMBS = ("tpp_min", "tpp_max", "performance_density_min", "performance_density_max", "bandwidth_min_gb_s",
         "bandwidth_max_gb_s", "interconnect_min_gb_s", "memory_and_interconnect_min_gb_s", "hbm_density_min_gb_s_mm2")
NEVER = -(10**6)  # a month number before every record
FIXED = ("interconnect_min_gb_s", "hbm_density_min_gb_s_mm2")  # limbs that do not follow the chip threshold
LAWFUL = ("in_force", "superseded", "suspended")  # stages of a rule that was law when its dates say so
DESTINATIONS = {  # for whom a licence is asked, and whose rules on accelerators apply
    "china": ("china",), "chinese_parent_abroad": ("china",), "chinese_user": ("china",),
    "gulf": ("gulf", "tier_2"), "tier_2": ("tier_2",),
}
BY_PERSON = {"chinese_parent_abroad": "parent", "chinese_user": "cloud"}  # a rule of this kind must reach the person
EFFECTS = {  # what a rule of each kind moves; other kinds move nothing
    "accelerator": "licences for China", "hbm": "HBM sold to China", "tools": "strength of tool controls",
    "foundry": "dies made abroad for China", "parent": "purchases by subsidiaries abroad",
    "cloud": "rental to Chinese users", "import": "imports that China lets in", "quota": "domestic quota of the state",
}


def effect(kind: str, destination: str, status: str) -> str:
    """What a rule moves in the model, in words (text); empty where it is kept for the record alone."""
    if kind == "accelerator" and destination != "china" or kind == "parent" and status != STATUS[DENIAL]:
        return ""
    return EFFECTS.get(kind, "")


remembered = lru_cache(maxsize=256)  # of records: asked every month, and they seldom change


@remembered
def _turns(rules):
    """Sorted months in which a rule of the record begins or ends, month numbers."""
    return sorted({*getattr(rules, "from").tolist(), *rules.until.tolist()})


def _spell(rules, month):
    """The last of those months up to a month (month number): until the next, the same rules are in force."""
    turns = _turns(rules)
    at = bisect_right(turns, month)
    return turns[at - 1] if at else NEVER


@remembered
def _scheduled(rules, month):
    return (getattr(rules, "from") <= month) & ((rules.until < 0) | (month < rules.until))


@remembered
def _in_force(rules, month):
    return _scheduled(rules, month) & rules.in_force


def scheduled(rules, month):
    """Which rules of the record have begun and not ended in a month (month number), bool array (rules,)."""
    return _scheduled(rules, _spell(rules, month))


def in_force(rules, month):
    """Which rules of the record are in force in a month (month number), bool array (rules,)."""
    return _in_force(rules, _spell(rules, month))


@remembered
def of_kind(rules, kind):
    """The rules of one kind, bool array (rules,); before any rule is known the record is empty."""
    return np.array(rules.kind, dtype=str) == kind


@remembered
def with_effect(rules):
    """The rules that move something in the model, bool array (rules,)."""
    return np.array([bool(effect(*row)) for row in zip(rules.kind, rules.destination, rules.status, strict=True)],
                    dtype=bool)


@remembered
def known_ahead(rules):
    """Rules on accelerators in force now or later: list of (month known, month from which it holds), month numbers."""
    on = rules.in_force & of_kind(rules, "accelerator")
    return list(zip(rules.known[on].tolist(), getattr(rules, "from")[on].tolist(), strict=True))


@remembered
def _lawful(rules):
    return np.array([stage in LAWFUL for stage in rules.stage], dtype=bool)


@remembered
def _codes(rules):
    return np.array([STATUS.index(status) if status else FREE for status in rules.status], dtype=np.int64)


@remembered
def _bound_for(rules, destination):
    return np.array([d in (*DESTINATIONS[destination], "world") for d in rules.destination], dtype=bool)


@remembered
def _follows_line(rules):
    """Rules whose bounds move with the chip threshold of the United States, bool array (rules,)."""
    return ~(rules.eases | (np.array(rules.actor, dtype=str) != "united_states"))


@remembered
def _from_abroad(products, makers):
    return np.array([makers.region[makers.index[maker]] != "china" for maker in products.maker])


def ever(rules, month, kind):
    """Whether a rule of the kind has begun by a month (month number), whatever became of it."""
    return _ever(rules, _spell(rules, month), kind)


@remembered
def _ever(rules, month, kind):
    return bool((of_kind(rules, kind) & (getattr(rules, "from") <= month)).any())


def pressure(rules, month, kind):
    """Weight of the rules of a kind in force over the weight of those that are law by their dates, dimensionless.

    1 as the rules stand (and where none is law yet and none is on), less where one is switched off, more where a
    proposed one is switched on.

    Parameters
    ----------
    rules : the record
    month : int, month number
    kind : "tools", "import" or "quota"
    """
    return _pressure(rules, _spell(rules, month), kind)


@remembered
def _pressure(rules, month, kind):
    weight = np.where(of_kind(rules, kind) & _scheduled(rules, month), np.nan_to_num(rules.weight), 0.0)
    law = float(weight[_lawful(rules)].sum())
    on = float(weight[rules.in_force].sum())
    return 1.0 if law == on else on / law if law > 0 else 1.0 + on


def ratings(p):
    """What rules test in every product: dict of float arrays (products,), nan where unknown or not tested.

    TPP, TPP / mm² (data-centre products alone), GB / s and, for the stacks beside the die, GB / s / mm².
    """
    found = dict(_ratings(p.products))
    found["hbm_density_gb_s_mm2"] = found.pop("stack_gb_s") / p.redesign.stack_area
    return found


@remembered
def _ratings(products):
    memory = products.bandwidth_tb_s * 1000.0
    stacks = np.where(products.hbm_stacks > 0, products.hbm_stacks, np.nan)
    return {"tpp": products.tpp,
            "performance_density": np.where(products.data_centre, products.performance_density, np.nan),
            "bandwidth_gb_s": memory, "interconnect_gb_s": products.interconnect_gb_s,
            "memory_and_interconnect_gb_s": memory + np.nan_to_num(products.interconnect_gb_s),
            "stack_gb_s": memory / stacks}


def hbm_caught(p, month):
    """Whether each rule's bound on the density of stacks catches the fastest stack on sale, bool array (rules,).

    A rule without such a bound catches every stack. ``month`` is a month number.
    """
    on_sale = (p.products.introduced <= month) & ~np.isnan(p.products.tpp)
    fastest = np.nan_to_num(np.where(on_sale, ratings(p)["hbm_density_gb_s_mm2"], np.nan)).max(initial=0.0)
    return ~(fastest < p.rules.hbm_density_min_gb_s_mm2)


def limbs(p):
    """Bounds of every rule by limb, dict of float arrays (rules,) or (draws, rules); nan where a rule has none.

    The rules on accelerators move with the chip threshold in proportion; windows and the limbs in FIXED stay.
    """
    rules, line = p.rules, p.export.tpp_threshold
    tests = {limb: getattr(rules, limb) for limb in LIMBS}
    ruled = rules.tpp_min[np.asarray(rules.tpp_line, dtype=bool)]
    if ruled.size:
        scale = np.where(_follows_line(rules), col(np.asarray(line)) / ruled.max(), 1.0)
        tests |= {limb: np.atleast_2d(bound * scale) for limb, bound in tests.items() if limb not in FIXED}
    return tests


def accelerator_tests(p, month, destination="china"):
    """Every product against every rule on accelerators for a destination, as `judge` takes it.

    Parameters
    ----------
    p : values in force in the month
    month : int, month number
    destination : one of DESTINATIONS

    Returns
    -------
    dict of the arguments of `judge`; ratings and bounds as in `ratings` and `limbs`
    """
    rules = p.rules
    active = in_force(rules, month) & of_kind(rules, "accelerator") & _bound_for(rules, destination)
    if destination != "china":
        active &= ~rules.eases  # windows are for direct exports
    on = np.asarray(p.export.accelerator_rules_on, dtype=float)
    return {"rating": ratings(p), "tests": limbs(p), "rule_status": _codes(rules), "active": active,
            "eases": rules.eases, "since": getattr(rules, "from"),
            "named": named_parts(rules.parts, p.products.names),
            "subject": np.atleast_2d(_from_abroad(p.products, p.makers) & (col(on) > 0))}


@remembered
def named_parts(parts, names):
    """Whether each rule is for each product, bool array (rules, products); a rule that names none is for all."""
    listed = [set(text.split()) for text in parts]
    return np.array([[not rule or name in rule for name in names] for rule in listed],
                    dtype=bool).reshape(len(parts), len(names))


def ceiling(p, month, destination):
    """The strictest status that the rules on the person allow, FREE to DENIAL: a parent abroad, a user of a cloud."""
    kind = BY_PERSON.get(destination)
    if kind is None:
        return DENIAL
    on = in_force(p.rules, month) & of_kind(p.rules, kind)
    codes = [STATUS.index(status) for status, hit in zip(p.rules.status, on, strict=True) if hit and status]
    return max(codes, default=FREE)


def judgement(p, month, destination="china"):
    """The licence status of every product for a destination and what led to it, a `Judgement` and `tests_for`."""
    tests = tests_for(p, month, destination)
    return judge(**tests), tests


def tests_for(p, month, destination="china"):
    """The tests that rules on parts and on the person set every product for a destination: dict, as `judge` takes it.

    A rule on the person (ultimate parent, user) holds the status of a part down to its own; without one the part is
    free for that person wherever it stands. Statuses are FREE to DENIAL, int arrays (draws or 1, products).
    """
    tests = accelerator_tests(p, month, destination)
    highest = ceiling(p, month, destination)
    if highest == FREE:
        tests["active"] = np.zeros_like(tests["active"])
    tests["rule_status"] = np.minimum(tests["rule_status"], highest)
    return tests
