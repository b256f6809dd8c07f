"""A government: rules in force, licences, import approval."""

import mesa
import numpy as np

from ..markets.foresight import foresee
from ..markets.licensing import hbm_caught, in_force, of_kind, pressure, tests_for, with_effect
from ..markets.seen import Seen
from ..mechanisms.diversion import enforcement_reach
from ..mechanisms.export_rules import status_of
from ..mechanisms.trade_gate import granted_share
from ..numerics import col, power


class Government(mesa.Agent):
    """Sets the rules of the month: the United States by rating and destination, China by import approval and quota.

    Attributes
    ----------
    status : int array (draws or 1, products), licence status for China, FREE to DENIAL
    tests : dict, what the rules on accelerators test for China, as `judge` takes it
    granted : array (draws or 1, products), share of applications let through
    foreseen_months, foreseen_granted : arrays (draws or 1,), (draws or 1, products), months until an announced rule
        grants less (0 if none), and what it grants
    hbm_open, die_bank_open, offshore_open, remote_access_open : 1 or 0, float or array (draws,)
    hbm_deadline : int, months until an announced rule on HBM bites (0 if none); hbm_rush : 1 if that rule is on
    enforcement : array (draws,) or float, share of what enforcement could find that it finds
    tool_strength : array (draws,) or float, pressure of tool controls relative to those in the evidence
    import_approval, state_quota : array (draws,) or float, shares let in, and closed to parts from abroad
    """

    def __init__(self, world, p, index):
        super().__init__(world)
        self.index, self.name = index, p.regions.names[index]
        self.status, self.tests = np.zeros((1, len(p.products)), dtype=np.int64), {}
        self.granted = np.ones((1, len(p.products)))
        self.hbm_open = self.die_bank_open = self.offshore_open = self.remote_access_open = 1.0
        self.hbm_deadline, self.hbm_rush, self.tool_strength, self.enforcement = 0, 0.0, 0.0, 0.0
        self.import_approval, self.state_quota = 1.0, 0.0
        self.foreseen_months, self.foreseen_granted = np.zeros(1, dtype=np.int64), self.granted
        self._seen = Seen()

    def set_rules(self, p):
        """Put the month's rules in force."""
        if self.name == "united_states":
            self._set_export_rules(p)
            self.foreseen_months, self.foreseen_granted = foresee(self.model, p, self.granted)
        elif self.name == "china":
            self._set_import_rules(p)

    def _set_export_rules(self, p):
        self.enforcement = enforcement_reach(p.diversion.enforcement_budget, p.diversion.enforcement_scale)
        rules, month = p.rules, self.model.month
        start = getattr(rules, "from")
        active = in_force(rules, month)
        if self._seen.anew(rules, p.products, p.export, active.tobytes()):
            self._on_hbm = of_kind(rules, "hbm") & rules.in_force
            self._apply(p, active)
        soon = start[self._on_hbm & (rules.known <= month) & (start > month)]
        self.hbm_deadline, self.hbm_rush = (
            (int(soon.min() - month), _switch(p.export.hbm_rules_on)) if soon.size else (0, 0.0))

    def _apply(self, p, active):
        """What the active rules open and close; only when rules, products or policy have changed."""
        rules, e, month = p.rules, p.export, self.model.month
        self.tests = tests_for(p, month)
        self.status = status_of(**self.tests)
        self.granted = granted_share(self.status, col(e.licence_notify_share), col(e.licence_case_by_case_share),
                                     col(e.licence_denial_share))
        closed = {kind: float((active & with_effect(rules) & of_kind(rules, kind)).any())
                  for kind in ("parent", "foundry", "cloud", "tools")}
        closed["hbm"] = float((active & of_kind(rules, "hbm") & hbm_caught(p, month)).any())
        accelerators, hbm, tools = (_switch(x) for x in (e.accelerator_rules_on, e.hbm_rules_on, e.tool_rules_on))
        self.offshore_open = 1.0 - accelerators * closed["parent"]
        self.hbm_open = 1.0 - hbm * closed["hbm"]
        self.die_bank_open = 1.0 - closed["foundry"]
        self.remote_access_open = 1.0 - np.maximum(closed["cloud"], _switch(e.cloud_access_rule))
        self.tool_strength = e.tool_control_strength * tools * closed["tools"] * pressure(rules, month, "tools")

    def _set_import_rules(self, p):
        """Import approval and quota: what all rules that are law do together, each of them by its weight."""
        self.import_approval, self.state_quota = p.export.importer_approval, p.export.state_domestic_quota
        imports, quota = (pressure(p.rules, self.model.month, kind) for kind in ("import", "quota"))
        if imports != 1.0:
            self.import_approval = power(self.import_approval, imports)
        if quota != 1.0:
            self.state_quota = np.minimum(self.state_quota * quota, 1.0)


def _switch(value):
    """A switch as a number: 1.0 on, 0.0 off, or array (draws,) where a shock hits some draws only."""
    return np.asarray(value, dtype=float) if np.ndim(value) else float(value)
