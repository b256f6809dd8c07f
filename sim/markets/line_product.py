"""The part that a maker designs to the line when no part of the record passes: solved at once, sold after a lag."""

import numpy as np

from ..mechanisms.accelerator_rating import h100_equivalents
from ..mechanisms.export_rules import quantity
from ..units import MONTHS_PER_YEAR
from .seen import Seen
from .to_the_line import best_under, part_of

COLUMNS = ("tpp", "performance_density", "bandwidth_tb_s", "interconnect_gb_s", "die_area_cm2", "hbm_stacks",
           "tops_8bit", "tflops_16bit", "tdp_w", "price_usd", "packages_per_wafer", "dies_per_package")
WORTH = len(COLUMNS)


class LineProduct:
    """One maker's answer to a rule, in every draw.

    Attributes
    ----------
    part : array (draws or 1, 13), the part as it can be bought, by COLUMNS in their units, and its worth; 0: none yet
    waiting : array (draws or 1, 1), months for which a new design has been wanted
    """

    def __init__(self, maker):
        self.maker = maker
        self.part, self.target = np.zeros((1, WORTH + 1)), np.zeros((1, WORTH + 1))
        self.waiting = np.zeros((1, 1))
        self._seen, self._since, self._solved = Seen(), 0, False

    def update(self, p, tests, month, unserved):
        """Design and offer for a month (month number); whether the part is on offer, bool array (draws or 1, 1).

        Parameters
        ----------
        p : values in force; tests : dict of the arguments of `judge`
        unserved : bool array (draws or 1, 1), no part of the record may be sold
        """
        if self._seen.anew(tests, p.redesign, month // MONTHS_PER_YEAR):
            self._since, self._solved = month, False
            if self.part.any():
                self.part = np.where(passes(tests, self.part, p.redesign.stack_area), self.part, 0.0)
        if not unserved.any() or not p.redesign.by_solution:
            self.waiting = self.waiting * 0.0
            return np.zeros((1, 1), dtype=bool)
        if not self._solved:  # only where it is asked for, but as of the month from which it could have been
            self.target, self._solved = self._solve(p, tests, self._since), True
        better = self.target[:, WORTH:] > self.part[:, WORTH:] * (1.0 + p.redesign.gain_for_a_design)
        lag = np.asarray(p.accelerators.redesign_lag_months)
        self.waiting = np.where(unserved & better, self.waiting + 1.0, 0.0)
        ready = self.waiting > (lag[:, None] if lag.ndim else lag)
        self.part = np.where(ready, self.target, self.part)
        return unserved & (self.part[:, WORTH:] > 0)

    def facts(self, p):
        """The part as a maker reads datasheets: array (draws or 1, 11).

        Die area (cm²), stacks, packaging wafers, 1, H100e by TPP, 8-bit, 16-bit and bandwidth, USD, W, cm² of one die.
        """
        part = dict(zip(COLUMNS, self.part.T, strict=False))
        per_wafer = np.where(part["packages_per_wafer"] > 0, part["packages_per_wafer"], np.inf)
        worth = h100_equivalents(part["tpp"], part["tops_8bit"], part["tflops_16bit"], part["bandwidth_tb_s"])
        die = part["die_area_cm2"] / np.maximum(part["dies_per_package"], 1.0)
        return np.stack([part["die_area_cm2"], part["hbm_stacks"], 1.0 / per_wafer, np.ones_like(die), *worth,
                         part["price_usd"], part["tdp_w"] * p.power.system_overhead, die], axis=1)

    def _solve(self, p, tests, month):
        """The best part under the bounds of each draw, array (draws or 1, 13); equal bounds are solved once."""
        found, rows = {}, []
        bounds = np.concatenate([np.atleast_2d(bound).repeat(_draws(tests) // len(np.atleast_2d(bound)), axis=0)
                                 for bound in tests["tests"].values()], axis=-1)
        subject = np.broadcast_to(tests["subject"].any(axis=-1), len(bounds))
        for draw, row in enumerate(bounds):
            key = (row.tobytes(), bool(subject[draw]))
            if key not in found:
                best = best_under(p, tests, self.maker, month, draw)
                found[key] = np.zeros(WORTH + 1) if best is None else _row(part_of(p, *best), best[0].worth)
            rows.append(found[key])
        return np.array(rows)


def _row(part, worth):
    return np.array([*(part[name] for name in COLUMNS), worth])


def _draws(tests):
    return max(len(np.atleast_2d(bound)) for bound in (*tests["tests"].values(), tests["subject"]))


def passes(tests, part, stack_area):
    """Whether a part escapes every rule of a month that asks for a licence, bool array (draws or 1, 1).

    Parameters
    ----------
    tests : dict of the arguments of `judge`; part : array (draws or 1, 13) by COLUMNS; stack_area : mm² of a stack
    """
    value = {name: part[:, i, None] for i, name in enumerate(COLUMNS)}
    memory = value["bandwidth_tb_s"] * 1000.0
    rating = {"tpp": value["tpp"], "performance_density": value["performance_density"], "bandwidth_gb_s": memory,
              "interconnect_gb_s": value["interconnect_gb_s"],
              "memory_and_interconnect_gb_s": memory + value["interconnect_gb_s"],
              "hbm_density_gb_s_mm2": memory / np.maximum(value["hbm_stacks"], 1.0) / stack_area}
    met = (tests["active"] & ~tests["eases"] & (tests["rule_status"] > 0) & tests["named"].all(axis=1))[None, :]
    for limb, bound in tests["tests"].items():
        rated, bound = rating[quantity(limb)], np.atleast_2d(bound)
        met = met & ((rated < bound if "_max" in limb else rated >= bound) | np.isnan(bound))
    return ~(met & tests["subject"].any(axis=-1, keepdims=True)).any(axis=-1, keepdims=True)
