"""A government: rules in force, licences, import approval."""

import mesa
import numpy as np

from ..mechanisms.export_rules import DENIAL, STATUS, judge
from ..mechanisms.trade_gate import granted_share
from ..numerics import col

LIMBS = ("tpp_min", "tpp_max", "performance_density_min", "performance_density_max", "bandwidth_min_gb_s",
         "bandwidth_max_gb_s", "interconnect_min_gb_s")
SCALED = ("tpp_min", "performance_density_min", "performance_density_max", "bandwidth_min_gb_s")  # follow the lever


class Government(mesa.Agent):
    """Sets the rules of the month: the United States by rating and destination, China by import approval and quota.

    Attributes
    ----------
    status : int array (draws or 1, products), licence status for China, FREE to DENIAL
    granted : array (draws or 1, products), share of applications let through
    hbm_open, die_bank_open, offshore_open, remote_access_open : 1 or 0, float or array (draws,)
    hbm_deadline : int, months until an announced rule on HBM bites (0 if none); hbm_rush : 1 if that rule is on
    tool_strength : array (draws,) or float, pressure of tool controls relative to those in the evidence
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.regions.names[index]
        self.status = np.zeros((1, len(p.products)), dtype=np.int64)
        self.granted = np.ones((1, len(p.products)))
        self.hbm_open = self.die_bank_open = self.offshore_open = self.remote_access_open = 1.0
        self.hbm_deadline, self.hbm_rush, self.tool_strength, self.enforcement = 0, 0.0, 0.0, 0.0
        self.import_approval, self.state_quota = 1.0, 0.0
        self._seen = None

    def set_rules(self, p):
        """Put the month's rules in force."""
        if self.name == "united_states":
            self._set_export_rules(p)
        elif self.name == "china":
            self.import_approval, self.state_quota = p.export.importer_approval, p.export.state_domestic_quota

    def _set_export_rules(self, p):
        rules, month = p.rules, self.model.month
        start = getattr(rules, "from")
        active = in_force(rules, month)
        seen = (rules, p.products, p.export, active.tobytes())
        if self._seen is None or seen[3] != self._seen[3] or any(a is not b for a, b in zip(seen[:3], self._seen,
                                                                                            strict=False)):
            self._seen, self._on_hbm = seen, _kinds(rules)["hbm"] & rules.in_force
            self._apply(p, active)
        soon = start[self._on_hbm & (rules.known <= month) & (start > month)]
        self.hbm_deadline, self.hbm_rush = (
            (int(soon.min() - month), _switch(p.export.hbm_rules_on)) if soon.size else (0, 0.0))

    def _apply(self, p, active):
        """What the active rules open and close; only when rules, products or policy have changed."""
        rules, e, kind = p.rules, p.export, _kinds(p.rules)
        self.status = judge(**accelerator_tests(p, active)).status
        self.granted = granted_share(self.status, col(e.licence_notify_share), col(e.licence_case_by_case_share),
                                     col(e.licence_denial_share))
        denies = np.array([status == STATUS[DENIAL] for status in rules.status], dtype=bool)
        accelerators, hbm, tools = (_switch(x) for x in (e.accelerator_rules_on, e.hbm_rules_on, e.tool_rules_on))
        self.offshore_open = 1.0 - accelerators * float((active & kind["parent"] & denies).any())
        self.hbm_open = 1.0 - hbm * float((active & kind["hbm"]).any())
        self.die_bank_open = 1.0 - float((active & kind["foundry"]).any())
        self.remote_access_open = 1.0 - np.maximum(float((active & kind["cloud"]).any()), _switch(e.cloud_access_rule))
        self.tool_strength = e.tool_control_strength * tools * float((active & kind["tools"]).any())
        self.enforcement = e.enforcement


def in_force(rules, month):
    """Which rules of the record are in force in a month (month number), bool array (rules,)."""
    return (getattr(rules, "from") <= month) & ((rules.until < 0) | (month < rules.until)) & rules.in_force


def accelerator_tests(p, active):
    """Every product against every rule on accelerators, as `judge` takes it; all limbs move with the chip threshold.

    Parameters
    ----------
    p : values in force in the month
    active : bool array (rules,), the rules in force, of any kind

    Returns
    -------
    dict of the arguments of `judge`; ratings in TPP, TPP / mm² (nan: unknown or not a data-centre product) and GB / s
    """
    line, on = p.export.tpp_threshold, _switch(p.export.accelerator_rules_on)
    products = p.products
    density = np.where(products.data_centre, products.performance_density, np.nan)
    rating = {"tpp": products.tpp, "performance_density": density,
              "bandwidth_gb_s": products.bandwidth_tb_s * 1000.0, "interconnect_gb_s": products.interconnect_gb_s}
    tests = {limb: getattr(p.rules, limb) for limb in LIMBS}
    ruled = p.rules.tpp_min[np.asarray(p.rules.tpp_line, dtype=bool)]
    if ruled.size:
        scale = col(np.asarray(line)) / ruled.max()
        tests |= {limb: np.atleast_2d(tests[limb] * scale) for limb in SCALED}
    code = np.array([STATUS.index(status) for status in p.rules.status], dtype=np.int64)
    foreign = np.array([p.makers.region[p.makers.index[maker]] != "china" for maker in products.maker])
    return {"rating": rating, "tests": tests, "rule_status": code, "active": active & _kinds(p.rules)["accelerator"],
            "subject": np.atleast_2d(foreign & (col(on) > 0))}


def _switch(value):
    """A switch as a number: 1.0 on, 0.0 off, or array (draws,) where a shock hits some draws only."""
    return np.asarray(value, dtype=float) if np.ndim(value) else float(value)


def _kinds(rules):
    """Masks of the kinds of rule, bool arrays (rules,)."""
    kind = np.array(rules.kind, dtype=str)  # before any rule is known the record is empty
    return {name: kind == name for name in ("accelerator", "hbm", "tools", "cloud", "parent", "foundry")}
